"""The disclosure report for machines: JSON, and a table for spreadsheets."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from provenance.model.approval import CheckedApproval
from provenance.model.disclosure import DisclosedUse, Disclosure
from provenance.model.override import CheckedOverride
from provenance.model.purpose import Scope
from provenance.reports.csv_rows import BYTE_ORDER_MARK, harmless

SCHEMA = "provenance-disclosure"
VERSION = 1
COLUMNS = (
    "name",
    "standing",
    "tools",
    "categories",
    "prominence",
    "allowed",
    "evidence",
    "conditions",
    "scope",
    "until",
    "overrides",
    "missing",
    "human_contribution",
    "declared_by",
    "first_seen",
    "last_seen",
    "last_path",
    "asset_id",
    "essence_digest",
)
"""The header of the table; columns are only ever added at its end."""


def disclosure_json(disclosure: Disclosure) -> str:
    """Return the report as JSON, ASCII only; see `schemas/disclosure-1.json`."""
    record = {
        "schema": SCHEMA,
        "version": VERSION,
        "production": disclosure.production,
        "made_at": disclosure.made_at.isoformat(),
        "paths": list(disclosure.paths),
        "unread": list(disclosure.unread),
        "uses": [_use(use) for use in disclosure.uses],
    }
    return json.dumps(record, indent=2) + "\n"


def disclosure_csv(disclosure: Disclosure) -> str:
    """Return the report as a table (RFC 4180), one row an asset; no cell is a formula."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for use in disclosure.uses:
        writer.writerow(harmless(text) for text in _row(use))
    return BYTE_ORDER_MARK + out.getvalue()


def path_text(path: str) -> str:
    """Return a path as text; bytes that are no UTF-8 are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def scope_words(scope: Scope) -> str:
    """Return what an approval is limited to; empty where nothing is."""
    limits = [
        *(f"{name} {value}" for name, value in _single(scope) if value),
        *(f"{name} {', '.join(sorted(some))}" for name, some in _plural(scope) if some),
    ]
    return "; ".join(limits)


def allowed_words(checked: CheckedApproval) -> str:
    """Return who decided what, and whether it holds."""
    approval = checked.approval
    if not approval.approver.name:
        return f"{checked.status.value}: {checked.reason}"
    uses = ", ".join(sorted(approval.uses))
    return f"{approval.decision.value} by {approval.approver} for {uses} ({checked.state})"


def until_words(moment: datetime | None) -> str:
    """Return how long something holds."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "until revoked"


def override_words(checked: CheckedOverride) -> str:
    """Return who overrode, why, until when, and whether it counts."""
    override = checked.override
    return (
        f"{override.by} until {until_words(override.valid_until)}: {override.reason}"
        f" ({checked.status.value})"
    )


def _single(scope: Scope) -> tuple[tuple[str, str], ...]:
    return ("title", scope.title), ("episode", scope.episode), ("cut", scope.cut)


def _plural(scope: Scope) -> tuple[tuple[str, frozenset[str]], ...]:
    return (
        ("territory", scope.territories),
        ("language", scope.languages),
        ("medium", scope.media),
    )


def _row(use: DisclosedUse) -> Iterator[str]:
    approvals = [checked.approval for checked in use.approvals]
    ai_use = use.ai_use
    yield use.name
    yield use.standing
    yield "; ".join(use.tools)
    yield "; ".join(sorted(ai_use.categories)) if ai_use else ""
    yield ai_use.prominence.value if ai_use and ai_use.prominence else ""
    yield "; ".join(map(allowed_words, use.approvals))
    yield "; ".join(document.name for one in approvals for document in one.evidence)
    yield "; ".join(condition.text for one in approvals for condition in one.conditions)
    yield "; ".join(filter(None, (scope_words(one.scope) for one in approvals)))
    yield "; ".join(until_words(one.valid_until) for one in approvals)
    yield "; ".join(map(override_words, use.overrides))
    yield " ".join(use.missing)
    yield ai_use.human_contribution if ai_use else ""
    yield ai_use.declared_by if ai_use else ""
    yield _moment(use.first_seen) or ""
    yield _moment(use.last_seen) or ""
    yield path_text(use.last_path)
    yield use.asset_id
    yield use.essence_digest


def _use(use: DisclosedUse) -> dict[str, Any]:
    ai_use = use.ai_use
    return {
        "name": use.name,
        "standing": use.standing,
        "asset_id": use.asset_id or None,
        "essence_digest": use.essence_digest,
        "media_type": use.media_type or None,
        "made_as": use.made_as or None,
        "tools": list(use.tools),
        "first_seen": _moment(use.first_seen),
        "last_seen": _moment(use.last_seen),
        "last_path": path_text(use.last_path) or None,
        "withdrawn": use.withdrawn,
        "ai_use": None
        if ai_use is None
        else {
            "record_id": ai_use.record_id,
            "declared_by": ai_use.declared_by,
            "declared_at": ai_use.declared_at.isoformat(),
            "categories": sorted(ai_use.categories),
            "prominence": ai_use.prominence.value if ai_use.prominence else None,
            "consents": list(ai_use.consents),
            "human_contribution": ai_use.human_contribution,
        },
        "approvals": [_approval(checked) for checked in use.approvals],
        "overrides": [_override(checked) for checked in use.overrides],
        "missing": list(use.missing),
    }


def _approval(checked: CheckedApproval) -> dict[str, Any]:
    approval = checked.approval
    return {
        "approval_id": approval.approval_id,
        "status": checked.status.value,
        "reason": checked.reason,
        "decision": approval.decision.value,
        "approver": str(approval.approver),
        "authority": approval.authority,
        "signed_by": checked.signed_by,
        "approved_at": approval.approved_at.isoformat(),
        "uses": sorted(approval.uses),
        "categories": sorted(approval.categories),
        "scope": scope_words(approval.scope),
        "conditions": [condition.text for condition in approval.conditions],
        "evidence": [
            {"name": document.name, "digest": document.digest} for document in approval.evidence
        ],
        "valid_from": _moment(approval.valid_from),
        "valid_until": _moment(approval.valid_until),
    }


def _override(checked: CheckedOverride) -> dict[str, Any]:
    override = checked.override
    return {
        "override_id": override.override_id,
        "status": checked.status.value,
        "by": override.by,
        "why": override.reason,
        "use": override.use,
        "valid_until": override.valid_until.isoformat(),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
