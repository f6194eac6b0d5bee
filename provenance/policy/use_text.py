"""An AI-use record as people write it in TOML: in a pack's cases, and for `provenance declare`."""

import re
from datetime import UTC, datetime
from types import MappingProxyType

from provenance.model.ai_use import (
    AiUse,
    Answer,
    InputMaterial,
    Prominence,
    ToolUse,
    UseCategory,
)
from provenance.policy.table import Table

USE_KEYS = (
    *("declared_by", "tools", "inputs", "principles", "categories", "prominence"),
    *("performers", "consents", "human_contribution"),
)
"""The keys of a record; what it is bound to is not written by hand."""
_TOOL_KEYS = ("name", "version", "plan", "enterprise", "terms")
_PRINCIPLE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,15}")
_OPAQUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")
_NOT_YET = datetime.fromtimestamp(0, UTC)


def read_use(table: Table) -> AiUse:
    """Return the record a table makes, bound to nothing yet; raises ConfigError naming the key."""
    table.require_known(*USE_KEYS)
    return AiUse(
        record_id="",
        subjects=(),
        declared_by=table.text("declared_by"),
        declared_at=_NOT_YET,
        tools=tuple(_tool(one) for one in table.tables("tools")),
        inputs=tuple(_input(one) for one in table.tables("inputs")),
        principles=MappingProxyType(_answers(table.table("principles"))),
        categories=table.members("categories", UseCategory),
        prominence=table.member("prominence", Prominence) if table.text("prominence") else None,
        performers=_opaque(table, "performers"),
        consents=_opaque(table, "consents"),
        human_contribution=table.text("human_contribution"),
    )


def is_principle_id(text: str) -> bool:
    """Return whether the text can be the id of a principle, such as P1."""
    return _PRINCIPLE.fullmatch(text) is not None


def _tool(table: Table) -> ToolUse:
    table.require_known(*_TOOL_KEYS)
    is_said = bool(table.text("enterprise"))
    return ToolUse(
        name=table.filled_text("name"),
        version=table.text("version"),
        plan=table.text("plan"),
        is_enterprise_secured=table.member("enterprise", Answer) if is_said else Answer.UNSURE,
        terms=table.text("terms"),
    )


def _input(table: Table) -> InputMaterial:
    table.require_known("what", "owned")
    return InputMaterial(what=table.filled_text("what"), is_owned=table.member("owned", Answer))


def _answers(table: Table) -> dict[str, Answer]:
    for key in table.keys:
        if not is_principle_id(key):
            table.refuse(repr(key), "is no principle's id like P1")
    return {key: table.member(key, Answer) for key in table.keys}


def _opaque(table: Table, key: str) -> tuple[str, ...]:
    for text in table.texts(key):
        if not _OPAQUE.fullmatch(text):
            table.refuse(key, f"must be opaque ids without blanks, never names; {text!r} is none")
    return tuple(dict.fromkeys(table.texts(key)))
