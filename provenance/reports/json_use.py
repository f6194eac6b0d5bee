"""A declared use of AI and what a pack requires of it, as JSON values."""

from typing import Any

from provenance.model.ai_use import AiUse
from provenance.model.requirement import Requirement


def ai_use_record(use: AiUse) -> dict[str, Any]:
    """Return an AI-use record as JSON values; whom it concerns stands there by opaque id."""
    return {
        "record_id": use.record_id,
        "declared_by": use.declared_by,
        "declared_at": use.declared_at.isoformat(),
        "tools": [
            {
                "name": tool.name,
                "version": tool.version,
                "plan": tool.plan,
                "enterprise_secured": tool.is_enterprise_secured.value,
                "terms": tool.terms,
            }
            for tool in use.tools
        ],
        "inputs": [{"what": one.what, "owned": one.is_owned.value} for one in use.inputs],
        "principles": {name: answer.value for name, answer in use.principles.items()},
        "categories": sorted(use.categories),
        "prominence": use.prominence.value if use.prominence else None,
        "performers": list(use.performers),
        "consents": list(use.consents),
        "human_contribution": use.human_contribution,
        "derived_from": [
            {"essence_digest": one.essence_digest, "transforms": sorted(one.transforms)}
            for one in use.derived_from
        ],
    }


def requirement_record(required: Requirement | None) -> dict[str, Any] | None:
    """Return what a pack requires as JSON values."""
    if required is None:
        return None
    return {
        "use": required.use,
        "outcome": required.outcome.value,
        "by": list(required.by),
        "reasons": list(required.reasons),
        "categories": sorted(required.categories),
    }
