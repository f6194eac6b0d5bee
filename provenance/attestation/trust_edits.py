"""Changes of a trust list: each returns its next edition, and refuses one that leads nowhere."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import UsageError
from provenance.model.ai_use import UseCategory


def find_key(trust: TrustList, keyid: str) -> TrustedKey:
    """Return the key whose id begins so; raises UsageError if there is none, or several."""
    wanted = keyid.lower()
    found = [key for key in trust.keys.values() if wanted and key.keyid.startswith(wanted)]
    if len(found) != 1:
        count = "several keys begin" if found else "no key begins"
        raise UsageError(f"{count} with {keyid!r}; see: provenance keys list")
    return found[0]


def add_keys(trust: TrustList, keys: Iterable[TrustedKey], *, replaces: bool = False) -> TrustList:
    """Return the next edition with these keys too; raises UsageError for what may not be added."""
    later = trust
    for key in keys:
        known = later.keys.get(key.keyid)
        if known is not None and not replaces:
            raise UsageError(f"the key {key.keyid[:8]} of {known.holder} is in the list already")
        if known is not None and not known.is_in_use:
            raise UsageError(
                f"the key {key.keyid[:8]} of {known.holder} was retired or revoked: it never comes"
                " back; make a new one"
            )
        if KeyRole.ROOT in key.roles and (key.valid_from or key.valid_until):
            raise UsageError("a root key has no dates of its own; renew --expires limits the list")
        later = _edition(trust, {**later.keys, key.keyid: key}.values())
    if later is trust:
        raise UsageError("there is no key to add")
    return later


def retire_key(trust: TrustList, keyid: str, at: datetime) -> TrustList:
    """Return the next edition in which a key has been replaced; what it signed before counts."""
    key = _in_use(trust, keyid)
    return _edition(trust, _changed(trust, replace(key, retired_at=at)))


def revoke_key(trust: TrustList, keyid: str, reason: str) -> TrustList:
    """Return the next edition in which nothing counts that a key ever signed."""
    key = find_key(trust, keyid)
    if key.revoked:
        raise UsageError(f"the key {key.keyid[:8]} of {key.holder} was revoked already")
    return _edition(trust, _changed(trust, replace(key, revoked=True, revoked_reason=reason)))


def require_approvers(trust: TrustList, category: UseCategory, needed: int) -> TrustList:
    """Return the next edition in which a category needs so many approvers."""
    there = len(trust.holders(category))
    if needed > there:
        raise UsageError(
            f"{category} could be approved by {there} of {needed} holders: add their keys first"
        )
    later = _edition(trust, trust.keys.values())
    return replace(later, approvers=MappingProxyType({**trust.approvers, category: needed}))


def require_roots(trust: TrustList, needed: int) -> TrustList:
    """Return the next edition, from which on so many holders of root keys sign the list."""
    return _edition(trust, trust.keys.values(), root_threshold=needed)


def renew(trust: TrustList, expires: datetime | None) -> TrustList:
    """Return the next edition with this last moment, or none."""
    return replace(_edition(trust, trust.keys.values()), expires=expires)


def rotate_root(trust: TrustList, keyid: str, successor: TrustedKey, at: datetime) -> TrustList:
    """Return the next edition in which one root key has taken the place of another."""
    old = _in_use(trust, keyid)
    if KeyRole.ROOT not in old.roles:
        raise UsageError(f"the key {old.keyid[:8]} of {old.holder} is no root key")
    keys = [*_changed(trust, replace(old, retired_at=at)), successor]
    return _edition(trust, keys)


def upgrade(trust: TrustList, root: TrustedKey) -> TrustList:
    """Return the first signed edition of a list from before lists were signed."""
    if trust.serial:
        raise UsageError(f"the trust list is signed already: it is edition {trust.serial}")
    return _edition(trust, [root, *trust.keys.values()])


def require_root_signers(trust: TrustList, keyids: Collection[str]) -> None:
    """Raise UsageError unless these keys can sign what follows this list."""
    holders = {key.person for key in trust.roots if key.keyid in keyids}
    if len(holders) < trust.root_threshold:
        raise UsageError(
            f"these are keys of {len(holders)} of the {trust.root_threshold} root holders who must"
            " sign the trust list; name them with --root-key"
        )


def _in_use(trust: TrustList, keyid: str) -> TrustedKey:
    key = find_key(trust, keyid)
    if not key.is_in_use:
        raise UsageError(f"the key {key.keyid[:8]} of {key.holder} is out of use already")
    return key


def _changed(trust: TrustList, key: TrustedKey) -> list[TrustedKey]:
    return [key if other.keyid == key.keyid else other for other in trust.keys.values()]


def _edition(
    trust: TrustList, keys: Iterable[TrustedKey], *, root_threshold: int | None = None
) -> TrustList:
    later = TrustList.of(
        keys,
        list_id=trust.list_id or f"urn:uuid:{uuid.uuid4()}",
        serial=trust.serial + 1,
        expires=trust.expires,
        root_threshold=root_threshold or trust.root_threshold,
        approvers=trust.approvers,
    )
    holders = {key.person for key in later.roots}
    if len(holders) < later.root_threshold:
        first = " (an unsigned list first needs: provenance keys upgrade)" * (not trust.serial)
        raise UsageError(
            f"nobody could sign the trust list any more: there would be {len(holders)} of the"
            f" {later.root_threshold} root holders who must{first}"
        )
    return later
