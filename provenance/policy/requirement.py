"""What a pack requires of a declared use of AI: principles and matrix applied; pure."""

from collections.abc import Iterator

from provenance.model.ai_use import AiUse, Answer, UseCategory
from provenance.model.requirement import Ground, Outcome, Requirement
from provenance.policy.matrix import grounds_of
from provenance.policy.pack import PolicyPack


def requirement(ai_use: AiUse, pack: PolicyPack, use: str) -> Requirement:
    """Return what the pack requires before this may be used so.

    1. A principle answered no or unsure, or not at all, requires written approval.
    2. Each declared category requires what its row of the matrix says.
    3. The gravest decides; an approval must name each category that requires one by itself.
    """
    by_category = tuple(grounds_of(pack.matrix, ai_use))  # 2
    return Requirement(
        use=use,
        grounds=(*_broken(ai_use, pack, use), *by_category),  # 1
        categories=frozenset(  # 3
            UseCategory(ground.name) for ground in by_category if ground.outcome is Outcome.APPROVE
        ),
    )


def _broken(ai_use: AiUse, pack: PolicyPack, use: str) -> Iterator[Ground]:
    for principle in pack.principles:
        answer, why = principle.answer(ai_use, use)
        if answer is not Answer.YES:
            yield Ground(
                name=principle.principle_id, outcome=Outcome.APPROVE, by=principle.by, why=why
            )
