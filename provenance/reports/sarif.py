"""The scan as SARIF 2.1.0, for code scanning and review tools."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from provenance import __version__
from provenance.model.digest import hex_of
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.report import AssetResult, Results, RuleText, ScanReport
from provenance.reports.approvals import granted
from provenance.reports.grouping import Told, told
from provenance.reports.json_scan import signal_record
from provenance.reports.json_stream import streamed

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Verdict.BLOCK: "error", Verdict.UNDECIDED: "warning", Verdict.PASS: "note"}
_EXITS = {
    Verdict.BLOCK: "something is blocked",
    Verdict.UNDECIDED: "something could not be judged",
    Verdict.PASS: "everything passes",
}


class SarifReport:
    """A scan for tools that read SARIF."""

    name = "sarif"
    shows_pictures = False

    def render(self, report: ScanReport) -> Iterator[str]:
        """See `Report.render`; ASCII only."""
        log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": iter((_run(report),))}
        yield from streamed(log)
        yield "\n"


def _run(report: ScanReport) -> dict[str, Any]:
    places: dict[str, int] = {}
    ranks = {rule.rule_id: at for at, rule in enumerate(report.rules)}
    return {
        "tool": {
            "driver": {
                "name": "provenance",
                "version": __version__,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "invocations": [_invocation(report)],
        "artifacts": _artifacts(report, places),
        # Written after the artifacts, so their places are known.
        "results": (each for one in told(report.results) for each in _results(one, places, ranks)),
        "columnKind": "unicodeCodePoints",
        "properties": {
            "production": report.production,
            "policy": report.policy,
            "use": report.use,
            "title": report.title,
            "verdict": report.verdict.value,
            "ignored": list(report.ignored),
        },
    }


def _rule(rule: RuleText) -> dict[str, Any]:
    return {
        "id": rule.rule_id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": _LEVELS[rule.verdict]},
    }


def _invocation(report: ScanReport) -> dict[str, Any]:
    """Return how the run went; it did not succeed if something could not be judged."""
    failed = any(one.counts and one.origin is Origin.INTERNAL for one in report.findings)
    invocation: dict[str, Any] = {
        "executionSuccessful": bool(report.results) and not failed,
        "exitCode": report.verdict.exit_code,
        "exitCodeDescription": _EXITS[report.verdict],
    }
    if report.judged_at is not None:
        invocation["endTimeUtc"] = f"{report.judged_at:%Y-%m-%dT%H:%M:%SZ}"
    return invocation


def _artifacts(report: ScanReport, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield every file that was judged; SARIF wants each once.

    Note the places of those that are spoken of again.
    """
    mixed = _out_of_order(report.results)
    listed = 0
    for result in report.results:
        uri = _uri(result)
        if uri in places:
            continue
        if result.findings or _folder(_raw(result)) in mixed:
            places[uri] = listed
        listed += 1
        artifact: dict[str, Any] = {"location": {"uri": uri}, "roles": ["analysisTarget"]}
        if result.facts.file_digest is not None:
            artifact["hashes"] = {"sha-256": hex_of(result.facts.file_digest)}
        yield artifact


def _out_of_order(results: Results) -> frozenset[bytes]:
    """Return folders whose files do not come at one go and in order: one may come twice."""
    mixed: set[bytes] = set()
    left: set[bytes] = set()
    before = b""
    for path in map(_raw, results):
        folder = _folder(path)
        if folder != _folder(before):
            left.add(_folder(before))
            if folder in left:
                mixed.add(folder)
        elif path <= before:
            mixed.add(folder)
        before = path
    return frozenset(mixed)


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _uri(result: AssetResult) -> str:
    """Return the path as a URI reference, byte for byte.

    A colon is escaped too, or the first part of a relative path could be taken for a scheme.
    """
    raw = _raw(result)
    return ("file://" if raw.startswith(b"/") else "") + quote(raw)


def _raw(result: AssetResult) -> bytes:
    if result.path_bytes is not None:
        return result.path_bytes
    return result.facts.path.encode("utf-8", "backslashreplace")


def _results(one: Told, places: dict[str, int], ranks: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield what was found; of frames once, at the first, and in words of them all."""
    seen: Counter[str] = Counter()
    result, uri = one.first, _uri(one.first)
    of_all = f" ({len(one.results)} frames: {one.path})" if one.is_range else ""
    for finding in result.findings:
        record: dict[str, Any] = {
            "ruleId": finding.rule,
            "level": _LEVELS[finding.verdict],
            "message": {"text": finding.message + of_all},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": uri, "index": places[uri]}}}
            ],
            "partialFingerprints": {
                "ruleAndEssence/v1": _fingerprint(result, finding, seen[finding.rule])
            },
            # SARIF 2.1.0 §3.27.23: an empty list says that it is not suppressed.
            "suppressions": _suppressions(result, finding),
            "properties": {
                "verdict": finding.verdict.value,
                "origin": finding.origin.value,
                "remedy": finding.remedy,
                "evidence": [signal_record(signal) for signal in finding.evidence],
            },
        }
        if finding.rule in ranks:
            record["ruleIndex"] = ranks[finding.rule]
        seen[finding.rule] += 1
        yield record


def _fingerprint(result: AssetResult, finding: Finding, earlier: int) -> str:
    """Return what stays the same of a finding when the file is renamed or tagged."""
    what = result.facts.essence_digest or _uri(result)
    return hashlib.sha256(f"{finding.rule}\n{earlier}\n{what}".encode()).hexdigest()


def _suppressions(result: AssetResult, finding: Finding) -> list[dict[str, Any]]:
    if finding.waived_by is None:
        return []
    named = (judged.checked.approval for judged in result.facts.approvals)
    approval = next((one for one in named if one.approval_id == finding.waived_by), None)
    why = granted(approval) if approval else f"emergency override {finding.waived_by}"
    return [{"kind": "external", "status": "accepted", "justification": why}]
