"""What every report must do with an empty scan, with one file, and with many odd ones."""

import json
import tracemalloc
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts, Problem, ProblemKind
from provenance.model.finding import Verdict
from provenance.model.report import ScanReport
from provenance.model.signal import Level
from provenance.policy.samples import PLAIN, TAGGED, approved, declaring, troubled
from provenance.reports.csv_rows import CsvReport
from provenance.reports.interface import Report
from provenance.reports.json_scan import JsonReport, signal_record
from provenance.reports.known import REPORTS, report_named
from provenance.reports.printable import printable
from provenance.reports.text import TextReport
from provenance.spooling import ResultSpool
from tests.exhaustive import exhaustive
from tests.report_samples import (
    EMPTY,
    MANY,
    ONE,
    SCANS,
    SEQUENCE,
    conditional,
    frames,
    named,
    rendered,
    scanned,
)

SCHEMA = json.loads(
    resources.files("provenance.reports").joinpath("schemas", "scan-1.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
each_report = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)


each_scan = pytest.mark.parametrize("scan", SCANS.values(), ids=list(SCANS))


def valid(text: str) -> dict:
    record = json.loads(text)
    VALIDATOR.validate(record)
    return record


def test_every_report_has_a_name_of_its_own() -> None:
    names = [report.name for report in REPORTS]
    assert names == ["text", "json", "sarif", "junit", "csv", "html"]
    for report in REPORTS:
        assert report_named(report.name) is report
    with pytest.raises(KeyError):
        report_named("tea-leaves")


@each_report
@each_scan
def test_a_report_ends_in_one_newline_and_has_no_raw_control_characters(
    report: Report, scan: ScanReport
) -> None:
    text = rendered(report, scan)
    assert type(text) is str
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    if report.name == CsvReport.name:  # RFC 4180 and Excel want these
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    assert all(character.isprintable() or character == "\n" for character in text)


@each_report
def test_a_scan_of_which_little_is_known_is_shown_too(report: Report) -> None:
    bare = ScanReport(results=MANY.results, policy="house", use="trailer")
    assert TAGGED.path in rendered(report, bare)


@each_report
@each_scan
def test_the_same_scan_is_always_shown_the_same(report: Report, scan: ScanReport) -> None:
    assert rendered(report, scan) == rendered(report, scan)


@each_report
def test_every_file_that_counts_is_named(report: Report) -> None:
    text = rendered(report, MANY)
    for result in MANY.results:
        if result.verdict is not Verdict.PASS:
            assert result.facts.path in text


@each_report
@each_scan
def test_results_from_a_spool_are_shown_the_same(report: Report, scan: ScanReport) -> None:
    spooled = replace(scan, results=ResultSpool(scan.results, in_memory=1000))
    assert rendered(report, spooled) == rendered(report, scan)


@exhaustive
@each_report
def test_very_many_files_take_little_memory(report: Report) -> None:
    (passed,) = ONE.results
    spool = ResultSpool()
    for reel in range(10):
        spool.append_alike(f"show/reel{reel:02}", [f"{at:04}.wav" for at in range(2000)], passed)
        spool.append(MANY.results[1])
    scan = replace(MANY, results=spool)
    tracemalloc.start()
    try:
        length = sum(map(len, report.render(scan)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.name == "text" or length > 1_500_000
    assert peak < 4 << 20


# JSON


def paths_of(asset: dict) -> list[str]:
    """Return the path of an asset of the JSON, or those of its frames."""
    return [member["path"] for member in asset.get("members", [asset])]


@each_scan
def test_the_json_is_ascii_and_follows_its_schema(scan: ScanReport) -> None:
    text = rendered(JsonReport(), scan)
    assert text.isascii()
    record = valid(text)
    assert (record["verdict"], record["exit_code"]) == (
        scan.verdict.value,
        scan.verdict.exit_code,
    )
    assert sorted(path for asset in record["assets"] for path in paths_of(asset)) == sorted(
        result.facts.path for result in scan.results
    )
    assert record["ignored"] == list(scan.ignored)


@each_scan
def test_the_counts_add_up_and_every_finding_belongs_to_one_file(scan: ScanReport) -> None:
    record = valid(rendered(JsonReport(), scan))
    counts = record["counts"]
    assert counts["assets"] == len(record["assets"])
    assert counts["files"] == sum(asset.get("frames", 1) for asset in record["assets"])
    assert counts["blocked"] + counts["undecided"] + counts["passed"] == counts["files"]
    assert counts["ignored"] == len(record["ignored"])
    numbers = [number for asset in record["assets"] for number in asset["findings"]]
    assert numbers == [finding["id"] for finding in record["findings"]]
    assert len(set(numbers)) == len(numbers)
    paths = {finding["id"]: finding["path"] for finding in record["findings"]}
    for asset in record["assets"]:
        assert {paths[number] for number in asset["findings"]} <= {asset["path"]}


def test_a_finding_set_aside_stays_with_the_approval_that_does_it() -> None:
    record = valid(rendered(JsonReport(), scanned(conditional())))
    (asset,), (finding,) = record["assets"], record["findings"]
    (approval,) = asset["approvals"]
    assert finding["waived_by"] == approval["approval_id"]
    assert approval["covers"] is True
    assert approval["valid_until"] == "2026-12-31T00:00:00+00:00"
    assert approval["conditions"][0] == "only in episode 3\x07"
    assert record["verdict"] == "pass"


def test_an_approval_that_does_not_cover_says_why() -> None:
    facts = approved(ApprovalStatus.VALID, "It was given for other uses.")
    (asset,) = valid(rendered(JsonReport(), scanned(facts)))["assets"]
    assert asset["approvals"][0]["reason"] == "It was given for other uses."
    assert asset["approvals"][0]["covers"] is False


def test_a_signal_names_its_generator_only_where_one_is_known() -> None:
    assert "generator" not in signal_record(declaring(Level.HINT).signals[0])
    (signal,) = named().signals
    assert signal_record(signal)["generator"] == {
        "tool": "Desk \x1b[0m",
        "model": "m",
        "version": "4",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "maybe"},
        {"exit_code": 1},
        {"version": 2},
        {"mood": "good"},
        {"counts": {}},
        {"assets": [{}]},
        {"use": "Final Deliverable"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_no_report(change: dict[str, object]) -> None:
    record = json.loads(rendered(JsonReport(), ONE))
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(record | change)


def test_the_schema_itself_is_sound_and_strict() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert all(
        part["additionalProperties"] is False and set(part["required"]) <= set(part["properties"])
        for part in _objects(SCHEMA)
    )


def _objects(part: object) -> list[dict]:
    if isinstance(part, list):
        return [found for inner in part for found in _objects(inner)]
    if not isinstance(part, dict):
        return []
    own = [part] if part.get("type") == "object" else []
    return own + [found for inner in part.values() for found in _objects(inner)]


# Sequences

RANGE = "render/shot.[0001-0003,0005-0006,0008].png"


def test_frames_of_which_there_is_the_same_to_say_are_one_asset_with_every_digest() -> None:
    record = valid(rendered(JsonReport(), SEQUENCE))
    assert {asset["path"]: asset.get("frames") for asset in record["assets"]} == {
        RANGE: 6,
        "render/shot.0004.png": None,
        "render/shot.0009.png": None,
    }
    assert (record["counts"]["files"], record["counts"]["assets"]) == (8, 3)
    assert record["counts"]["blocked"] == 6
    asset = record["assets"][0]
    assert (asset["file_digest"], asset["essence_digest"]) == (None, None)
    expected = {one.path: (one.file_digest, one.essence_digest) for one in frames(1, 2, 3, 5, 6, 8)}
    members = {one["path"]: (one["file_digest"], one["essence_digest"]) for one in asset["members"]}
    assert members == expected
    assert [one["path"] for one in record["findings"]].count(RANGE) == len(asset["findings"])


@each_report
def test_a_frame_that_differs_is_told_by_itself(report: Report) -> None:
    text = rendered(report, SEQUENCE)
    assert RANGE in text
    assert "render/shot.0009.png" in text
    assert report.name == "sarif" or "shot.0001.png" not in text or report.name == "json"


DIFFERENCES = {
    "verdict": replace(TAGGED, tag=None, carriers=()),
    "reason": replace(TAGGED, tag=replace(TAGGED.tag, reasons=("another",))),
    "evidence": replace(TAGGED, carriers=("sidecar",)),
    "approval": approved(ApprovalStatus.REVOKED),
    "problem": troubled(ProblemKind.UNREADABLE),
    "format": replace(TAGGED, format_name="jpeg"),
}


@each_report
@pytest.mark.parametrize("facts", DIFFERENCES.values(), ids=list(DIFFERENCES))
def test_no_difference_between_frames_is_hidden(report: Report, facts: AssetFacts) -> None:
    scan = scanned(*frames(1), *frames(2, facts=facts), *frames(3, 4))
    text = rendered(report, scan)
    assert "shot.[0001,0003-0004].png" in text
    passes = not scan.results[1].findings
    assert "shot.0002.png" in text or (passes and report.name in ("text", "sarif"))
    assert "[0001-0004]" not in text


def test_the_labels_of_manifests_and_ids_keep_no_frames_apart() -> None:
    places = [f"c2pa/urn:c2pa:{number}/actions" for number in (1, 2, 3)]
    facts = []
    for place, one in zip(places, frames(1, 2, 3, facts=declaring(Level.DECLARES)), strict=True):
        facts.append(replace(one, signals=(replace(one.signals[0], place=place),)))
    record = valid(rendered(JsonReport(), scanned(*facts)))
    assert [asset["path"] for asset in record["assets"]] == ["render/shot.[0001-0003].png"]


def test_a_long_list_names_each_frame() -> None:
    text = rendered(TextReport(lists_all=True), SEQUENCE)
    assert all(result.facts.path in text for result in SEQUENCE.results)
    assert RANGE not in text.split("What to do")[0]


# Text


@each_scan
def test_the_text_stays_within_80_columns_where_words_allow(scan: ScanReport) -> None:
    paths = {printable(result.facts.path) for result in scan.results}
    paths |= {printable(path) for path in scan.ignored}
    for line in rendered(TextReport(), scan).splitlines():
        is_one_word = len(line.split()) == 1
        assert len(line) <= 80 or is_one_word or line[11:] in paths, line


def test_long_names_of_policy_and_use_are_wrapped_too() -> None:
    scan = replace(ONE, policy="netflix-2025-11", use="a-use-with-quite-a-long-name-indeed")
    assert max(map(len, rendered(TextReport(), scan).splitlines())) <= 80


def test_a_file_that_passes_without_remark_is_only_counted() -> None:
    text = rendered(TextReport(), ONE)
    assert PLAIN.path not in text
    assert "1 file: 0 blocked, 0 undecided, 1 passed" in text
    assert "PASSED" in text


def test_the_last_line_is_the_verdict() -> None:
    for scan, word in ((EMPTY, "UNDECIDED"), (ONE, "PASSED"), (MANY, "BLOCKED")):
        assert rendered(TextReport(), scan).splitlines()[-1].startswith(f"{word}: ")


def test_a_blocked_file_says_why_and_what_to_do_once() -> None:
    text = " ".join(rendered(TextReport(), scanned(TAGGED, replace(TAGGED, path="b.png"))).split())
    assert "BLOCKED tagged.png Tagged TEMPORARY since 2026-03-01" in text
    assert "BLOCKED b.png" in text
    assert text.count("Replace it with final material") == 1


def test_an_approved_file_shows_its_conditions_and_no_escapes() -> None:
    text = " ".join(rendered(TextReport(), scanned(conditional())).split())
    assert "until: 2026-12-31 00:00 UTC, by Légal \\x1b[31m & Söhne" in text
    assert "condition: only in episode 3\\x07" in text
    forever = rendered(TextReport(), scanned(approved(ApprovalStatus.VALID)))
    assert "until: no end date" in forever


def test_ignored_files_are_listed() -> None:
    assert "notes\\x07.txt" in rendered(TextReport(), MANY)


@settings(deadline=None)
@given(text=st.text(max_size=40))
def test_printable_text_is_printable_and_plain_text_stays(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() or not shown
    if text.isprintable():
        assert shown == text


@settings(deadline=None, max_examples=40)
@given(path=st.text(max_size=60), detail=st.text(max_size=60))
def test_any_path_and_any_trouble_can_be_shown(path: str, detail: str) -> None:
    problem = Problem(kind=ProblemKind.DAMAGED, detail=detail)
    scan = scanned(AssetFacts(path=path, problems=(problem,)))
    for report in REPORTS:
        text = rendered(report, scan).removeprefix("\ufeff").replace("\r\n", "\n")
        assert all(character.isprintable() or character == "\n" for character in text)
    valid(rendered(JsonReport(), scan))
