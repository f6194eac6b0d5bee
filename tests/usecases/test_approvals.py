"""Written approvals: what lets a temporary file pass, what no longer does, and why."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.config import DATA_FOLDER
from provenance.errors import AttestationError, UnreadableError, UsageError
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.approval import ApprovalStatus, RevocationKind
from provenance.model.condition import Condition
from provenance.model.digest import hex_of
from provenance.model.finding import Verdict
from provenance.model.purpose import Scope
from provenance.stores import EVIDENCE_FOLDER
from tests.usecases.audit_desk import Desk
from tests.usecases.studio import MORNING, USE, Studio

ANY_ROLE = frozenset({KeyRole.GATE})
Sample = Callable[[str], Path]


@pytest.fixture
def file(studio: Studio, sample: Sample) -> Path:
    """Return a temporary file."""
    path = studio.put(sample("png/rgb.png"))
    studio.tag(path)
    return path


def take_back(studio: Studio, approval_id: str, kind: RevocationKind) -> ApprovalStatus:
    signer = load_signer(studio.production.approver_key)
    return studio.production.approver.revoke(
        approval_id, kind, "Rights are unclear.", signer
    ).status


def evidence_of(studio: Studio) -> Path:
    (evidence,) = studio.production.approver.list()[0].approval.evidence
    name = hex_of(evidence.digest)
    return studio.home / DATA_FOLDER / EVIDENCE_FOLDER / name[:2] / name


def trust(studio: Studio, *others: Studio) -> None:
    """Have a production trust the approvers of others, besides its own."""

    def with_theirs(trust: TrustList) -> TrustList:
        for each in others:
            for key in each.production.trust.keys.values():
                trust = trust.with_key(replace(key, roles=key.roles - {KeyRole.ROOT} or ANY_ROLE))
        return trust

    studio.trust(with_theirs)


def test_an_approved_file_passes_and_the_finding_stays_in_the_report(
    studio: Studio, file: Path
) -> None:
    assert studio.verdict(file) is Verdict.BLOCK
    checked = studio.approve(
        file, conditions=(Condition(text="Credit the model"),), valid_until=None
    )
    assert checked.status is ApprovalStatus.VALID
    assert checked.signed_by == "Approver: local approver"
    report = studio.scan(file)
    assert report.verdict is Verdict.PASS
    held = [finding for finding in report.findings if finding.verdict is Verdict.BLOCK]
    assert {finding.waived_by for finding in held} == {checked.approval.approval_id}


def test_an_approval_outlives_tagging_untagging_and_renaming(studio: Studio, file: Path) -> None:
    studio.approve(file)
    studio.production.untagger.untag(file)
    moved = file.rename(file.with_name("final.png"))
    assert studio.verdict(moved) is Verdict.PASS


def test_an_expired_approval_blocks(studio: Studio, file: Path) -> None:
    studio.approve(file, valid_until=MORNING + timedelta(hours=1))
    assert studio.verdict(file) is Verdict.PASS
    studio.clock.advance(hours=1, seconds=1)
    assert studio.verdict(file) is Verdict.BLOCK
    assert "expired on 2026-11-03 10:00 UTC" in studio.messages(file)


def test_an_approval_of_the_future_blocks(studio: Studio, file: Path) -> None:
    studio.clock.advance(days=1)
    studio.approve(file)
    studio.clock.advance(days=-1)
    studio.reopen()  # as on another machine, whose clock is right
    assert studio.verdict(file) is Verdict.BLOCK
    assert "is dated 2026-11-04" in studio.messages(file)


@pytest.mark.parametrize("kind", [RevocationKind.REVOKED, RevocationKind.SUSPENDED])
def test_an_approval_taken_back_blocks(kind: RevocationKind, studio: Studio, file: Path) -> None:
    approval_id = studio.approve(file).approval.approval_id
    assert take_back(studio, approval_id, kind).value == kind.value
    assert studio.verdict(file) is Verdict.BLOCK
    message = studio.messages(file)
    assert f"was {kind.value} on 2026-11-03" in message
    assert "Rights are unclear" in message


def test_an_approval_for_another_use_blocks(studio: Studio, file: Path) -> None:
    studio.approve(file, uses=frozenset({"internal-review", "trailer"}))
    assert studio.verdict(file, use="trailer") is Verdict.PASS
    assert studio.verdict(file, use=USE) is Verdict.BLOCK
    assert f"not for {USE}, only for internal-review, trailer" in studio.messages(file)


def test_an_approval_for_another_title_blocks(studio: Studio, file: Path) -> None:
    studio.approve(file, scope=Scope(title="Episode 3"))
    assert studio.verdict(file, title="episode 3") is Verdict.PASS
    assert studio.verdict(file, title="Episode 4") is Verdict.BLOCK
    assert "“Episode 3”, not “Episode 4”" in studio.messages(file, title="Episode 4")
    assert studio.verdict(file) is Verdict.BLOCK


def test_an_approval_signed_by_nobody_we_trust_blocks(studio: Studio, file: Path) -> None:
    key = studio.home / DATA_FOLDER / "keys" / "approver.pem"
    key.unlink()
    create_key(key, "Stranger")
    assert studio.approve(file).status is ApprovalStatus.UNKNOWN_KEY
    assert studio.verdict(file) is Verdict.BLOCK
    assert "not in the trust list" in studio.messages(file)


@pytest.mark.parametrize("damage", ["deleted", "altered", "a pipe"])
def test_an_approval_whose_evidence_is_gone_blocks(damage: str, studio: Studio, file: Path) -> None:
    studio.approve(file)
    evidence = evidence_of(studio)
    if damage == "altered":
        evidence.write_text("You may not use it.")
    else:
        evidence.unlink()
    if damage == "a pipe":
        os.mkfifo(evidence)
    assert studio.verdict(file) is Verdict.BLOCK
    assert "evidence that is no longer stored: mail.eml" in studio.messages(file)


def test_an_approval_does_not_cover_an_edited_file(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"), "plate.png")
    studio.tag(file)
    studio.approve(file)
    file.write_bytes(sample("png/palette.png").read_bytes())
    studio.tag(file)
    assert studio.verdict(file) is Verdict.BLOCK


def test_of_several_approvals_one_that_holds_is_enough(studio: Studio, file: Path) -> None:
    expired = studio.approve(file, valid_until=MORNING + timedelta(hours=1))
    studio.clock.advance(hours=2)
    assert studio.verdict(file) is Verdict.BLOCK
    studio.approve(file)
    assert studio.verdict(file) is Verdict.PASS
    states = [checked.status for checked in studio.production.approver.list()]
    assert states == [ApprovalStatus.EXPIRED, ApprovalStatus.VALID]
    assert studio.production.approver.show(expired.approval.approval_id).status is states[0]


def test_one_approval_covers_every_file_it_names(studio: Studio, sample: Sample) -> None:
    files = [studio.put(sample(name)) for name in ("png/rgb.png", "wav/pcm16.wav")]
    for each in files:
        studio.tag(each)
    studio.approve(*files)
    assert studio.scan(*files).verdict is Verdict.PASS


def test_a_request_that_could_never_hold_is_refused(
    studio: Studio, file: Path, fixtures_dir: Path
) -> None:
    empty = studio.put(b"", "empty.eml")
    with pytest.raises(UsageError, match="lies in the past"):
        studio.approve(file, valid_until=MORNING)
    with pytest.raises(UsageError, match=r"empty\.eml: an empty document"):
        studio.approve(file, evidence=(empty,))
    with pytest.raises(UnreadableError, match=r"none\.eml"):
        studio.approve(file, evidence=(studio.home / "none.eml",))
    with pytest.raises(UsageError, match=r"half\.png: a damaged file cannot be approved"):
        studio.approve(studio.put(fixtures_dir / "media/png/broken/half.png"))
    assert studio.production.approver.list() == ()


def test_evidence_of_more_than_64_mib_is_refused(studio: Studio, file: Path) -> None:
    large = studio.home / "large.pdf"
    with large.open("wb") as opened:
        opened.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(AttestationError, match=r"large\.pdf: larger than"):
        studio.approve(file, evidence=(large,))


def test_an_approval_is_found_by_the_beginning_of_its_id(studio: Studio, file: Path) -> None:
    first = studio.approve(file).approval.approval_id
    approver = studio.production.approver
    assert approver.find(first.removeprefix("urn:uuid:")[:8].upper()).approval_id == first
    assert approver.find(first).approval_id == first
    for unknown in ("", "zz", "urn:uuid:"):
        with pytest.raises(UsageError, match="no approval begins"):
            approver.find(unknown)
    for _ in range(16):
        studio.approve(file)
    beginnings = [one.approval.approval_id[9] for one in studio.production.approver.list()]
    twice = next(letter for letter in beginnings if beginnings.count(letter) > 1)
    with pytest.raises(UsageError, match="several approvals begin"):
        approver.find(twice)


class TestCarriedElsewhere:
    """Export in one production, import in another."""

    def test_they_count_where_their_signer_is_trusted(
        self, studio: Studio, file: Path, another_studio: Callable[[str], Studio]
    ) -> None:
        studio.approve(file)
        other = another_studio("mastering")
        trust(other, studio)
        assert other.verdict(file) is Verdict.BLOCK
        studio.production.exchange.export(studio.home / "out", ())
        (imported,) = other.production.exchange.import_from(studio.home / "out").approvals
        assert imported.status is ApprovalStatus.VALID
        assert other.verdict(file) is Verdict.PASS

    def test_they_do_not_count_where_it_is_not(
        self, studio: Studio, file: Path, another_studio: Callable[[str], Studio]
    ) -> None:
        studio.approve(file)
        other = another_studio("mastering")
        studio.production.exchange.export(studio.home / "out", ())
        imported = other.production.exchange.import_from(studio.home / "out")
        assert imported.approvals == ()
        (stranger,) = imported.strangers
        assert stranger.checked.status is ApprovalStatus.UNKNOWN_KEY
        assert "not in the trust list" in stranger.checked.reason
        assert other.production.approver.list() == ()
        assert other.verdict(file) is Verdict.BLOCK

    def test_revocations_travel_with_them_and_importing_twice_adds_nothing(
        self, studio: Studio, file: Path, another_studio: Callable[[str], Studio]
    ) -> None:
        approval_id = studio.approve(file).approval.approval_id
        other = another_studio("mastering")
        trust(other, studio)
        out = studio.home / "out"
        exchange = studio.production.exchange
        assert len(exchange.export(out, (approval_id,))) == 1
        other.production.exchange.import_from(out)
        assert other.verdict(file) is Verdict.PASS
        take_back(studio, approval_id, RevocationKind.REVOKED)
        assert len(exchange.export(out, (approval_id,))) == 2
        assert other.production.exchange.import_from(out).approvals == ()
        assert other.verdict(file) is Verdict.BLOCK
        assert "was revoked" in other.messages(file)
        before = other.production.registry.sequence
        assert other.production.exchange.import_from(out).approvals == ()
        assert other.production.registry.sequence == before

    def test_without_the_evidence_they_do_not_count(
        self, studio: Studio, file: Path, another_studio: Callable[[str], Studio]
    ) -> None:
        studio.approve(file)
        evidence_of(studio).unlink()
        other = another_studio("mastering")
        trust(other, studio)
        studio.production.exchange.export(studio.home / "out", ())
        other.production.exchange.import_from(studio.home / "out")
        assert other.verdict(file) is Verdict.BLOCK
        assert "no longer stored" in other.messages(file)

    def test_export_never_overwrites(self, studio: Studio, file: Path) -> None:
        studio.approve(file)
        (envelope,) = studio.production.exchange.export(studio.home / "out", ())
        assert studio.production.exchange.export(studio.home / "out", ()) == (envelope,)
        envelope.write_text("something else")
        with pytest.raises(UsageError, match="with other bytes"):
            studio.production.exchange.export(studio.home / "out", ())
        assert envelope.read_text() == "something else"

    @pytest.mark.parametrize("name", ["approval-1.dsse.json", "revocation-1.dsse.json"])
    def test_a_file_that_is_no_envelope_is_refused(
        self, name: str, studio: Studio, file: Path
    ) -> None:
        studio.approve(file)
        (studio.home / "in").mkdir()
        (studio.home / "in" / "folder").mkdir()
        (studio.home / "in" / name).write_text("{}")
        with pytest.raises(AttestationError):
            studio.production.exchange.import_from(studio.home / "in")
        assert len(studio.production.approver.list()) == 1

    def test_all_that_decides_on_them_travels_along(
        self, studio: Studio, another_studio: Callable[[str], Studio], desk: Desk
    ) -> None:
        other = another_studio("mastering")
        first = desk.approve(
            categories=frozenset({UseCategory.TALENT_REPLICA}),
            derivatives=frozenset({Transform.GRADE}),
            consents=("C-17",),
        )
        vera = desk.key("Vera")
        desk.studio.trust(lambda trust: trust.with_approvers(UseCategory.TALENT_REPLICA, 2))
        desk.sign(vera)
        desk.declare(desk.other, made_of=desk.file, by=frozenset({Transform.GRADE}))
        trust(other, studio)
        other.trust(lambda trust: trust.with_approvers(UseCategory.TALENT_REPLICA, 2))
        out = studio.home / "out"
        written = studio.production.exchange.export(out, ())
        kinds = {path.name.split("-")[0] for path in written}
        assert kinds == {"approval", "countersignature", "ai"}
        assert {path.suffix for path in out.glob("signer-*")} == {".pem"}
        imported = other.production.exchange.import_from(out)
        assert [one.status for one in imported.approvals] == [ApprovalStatus.VALID]
        assert imported.others == 2
        assert other.verdict(desk.other) is Verdict.PASS

        desk.take_consent_back("C-17", RevocationKind.SUSPENDED)
        desk.approve(supersedes=first, uses=frozenset({"trailer"}))
        studio.production.exchange.export(out, ())
        again = other.production.exchange.import_from(out)
        assert (len(again.approvals), again.others) == (1, 1)
        assert other.verdict(desk.other) is Verdict.BLOCK
        states = [one.status for one in other.production.approver.list()]
        assert states == [ApprovalStatus.SUSPENDED, ApprovalStatus.VALID]

    def test_what_no_approval_names_is_not_kept(
        self, studio: Studio, file: Path, another_studio: Callable[[str], Studio]
    ) -> None:
        studio.approve(file)
        out = studio.home / "out"
        studio.production.exchange.export(out, ())
        (evidence,) = out.glob("evidence-*")
        (out / "more.eml").write_bytes(evidence.read_bytes()[::-1])
        other = another_studio("mastering")
        trust(other, studio)
        other.production.exchange.import_from(out)
        kept = list((other.home / DATA_FOLDER / EVIDENCE_FOLDER).rglob("*"))
        assert [path.read_bytes() for path in kept if path.is_file()] == [evidence.read_bytes()]


def test_a_clock_that_ran_ahead_once_begins_nothing_early_and_ends_things(
    studio: Studio, file: Path
) -> None:
    studio.clock.advance(days=1500)
    studio.production.sign_log()
    studio.clock.advance(days=-1500)
    studio.reopen()
    later = MORNING + timedelta(days=365)
    studio.approve(file, valid_from=later)
    assert studio.verdict(file) is Verdict.BLOCK
    assert "holds from 2027-11-03" in studio.messages(file)
    studio.approve(file, valid_until=later)  # fails closed until the clock has caught up
    assert studio.verdict(file) is Verdict.BLOCK
    studio.approve(file)
    assert studio.verdict(file) is Verdict.PASS
