"""What is known of all essences together: a filter that spares reading others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field


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
    _sizes: frozenset[int] = field(init=False, repr=False, compare=False)
    _shortest_unled: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sizes", frozenset(map(len, self.leads)))
        object.__setattr__(self, "_shortest_unled", min(self.unled, default=None))

    def may_hold(self, length: int, lead: bytes) -> bool:
        """Return whether an essence of this length and lead may be known; an empty lead is none."""
        if length not in self.lengths:
            return False
        return not lead or lead in self.leads or length in self.unled

    def may_hold_up_to(self, length: int, lead: bytes) -> bool:
        """Return the same of an essence that may be shorter, as then its lead may be, too."""
        if not lead:
            return any(one <= length for one in self.lengths)
        if self._shortest_unled is not None and self._shortest_unled <= length:
            return True
        return any(lead[:size] in self.leads for size in self._sizes)

    def joined(self, length: int, lead: bytes) -> "KnownEssences":
        """Return what is known with one essence more."""
        return KnownEssences(
            lengths=self.lengths | {length},
            leads=self.leads | {lead} if lead else self.leads,
            unled=self.unled if lead else self.unled | {length},
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


def known_of(essences: Iterable[tuple[int, bytes | None]]) -> KnownEssences:
    """Return what is known of all these lengths and leads; an unknown lead is None or empty."""
    lengths: set[int] = set()
    leads: set[bytes] = set()
    unled: set[int] = set()
    for length, lead in essences:
        lengths.add(length)
        if lead:
            leads.add(lead)
        else:
            unled.add(length)
    return KnownEssences(lengths=frozenset(lengths), leads=frozenset(leads), unled=frozenset(unled))
