"""Files of formats nobody here reads: what is known of them counts, and a person may allow them."""

import shutil
from pathlib import Path

import pytest

from fixtures.png import encode
from fixtures.raster import picture
from provenance.attestation.signers import load_signer
from provenance.errors import UsageError
from provenance.model.approval import ApprovalStatus, RevocationKind
from provenance.model.facts import ProblemKind
from provenance.model.finding import Verdict
from tests.usecases.studio import Studio

MXF = bytes.fromhex("060e2b34020501010d01020101020400") + bytes(range(256))
IGNORE = '[scan]\nignore = ["*.mxf", "*.txt"]\n'


@pytest.fixture
def reel(studio: Studio) -> Path:
    return studio.put(MXF, "reel.mxf")


@pytest.fixture
def target(studio: Studio) -> Path:
    folder = studio.home / "delivered"
    folder.mkdir()
    return folder


def revoke(studio: Studio, approval_id: str) -> None:
    signer = load_signer(studio.production.approver_key)
    studio.production.approver.revoke(approval_id, RevocationKind.REVOKED, "changed", signer)


# Ignored


def test_what_is_ignored_and_tagged_beside_is_blocked(studio: Studio, reel: Path) -> None:
    studio.configure(IGNORE)
    assert studio.scan(reel.parent).ignored == (str(reel),)
    studio.tag(reel)
    report = studio.scan(reel.parent)
    assert (report.verdict, report.ignored) == (Verdict.BLOCK, ())
    assert "temporary-unapproved" in {finding.rule for finding in report.findings}


def test_what_is_ignored_and_known_by_its_content_is_blocked(studio: Studio, reel: Path) -> None:
    studio.tag(reel)
    copy = studio.put(reel.read_bytes(), "copy/other.mxf")
    studio.configure(IGNORE)
    report = studio.scan(copy.parent)
    assert (report.verdict, report.ignored) == (Verdict.BLOCK, ())


def test_an_ignored_file_whose_sidecar_is_damaged_is_undecided(studio: Studio, reel: Path) -> None:
    studio.configure(IGNORE)
    reel.with_name("reel.mxf.xmp").write_bytes(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><")
    assert studio.verdict(reel) is Verdict.UNDECIDED


def test_a_revoked_approval_keeps_an_ignored_file_out(studio: Studio, reel: Path) -> None:
    studio.configure(IGNORE)
    approval_id = studio.approve(reel).approval.approval_id
    assert studio.verdict(reel) is Verdict.PASS
    revoke(studio, approval_id)
    assert studio.verdict(reel) is Verdict.BLOCK


@pytest.mark.parametrize("jobs", [1, 4])
def test_ignored_files_are_listed_in_path_order(jobs: int, studio: Studio, reel: Path) -> None:
    studio.configure(IGNORE)
    for name in ("a.txt", "b.png", "c.txt", "d.txt"):
        studio.put(encode(picture(1)) if name == "b.png" else b"notes", name)
    report = studio.scan(reel.parent, jobs=jobs)
    assert [Path(path).name for path in report.ignored] == ["a.txt", "c.txt", "d.txt", "reel.mxf"]
    assert (report.verdict, len(report.results)) == (Verdict.PASS, 1)


def test_a_scan_that_saw_ignored_files_only_says_so(studio: Studio, reel: Path) -> None:
    studio.configure(IGNORE)
    (result,) = studio.scan(reel).results
    assert (result.verdict, len(result.facts.problems)) == (Verdict.UNDECIDED, 1)
    assert "everything in it was ignored" in result.findings[0].message


def test_what_is_ignored_and_tagged_is_not_delivered(
    studio: Studio, reel: Path, target: Path
) -> None:
    studio.configure(IGNORE)
    studio.tag(reel)
    deliver = studio.production.deliverer.deliver
    delivery = deliver((reel,), target, studio.production.scan_options())
    assert (delivery.report.verdict, delivery.delivered) == (Verdict.BLOCK, ())
    assert list(target.iterdir()) == []


# Approved


def test_an_approval_of_the_very_bytes_lets_an_unread_file_pass(studio: Studio, reel: Path) -> None:
    assert studio.verdict(reel) is Verdict.UNDECIDED
    assert studio.approve(reel).status is ApprovalStatus.VALID
    report = studio.scan(reel)
    assert report.verdict is Verdict.PASS
    (finding,) = report.findings
    assert (finding.rule, finding.waived_by) == (
        "format-not-read",
        next(iter(report.results)).facts.approvals[0].checked.approval.approval_id,
    )
    assert studio.verdict(studio.put(MXF, "renamed.bin")) is Verdict.PASS
    assert studio.verdict(studio.put(MXF + b"\0", "longer.mxf")) is Verdict.UNDECIDED
    assert studio.verdict(studio.put(MXF[:-1] + b"\0", "as_long.mxf")) is Verdict.UNDECIDED


def test_it_does_not_pass_for_another_use_or_once_revoked(studio: Studio, reel: Path) -> None:
    approval_id = studio.approve(reel).approval.approval_id
    assert studio.verdict(reel, use="trailer") is not Verdict.PASS
    revoke(studio, approval_id)
    assert studio.verdict(reel) is Verdict.BLOCK
    assert "approval-does-not-hold" in studio.rules(reel)


def test_a_tagged_and_approved_unread_file_passes(studio: Studio, reel: Path) -> None:
    studio.tag(reel)
    assert studio.verdict(reel) is Verdict.BLOCK
    studio.approve(reel)
    assert studio.verdict(reel) is Verdict.PASS


def test_an_approval_of_a_picture_is_none_of_a_file_of_its_encoded_bytes(studio: Studio) -> None:
    image = studio.put(encode(picture(1)), "image.png")
    studio.approve(image, studio.put(b"another unread file", "other.bin"))
    with studio.examined(image) as examined:
        assert examined.fmt is not None
        essence = examined.fmt.exact_essence(examined.source, examined.reading.contents)
        data = b"".join(examined.source.pread(part.offset, part.length) for part in essence)
    assert studio.verdict(studio.put(data, "pixels.bin")) is not Verdict.PASS


def test_an_approval_sets_aside_no_other_trouble(studio: Studio, reel: Path) -> None:
    studio.approve(reel)
    reel.with_name("reel.mxf.xmp").write_bytes(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><")
    assert studio.verdict(reel) is Verdict.UNDECIDED
    assert "could-not-decide" in studio.rules(reel)
    with pytest.raises(UsageError, match="cannot be approved"):
        studio.approve(studio.put(encode(picture(1))[:-20], "cut.png"))


def test_what_follows_the_end_of_a_picture_stays_undecided(studio: Studio) -> None:
    image = studio.put(encode(picture(1)), "image.png")
    studio.approve(image)
    both = studio.put(image.read_bytes() + encode(picture(2)), "both.png")
    report = studio.scan(both)
    assert report.verdict is Verdict.UNDECIDED
    assert [problem.kind for problem in next(iter(report.results)).facts.problems] == [
        ProblemKind.TRAILING_FILE
    ]


def test_without_approvals_of_whole_files_an_unread_file_is_not_digested(
    studio: Studio, reel: Path
) -> None:
    studio.approve(studio.put(encode(picture(1)), "image.png"))
    assert next(iter(studio.scan(reel).results)).facts.essence_digest is None
    studio.approve(Path(shutil.copyfile(reel, reel.with_name("b.mxf"))))
    assert next(iter(studio.scan(reel).results)).facts.essence_digest is not None


# Withdrawn


def test_a_dead_approval_blocks_nothing_that_needs_none(studio: Studio) -> None:
    plate = studio.put(encode(picture(1)), "plate.png")
    studio.tag(plate)
    approval_id = studio.approve(plate).approval.approval_id
    revoke(studio, approval_id)
    assert studio.verdict(plate) is Verdict.BLOCK
    asset_id = studio.production.untagger.untag(plate).asset_id
    assert studio.rules(plate) == {"known-by-content", "approval-does-not-hold"}
    studio.production.untagger.withdraw(asset_id, "camera original")
    assert studio.verdict(plate) is Verdict.PASS


def test_withdrawn_and_unread_is_as_undecided_as_without_the_dead_approval(
    studio: Studio, reel: Path
) -> None:
    studio.tag(reel)
    revoke(studio, studio.approve(reel).approval.approval_id)
    assert studio.verdict(reel) is Verdict.BLOCK
    asset_id = studio.production.untagger.untag(reel).asset_id
    assert studio.verdict(reel) is Verdict.BLOCK
    studio.production.untagger.withdraw(asset_id, "camera original")
    assert studio.verdict(reel) is Verdict.UNDECIDED
    assert studio.rules(reel) == {"format-not-read"}
