"""Receipts: a folder is what was scanned, or every way in which it is not is named."""

import base64
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.attestation.envelope import (
    MAX_ENVELOPE_SIZE,
    MAX_RECEIPT_SIZE,
    open_receipt_envelope,
    sign_statement,
)
from provenance.attestation.receipt_statement import (
    OURS,
    RECEIPT_TYPE,
    check_receipt,
    read_receipt,
    receipt_statement,
)
from provenance.attestation.signers import load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.comparing import Comparison, compare
from provenance.errors import (
    AttestationError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnknownKeyError,
    UsageError,
)
from provenance.model.digest import hex_of, sha256_digest
from provenance.model.finding import Verdict
from provenance.model.receipt import EntryKind, Receipt
from provenance.policy.pack import load_pack
from provenance.receipting import signed_receipt
from provenance.reports.known import report_named
from tests.report_samples import rendered
from tests.usecases.studio import MORNING, USE, Studio

Sample = Callable[[str], Path]
ELSEWHERE = Path("/nowhere/receipt.json")


@pytest.fixture
def folder(studio: Studio, sample: Sample) -> Path:
    """Return a folder of two pictures, a sound, a sidecar, an ignored text and a folder within."""
    studio.configure('[scan]\nignore = ["*.txt"]\n')
    studio.put(sample("png/rgb.png"))
    studio.put(sample("jpeg/baseline.jpg"), "still.jpg")
    studio.put(sample("wav/pcm16.wav").read_bytes(), "sound/mix.wav")
    studio.put(b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>', "still.jpg.xmp")
    studio.put(b"Notes", "notes.txt")
    return studio.home / "work"


def scan(studio: Studio, folder: Path, **options: object) -> Receipt:
    wanted = replace(studio.production.scan_options(), **options)
    return studio.production.receipter.scan(folder, wanted)[1]


def sign(studio: Studio, receipt: Receipt) -> bytes:
    return signed_receipt(receipt, load_signer(studio.production.gate_key))


def check(studio: Studio, data: bytes) -> Receipt:
    return check_receipt(data, studio.production.trust, studio.clock())[0]


def differences(receipt: Receipt, folder: Path, *, receipt_file: Path = ELSEWHERE) -> Comparison:
    return compare(receipt, folder, receipt_file=receipt_file)


def paths(group: tuple[object, ...]) -> list[str]:
    return [one.path for one in group]


def test_a_receipt_lists_every_file_with_the_digest_of_its_bytes(
    studio: Studio, folder: Path
) -> None:
    receipt = check(studio, sign(studio, scan(studio, folder)))
    assert receipt.verdict is Verdict.PASS
    assert {entry.path: entry.kind for entry in receipt.entries} == {
        "notes.txt": EntryKind.IGNORED,
        "rgb.png": EntryKind.JUDGED,
        "sound/mix.wav": EntryKind.JUDGED,
        "still.jpg": EntryKind.JUDGED,
        "still.jpg.xmp": EntryKind.SIDECAR,
    }
    for entry in receipt.entries:
        assert entry.file_digest == sha256_digest((folder / entry.path).read_bytes())
    assert differences(receipt, folder) == Comparison(matching=5)
    assert receipt.versions.keys() >= {"provenance", "python", "c2pa-python", "pillow"}


def test_a_receipt_has_the_shape_of_a_slsa_verification_summary(
    studio: Studio, folder: Path
) -> None:
    statement = json.loads(open_receipt_envelope(sign(studio, scan(studio, folder))).payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == RECEIPT_TYPE == "https://slsa.dev/verification_summary/v1"
    summary = statement["predicate"]
    assert summary.keys() == {
        "verifier",
        "timeVerified",
        "resourceUri",
        "policy",
        "inputAttestations",
        "verificationResult",
        "verifiedLevels",
        "slsaVersion",
        OURS,
    }
    assert summary["verificationResult"] == "PASSED"
    assert summary["verifiedLevels"] == ["PROVENANCE_NO_UNAPPROVED_AI_DECLARED"]
    assert summary["policy"]["digest"]["sha256"]
    trust = (studio.home / ".provenance/trust.toml.sig").read_bytes()
    assert summary["inputAttestations"] == [
        {"uri": "trust.toml", "digest": {"sha256": hex_of(sha256_digest(trust))}}
    ]


def test_a_receipt_names_the_approvals_it_rests_on(studio: Studio, folder: Path) -> None:
    studio.tag(folder / "rgb.png")
    approval = studio.approve(folder / "rgb.png").approval
    receipt = scan(studio, folder)
    (stored,) = studio.production.registry.attestations_of(approval.approval_id)
    assert [one for one in receipt.inputs if one.name == approval.approval_id] == [
        replace(receipt.inputs[0], name=approval.approval_id, digest=sha256_digest(stored.envelope))
    ]
    assert receipt.verdict is Verdict.PASS


def test_a_receipt_names_the_rules_and_purposes_of_each_zone(studio: Studio, folder: Path) -> None:
    lax = studio.home / "lax.toml"
    house = resources.files("provenance.policy").joinpath("packs/house.toml").read_text("utf-8")
    lax.write_text(house, "utf-8")
    studio.configure(
        '[[zones]]\npath = "work/sound"\nrole = "deliverable"\npolicy = "lax.toml"\n'
        'use = "temporary"\ntitle = "Other"\n'
    )
    (folder / "notes.txt").unlink()
    receipt = check(studio, sign(studio, scan(studio, folder)))
    digest = sha256_digest(lax.read_bytes())
    policies = {(one.name, one.digest) for one in receipt.policies}
    label = f"own file lax.toml {hex_of(digest)[:8]}"
    assert policies == {("house", load_pack("house").digest), (label, digest)}
    assert {(one.use, one.title) for one in receipt.purposes} == {
        (USE, ""),
        ("temporary", "Other"),
    }
    whole = json.loads(rendered(report_named("json"), studio.scan(folder)))
    assert whole["use"] == f"{USE}, temporary"
    schema = resources.files("provenance.reports").joinpath("schemas", "scan-1.json").read_text()
    jsonschema.Draft202012Validator(json.loads(schema)).validate(whole)
    report, only = studio.production.receipter.scan(folder / "sound", studio.options())
    assert [one.name for one in only.policies] == [label]
    assert [one.use for one in only.purposes] == [report.use] == ["temporary"]
    assert report.title == "Other"


def test_a_receipt_that_rests_on_an_override_ends_with_it(studio: Studio, folder: Path) -> None:
    studio.tag(folder / "rgb.png")
    until = studio.clock() + timedelta(hours=12)
    studio.production.overrider.override(
        (folder / "rgb.png",),
        load_signer(studio.production.approver_key),
        by="Jo Lee, Post",
        reason="Air date tonight",
        use=USE,
        until=until,
    )
    receipt = scan(studio, folder)
    assert (receipt.is_overridden, receipt.valid_until) == (True, until)
    signed = sign(studio, receipt)
    assert check(studio, signed) == receipt
    studio.clock.advance(hours=13)
    with pytest.raises(AttestationError, match="rests on an emergency override"):
        check(studio, signed)


def test_a_receipt_of_what_does_not_pass_says_so(studio: Studio, folder: Path) -> None:
    studio.tag(folder / "rgb.png")
    (folder / "link.png").symlink_to("rgb.png")
    receipt = check(studio, sign(studio, scan(studio, folder)))
    verdicts = {entry.path: (entry.verdict, bool(entry.file_digest)) for entry in receipt.entries}
    assert verdicts["rgb.png"] == (Verdict.BLOCK, True)
    assert verdicts["link.png"] == (Verdict.UNDECIDED, False)
    assert receipt.verdict is Verdict.BLOCK
    assert paths(differences(receipt, folder).changed) == ["link.png"]


def test_an_empty_folder_has_a_receipt_that_does_not_pass(studio: Studio, folder: Path) -> None:
    empty = folder / "empty"
    empty.mkdir()
    assert check(studio, sign(studio, scan(studio, empty))).verdict is Verdict.UNDECIDED


def test_a_receipt_speaks_of_a_real_folder(studio: Studio, folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)
    for path in (folder / "rgb.png", link, folder / "missing"):
        with pytest.raises(UsageError, match="folder"):
            scan(studio, path)


def test_names_that_are_not_utf_8_are_kept(studio: Studio, folder: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.png"))
    odd.write_bytes((folder / "rgb.png").read_bytes())
    receipt = check(studio, sign(studio, scan(studio, folder)))
    assert odd.name in {entry.path for entry in receipt.entries}
    assert differences(receipt, folder) == Comparison(matching=6)
    odd.write_bytes(b"other")
    assert paths(differences(receipt, folder).changed) == ["\\xff\\xfe.png"]


def test_two_names_that_a_report_shows_alike_are_not_taken_for_each_other(
    studio: Studio, folder: Path
) -> None:
    picture, other = (folder / "rgb.png").read_bytes(), (folder / "still.jpg").read_bytes()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.png")).write_bytes(picture)
    (folder / "\\xff.png").write_bytes(other)
    studio.tag(folder / "\\xff.png")
    verdicts = {entry.path: entry.verdict for entry in scan(studio, folder).entries}
    assert verdicts["\\xff.png"] is Verdict.BLOCK
    assert verdicts[os.fsdecode(b"\xff.png")] is Verdict.PASS


def test_every_file_changed_by_one_byte_is_detected(studio: Studio, folder: Path) -> None:
    receipt = scan(studio, folder)
    for entry in receipt.entries:
        path = folder / entry.path
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            found = differences(receipt, folder)
            assert paths(found.changed) == [entry.path]
            assert found.matching == len(receipt.entries) - 1
        path.write_bytes(whole[:-1])
        assert paths(differences(receipt, folder).changed) == [entry.path]
        path.write_bytes(whole)
    assert differences(receipt, folder).verdict is Verdict.PASS


def test_every_file_renamed_removed_or_doubled_is_detected(studio: Studio, folder: Path) -> None:
    receipt = scan(studio, folder)
    for entry in receipt.entries:
        path = folder / entry.path
        moved = path.rename(path.with_name("moved.bin"))
        found = differences(receipt, folder)
        inside = str(moved.relative_to(folder))
        assert [(one.path, one.what) for one in found.renamed] == [(inside, f"it was {entry.path}")]
        assert (found.missing, found.added, found.changed) == ((), (), ())
        data = moved.read_bytes()
        moved.unlink()
        assert paths(differences(receipt, folder).missing) == [entry.path]
        path.write_bytes(data)
        moved.write_bytes(data)
        (doubled,) = differences(receipt, folder).added
        assert (doubled.path, entry.path in doubled.what) == (inside, True)
        moved.unlink()
    assert differences(receipt, folder).verdict is Verdict.PASS


def test_every_two_files_swapped_are_detected(studio: Studio, folder: Path) -> None:
    receipt = scan(studio, folder)
    names = [entry.path for entry in receipt.entries]
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            first, second = (folder / one).read_bytes(), (folder / other).read_bytes()
            (folder / one).write_bytes(second)
            (folder / other).write_bytes(first)
            found = differences(receipt, folder)
            assert {(each.path, each.what) for each in found.changed} == {
                (one, f"other bytes: those of {other}"),
                (other, f"other bytes: those of {one}"),
            }
            (folder / one).write_bytes(first)
            (folder / other).write_bytes(second)


def _link(folder: Path) -> None:
    (folder / "more.png").symlink_to("rgb.png")


def _hidden(folder: Path) -> None:
    (folder / ".hidden").write_bytes(b"")


def _deep(folder: Path) -> None:
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/c.png").write_bytes(b"c")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")


def _linked_folder(folder: Path) -> None:
    (folder / "again").symlink_to(folder / "sound")


@pytest.mark.parametrize("add", [_link, _hidden, _deep, _pipe, _linked_folder])
def test_whatever_is_added_is_detected(
    studio: Studio, folder: Path, add: Callable[[Path], None]
) -> None:
    receipt = scan(studio, folder)
    add(folder)
    found = differences(receipt, folder)
    assert len(found.added) == 1
    assert found.verdict is Verdict.BLOCK


def test_a_file_put_in_place_by_a_link_to_the_same_bytes_is_detected(
    studio: Studio, folder: Path
) -> None:
    receipt = scan(studio, folder)
    aside = (folder / "rgb.png").rename(folder.with_name("aside.png"))
    (folder / "rgb.png").symlink_to(aside)
    assert paths(differences(receipt, folder).changed) == ["rgb.png"]


def test_what_the_receipt_has_no_digest_of_cannot_be_compared(studio: Studio, folder: Path) -> None:
    link = folder / "link.png"
    link.symlink_to("rgb.png")
    receipt = scan(studio, folder)
    link.unlink()
    link.write_bytes(b"something")
    found = differences(receipt, folder)
    assert paths(found.unreadable) == ["link.png"]
    assert found.verdict is Verdict.UNDECIDED


def test_what_is_written_between_judging_and_digesting_is_undecided(
    studio: Studio, folder: Path, fixtures_dir: Path
) -> None:
    path = studio.put(fixtures_dir / "ai/parameters.png")

    def clock() -> datetime:  # asked when what a file declares is remembered
        with path.open("ab") as file:
            file.write(b"more")
        return MORNING

    studio.clock = clock
    studio.reopen()
    receipt = scan(studio, folder)
    (entry,) = (one for one in receipt.entries if one.path == path.name)
    assert entry.file_digest is None
    assert receipt.verdict is not Verdict.PASS


def test_the_receipt_may_lie_in_the_folder_under_its_own_path_only(
    studio: Studio, folder: Path
) -> None:
    receipt = scan(studio, folder)
    inside = folder / "receipt.json"
    inside.write_bytes(sign(studio, receipt))
    assert differences(receipt, folder, receipt_file=inside).verdict is Verdict.PASS
    (folder / "sound/receipt.json").write_bytes(inside.read_bytes())
    found = differences(receipt, folder, receipt_file=inside)
    assert paths(found.added) == ["sound/receipt.json"]


def test_every_flipped_bit_of_a_receipt_is_detected(studio: Studio, folder: Path) -> None:
    data = sign(studio, scan(studio, folder))
    assert check(studio, data)
    for index in range(len(data)):
        for changed in (data[index] ^ 1, data[index] ^ 0x20, 0x20):
            if changed != data[index]:
                with pytest.raises(AttestationError):
                    check(studio, data[:index] + bytes([changed]) + data[index + 1 :])


def test_a_receipt_may_be_larger_than_other_records(studio: Studio, folder: Path) -> None:
    receipt = scan(studio, folder)
    (first, *_) = receipt.entries
    many = tuple(replace(first, path=f"frames/{at:06d}.exr") for at in range(8000))
    data = sign(studio, replace(receipt, entries=many))
    assert len(data) > MAX_ENVELOPE_SIZE
    assert check(studio, data).entries == many


def test_a_receipt_cut_short_or_with_more_behind_it_is_refused(
    studio: Studio, folder: Path
) -> None:
    data = sign(studio, scan(studio, folder))
    for length in range(0, len(data), 7):
        with pytest.raises(AttestationError):
            check(studio, data[:length])
    for spoiled in (data + b"\n", b" " + data, json.dumps(json.loads(data), indent=1).encode()):
        with pytest.raises(AttestationError):
            check(studio, spoiled)


@given(payload=st.binary(max_size=200), rest=st.binary(max_size=60))
def test_hostile_envelopes_are_refused_or_read(payload: bytes, rest: bytes) -> None:
    encoded = base64.b64encode(payload)
    for data in (rest, b'{"payload":"' + rest, b'{"payload":"' + encoded + b'"' + rest):
        with pytest.raises(AttestationError):
            read_receipt(open_receipt_envelope(data).payload)


def test_a_key_that_may_not_sign_receipts_signs_none(studio: Studio, folder: Path) -> None:
    receipt = scan(studio, folder)
    data = signed_receipt(receipt, load_signer(studio.production.approver_key))
    with pytest.raises(NotAuthorisedError, match="may not sign as gate"):
        check(studio, data)


def test_a_gate_nobody_trusts_any_more_signs_none(
    studio: Studio, folder: Path, another_studio: Callable[[str], Studio]
) -> None:
    data = sign(studio, scan(studio, folder))
    with pytest.raises(UnknownKeyError):
        check_receipt(data, another_studio("other").production.trust, MORNING)

    def withdrawn(trust: TrustList) -> TrustList:
        (gate,) = (key for key in trust.keys.values() if KeyRole.GATE in key.roles)
        return trust.with_key(replace(gate, revoked=True))

    studio.trust(withdrawn)
    with pytest.raises(UnknownKeyError, match="revoked"):
        check(studio, data)


def test_a_receipt_from_the_future_or_under_a_later_trust_list_is_refused(
    studio: Studio, folder: Path
) -> None:
    receipt = scan(studio, folder)
    later = replace(receipt, scanned_at=receipt.scanned_at + timedelta(hours=1))
    with pytest.raises(AttestationError, match="future"):
        check(studio, sign(studio, later))
    later_edition = replace(receipt.trust_edition, serial=9)
    with pytest.raises(AttestationError, match="newer list"):
        check(studio, sign(studio, replace(receipt, trust_edition=later_edition)))


def forged(studio: Studio, receipt: Receipt, change: Callable[[dict[str, object]], None]) -> bytes:
    """Return a receipt signed by the gate that this program would not write."""
    fields = json.loads(receipt_statement(receipt))
    change(fields)
    payload = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    signer = load_signer(studio.production.gate_key)
    return sign_statement(payload, signer, largest=MAX_RECEIPT_SIZE)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields["predicate"].update(verificationResult="FAILED"),
        lambda fields: fields["predicate"].update(verifiedLevels=["SLSA_BUILD_LEVEL_3"]),
        lambda fields: fields["predicate"]["verifier"].update(id="somebody"),
        lambda fields: fields["predicate"].update(resourceUri="urn:other"),
        lambda fields: fields["predicate"]["policy"]["digest"].update(sha256="0" * 64),
        lambda fields: fields["predicate"][OURS].update(verdict="block"),
        lambda fields: fields["predicate"][OURS].update(version=2),
        lambda fields: fields["subject"].append(fields["subject"][0]),
        lambda fields: fields["subject"][0].update(name="../outside"),
        lambda fields: fields["subject"][0].update(name="/etc/passwd"),
        lambda fields: fields["subject"][0]["annotations"].update({"provenance.verdict": "block"}),
    ],
)
def test_a_receipt_that_contradicts_itself_is_refused(
    studio: Studio, folder: Path, change: Callable[[dict[str, object]], None]
) -> None:
    with pytest.raises(AttestationError):
        check(studio, forged(studio, scan(studio, folder), change))


def test_an_altered_payload_is_named_as_such(studio: Studio, folder: Path) -> None:
    fields = json.loads(sign(studio, scan(studio, folder)))
    fields["payload"] = base64.b64encode(b"{}").decode()
    data = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(SignatureInvalidError, match="not what"):
        check(studio, data)


@pytest.mark.parametrize("name", ["notes.txt", "still.jpg.xmp", "late.txt"])
def test_what_is_only_listed_must_not_change_while_the_folder_is_scanned(
    studio: Studio, folder: Path, name: str
) -> None:
    old = (folder / name).read_bytes() if (folder / name).exists() else b"late"
    once = threading.Event()

    def meddle(_: object) -> None:
        if not once.is_set():
            once.set()
            (folder / name).write_bytes(old)

    options = studio.production.scan_options()
    report, receipt = studio.production.receipter.scan(folder, options, meddle)
    assert report.verdict is Verdict.UNDECIDED
    assert receipt.verdict is Verdict.UNDECIDED
    (entry,) = (one for one in receipt.entries if one.path == name)
    assert (entry.verdict, entry.file_digest) == (Verdict.UNDECIDED, None)


def test_threads_make_the_same_receipt(studio: Studio, folder: Path) -> None:
    assert scan(studio, folder).entries == scan(studio, folder, jobs=4).entries
