"""SARIF: what we write of it is the standard's, and says what the scan says.

The standard's own schema is in no package we could lock; `sarif-subset.json` is ours, stricter
where we write less than the standard allows.
"""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from provenance.model.approval import ApprovalStatus
from provenance.model.facts import ProblemKind
from provenance.model.finding import Verdict
from provenance.model.report import ScanReport
from provenance.model.signal import Level
from provenance.policy.samples import PLAIN, TAGGED, approved, declaring, troubled
from provenance.reports.grouping import told
from provenance.reports.sarif import SarifReport
from tests.report_samples import EMPTY, MANY, ODD, SCANS, SEQUENCE, conditional, rendered, scanned

SCHEMA = json.loads(Path(__file__).with_name("sarif-subset.json").read_text("utf-8"))
each_scan = pytest.mark.parametrize("scan", SCANS.values(), ids=list(SCANS))


def run_of(scan: ScanReport) -> dict:
    text = rendered(SarifReport(), scan)
    assert text.isascii()
    log = json.loads(text)
    jsonschema.Draft7Validator(SCHEMA).validate(log)
    return log["runs"][0]


def test_the_schema_is_sound_and_refuses_what_we_do_not_write() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    log = json.loads(rendered(SarifReport(), MANY))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not jsonschema.Draft7Validator(SCHEMA).is_valid(log)


@each_scan
def test_every_finding_is_a_result_of_a_described_rule_in_a_listed_file(scan: ScanReport) -> None:
    run = run_of(scan)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.rule_id for rule in scan.rules]
    findings = [(one, each) for one in told(scan.results) for each in one.first.findings]
    for result, (one, finding) in zip(run["results"], findings, strict=True):
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert run["artifacts"][place["index"]]["location"]["uri"] == place["uri"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["message"]["text"].startswith(finding.message)
        assert one.path in result["message"]["text"] or not one.is_range


def test_every_file_that_was_judged_is_listed_once() -> None:
    for scan in (MANY, SEQUENCE):
        uris = [one["location"]["uri"] for one in run_of(scan)["artifacts"]]
        assert len(set(uris)) == len(uris)
        assert set(uris) == {result.facts.path for result in scan.results}


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (TAGGED, "error"),
        (troubled(ProblemKind.DAMAGED), "warning"),
        (declaring(Level.HINT), "note"),
    ],
)
def test_the_level_is_the_verdict_of_the_finding(facts, level: str) -> None:
    assert [result["level"] for result in run_of(scanned(facts))["results"]] == [level]


@pytest.mark.parametrize(
    ("scan", "code", "successful"),
    [
        (scanned(PLAIN), 0, True),
        (scanned(TAGGED), 1, True),
        (scanned(troubled(ProblemKind.DAMAGED)), 3, False),
        (scanned(TAGGED, troubled(ProblemKind.DAMAGED)), 1, False),
        (EMPTY, 3, False),
    ],
)
def test_a_run_that_could_not_judge_everything_is_no_success(
    scan: ScanReport, code: int, *, successful: bool
) -> None:
    (invocation,) = run_of(scan)["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, successful)
    assert invocation["endTimeUtc"] == "2026-11-25T15:04:05Z"


def test_what_an_approval_sets_aside_is_suppressed_and_names_it() -> None:
    results = run_of(scanned(conditional(), TAGGED))["results"]
    (suppression,), none = (result["suppressions"] for result in results)
    assert none == []
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    for words in ("urn:uuid:00000000-0000-4000-8000-000000000002", "2026-12-31", "episode 3"):
        assert words in suppression["justification"]


def test_an_approval_that_does_not_hold_suppresses_nothing() -> None:
    for status in set(ApprovalStatus) - {ApprovalStatus.VALID}:
        results = run_of(scanned(approved(status)))["results"]
        assert results
        assert not any(result["suppressions"] for result in results)


@pytest.mark.parametrize(
    ("raw", "uri"),
    [
        (b"deliverables/a b.png", "deliverables/a%20b.png"),
        (b"caf\xe9.png", "caf%E9.png"),
        ("Straße.png".encode(), "Stra%C3%9Fe.png"),
        (b"a:b.png", "a%3Ab.png"),
        (b"100%.png", "100%25.png"),
        (b"/mnt/nas/a#1?.png", "file:///mnt/nas/a%231%3F.png"),
    ],
)
def test_a_uri_holds_the_bytes_of_the_path(raw: bytes, uri: str) -> None:
    scan = scanned(TAGGED)
    scan = replace(scan, results=(replace(scan.results[0], path_bytes=raw),))
    (artifact,) = run_of(scan)["artifacts"]
    assert artifact["location"]["uri"] == uri
    assert unquote_to_bytes(uri.removeprefix("file://")) == raw


def test_a_fingerprint_stays_when_the_file_is_renamed_and_tells_findings_apart() -> None:
    prints = [
        [result["partialFingerprints"]["ruleAndEssence/v1"] for result in run_of(scan)["results"]]
        for scan in (scanned(TAGGED), scanned(replace(TAGGED, path="elsewhere/b.png")))
    ]
    assert prints[0] == prints[1]
    twice = troubled(ProblemKind.DAMAGED)
    twice = replace(twice, problems=twice.problems * 2)
    found = [one["partialFingerprints"] for one in run_of(scanned(twice))["results"]]
    assert len(found) == len({str(one) for one in found})


def test_the_verdict_of_each_finding_is_kept() -> None:
    verdicts = {one["properties"]["verdict"] for one in run_of(ODD)["results"]}
    assert verdicts == {verdict.value for verdict in Verdict}


def test_a_file_that_is_come_by_twice_is_listed_once_and_spoken_of_at_its_place() -> None:
    paths = ("a/1.png", "a/2.png", "b/1.png", "a/1.png", "c/1.png", "c/1.png", "d/1.png")
    run = run_of(scanned(*(replace(TAGGED, path=path) for path in paths)))
    listed = [one["location"]["uri"] for one in run["artifacts"]]
    assert listed == list(dict.fromkeys(paths))
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"] for one in run["results"]]
    assert {(one["uri"], one["index"]) for one in places} == {
        (path, listed.index(path)) for path in paths
    }
    plain = run_of(scanned(*(replace(PLAIN, path=path) for path in paths)))
    assert [one["location"]["uri"] for one in plain["artifacts"]] == listed
