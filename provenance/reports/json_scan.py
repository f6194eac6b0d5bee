"""The scan as JSON: schema `provenance-scan`, version 1 (`schemas/scan-1.json`)."""

import json
from typing import Any

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Verdict
from provenance.model.override import JudgedOverride
from provenance.model.report import AssetResult, ScanReport
from provenance.model.signal import Signal

_SCHEMA = "provenance-scan"
_VERSION = 1


class JsonReport:
    """A scan for machines."""

    name = "json"
    shows_pictures = False

    def render(self, report: ScanReport) -> str:
        """See `Report.render`; ASCII only, so that no terminal or pipe can change it."""
        return json.dumps(scan_record(report), indent=2) + "\n"


def scan_record(report: ScanReport) -> dict[str, Any]:
    """Return the report as JSON values."""
    numbers = {id(finding): f"F{at}" for at, finding in enumerate(report.findings, 1)}
    return {
        "schema": _SCHEMA,
        "version": _VERSION,
        "verdict": report.verdict.value,
        "exit_code": report.verdict.exit_code,
        "policy": report.policy,
        "use": report.use,
        "counts": {
            "files": len(report.results),
            "assets": len(report.results),
            "blocked": report.count(Verdict.BLOCK),
            "undecided": report.count(Verdict.UNDECIDED),
            "passed": report.count(Verdict.PASS),
            "overridden": report.overridden,
            "ignored": len(report.ignored),
        },
        "assets": [_asset(result, numbers) for result in report.results],
        "findings": [_finding(finding, numbers[id(finding)]) for finding in report.findings],
        "ignored": list(report.ignored),
    }


def signal_record(signal: Signal) -> dict[str, Any]:
    """Return a signal as JSON values."""
    record: dict[str, Any] = {
        "signal": signal.rule,
        "level": signal.level.value,
        "place": signal.place,
        "value": signal.value,
    }
    if signal.generator is not None:
        record["generator"] = {
            "tool": signal.generator.tool,
            "model": signal.generator.model,
            "version": signal.generator.version,
        }
    return record


def approvals_record(facts: AssetFacts) -> list[dict[str, Any]]:
    """Return the approvals of a file as JSON values."""
    return [
        {
            "approval_id": judged.checked.approval.approval_id,
            "status": judged.checked.status.value,
            "reason": judged.not_covering or judged.checked.reason,
            "covers": judged.sets_aside,
            "uses": sorted(judged.checked.approval.uses),
            "approver": judged.checked.approval.approver.name,
            "conditions": [one.text for one in judged.checked.approval.conditions],
            "valid_until": judged.checked.approval.valid_until.isoformat()
            if judged.checked.approval.valid_until
            else None,
        }
        for judged in facts.approvals
    ]


def _asset(result: AssetResult, numbers: dict[int, str]) -> dict[str, Any]:
    facts = result.facts
    return {
        "path": facts.path,
        "format": facts.format_name or None,
        "asset_id": facts.asset_id,
        "verdict": result.verdict.value,
        "tagged": facts.tag is not None,
        "ai": facts.ai_level.value if facts.ai_level else "none",
        "file_digest": facts.file_digest,
        "essence_digest": facts.essence_digest,
        "approvals": approvals_record(facts),
        "overrides": [_override(judged) for judged in facts.overrides],
        "findings": [numbers[id(finding)] for finding in result.findings],
    }


def _override(judged: JudgedOverride) -> dict[str, Any]:
    override = judged.checked.override
    return {
        "override_id": override.override_id,
        "status": judged.checked.status.value,
        "reason": judged.not_covering or judged.checked.reason,
        "covers": judged.sets_aside,
        "use": override.use,
        "by": override.by,
        "why": override.reason,
        "valid_until": override.valid_until.isoformat(),
    }


def _finding(finding: Finding, number: str) -> dict[str, Any]:
    return {
        "id": number,
        "rule": finding.rule,
        "path": finding.path,
        "verdict": finding.verdict.value,
        "origin": finding.origin.value,
        "message": finding.message,
        "evidence": [signal_record(signal) for signal in finding.evidence],
        "remedy": finding.remedy,
        "waived_by": finding.waived_by,
    }
