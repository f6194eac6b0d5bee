"""What a policy pack requires of a use of AI: nothing more, disclosure, or written approval."""

from dataclasses import dataclass
from enum import StrEnum

from provenance.model.ai_use import UseCategory


class Outcome(StrEnum):
    """What a pack decides of a declared use."""

    TEMPORARY = "temporary"
    """Fine to use, as temporary material."""
    DISCLOSE = "disclose"
    """Has to be disclosed."""
    APPROVE = "approve"
    """Needs written approval."""

    @property
    def rank(self) -> int:
        """How much it asks: 0, 1 or 2."""
        return tuple(Outcome).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One reason for what a pack decides."""

    name: str
    """The principle's id or the category's code."""
    outcome: Outcome
    """What it leads to by itself."""
    by: str
    """Who must approve or be told, in words."""
    why: str
    """One sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a pack requires of one declared use of AI."""

    use: str
    """The use it was asked for."""
    grounds: tuple[Ground, ...]
    """Why, principles first; empty where nothing stands against it."""
    categories: frozenset[UseCategory] = frozenset()
    """The declared categories that an approval has to name."""

    @property
    def outcome(self) -> Outcome:
        """What the gravest ground leads to."""
        asked = (ground.outcome for ground in self.grounds)
        return max(asked, key=lambda outcome: outcome.rank, default=Outcome.TEMPORARY)

    @property
    def by(self) -> tuple[str, ...]:
        """Who must approve, or where nobody must, who is to be told."""
        grave = (ground.by for ground in self.grounds if ground.outcome is self.outcome)
        return tuple(dict.fromkeys(filter(None, grave)))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The grounds as sentences."""
        return tuple(f"{ground.name}: {ground.why}" for ground in self.grounds)

    def by_of(self, category: UseCategory) -> str:
        """Return who must approve this category."""
        return next((one.by for one in self.grounds if one.name == category.value), "")
