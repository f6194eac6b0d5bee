"""The trust list: whose keys may sign what, and how many approvers a category needs.

Roles and thresholds follow The Update Framework (TUF 1.0 §2.1, §5.3): the list is signed by its
root keys, counts upwards with each change, and a later one must be signed by the roots of the one
before it too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Self

from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import ConfigError
from provenance.model.ai_use import UseCategory
from provenance.model.trust_edition import TrustEdition


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    """Every key we trust; an empty one trusts nobody."""

    keys: Mapping[str, TrustedKey]
    """The keys by their keyid."""
    list_id: str = ""
    """`urn:uuid:...`, the same for all editions; empty before lists were signed."""
    serial: int = 0
    """Which edition it is; 0 is a list from before lists were signed."""
    expires: datetime | None = None
    """Last moment it may be used, aware UTC; None means until it is replaced."""
    root_threshold: int = 1
    """How many holders of root keys must sign the list."""
    approvers: Mapping[UseCategory, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many holders must approve a category; one where it is not named."""

    @classmethod
    def of(
        cls,
        keys: Iterable[TrustedKey],
        *,
        list_id: str = "",
        serial: int = 0,
        expires: datetime | None = None,
        root_threshold: int = 1,
        approvers: Mapping[UseCategory, int] = MappingProxyType({}),
    ) -> Self:
        """Return the list of these keys; raises ConfigError if one stands in it twice."""
        by_keyid: dict[str, TrustedKey] = {}
        for key in keys:
            if key.keyid in by_keyid:
                raise ConfigError(f"the key {key.keyid} of {key.holder} stands in the list twice")
            by_keyid[key.keyid] = key
        return cls(
            keys=MappingProxyType(by_keyid),
            list_id=list_id,
            serial=serial,
            expires=expires,
            root_threshold=root_threshold,
            approvers=MappingProxyType(dict(approvers)),
        )

    @property
    def edition(self) -> TrustEdition:
        """Which edition of which list it is."""
        return TrustEdition(list_id=self.list_id, serial=self.serial)

    @property
    def roots(self) -> tuple[TrustedKey, ...]:
        """The keys that may sign the list."""
        return tuple(
            key for key in self.keys.values() if KeyRole.ROOT in key.roles and key.is_in_use
        )

    def approvers_needed(self, categories: Iterable[UseCategory]) -> int:
        """Return how many holders must approve these categories together."""
        return max((self.approvers.get(category, 1) for category in categories), default=1)

    def holders(self, category: UseCategory) -> frozenset[str]:
        """Return who may approve a category, names folded: two keys of one count once."""
        return frozenset(
            key.person
            for key in self.keys.values()
            if KeyRole.APPROVER in key.roles and category in key.categories and key.is_in_use
        )

    def with_key(self, key: TrustedKey) -> Self:
        """Return the next edition, with this key added or put in the place of its older entry."""
        keys = MappingProxyType(dict(self.keys) | {key.keyid: key})
        return replace(self, keys=keys, serial=self.serial + 1)

    def with_approvers(self, category: UseCategory, needed: int) -> Self:
        """Return the next edition, in which a category needs so many approvers."""
        approvers = MappingProxyType(dict(self.approvers) | {category: needed})
        return replace(self, approvers=approvers, serial=self.serial + 1)
