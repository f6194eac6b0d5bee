"""A pack's own test case: a declared record and what the pack must decide of it."""

from dataclasses import dataclass

from provenance.model.ai_use import AiUse, UseCategory
from provenance.model.requirement import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One record and what is expected of it."""

    title: str
    """What it shows, one line."""
    record: AiUse
    """The declared use, bound to nothing."""
    use: str
    """The use asked for."""
    outcome: Outcome
    """What the pack must decide."""
    by: frozenset[str] = frozenset()
    """Who must approve or be told."""
    reasons: frozenset[str] = frozenset()
    """Principles and categories that must be the reasons, no more and no fewer."""
    categories: frozenset[UseCategory] = frozenset()
    """What an approval must name."""
