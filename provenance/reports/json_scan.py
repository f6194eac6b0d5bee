"""The scan as JSON: schema `provenance-scan`, version 1 (`schemas/scan-1.json`)."""

from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Verdict
from provenance.model.override import JudgedOverride
from provenance.model.report import ScanReport
from provenance.model.signal import Signal
from provenance.reports.grouping import Told, told
from provenance.reports.json_stream import streamed

_SCHEMA = "provenance-scan"
_VERSION = 1


class JsonReport:
    """A scan for machines."""

    name = "json"
    shows_pictures = False

    def render(self, report: ScanReport) -> Iterator[str]:
        """See `Report.render`; ASCII only, so that no terminal or pipe can change it."""
        yield from streamed(_record(report))
        yield "\n"


def _record(report: ScanReport) -> dict[str, Any]:
    tally = report.tally
    return {
        "schema": _SCHEMA,
        "version": _VERSION,
        "verdict": tally.verdict.value,
        "exit_code": tally.verdict.exit_code,
        "policy": report.policy,
        "use": report.use,
        "counts": {
            "files": len(report.results),
            "assets": sum(1 for _ in told(report.results)),
            "blocked": tally.count(Verdict.BLOCK),
            "undecided": tally.count(Verdict.UNDECIDED),
            "passed": tally.count(Verdict.PASS),
            "overridden": tally.overridden,
            "ignored": len(report.ignored),
        },
        "assets": _assets(report),
        "findings": _findings(report),
        "ignored": iter(report.ignored),
    }


def _assets(report: ScanReport) -> Iterator[dict[str, Any]]:
    numbers = _numbers()
    for one in told(report.results):
        yield _asset(one, list(islice(numbers, len(one.first.findings))))


def _findings(report: ScanReport) -> Iterator[dict[str, Any]]:
    numbers = _numbers()
    for one in told(report.results):
        for finding in one.first.findings:
            yield _finding(finding, one, next(numbers))


def _numbers() -> Iterator[str]:
    """Yield the ids of findings: they are numbered as their files are listed."""
    return (f"F{at}" for at in count(1))


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


def _asset(one: Told, numbers: list[str]) -> dict[str, Any]:
    """Return a file as JSON values; of frames what they share, and each with its digests."""
    result, facts = one.first, one.first.facts
    asset_ids = {frame.facts.asset_id for frame in one.results}
    record: dict[str, Any] = {
        "path": one.path,
        "format": facts.format_name or None,
        "asset_id": facts.asset_id if len(asset_ids) == 1 else None,
        "verdict": result.verdict.value,
        "tagged": facts.tag is not None,
        "ai": facts.ai_level.value if facts.ai_level else "none",
        "file_digest": None if one.is_range else facts.file_digest,
        "essence_digest": None if one.is_range else facts.essence_digest,
        "approvals": approvals_record(facts),
        "overrides": [_override(judged) for judged in facts.overrides],
        "findings": numbers,
    }
    if one.is_range:
        record["frames"] = len(one.results)
        record["members"] = [_member(frame.facts) for frame in one.results]
    return record


def _member(facts: AssetFacts) -> dict[str, Any]:
    return {
        "path": facts.path,
        "asset_id": facts.asset_id,
        "file_digest": facts.file_digest,
        "essence_digest": facts.essence_digest,
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


def _finding(finding: Finding, one: Told, number: str) -> dict[str, Any]:
    return {
        "id": number,
        "rule": finding.rule,
        "path": one.path if one.is_range else finding.path,
        "verdict": finding.verdict.value,
        "origin": finding.origin.value,
        "message": finding.message,
        "evidence": [signal_record(signal) for signal in finding.evidence],
        "remedy": finding.remedy,
        "waived_by": finding.waived_by,
    }
