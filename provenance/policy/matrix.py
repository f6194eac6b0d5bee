"""The use case matrix of a pack: what each category of AI use requires."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from provenance.model.ai_use import AiUse, Prominence, UseCategory
from provenance.model.requirement import Ground, Outcome

EVERY_PROMINENCE = frozenset(Prominence)


class Action(StrEnum):
    """What a row asks for."""

    ALLOW = "allow"
    DISCLOSE = "disclose"
    APPROVE = "approve"

    @property
    def outcome(self) -> Outcome:
        """What it leads to."""
        return tuple(Outcome)[tuple(Action).index(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """What some categories of AI use require."""

    categories: frozenset[UseCategory]
    """The categories; never empty."""
    action: Action
    """What is required."""
    why: str
    """The reason, one sentence."""
    by: str = ""
    """Who must approve or be told, in words; never empty where approval is required."""
    prominence: frozenset[Prominence] = EVERY_PROMINENCE
    """For which prominence the row speaks; never empty."""
    heading: str = ""
    """The heading under which the source always asks for escalation; empty where it does not."""

    def ground(self, category: UseCategory, *, remark: str = "") -> Ground:
        """Return what this row says of a category."""
        heading = f"{self.heading}: " if self.heading else ""
        return Ground(
            name=category.value,
            outcome=self.action.outcome,
            by=self.by,
            why=f"{heading}{self.why}{remark}",
        )


def grounds_of(rows: Iterable[MatrixRow], ai_use: AiUse) -> Iterator[Ground]:
    """Yield a ground for each declared category that is not simply allowed.

    Where nobody declared how much is seen of it, the gravest row of a category counts.
    """
    rows = tuple(rows)
    for category in UseCategory:
        if category not in ai_use.categories:
            continue
        speaking = [row for row in rows if _speaks(row, category, ai_use.prominence)]
        gravest = max(speaking, key=lambda row: row.action.outcome.rank)
        if gravest.action is not Action.ALLOW:
            is_guess = ai_use.prominence is None and len(speaking) > 1
            remark = " Nobody declared how much is seen of it (prominence)." if is_guess else ""
            yield gravest.ground(category, remark=remark)


def find_faults(rows: Iterable[MatrixRow]) -> Iterator[str]:
    """Yield what is missing from a matrix, and where two rows speak of the same."""
    rows = tuple(rows)
    for category in UseCategory:
        of_it = [row for row in rows if category in row.categories]
        if not of_it:
            yield f"no [[matrix]] row names the category {category.value}"
            continue
        for prominence in Prominence:
            count = sum(prominence in row.prominence for row in of_it)
            if count == 0:
                yield f"no [[matrix]] row names {category.value} with prominence {prominence.value}"
            if count > 1:
                yield (
                    f"{count} [[matrix]] rows contradict each other: all name {category.value}"
                    f" with prominence {prominence.value}"
                )


def _speaks(row: MatrixRow, category: UseCategory, prominence: Prominence | None) -> bool:
    return category in row.categories and (prominence is None or prominence in row.prominence)
