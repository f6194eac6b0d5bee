"""The text report for somebody who reads it at night: order, groups, remedies, counts."""

import shlex
from dataclasses import replace

from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts, Problem, ProblemKind
from provenance.model.report import AssetResult, ScanReport
from provenance.model.signal import Level
from provenance.policy.engine import judge
from provenance.policy.pack import load_pack
from provenance.policy.samples import PLAIN, REMEMBERED, TAGGED, approved, declaring
from provenance.reports.text import TextReport
from tests.report_samples import rendered

HOUSE = load_pack("house")


def scanned(*facts: AssetFacts, ignored: tuple[str, ...] = ()) -> ScanReport:
    results = tuple(AssetResult(facts=one, findings=judge(one, HOUSE)) for one in facts)
    return ScanReport(results=results, policy="house", use="final-deliverable", ignored=ignored)


def unread(path: str, detail: str = "OpenEXR, not a format this version reads") -> AssetFacts:
    problem = Problem(kind=ProblemKind.UNSUPPORTED, detail=detail)
    return AssetFacts(path=path, problems=(problem,))


def text(*facts: AssetFacts, ignored: tuple[str, ...] = (), lists_all: bool = False) -> str:
    return rendered(TextReport(lists_all=lists_all), scanned(*facts, ignored=ignored))


def words(*facts: AssetFacts, ignored: tuple[str, ...] = ()) -> str:
    return " ".join(text(*facts, ignored=ignored).split())


def test_what_is_blocked_comes_first_then_what_is_undecided() -> None:
    shown = text(declaring(Level.HINT), unread("a.exr"), TAGGED)
    places = [shown.index(f"\n{word} ") for word in ("UNDECIDED", "passed")]
    assert shown.startswith("BLOCKED ")
    assert places == sorted(places)
    assert shown.index("[temporary-unapproved] 1 file") < shown.index("[format-not-read] 1 file")


def test_files_undecided_for_one_reason_are_told_together() -> None:
    letters = "abcdefghijklmnopqrstuvwx"
    frames = [unread(f"shot/{letter}.exr") for letter in letters]
    other = unread("shot/a.dpx", "DPX, not a format this version reads")
    shown = words(*frames, other)
    assert "UNDECIDED shot/a.exr and 23 more .exr (scan --all lists them)" in shown
    assert "shot/b.exr" not in shown
    assert "UNDECIDED shot/a.dpx Could not" in shown
    assert "[format-not-read] 25 files" in shown
    whole = text(*frames, other, lists_all=True)
    assert all(frame.path in whole for frame in frames)
    assert "more .exr" not in whole


def test_unknown_bytes_of_one_suffix_are_one_reason_and_damage_is_told_singly() -> None:
    strange = [
        unread(f"{one}.ptx", f"not a format this version reads (it begins 0{one})")
        for one in range(3)
    ]
    assert "and 2 more .ptx" in words(*strange)
    torn = [
        replace(
            unread(f"{one}.png"),
            problems=(Problem(kind=ProblemKind.DAMAGED, detail=f"torn at byte {one}"),),
        )
        for one in range(3)
    ]
    assert all(f"torn at byte {one}" in words(*torn) for one in range(3))


def test_frames_undecided_for_one_reason_are_a_range_among_the_others() -> None:
    shots = [unread(f"{shot}/{number:04}.exr") for shot in "abc" for number in range(24)]
    shown = words(*shots)
    assert "UNDECIDED a/[0000-0023].exr 24 frames of an image sequence" in shown
    assert "and 48 more .exr (scan --all lists them)" in shown


def test_what_is_blocked_is_told_together_only_as_frames() -> None:
    names = [f"{one}{one}" for one in "abcdefghijklm"]
    shown = words(*(replace(TAGGED, path=f"{one}.png") for one in names))
    assert all(f"BLOCKED {one}.png" in shown for one in names)
    framed = words(*(replace(TAGGED, path=f"{one}.png") for one in range(40)))
    assert "BLOCKED [0-39].png 40 frames of an image sequence" in framed
    assert framed.count("BLOCKED ") == 1
    assert "approve '[0-39].png' --approver" in framed


def test_a_remedy_names_its_rules_and_the_file_as_a_shell_takes_it() -> None:
    odd = "it's here/a b.png"
    lines = text(replace(TAGGED, path=odd)).splitlines()
    at = next(number for number, line in enumerate(lines) if "provenance approve" in line)
    end = next(number for number in range(at, len(lines)) if not lines[number].endswith("\\"))
    command = "\n".join(lines[at : end + 1])
    assert shlex.split(command.replace("\\\n", " ")) == (
        ["provenance", "approve", odd, "--approver", "WHO", "--evidence", "MAIL"]
    )
    both = words(TAGGED, REMEMBERED)
    assert "[temporary-unapproved, known-by-content] 2 files Replace it" in both
    assert "approve tagged.png stripped.png --approver WHO" in both
    assert "approve FILE... --approver" in words(*[replace(TAGGED, path=f"{n}") for n in range(9)])


def test_an_approval_that_does_not_hold_is_named_in_its_remedy() -> None:
    facts = approved(ApprovalStatus.REVOKED)
    number = facts.approvals[0].checked.approval.approval_id.removeprefix("urn:uuid:")[:8]
    assert f"provenance approvals show {number}" in words(facts)


def test_labels_of_manifests_are_left_to_inspect() -> None:
    made = declaring(Level.DECLARES)
    place = "c2pa/urn:c2pa:eaf9ed8c-258e-4c8c-ba30-273d54da4d90/c2pa.created"
    shown = words(replace(made, signals=(replace(made.signals[0], place=place),)))
    assert "in c2pa/c2pa.created)" in shown
    assert "urn:" not in shown


def test_the_sum_counts_what_was_approved_hinted_and_ignored() -> None:
    facts = (PLAIN, approved(ApprovalStatus.VALID), *[declaring(Level.HINT)] * 2)
    shown = words(*facts, ignored=("a.txt", "b.txt"))
    assert "4 passed (1 approved, 2 with a hint of AI), 2 ignored; policy house" in shown
    assert "1 passed; policy house" in words(PLAIN)


def test_what_is_ignored_is_told_by_suffix_and_listed_on_demand() -> None:
    names = (*(f"{one}.txt" for one in range(9)), "a.pdf")
    assert "ignored 0.txt and 8 more .txt (scan --all lists them) ignored a.pdf" in (
        words(PLAIN, ignored=names)
    )
    whole = text(PLAIN, ignored=names, lists_all=True)
    assert all(f"ignored    {name}" in whole for name in names)
