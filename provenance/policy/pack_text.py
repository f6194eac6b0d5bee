"""What stands in the tables of a pack: verdicts, principles, matrix and cases, read strictly."""

from collections.abc import Mapping
from typing import Any

from provenance.model.ai_use import Prominence, UseCategory
from provenance.model.finding import Verdict
from provenance.model.purpose import is_use_term
from provenance.model.requirement import Outcome
from provenance.policy.case import Case
from provenance.policy.matrix import EVERY_PROMINENCE, Action, MatrixRow, find_faults
from provenance.policy.principle import CheckedBy, Principle
from provenance.policy.rules.known import POLICY_RULES
from provenance.policy.table import Table
from provenance.policy.use_text import is_principle_id, read_use

OFF = "off"
"""What stands in place of a verdict where a pack does not ask for a rule."""
_NEVER_PASS = frozenset({"could-not-decide", "format-not-read"})
"""A gate that passes what it could not judge is none; no pack may say so."""
_MAY_BE_OFF = frozenset({"marking-removed", "consent-missing", "ai-use-undeclared"})
"""Rules that follow from some buyers' or lawmakers' texts only."""
_ADDED_SINCE = {
    "marking-removed": OFF,
    "ai-use-undeclared": OFF,
    "override-in-force": Verdict.PASS.value,
    "override-does-not-hold": Verdict.PASS.value,
    "format-not-read": Verdict.UNDECIDED.value,
}
"""What rules a version 1 pack may not have known count for, where that is not block."""
_VERSION_1_RULES = (
    *("temporary-unapproved", "ai-declared-unapproved", "known-by-content", "copied-tag"),
    *("approval-does-not-hold", "could-not-decide", "ai-hint"),
)


def upgraded_from_1(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a version 1 record as version 2, which asks at least for what it asked before.

    Version 1 knew no categories of use, so each needs an approval that names it.
    """
    rules = record.get("rules")
    if isinstance(rules, dict):
        added = {name: "block" for name in POLICY_RULES if name not in _VERSION_1_RULES}
        rules = added | _ADDED_SINCE | rules
    row = {
        "categories": list(UseCategory),
        "action": Action.APPROVE.value,
        "by": "whoever may approve by the rules of your house",
        "why": "The pack is of version 1 and says nothing of categories of use.",
    }
    return {**record, "version": 2, "rules": rules, "matrix": [row]}


def read_verdicts(table: Table) -> dict[str, Verdict | None]:
    """Return what each rule counts for, None for one that is off."""
    if set(table.keys) != set(POLICY_RULES):
        wrong = ", ".join(sorted(set(table.keys) ^ set(POLICY_RULES)))
        table.refuse("[rules]", f"must name each rule once; differs: {wrong}")
    found: dict[str, Verdict | None] = {}
    for rule_id in table.keys:
        text = table.filled_text(rule_id)
        if text == OFF and rule_id in _MAY_BE_OFF:
            found[rule_id] = None
            continue
        if text not in set(Verdict) or (rule_id in _NEVER_PASS and text == Verdict.PASS.value):
            table.refuse(rule_id, f"cannot be {text!r}")
        found[rule_id] = Verdict(text)
    return found


def read_principles(pack: Table) -> tuple[Principle, ...]:
    """Return the guiding principles."""
    principles = tuple(map(_principle, pack.tables("principles")))
    ids = [one.principle_id for one in principles]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice:
        pack.refuse("principles", f"name {twice} twice")
    return principles


def read_matrix(pack: Table) -> tuple[MatrixRow, ...]:
    """Return the use case matrix; every category must be in it, and no two rows disagree."""
    rows = tuple(map(_row, pack.tables("matrix")))
    faults = list(find_faults(rows))
    if faults:
        pack.refuse("matrix", f"is wrong: {'; '.join(faults)}")
    return rows


def read_cases(pack: Table, use: str) -> tuple[Case, ...]:
    """Return the pack's own test cases."""
    return tuple(_case(table, use) for table in pack.tables("cases"))


def use_term(table: Table, key: str, text: str) -> str:
    """Return a use term as given; raises ConfigError for anything else."""
    if not is_use_term(text):
        table.refuse(key, f"holds {text!r}, which is not a use term like final-deliverable")
    return text


def _principle(table: Table) -> Principle:
    table.require_known("id", "question", "by", "checked_by", "temporary_uses", "final_uses")
    principle_id = table.filled_text("id")
    if not is_principle_id(principle_id):
        table.refuse("id", f"{principle_id!r} is none like P1")
    checked_by = table.member("checked_by", CheckedBy) if table.text("checked_by") else None
    sets = {
        key: frozenset(use_term(table, key, text) for text in table.texts(key))
        for key in ("temporary_uses", "final_uses")
    }
    is_by_use = checked_by is CheckedBy.USE
    if is_by_use is not bool(sets["temporary_uses"] | sets["final_uses"]):
        table.refuse("temporary_uses, final_uses", 'go with checked_by = "use", and it with them')
    if sets["temporary_uses"] & sets["final_uses"]:
        table.refuse("temporary_uses", "and final_uses contradict each other")
    return Principle(
        principle_id=principle_id,
        question=table.filled_text("question"),
        by=table.filled_text("by"),
        checked_by=checked_by,
        **sets,
    )


def _row(table: Table) -> MatrixRow:
    table.require_known("categories", "prominence", "action", "by", "why", "heading")
    action = table.member("action", Action)
    categories = table.members("categories", UseCategory)
    if not categories:
        table.refuse("categories", "is missing or empty")
    if "prominence" in table.keys and not table.texts("prominence"):
        table.refuse("prominence", "is empty")
    return MatrixRow(
        categories=categories,
        action=action,
        why=table.filled_text("why"),
        by=table.text("by") if action is Action.ALLOW else table.filled_text("by"),
        prominence=table.members("prominence", Prominence) or EVERY_PROMINENCE,
        heading=table.text("heading"),
    )


def _case(table: Table, use: str) -> Case:
    table.require_known("title", "use", "record", "outcome", "by", "reasons", "categories")
    return Case(
        title=table.filled_text("title"),
        record=read_use(table.table("record")),
        use=use_term(table, "use", table.text("use") or use),
        outcome=table.member("outcome", Outcome),
        by=frozenset(table.texts("by")),
        reasons=frozenset(table.texts("reasons")),
        categories=table.members("categories", UseCategory),
    )
