"""Which AI-use record is in force, of all that were ever filed of the same bytes."""

from collections.abc import Iterable, Sequence

from provenance.attestation.ai_use_statement import check_ai_use, read_ai_use
from provenance.attestation.envelope import open_envelope
from provenance.attestation.filed import Filed
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.errors import AttestationError, NotAuthorisedError, UnknownKeyError
from provenance.model.ai_use import AiUse, UseCategory, amending


def ai_use_in_force(records: Iterable[Filed], trust: TrustList) -> AiUse | None:
    """Return what the records, oldest first, come to; None if there are none.

    A recorder must not be able to take back what an approval would have to name. So:

    1. A record replaces those before it if as many holders signed it as the categories of all of
       them need, each of whom may approve them: they could have approved what they take back.
    2. Any other record only adds to those before it.
    3. A record that does not verify keeps what came before and what comes after in doubt, until a
       record replaces it by step 1. Where its bytes were changed, that takes every category, as
       does leaving out what the media was declared to be made from.

    Raises AttestationError while a record is in doubt.
    """
    held: AiUse | None = None
    doubt: AttestationError | None = None
    doubted: frozenset[UseCategory] = frozenset()
    for filed in records:
        try:
            record, keys = check_ai_use(filed, trust)
        except AttestationError as error:
            doubt, doubted = error, doubted | _claimed(filed, error)  # 3
            continue
        whole = amending(held, record) if held else record
        if _may_replace(keys, doubted | _at_stake(whole, record), trust):
            held, doubt, doubted = record, None, frozenset()  # 1
        else:
            held = whole  # 2
    if doubt is not None:
        raise doubt
    return held


def _at_stake(whole: AiUse, record: AiUse) -> frozenset[UseCategory]:
    """Return the categories a record decides on if it replaces the whole.

    What is inherited from material it no longer names could be any.
    """
    is_less = set(whole.derived_from) > set(record.derived_from)
    return EVERY_CATEGORY if is_less else whole.categories


def _may_replace(
    keys: Sequence[TrustedKey], categories: frozenset[UseCategory], trust: TrustList
) -> bool:
    approvers = [
        key for key in keys if KeyRole.APPROVER in key.roles and categories <= key.categories
    ]
    return len(approvers) >= trust.approvers_needed(categories)


def _claimed(filed: Filed, error: AttestationError) -> frozenset[UseCategory]:
    """Return the categories that a record in doubt speaks of."""
    if isinstance(error, UnknownKeyError | NotAuthorisedError):
        return read_ai_use(open_envelope(filed.envelope).payload).categories
    return EVERY_CATEGORY
