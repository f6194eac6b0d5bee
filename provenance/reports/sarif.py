"""The scan as SARIF 2.1.0, for code scanning and review tools."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from provenance import __version__
from provenance.model.digest import hex_of
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.report import AssetResult, RuleText, ScanReport
from provenance.reports.approvals import granted
from provenance.reports.grouping import Told, told
from provenance.reports.json_scan import signal_record

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

    def render(self, report: ScanReport) -> str:
        """See `Report.render`; ASCII only."""
        log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
        return json.dumps(log, indent=2) + "\n"


def _run(report: ScanReport) -> dict[str, Any]:
    artifacts = _artifacts(report)
    places = {uri: at for at, uri in enumerate(artifacts)}
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
        "artifacts": list(artifacts.values()),
        "results": [each for one in told(report.results) for each in _results(one, places, ranks)],
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


def _artifacts(report: ScanReport) -> dict[str, dict[str, Any]]:
    """Return every file that was judged by its URI; SARIF wants each once."""
    artifacts: dict[str, dict[str, Any]] = {}
    for result in report.results:
        artifact: dict[str, Any] = {"location": {"uri": _uri(result)}, "roles": ["analysisTarget"]}
        if result.facts.file_digest is not None:
            artifact["hashes"] = {"sha-256": hex_of(result.facts.file_digest)}
        artifacts.setdefault(_uri(result), artifact)
    return artifacts


def _uri(result: AssetResult) -> str:
    """Return the path as a URI reference, byte for byte.

    A colon is escaped too, or the first part of a relative path could be taken for a scheme.
    """
    raw = result.path_bytes
    if raw is None:
        raw = result.facts.path.encode("utf-8", "backslashreplace")
    return ("file://" if raw.startswith(b"/") else "") + quote(raw)


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
