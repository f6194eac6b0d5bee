"""What a scan saw declared: a copy that lost the declaration is known from then on."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image
from sqlalchemy import create_engine, text

from fixtures import jpeg
from fixtures.packets import source_type_as_element
from fixtures.png import encode, with_text
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from provenance.model.tag import DeclaredBy
from tests.usecases.studio import Studio

PARAMETERS = "a pier\nNegative prompt: people\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
DECLARING = with_text(parameters=PARAMETERS)
STRIPPED = encode()


def test_a_stripped_copy_is_blocked_once_the_declaring_file_was_scanned(studio: Studio) -> None:
    declaring = studio.put(DECLARING, "first/a.png")
    stripped = studio.put(STRIPPED, "second/renamed.png")
    assert studio.verdict(stripped) is Verdict.PASS
    assert studio.rules(declaring) == {"ai-declared-unapproved"}
    assert studio.rules(stripped) == {"known-by-content"}
    assert "a1111-parameters" in studio.messages(stripped)


def test_a_stripped_copy_that_comes_after_it_is_known_in_the_same_scan(studio: Studio) -> None:
    declaring = studio.put(DECLARING, "a.png")
    studio.put(STRIPPED, "b.png")
    report = studio.scan(declaring.parent)
    assert [result.verdict for result in report.results] == [Verdict.BLOCK, Verdict.BLOCK]


def test_the_same_scan_twice_says_the_same(studio: Studio) -> None:
    declaring = studio.put(DECLARING, "a.png")
    first = studio.scan(declaring)
    second = studio.scan(declaring)
    assert tuple(second.results) == tuple(first.results)
    assert replace(second, results=first.results) == first
    assert next(iter(first.results)).facts.asset_id is not None


def test_what_is_remembered_names_the_rule_the_generator_and_the_place(studio: Studio) -> None:
    packet = source_type_as_element("compositeWithTrainedAlgorithmicMedia")
    declaring = studio.put(jpeg.with_xmp(packet), "a.jpg")
    studio.scan(declaring)
    registry = studio.production.registry
    with studio.examined(declaring) as examined:
        record = registry.find_by_essence(examined.essence_digest)
    assert record is not None
    assert record.declared_by is DeclaredBy.SIGNAL
    assert record.source_type.value == "compositeWithTrainedAlgorithmicMedia"
    assert record.reasons == ("iptc-source-type",)
    assert [one.path for one in registry.sightings_of(record.asset_id)] == [str(declaring)]


def test_what_was_tagged_before_there_were_leads_gets_its_own_when_it_is_passed_again(
    studio: Studio,
) -> None:
    path = studio.put(DECLARING, "a.png")
    studio.tag(path)
    registry = studio.production.registry
    known = registry.known_essences()
    engine = create_engine(f"sqlite:///{studio.database}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE assets SET essence_lead = NULL"))
    engine.dispose()
    assert registry.known_essences() != known
    assert studio.tag(path).action is Action.ALREADY
    assert registry.known_essences() == known
    with studio.examined(path) as examined:
        identity = examined.identity
        assert known.may_hold(identity.essence_length, identity.essence_lead)
        assert known.leads == {identity.essence_lead}
    before = registry.sequence
    studio.tag(path)
    assert registry.sequence == before


def test_a_tag_of_another_production_is_remembered_under_its_own_id(
    studio: Studio,
    another_studio: Callable[[str], Studio],
    sample: Callable[[str], Path],
) -> None:
    other = another_studio("other")
    theirs = other.put(sample("png/rgb.png"))
    asset_id = other.tag(theirs).asset_id
    ours = studio.put(theirs)
    assert next(iter(studio.scan(ours).results)).facts.asset_id == asset_id
    untagged = Path(shutil.copyfile(sample("png/rgb.png"), studio.home / "work/untagged.png"))
    assert studio.rules(untagged) == {"known-by-content"}


def test_a_tag_copied_into_other_content_does_not_lend_it_its_id(
    studio: Studio, another_studio: Callable[[str], Studio], sample: Callable[[str], Path]
) -> None:
    other = another_studio("other")
    theirs = other.put(sample("jpeg/baseline.jpg"))
    asset_id = other.tag(theirs).asset_id
    with other.examined(theirs) as examined:
        packet = next(one.data for one in examined.reading.contents.xmp)
    addition = jpeg.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)
    another = jpeg.encode(Image.new("RGB", (40, 30), "red"))
    copied = studio.put(jpeg.with_segment(addition, another), "copied.jpg")
    result = next(iter(studio.scan(copied).results))
    assert {finding.rule for finding in result.findings} >= {"copied-tag"}
    assert result.facts.asset_id not in (None, asset_id)


def test_what_a_person_withdrew_stays_withdrawn(studio: Studio) -> None:
    declaring = studio.put(DECLARING, "a.png")
    asset_id = next(iter(studio.scan(declaring).results)).facts.asset_id
    assert asset_id is not None
    studio.production.registry.withdraw_asset(asset_id, "an ordinary caption")
    studio.scan(declaring)
    record = studio.production.registry.find_by_id(asset_id)
    assert record is not None
    assert record.withdrawn_reason == "an ordinary caption"


def test_a_dry_run_and_an_inspection_leave_the_registry_as_it_was(studio: Studio) -> None:
    declaring = studio.put(DECLARING, "a.png")
    before = studio.production.registry.sequence
    studio.scan(declaring, remembers=False)
    studio.inspect(declaring)
    assert studio.production.registry.sequence == before


def test_a_file_that_ends_early_is_not_remembered_by_half_an_essence(studio: Studio) -> None:
    cut = studio.put(DECLARING[: DECLARING.index(b"IDAT") + 20], "cut.png")
    assert studio.verdict(cut) is Verdict.BLOCK
    assert studio.production.registry.count_assets() == 0


def test_a_registry_that_takes_no_record_is_said_and_the_file_stays_blocked(
    studio: Studio,
) -> None:
    declaring = studio.put(DECLARING, "a.png")
    engine = create_engine(f"sqlite:///{studio.database}")
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON assets"
                " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
            )
        )
    engine.dispose()
    report = studio.scan(declaring)
    assert report.verdict is Verdict.BLOCK
    assert {finding.rule for finding in report.findings if finding.counts} == {
        "ai-declared-unapproved",
        "could-not-decide",
    }
    assert "could not be remembered" in studio.messages(declaring)
