"""Whether an approval that holds speaks of these bytes, this use and these circumstances."""

from collections.abc import Iterable
from dataclasses import dataclass

from provenance.attestation.override_statement import override_name
from provenance.model.ai_use import Derivation
from provenance.model.approval import Approval, approval_name
from provenance.model.condition import Circumstances
from provenance.model.digest import Digest
from provenance.model.override import Override
from provenance.model.purpose import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an approval is asked to cover."""

    essence_digest: Digest
    """The bytes."""
    purpose: Purpose
    """Where they are to go."""
    circumstances: Circumstances | None = None
    """What conditions are checked against; None knows nothing but the use."""
    derived_from: tuple[Derivation, ...] = ()
    """What the bytes are declared to be made from."""


def covers(approval: Approval, asked: Asked) -> str | None:
    """Return None if the approval covers what is asked, else why it does not.

    1. It names these bytes, or bytes they are declared to be made from by transforms it allows.
    2. It is for this use.
    3. The purpose lies within its scope.
    4. Its conditions are met as far as a gate can check them.

    Which categories of AI use it must name is for policy to say.
    """
    what = approval_name(approval.approval_id)
    objection = (
        _other_bytes(approval, asked)  # 1
        or _other_use(approval, asked.purpose.use)  # 2
        or approval.scope.objection(asked.purpose)  # 3
        or _broken_condition(approval, asked)  # 4
    )
    return f"{what} {objection.rstrip('.')}." if objection else None


def not_overriding(override: Override, essence_digest: Digest, purpose: Purpose) -> str | None:
    """Return None if an override covers these bytes for this use, else why it does not."""
    what = override_name(override.override_id)
    if essence_digest not in {subject.essence_digest for subject in override.subjects}:
        return f"{what} is for other picture or sound."
    if purpose.use != override.use:
        return f"{what} is not for {purpose.use}, only for {override.use}."
    return None


def _other_bytes(approval: Approval, asked: Asked) -> str | None:
    named = {subject.essence_digest for subject in approval.subjects}
    if asked.essence_digest in named:
        return None
    parents = [one for one in asked.derived_from if one.essence_digest in named]
    for parent in parents:
        if parent.transforms <= approval.derivatives:
            return None
    names = ", ".join(subject.name for subject in approval.subjects)
    if not parents:
        return f"is for other picture or sound: {names}"
    done = _listed(set().union(*(parent.transforms for parent in parents)) - approval.derivatives)
    return f"is for {names} and does not allow what was made of it by {done}"


def _other_use(approval: Approval, use: str) -> str | None:
    if use in approval.uses:
        return None
    return f"is not for {use}, only for {_listed(approval.uses)}"


def _broken_condition(approval: Approval, asked: Asked) -> str | None:
    known = asked.circumstances or Circumstances(use=asked.purpose.use)
    broken = (condition.objection(known) for condition in approval.conditions)
    return next(filter(None, broken), None)


def _listed(terms: Iterable[str]) -> str:
    return ", ".join(sorted(terms))
