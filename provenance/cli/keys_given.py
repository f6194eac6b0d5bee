"""Public keys as they are given to `provenance keys add` and `import`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import SSlibKey

from provenance.attestation.remote_signers import Secrets, fetch_public_half, is_remote
from provenance.attestation.signers import PERSONAL_ROLES, public_pem
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_edits import find_key
from provenance.attestation.trust_file import load_trust
from provenance.attestation.trust_text import parse_keys
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.cli.context import parse_moment
from provenance.errors import ConfigError, UsageError
from provenance.evidencing import read_whole
from provenance.model.ai_use import UseCategory
from provenance.path_text import shown

_LARGEST = 1 << 20
_NOT_TAKEN = frozenset({KeyRole.ROOT, KeyRole.OVERRIDE})
"""Roles in which a partner's key is not taken over; an override may be allowed with --role."""
_CATEGORIES = click.Choice([category.value for category in UseCategory])


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the command line says of a key; what is empty is left as it stands in the file."""

    holder: str = ""
    """Who holds it."""
    organisation: str = ""
    """Whom the holder acts for."""
    roles: frozenset[KeyRole] = frozenset()
    """What it may sign."""
    categories: frozenset[UseCategory] = frozenset()
    """What it may approve."""
    uri: str = ""
    """Where the private half is reached."""
    valid_from: datetime | None = None
    """First moment it may sign."""
    valid_until: datetime | None = None
    """Last moment its signatures count."""

    @classmethod
    def of(
        cls, *, roles: Sequence[str], categories: Sequence[str], begin: str, end: str, **texts: str
    ) -> Self:
        """Return it from the options; raises UsageError for a date that is none."""
        return cls(
            roles=frozenset(map(KeyRole, roles)),
            categories=frozenset(map(UseCategory, categories)),
            valid_from=parse_moment("--from", begin) if begin else None,
            valid_until=parse_moment("--until", end, is_end=True) if end else None,
            **texts,
        )

    def applied_to(self, key: TrustedKey) -> TrustedKey:
        """Return the key with what was said of it."""
        said = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return replace(key, **said)


def given_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `Given` is made of."""
    for option in (
        click.option("--until", "end", default="", help="Last day its signatures count."),
        click.option("--from", "begin", default="", help="First day it may sign."),
        click.option(
            "--category", "categories", multiple=True, type=_CATEGORIES, metavar="TERM",
            help="A category of AI use it may approve, such as talent_replica; else all.",
        ),
        click.option(
            "--role", "roles", multiple=True, type=click.Choice([role.value for role in KeyRole]),
            help="What it may sign; may be given more than once.",
        ),
        click.option("--organisation", default="", help="Whom the holder acts for."),
    ):  # fmt: skip
        command = option(command)
    return command


def entries_of(source: str, given: Given, secrets: Secrets) -> tuple[TrustedKey, ...]:
    """Return the keys of a file or at a URI; raises ConfigError or UsageError if there are none."""
    if is_remote(source):
        uri, public = fetch_public_half(source, secrets)
        return (_named(public, replace(given, uri=given.uri or uri)),)
    path = Path(source.removeprefix("file:"))
    text = _text(path)
    if "PRIVATE KEY-----" in text:
        raise UsageError(
            f"{shown(path)} is a private key: it stays with its holder; give the public half, as"
            " `provenance keys create` prints it"
        )
    if text.lstrip().startswith("-----BEGIN"):
        return (_named(_public_of(text, path), given),)
    try:
        keys = parse_keys(text)
    except ConfigError as error:
        raise ConfigError(f"{shown(path)} holds no public key: {error}") from error
    return tuple(given.applied_to(_harmless(key, given, path)) for key in keys)


def roles_kept(
    trust: TrustList, keys: Sequence[TrustedKey], given: Given
) -> tuple[TrustedKey, ...]:
    """Return the keys, those the list has already with the roles it gives them, unless said."""
    known = trust.keys
    return tuple(
        key if given.roles or key.keyid not in known else replace(key, roles=known[key.keyid].roles)
        for key in keys
    )


def partner_keys(path: Path, keyids: Sequence[str], given: Given) -> tuple[TrustedKey, ...]:
    """Return chosen keys of a signed list, or all in use; they sign no list and no override here.

    Raises ConfigError for a list that is not as it was signed, UsageError for a key of no use.
    """
    if KeyRole.ROOT in given.roles:
        raise UsageError("a partner's key cannot sign the list of this production")
    theirs = load_trust(path)
    chosen = [find_key(theirs, keyid) for keyid in keyids] or [
        key for key in theirs.keys.values() if key.is_in_use and key.roles - _NOT_TAKEN
    ]
    for key in chosen:
        if not key.is_in_use or not key.roles - _NOT_TAKEN:
            why = "signs nothing that counts here" if key.is_in_use else "is out of use there"
            raise UsageError(f"the key {key.keyid[:8]} of {key.holder} {why}")
    return tuple(
        given.applied_to(replace(key, roles=key.roles - _NOT_TAKEN, uri="")) for key in chosen
    )


def _harmless(key: TrustedKey, given: Given, path: Path) -> TrustedKey:
    """Return a key without the roles that its own file claims beyond a person's."""
    roles = key.roles & PERSONAL_ROLES
    if not roles and not given.roles:
        claimed = ", ".join(sorted(key.roles))
        raise UsageError(
            f"{shown(path)}: the key of {key.holder} is made to sign as {claimed}; say with --role"
            " what it may sign"
        )
    return replace(key, roles=roles or given.roles)


def _named(public: SSlibKey, given: Given) -> TrustedKey:
    if not given.holder.strip():
        raise UsageError("--holder must say who holds the key")
    key = TrustedKey(
        keyid=public.keyid,
        public_key=public_pem(public),
        holder=given.holder,
        roles=PERSONAL_ROLES,
    )
    return given.applied_to(key)


def _public_of(text: str, path: Path) -> SSlibKey:
    try:
        return SSlibKey.from_crypto(load_pem_public_key(text.encode("utf-8")))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{shown(path)} is no public key in PEM: {error}") from error


def _text(path: Path) -> str:
    try:
        return read_whole(path, _LARGEST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown(path)} is no text, so no public key") from error
