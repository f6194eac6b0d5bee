"""The disclosure report: every use of AI the registry knows, and what is missing."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

import provenance.reports
from fixtures.png import encode
from fixtures.raster import picture
from provenance.attestation.ai_use_statement import ai_use_statement
from provenance.attestation.envelope import sign_statement
from provenance.attestation.signers import load_signer
from provenance.attestation.trusted_key import KeyRole
from provenance.model.ai_use import AiUse, Answer, InputMaterial, Prominence, ToolUse, UseCategory
from provenance.model.condition import Condition
from provenance.model.disclosure import DisclosedUse, Disclosure
from provenance.model.purpose import FINAL_DELIVERABLE, Scope
from provenance.registry.records import AttestationKind
from provenance.reports.disclosure import COLUMNS, disclosure_csv, disclosure_json
from provenance.reports.disclosure_page import disclosure_html
from tests.usecases.studio import BY_PERSON, MORNING, Studio

Sample = Callable[[str], Path]
SCHEMA = Path(provenance.reports.__file__).parent / "schemas/disclosure-1.json"


@pytest.fixture
def declaring(studio: Studio, fixtures_dir: Path) -> Path:
    """Return a file that was seen to declare AI, by a scan."""
    path = studio.put(fixtures_dir / "ai/parameters.png")
    studio.scan(path)
    return path


def declare(studio: Studio, path: Path, **fields: object) -> AiUse:
    record = AiUse(
        record_id="urn:uuid:00000000-0000-4000-8000-00000000000a",
        subjects=(studio.subject(path),),
        declared_by="Art department",
        declared_at=MORNING,
        **{
            "tools": (ToolUse(name="Firefly", version="4", plan="Enterprise"),),
            "categories": frozenset({UseCategory.BACKGROUND_INCIDENTAL}),
            "prominence": Prominence.INCIDENTAL,
            "human_contribution": "Painted over",
            **fields,
        },
    )
    signer = load_signer(studio.production.approver_key)
    studio.production.approver.file(
        AttestationKind.AI_USE,
        record.record_id,
        sign_statement(ai_use_statement(record), signer),
        subjects=tuple(one.essence_digest for one in record.subjects),
    )
    return record


def disclose(studio: Studio, *paths: Path) -> Disclosure:
    found = studio.production.discloser.disclose(paths, production="My <Show>")
    jsonschema.validate(json.loads(disclosure_json(found)), json.loads(SCHEMA.read_text("utf-8")))
    return found


def only(found: Disclosure) -> DisclosedUse:
    (use,) = found.uses
    return use


def rows(found: Disclosure) -> list[dict[str, str]]:
    text = disclosure_csv(found).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_what_is_known_of_a_use_is_said(studio: Studio, declaring: Path) -> None:
    declare(studio, declaring)
    studio.approve(
        declaring,
        categories=frozenset({UseCategory.BACKGROUND_INCIDENTAL}),
        conditions=(Condition.parse("background-only"),),
        scope=Scope(title="My Show", territories=frozenset({"DE", "AT"})),
        valid_until=MORNING + timedelta(days=30),
        authority="Head of legal",
    )
    found = disclose(studio)
    use = only(found)
    assert (use.name, use.standing, use.missing) == (
        *("parameters.png", "approved with conditions"),
        (),
    )
    assert use.last_path == str(declaring)
    assert use.first_seen == use.last_seen == MORNING
    assert "Firefly 4 (Enterprise)" in use.tools
    (row,) = rows(found)
    assert tuple(row) == COLUMNS
    assert row["categories"] == "background_incidental"
    assert row["allowed"].startswith("approved by Ada for final-deliverable (valid with conditions")
    assert row["conditions"] == "in the background only"
    assert row["scope"] == "title My Show; territory AT, DE"
    assert row["until"] == "2026-12-03 09:00 UTC"
    assert row["evidence"] == "mail.eml"
    page = disclosure_html(found)
    for text in ("Ada", "Firefly 4", "mail.eml", "AT, DE", "Head of legal", "Painted over"):
        assert text in page
    assert "What is missing" not in page
    assert "My &lt;Show&gt;" in page


def test_no_form_of_the_report_tells_a_prompt(studio: Studio, declaring: Path) -> None:
    with studio.examined(declaring) as examined:
        values = {signal.value for signal in examined.signals if len(signal.value) > 8}
    assert values
    found = disclose(studio)
    for text in (disclosure_html(found), disclosure_csv(found), disclosure_json(found)):
        assert [value for value in values if value[:24] in text] == []


def test_what_is_missing_is_said(studio: Studio, declaring: Path) -> None:
    use = only(disclose(studio))
    assert use.standing == "not approved"
    assert "No written approval is recorded." in use.missing
    assert "Nobody declared for what and how AI was used." in use.missing
    declare(
        studio,
        declaring,
        categories=frozenset({UseCategory.TALENT_REPLICA}),
        prominence=None,
        inputs=(InputMaterial(what="a voice", is_owned=Answer.UNSURE),),
    )
    studio.approve(declaring, valid_until=MORNING + timedelta(hours=1))
    said = " ".join(only(disclose(studio)).missing)
    for text in ("consent", "how much", "not surely owned", "category talent_replica"):
        assert text in said
    studio.clock.advance(hours=2)
    use = only(disclose(studio))
    assert use.standing == "not approved"
    assert any(text.startswith("No approval holds: ") for text in use.missing)


def test_an_override_and_a_withdrawal_are_disclosed(
    studio: Studio, declaring: Path, sample: Sample
) -> None:
    signer = load_signer(studio.production.approver_key)
    studio.production.overrider.override(
        (declaring,),
        signer,
        by="Jo Lee",
        reason="Air date",
        use=FINAL_DELIVERABLE,
        until=MORNING + timedelta(hours=3),
    )
    mistake = studio.put(sample("jpeg/baseline.jpg"))
    studio.tag(mistake)
    (asset,) = (
        one for one in studio.production.registry.assets() if one.media_type == "image/jpeg"
    )
    studio.production.registry.withdraw_asset(asset.asset_id, "A slip")
    uses = {use.name: use for use in disclose(studio).uses}
    assert uses["parameters.png"].standing == "emergency override"
    assert uses["baseline.jpg"].standing == "declaration withdrawn"
    assert uses["baseline.jpg"].missing == ()
    page = disclosure_html(disclose(studio))
    assert page.index("parameters.png") < page.index("baseline.jpg")  # what needs somebody first
    assert "Jo Lee until 2026-11-03 12:00 UTC: Air date (in-force)" in page
    assert "A slip" in page


def test_what_was_approved_elsewhere_and_never_seen_here_is_in_it_too(
    studio: Studio, another_studio: Callable[[str], Studio], sample: Sample
) -> None:
    path = studio.put(sample("png/rgb.png"))
    studio.approve(path)
    studio.production.exchange.export(studio.home / "out", ())
    other = another_studio("vendor")
    for key in studio.production.trust.keys.values():
        if KeyRole.APPROVER in key.roles:
            other.trust(lambda trust, key=key: trust.with_key(key))
    other.production.exchange.import_from(studio.home / "out")
    use = only(disclose(other))
    assert (use.name, use.asset_id, use.last_path) == ("rgb.png", "", "")
    assert "never seen as a file" in disclosure_html(disclose(other))


def test_with_paths_only_what_lies_there_is_listed_by_its_content(
    studio: Studio, declaring: Path, sample: Sample
) -> None:
    studio.tag(studio.put(sample("jpeg/baseline.jpg")))
    folder = studio.home / "delivery"
    folder.mkdir()
    moved = declaring.rename(folder / "final.png")
    studio.put(sample("png/rgb.png"))
    use = only(disclose(studio, folder))
    assert (use.name, use.last_path) == ("final.png", str(moved))
    assert disclose(studio, folder).paths == (str(folder),)
    (folder / "link.png").symlink_to(moved)
    found = disclose(studio, folder)
    assert len(found.unread) == 1
    assert "Files that could not be read" in disclosure_html(found)


def test_a_picture_is_shown_while_it_still_is_what_is_spoken_of(
    studio: Studio, declaring: Path, sample: Sample
) -> None:
    def picture(path: Path, format_name: str) -> bytes:
        return f"{path.name} as {format_name}".encode()

    discloser = studio.production.discloser
    assert only(discloser.disclose(picture=picture)).thumbnail == b"parameters.png as png"
    assert "data:image/jpeg;base64," in disclosure_html(discloser.disclose(picture=picture))
    studio.put(sample("png/deep.png"), declaring.name)
    assert only(discloser.disclose(picture=picture)).thumbnail is None
    declaring.unlink()
    assert only(discloser.disclose(picture=picture)).thumbnail is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " ="])
def test_no_cell_is_a_formula(studio: Studio, declaring: Path, start: str) -> None:
    declare(studio, declaring, human_contribution=f'{start}HYPERLINK("x")')
    (row,) = rows(disclose(studio))
    assert row["human_contribution"].lstrip()[0] in "'\\"  # a quoted or a written-out beginning
    text = disclosure_csv(disclose(studio))
    assert text.endswith("\r\n")
    assert text.count("\n") == 2


def test_nothing_breaks_out_of_the_page(studio: Studio, declaring: Path) -> None:
    declare(studio, declaring, human_contribution="<script>alert(1)</script>\x1b[2J")
    page = disclosure_html(disclose(studio))
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'" in page


def test_an_empty_production_discloses_nothing_and_says_so(studio: Studio) -> None:
    found = disclose(studio)
    assert found.uses == ()
    assert "No use of AI is known." in disclosure_html(found)
    assert rows(found) == []


def test_names_that_are_not_utf_8_are_written_out() -> None:
    use = DisclosedUse(name="x", essence_digest="sha256:" + "0" * 64, last_path="/a/\udcff.png")
    found = Disclosure(production="P", made_at=MORNING, uses=(use,))
    for text in (disclosure_html(found), disclosure_csv(found)):
        assert "/a/\\xff.png" in text
        text.encode()


def test_the_frames_of_a_sequence_are_one_use_and_those_not_approved_another(
    studio: Studio,
) -> None:
    paths = [
        studio.put(encode(picture(number, width=16, height=12)), f"shot.{number:04d}.png")
        for number in range(1, 7)
    ]
    list(studio.production.sequence_tagger.tag_all(paths, BY_PERSON))
    (use,) = studio.production.discloser.disclose().uses
    assert use.name.endswith("(+5 more)")
    studio.approve(*paths[:4])
    approved, open_ = sorted(
        studio.production.discloser.disclose().uses, key=lambda one: one.standing
    )
    assert (approved.standing, approved.name) == ("approved", "shot.[0001-0004].png")
    assert (open_.standing, open_.name[-9:]) == ("not approved", "(+1 more)")
    (lone,) = studio.production.discloser.disclose(paths[4:5]).uses
    assert (lone.standing, lone.last_path) == ("not approved", str(paths[4]))
