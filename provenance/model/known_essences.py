"""What is known of all essences together: a filter that spares reading others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice

from provenance.model.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEssences:
    """What is known of all essences together; a filter that spares reading others.

    What it says may be held may still be unknown. What it says is not held is unknown.
    """

    lengths: frozenset[int] = frozenset()
    """The lengths of all."""
    leads: frozenset[bytes] = frozenset()
    """The leads of all that have one."""
    unled: frozenset[int] = frozenset()
    """The lengths of those that have none."""
    attested: frozenset[Digest] | None = None
    """Digests of all that any attestation names; None if they are too many to be held."""
    _sizes: frozenset[int] = field(init=False, repr=False, compare=False)
    _shortest_unled: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sizes", frozenset(map(len, self.leads)))
        object.__setattr__(self, "_shortest_unled", min(self.unled, default=None))

    def may_hold(self, length: int, lead: bytes) -> bool:
        """Return whether an essence of this length and lead may be known; an empty lead is none.

        The lead may go on with what follows the essence.
        """
        if length not in self.lengths:
            return False
        return not lead or length in self.unled or self._has_lead(lead)

    def may_hold_up_to(self, length: int, lead: bytes) -> bool:
        """Return the same of an essence that may be shorter, as then its lead may be, too."""
        if not lead:
            return any(one <= length for one in self.lengths)
        if self._shortest_unled is not None and self._shortest_unled <= length:
            return True
        return self._has_lead(lead)

    def _has_lead(self, lead: bytes) -> bool:
        return any(lead[:size] in self.leads for size in self._sizes)

    def may_be_attested(self, essence: Digest) -> bool:
        """Return whether an approval, a record of AI use or an override may name this essence."""
        return self.attested is None or essence in self.attested

    def joined(self, length: int, lead: bytes) -> "KnownEssences":
        """Return what is known with one essence more."""
        return KnownEssences(
            lengths=self.lengths | {length},
            leads=self.leads | {lead} if lead else self.leads,
            unled=self.unled if lead else self.unled | {length},
            attested=self.attested,
        )

    def holds_none(self, lengths: Iterable[int], leads: Collection[bytes]) -> bool:
        """Return whether surely none of these is known: exact lengths, and leads to other essences.

        One look at many; where it says False, each has to be asked for by itself.
        """
        if not self.lengths:
            return True
        if not self.lengths.isdisjoint(lengths):
            return False
        if not leads or (self._shortest_unled is None and not self.leads):
            return True
        is_even = self._shortest_unled is None and len(self._sizes) == 1
        return is_even and self._sizes == set(map(len, leads)) and self.leads.isdisjoint(leads)


MOST_ATTESTED = 50_000
"""Digests of attested essences that are held; about 7 MB."""


def known_of(
    essences: Iterable[tuple[int, bytes | None]], attested: Iterable[Digest] = ()
) -> KnownEssences:
    """Return what is known of all these lengths and leads; an unknown lead is None or empty.

    Of more than `MOST_ATTESTED` attested essences none is held, and each is asked for by itself.
    """
    lengths: set[int] = set()
    leads: set[bytes] = set()
    unled: set[int] = set()
    for length, lead in essences:
        lengths.add(length)
        if lead:
            leads.add(lead)
        else:
            unled.add(length)
    held = frozenset(islice(attested, MOST_ATTESTED + 1))
    return KnownEssences(
        lengths=frozenset(lengths),
        leads=frozenset(leads),
        unled=frozenset(unled),
        attested=held if len(held) <= MOST_ATTESTED else None,
    )
