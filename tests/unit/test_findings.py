"""Findings, facts, approvals and reports: what counts, what is set aside, what it comes to."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model.approval import ApprovalStatus
from provenance.model.credential import EMBEDDED, Credentials
from provenance.model.finding import Finding, Origin, Verdict, verdict_of
from provenance.model.metadata import ByteRange, Contents, MetadataField
from provenance.model.outcome import Action, TagOutcome
from provenance.model.purpose import is_use_term
from provenance.model.reading import Reading
from provenance.model.report import AssetResult, ScanReport
from provenance.model.signal import Level, Signal, strongest
from provenance.policy.samples import PLAIN, REMEMBERED, TAG, TAGGED, approved, declaring

FINDING = Finding(
    rule="a-rule",
    path="a.png",
    verdict=Verdict.BLOCK,
    origin=Origin.ASSET,
    message="It is so.",
    remedy="Do this.",
)
UNDECIDED = replace(FINDING, verdict=Verdict.UNDECIDED)
REMARK = replace(FINDING, verdict=Verdict.PASS)
WAIVED = replace(FINDING, waived_by="urn:uuid:1")


def report(*results: AssetResult) -> ScanReport:
    return ScanReport(results=results, policy="house", use="final-deliverable")


def test_a_verdict_has_its_exit_status() -> None:
    assert [verdict.exit_code for verdict in Verdict] == [0, 1, 3]


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ((), Verdict.PASS),
        ((REMARK, WAIVED), Verdict.PASS),
        ((UNDECIDED, REMARK), Verdict.UNDECIDED),
        ((UNDECIDED, FINDING), Verdict.BLOCK),
        ((WAIVED, UNDECIDED), Verdict.UNDECIDED),
    ],
)
def test_the_worst_finding_that_counts_decides(
    findings: tuple[Finding, ...], verdict: Verdict
) -> None:
    assert verdict_of(findings) is verdict
    assert AssetResult(facts=PLAIN, findings=findings).verdict is verdict


@given(findings=st.lists(st.sampled_from([FINDING, UNDECIDED, REMARK, WAIVED])))
def test_one_finding_more_never_makes_a_verdict_milder(findings: list[Finding]) -> None:
    rank = [Verdict.PASS, Verdict.UNDECIDED, Verdict.BLOCK].index
    for more in (FINDING, UNDECIDED, REMARK, WAIVED):
        assert rank(verdict_of([*findings, more])) >= rank(verdict_of(findings))


def test_a_scan_that_saw_nothing_is_undecided() -> None:
    assert report().verdict is Verdict.UNDECIDED
    passed = AssetResult(facts=PLAIN, findings=())
    blocked = AssetResult(facts=TAGGED, findings=(FINDING, WAIVED))
    assert report(passed).verdict is Verdict.PASS
    both = report(passed, blocked)
    assert both.verdict is Verdict.BLOCK
    assert tuple(both.findings) == (FINDING, WAIVED)
    assert [both.count(verdict) for verdict in Verdict] == [1, 1, 0]


def test_the_surest_signal_is_the_level_of_a_file() -> None:
    def signal(level: Level) -> Signal:
        return Signal(rule="a", level=level, place="p", value="v")

    assert strongest(()) is None
    assert strongest(tuple(map(signal, Level))) is Level.DECLARES
    assert strongest((signal(Level.HINT), signal(Level.FINGERPRINT))) is Level.FINGERPRINT
    assert [level.is_conclusive for level in Level] == [True, True, False]
    assert declaring(Level.HINT).ai_level is Level.HINT
    assert PLAIN.ai_level is None


def test_an_asset_is_known_by_the_registry_before_its_tag() -> None:
    assert PLAIN.asset_id is None
    assert TAGGED.asset_id == TAG.asset_id
    assert replace(REMEMBERED, tag=replace(TAG, asset_id="urn:uuid:2")).asset_id == TAG.asset_id


@pytest.mark.parametrize("status", ApprovalStatus)
def test_only_a_valid_approval_that_covers_sets_aside(status: ApprovalStatus) -> None:
    is_valid = status is ApprovalStatus.VALID
    assert status.holds is is_valid
    assert approved(status).approvals[0].sets_aside is is_valid
    assert not approved(status, "For another use.").approvals[0].sets_aside


@pytest.mark.parametrize("text", ["final-deliverable", "trailer", "web2", "a-b-c"])
def test_a_use_is_lower_case_words_and_hyphens(text: str) -> None:
    assert is_use_term(text)


@pytest.mark.parametrize("text", ["", "-", "a-", "A", "a b", "a--b", "ä", "a\n"])
def test_anything_else_is_no_use(text: str) -> None:
    assert not is_use_term(text)


def test_an_outcome_names_no_carrier_unless_there_is_one() -> None:
    outcome = TagOutcome(path=Path("a.png"), action=Action.WOULD_TAG, detail="would be tagged")
    assert (outcome.carriers, outcome.asset_id) == ((), "")


def test_a_range_ends_behind_its_last_byte() -> None:
    runs = (ByteRange(offset=3, length=4), ByteRange(offset=9, length=0))
    assert [run.end for run in runs] == [7, 9]
    assert Contents(essence=runs).essence_length == 4


def test_a_reading_shows_the_fields_of_its_container() -> None:
    found = MetadataField(place="png/tEXt", key="Title", value="Harbour")
    assert Reading(format_name="png", contents=Contents(fields=(found,))).fields == (found,)
    assert Reading(format_name="").fields == ()
    assert Credentials(manifests=(), state="Valid", is_ours=False).place == EMBEDDED
