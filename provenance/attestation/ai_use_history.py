"""Which AI-use record is in force, of all that were ever filed of the same bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from provenance.attestation.ai_use_statement import check_ai_use, read_ai_use
from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.errors import AttestationError, NotAuthorisedError, UnknownKeyError
from provenance.model.ai_use import AiUse, Derivation, UseCategory, amending
from provenance.model.digest import sha256_digest

_NOTHING: frozenset[UseCategory] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A record that verifies."""

    place: int
    """Which it is in the order of filing."""
    record: AiUse
    """The record."""
    keys: tuple[TrustedKey, ...]
    """The recorders' keys that signed it."""
    order: tuple[datetime, str]
    """When its signers say it was made; of the same moment its digest decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """A record that does not verify."""

    place: int
    """Which it is in the order of filing."""
    error: AttestationError
    """Why."""
    categories: frozenset[UseCategory]
    """What it may speak of."""
    made_at: datetime | None
    """When it says it was made, though not after it was filed; None where it may be altered."""

    def is_before(self, read: _Read) -> bool:
        """Return whether a record was filed after it and made no earlier."""
        was_made = self.made_at is None or self.made_at <= read.record.declared_at
        return self.place < read.place and was_made


def ai_use_in_force(
    records: Iterable[Filed],
    trust: TrustList,
    at_stake: frozenset[UseCategory] = _NOTHING,
) -> AiUse | None:
    """Return what the records, in the order of filing, come to; None if there are none.

    A recorder must not be able to take back what an approval would have to name, nor to show what
    an approver has to. Records can be filed again and in another order: they count in the order
    in which their signers say they were made. So:

    1. A record replaces those made before it if as many holders signed it as the categories of all
       of them need, each of whom may approve them: they could have approved what they take back.
    2. Any other record only adds to those before it.
    3. A record that does not verify keeps all in doubt, until one that was filed later, and made
       no earlier, replaces it by step 1. Where its bytes were changed, that takes every category,
       as does leaving out what the media was declared to be made from.
    4. Consents, and what the media was made from, are vouched for if one who signed the record
       may approve all that is at stake.

    Raises AttestationError while a record is in doubt.
    """
    found, doubts = _verified(records, trust)
    held: AiUse | None = None
    newest: datetime | None = None
    for read in sorted(found, key=lambda one: one.order):
        record = _vouched(read, at_stake)  # 4
        earlier = [doubt for doubt in doubts if doubt.is_before(read)]
        whole = amending(held, record) if held else record
        decides = _at_stake(whole, record).union(*(doubt.categories for doubt in earlier))
        is_later = newest is None or record.declared_at > newest
        if is_later and _may_replace(read.keys, decides, trust):
            held = record  # 1
            doubts = [doubt for doubt in doubts if doubt not in earlier]
        else:
            held = whole  # 2
        newest = record.declared_at
    if doubts:
        raise doubts[-1].error  # 3
    return held


def _verified(records: Iterable[Filed], trust: TrustList) -> tuple[list[_Read], list[_Doubt]]:
    found = []
    doubts = []
    for place, filed in enumerate(records):
        try:
            record, keys = check_ai_use(filed, trust)
        except AttestationError as error:
            doubts.append(_doubt(place, filed, error))
            continue
        order = (record.declared_at, sha256_digest(filed.envelope))
        found.append(_Read(place=place, record=record, keys=keys, order=order))
    return found, doubts


def _doubt(place: int, filed: Filed, error: AttestationError) -> _Doubt:
    if not isinstance(error, UnknownKeyError | NotAuthorisedError):
        return _Doubt(place=place, error=error, categories=EVERY_CATEGORY, made_at=None)
    record = read_ai_use(open_envelope(filed.envelope).payload)
    made_at = min(record.declared_at, filed.recorded_at or record.declared_at)
    return _Doubt(place=place, error=error, categories=record.categories, made_at=made_at)


def _vouched(read: _Read, at_stake: frozenset[UseCategory]) -> AiUse:
    record = read.record
    if _approvers(read.keys, at_stake):
        return record
    return replace(
        record,
        consents=(),
        unvouched_consents=record.consents,
        derived_from=tuple(replace(one, is_vouched=False) for one in record.derived_from),
    )


def _at_stake(whole: AiUse, record: AiUse) -> frozenset[UseCategory]:
    """Return the categories a record decides on if it replaces the whole.

    What is inherited from material it no longer names could be any.
    """
    is_less = _made_from(whole.derived_from) > _made_from(record.derived_from)
    return EVERY_CATEGORY if is_less else whole.categories


def _made_from(derivations: Iterable[Derivation]) -> set[Derivation]:
    return {replace(one, is_vouched=True) for one in derivations}


def _may_replace(
    keys: Sequence[TrustedKey], categories: frozenset[UseCategory], trust: TrustList
) -> bool:
    return len(_approvers(keys, categories)) >= trust.approvers_needed(categories)


def _approvers(
    keys: Sequence[TrustedKey], categories: frozenset[UseCategory]
) -> tuple[TrustedKey, ...]:
    return tuple(
        key for key in keys if KeyRole.APPROVER in key.roles and categories <= key.categories
    )
