"""Emergency overrides: what they let pass, how loudly, and when they do not count."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.filed import Filed
from provenance.attestation.override_statement import (
    check_override,
    override_statement,
    read_override,
)
from provenance.attestation.signers import load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.errors import AttestationError, UsageError
from provenance.model.finding import Verdict
from provenance.model.override import CheckedOverride, OverrideStatus
from provenance.model.purpose import FINAL_DELIVERABLE
from provenance.registry.records import AttestationKind
from provenance.reports.known import report_named
from provenance.reports.text import TextReport
from tests.report_samples import rendered
from tests.usecases.studio import MORNING, Studio

Sample = Callable[[str], Path]
HOUR = timedelta(hours=1)


@pytest.fixture
def file(studio: Studio, sample: Sample) -> Path:
    """Return a temporary file."""
    path = studio.put(sample("png/rgb.png"))
    studio.tag(path)
    return path


def override(studio: Studio, *paths: Path, **changes: object) -> CheckedOverride:
    wanted = {
        "by": "Jo Lee, Post",
        "reason": "Air date tonight",
        "use": FINAL_DELIVERABLE,
        "until": studio.clock() + 24 * HOUR,
        **changes,
    }
    signer = load_signer(studio.production.approver_key)
    return studio.production.overrider.override(paths, signer, **wanted)


def test_an_override_lets_pass_and_says_so_everywhere(studio: Studio, file: Path) -> None:
    assert studio.verdict(file) is Verdict.BLOCK
    checked = override(studio, file)
    assert (checked.status, checked.signed_by) == (
        OverrideStatus.IN_FORCE,
        "Approver: local approver",
    )
    report = studio.scan(file)
    assert report.verdict is Verdict.PASS
    assert report.verdict.exit_code == 0
    assert (report.is_overridden, report.overridden) == (True, 1)
    (loud,) = (one for one in report.findings if one.rule == "override-in-force")
    assert loud.waived_by is None
    assert all(text in loud.message for text in ("Jo Lee, Post", "Air date tonight", "2026-11-04"))
    text = rendered(TextReport(), report)
    assert text.splitlines()[0].startswith("OVERRIDE ")
    assert "EMERGENCY OVERRIDE until 2026-11-04 09:00 UTC by Jo Lee, Post" in " ".join(text.split())
    assert text.splitlines()[-1].startswith("PASSED BY OVERRIDE: 1 file")
    page = rendered(report_named("html"), report)
    assert '<h2 id="overridden">Passed by override' in page
    assert '<h2 id="approved">' not in page
    assert "emergency override urn:uuid:" in rendered(report_named("sarif"), report)
    record = json.loads(rendered(report_named("json"), report))
    assert record["counts"]["overridden"] == 1
    assert record["assets"][0]["overrides"][0]["covers"] is True


def test_an_override_outlives_renaming_and_ends_by_itself(studio: Studio, file: Path) -> None:
    override(studio, file)
    moved = file.rename(file.with_name("final.png"))
    studio.clock.advance(hours=24)
    assert studio.verdict(moved) is Verdict.PASS
    studio.clock.advance(seconds=1)
    assert studio.verdict(moved) is Verdict.BLOCK
    assert "expired on" in studio.messages(moved)
    assert "override-does-not-hold" in studio.rules(moved)


def test_an_override_covers_these_bytes_and_this_use_only(
    studio: Studio, file: Path, sample: Sample
) -> None:
    override(studio, file)
    other = studio.put(sample("jpeg/baseline.jpg"))
    studio.tag(other)
    assert studio.verdict(other) is Verdict.BLOCK
    assert studio.verdict(file, use="trailer") is Verdict.BLOCK
    assert "not for trailer" in studio.messages(file, use="trailer")


def test_an_override_never_lets_pass_what_could_not_be_judged(studio: Studio, file: Path) -> None:
    override(studio, file)
    whole = file.read_bytes()
    file.write_bytes(whole + whole)  # another file follows the end
    report = studio.scan(file)
    assert report.verdict is Verdict.UNDECIDED
    assert report.is_overridden is False


def test_an_override_of_the_very_bytes_lets_a_format_pass_that_is_not_read(
    studio: Studio,
) -> None:
    path = studio.put(b"plain words that no format reads", "notes.abc")
    assert studio.verdict(path) is Verdict.UNDECIDED
    override(studio, path)
    assert studio.scan(path).is_overridden
    path.write_bytes(b"other words that no format reads")
    assert studio.verdict(path) is Verdict.UNDECIDED


def test_an_approval_makes_the_override_needless_and_it_still_shows(
    studio: Studio, file: Path
) -> None:
    override(studio, file)
    studio.approve(file)
    report = studio.scan(file)
    assert (report.verdict, report.is_overridden) == (Verdict.PASS, False)
    assert "override-in-force" in studio.rules(file)
    text = rendered(TextReport(), report)
    assert text.startswith("approved ")
    assert "EMERGENCY OVERRIDE" in text


def test_an_override_holds_under_strict_too(studio: Studio, file: Path) -> None:
    override(studio, file)
    assert studio.verdict(file, strict=True) is Verdict.PASS


def test_an_override_can_be_taken_back(studio: Studio, file: Path) -> None:
    made = override(studio, file).override
    signer = load_signer(studio.production.gate_key)  # whoever takes it back, it counts no longer
    revoked = studio.production.overrider.revoke(made.override_id[9:17], "Approval came.", signer)
    assert revoked.status is OverrideStatus.REVOKED
    assert studio.verdict(file) is Verdict.BLOCK
    assert "Approval came" in studio.messages(file)
    with pytest.raises(UsageError, match="no override"):
        studio.production.overrider.find("ffffffff")


@pytest.mark.parametrize(
    "changes",
    [
        {"until": MORNING + 73 * HOUR},
        {"until": MORNING},
        {"until": MORNING - HOUR},
        {"by": " "},
        {"reason": ""},
    ],
)
def test_what_could_never_count_is_not_recorded(
    studio: Studio, file: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(UsageError):
        override(studio, file, **changes)
    assert studio.production.overrider.list() == ()


def test_72_hours_are_allowed(studio: Studio, file: Path) -> None:
    checked = override(studio, file, until=MORNING + 72 * HOUR)
    assert checked.status is OverrideStatus.IN_FORCE


def filed(studio: Studio, file: Path, key: Path, **changes: object) -> OverrideStatus:
    """File an override made otherwise than by this program; return what becomes of it."""
    made = override(studio, file).override
    studio.production.overrider.revoke(
        made.override_id, "test", load_signer(studio.production.approver_key)
    )
    other = replace(made, override_id=made.override_id[:-4] + "abcd", **changes)
    stored = studio.production.approver.file(
        AttestationKind.OVERRIDE,
        other.override_id,
        sign_statement(override_statement(other), load_signer(key)),
        subjects=tuple(one.essence_digest for one in other.subjects),
    )
    status = studio.production.verifier.check_override(stored).status
    assert (studio.verdict(file) is Verdict.PASS) == (status is OverrideStatus.IN_FORCE)
    assert studio.rules(file) >= (
        {"override-in-force"}
        if status is OverrideStatus.IN_FORCE
        else {"override-does-not-hold", "temporary-unapproved"}
    )
    return status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, OverrideStatus.IN_FORCE),
        ({"valid_until": MORNING + 73 * HOUR}, OverrideStatus.TOO_LONG),
        (
            # a date in the future stretches no box: when it was recorded counts too
            {"made_at": MORNING + 3 * HOUR / 60, "valid_until": MORNING + 72.04 * HOUR},
            OverrideStatus.TOO_LONG,
        ),
        ({"made_at": MORNING + HOUR}, OverrideStatus.NOT_YET_VALID),
        ({"made_at": MORNING - 50 * HOUR, "valid_until": MORNING - HOUR}, OverrideStatus.EXPIRED),
    ],
)
def test_an_override_counts_only_within_its_limits(
    studio: Studio, file: Path, changes: dict[str, object], status: OverrideStatus
) -> None:
    assert filed(studio, file, studio.production.approver_key, **changes) is status


def test_an_older_trust_list_cannot_judge_an_override(studio: Studio, file: Path) -> None:
    later = replace(studio.production.trust.edition, serial=9)
    key = studio.production.approver_key
    assert filed(studio, file, key, trust_edition=later) is OverrideStatus.OLD_TRUST


def test_only_a_key_for_overrides_signs_them(studio: Studio, file: Path) -> None:
    gate = studio.production.gate_key
    assert filed(studio, file, gate) is OverrideStatus.NOT_AUTHORISED
    assert "may not sign as override" in studio.messages(file)


def test_a_key_nobody_trusts_signs_none(
    studio: Studio, file: Path, another_studio: Callable[[str], Studio]
) -> None:
    key = another_studio("other").production.approver_key
    assert filed(studio, file, key) is OverrideStatus.UNKNOWN_KEY


def test_an_override_ends_with_the_trust_in_its_key(studio: Studio, file: Path) -> None:
    override(studio, file)

    def withdrawn(trust: TrustList) -> TrustList:
        (key,) = (key for key in trust.keys.values() if KeyRole.OVERRIDE in key.roles)
        return trust.with_key(replace(key, revoked=True))

    studio.trust(withdrawn)
    assert studio.verdict(file) is Verdict.BLOCK


def test_an_override_filed_under_another_id_does_not_count(studio: Studio, file: Path) -> None:
    made = override(studio, file).override
    stored = studio.production.overrider.find(made.override_id)
    elsewhere = replace(stored, approval_id=stored.approval_id[:-4] + "abcd")
    checked = studio.production.verifier.check_override(elsewhere)
    assert checked.status is OverrideStatus.TAMPERED


def test_what_cannot_be_read_does_not_count(studio: Studio, file: Path) -> None:
    made = override(studio, file).override
    stored = studio.production.overrider.find(made.override_id)
    checked = studio.production.verifier.check_override(replace(stored, envelope=b"{}"))
    assert checked.status is OverrideStatus.TAMPERED
    assert "cannot be read" in checked.reason


def test_every_flipped_byte_of_an_override_is_detected(studio: Studio, file: Path) -> None:
    made = override(studio, file).override
    envelope = studio.production.overrider.find(made.override_id).envelope
    trust = studio.production.trust

    def status(data: bytes, now: datetime = MORNING) -> OverrideStatus | None:
        try:
            checked = check_override(Filed(envelope=data), trust, now)
        except AttestationError:
            return None
        assert checked.status is not OverrideStatus.IN_FORCE or checked.override == made
        return checked.status

    assert status(envelope) is OverrideStatus.IN_FORCE
    original = open_envelope(envelope)
    for index in range(len(envelope)):
        changed = envelope[:index] + bytes([envelope[index] ^ 1]) + envelope[index + 1 :]
        # white space for white space is no change of what was signed
        assert status(changed) is not OverrideStatus.IN_FORCE or open_envelope(changed) == original


def test_an_override_reads_back_or_is_refused(studio: Studio, file: Path) -> None:
    made = override(studio, file).override
    assert read_override(override_statement(made)) == made
    for wrong in ({"use": "Not A Term"}, {"reason": ""}, {"by": ""}, {"subjects": ()}):
        with pytest.raises(AttestationError):
            override_statement(replace(made, **wrong))


def test_a_receipt_of_what_passes_by_override_says_so(studio: Studio, file: Path) -> None:
    made = override(studio, file).override
    options = studio.production.scan_options()
    _, receipt = studio.production.receipter.scan(file.parent, options)
    assert (receipt.verdict, receipt.is_overridden) == (Verdict.PASS, True)
    assert made.override_id in {one.name for one in receipt.inputs}
