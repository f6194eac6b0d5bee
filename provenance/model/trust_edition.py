"""Which edition of which trust list a statement was made under."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEdition:
    """One edition of one production's trust list."""

    list_id: str = ""
    """Id of the list, the same for all its editions; empty for lists from before signing."""
    serial: int = 0
    """Which edition it is."""

    def is_later_than(self, other: "TrustEdition") -> bool:
        """Return whether both are of one list and this one came after the other."""
        return self.list_id == other.list_id and self.serial > other.serial

    def __str__(self) -> str:
        return f"edition {self.serial} of the trust list"


UNSIGNED = TrustEdition()
"""The edition of every list from before lists were signed."""
