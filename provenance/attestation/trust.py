"""The trust list: whose keys may sign approvals, kept in `trust.toml`."""

import json
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import (
    SSlibKey,
)

from provenance.attestation.record import as_utc
from provenance.errors import ConfigError

SCHEMA = "provenance-trust"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key we trust; raises ConfigError if it contradicts itself."""

    keyid: str
    """The id signatures name it by, computed from the key."""
    public_key: str
    """The Ed25519 public key as PEM text."""
    holder: str
    """Who holds it, as people should read it."""
    valid_from: datetime | None = None
    """First moment it may sign, aware UTC; None means always."""
    valid_until: datetime | None = None
    """Last moment its signatures count, aware UTC; None means until revoked."""
    revoked: bool = False
    """Whether it was withdrawn; then nothing it ever signed counts."""

    def __post_init__(self) -> None:
        if not self.holder.strip() or any(map(_is_unwritable, self.holder)):
            raise ConfigError(f"the key {self.keyid[:16]!a} needs a holder's name on one line")
        if self.verifier().keyid != self.keyid:
            raise ConfigError(f"the key of {self.holder} does not have the keyid it stands under")
        for moment in (self.valid_from, self.valid_until):
            if moment is not None:
                self._require_utc(moment)
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ConfigError(f"the key of {self.holder} ends before it begins")

    def verifier(self) -> SSlibKey:
        """Return the key as the signing library wants it; its keyid is computed anew."""
        try:
            public_key = load_pem_public_key(self.public_key.encode("utf-8"))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ConfigError(f"the public key of {self.holder} is not PEM: {error}") from error
        if not isinstance(public_key, Ed25519PublicKey):
            raise ConfigError(f"the public key of {self.holder} is not an Ed25519 key")
        return SSlibKey.from_crypto(public_key)

    def is_valid_at(self, moment: datetime) -> bool:
        """Return whether the moment lies within its validity, both ends included."""
        return not (
            (self.valid_from is not None and moment < self.valid_from)
            or (self.valid_until is not None and moment > self.valid_until)
        )

    def _require_utc(self, moment: datetime) -> None:
        try:
            as_utc(moment)
        except ValueError as error:
            raise ConfigError(f"a time of the key of {self.holder} {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    """Every key we trust; an empty one trusts nobody."""

    keys: Mapping[str, TrustedKey]
    """The keys by their keyid."""

    @classmethod
    def of(cls, keys: Iterable[TrustedKey]) -> Self:
        """Return the list of these keys; raises ConfigError if one stands in it twice."""
        by_keyid: dict[str, TrustedKey] = {}
        for key in keys:
            if key.keyid in by_keyid:
                raise ConfigError(f"the key {key.keyid} of {key.holder} stands in the list twice")
            by_keyid[key.keyid] = key
        return cls(keys=MappingProxyType(by_keyid))


def load_trust(path: Path) -> TrustList:
    """Return the trust list of a file; raises ConfigError if it is missing or wrong."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no trust list at {path}; without one nobody's approval counts"
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"the trust list {path} cannot be read: {error}") from error
    try:
        return _parse_trust(text)
    except (ConfigError, ValueError, RecursionError) as error:
        raise ConfigError(f"the trust list {path} is wrong: {error}") from error


def dump_trust(trust: TrustList) -> str:
    """Return the text of `trust.toml` that reads back as this list."""
    tables = [f"schema = {_toml_string(SCHEMA)}\nversion = {VERSION}\n"]
    tables += [_key_table(key) for key in trust.keys.values()]
    return "\n".join(tables)


def _is_unwritable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}


def _parse_trust(text: str) -> TrustList:
    document = tomllib.loads(text)
    if document.get("schema") != SCHEMA:
        raise ConfigError(f'schema must be "{SCHEMA}"')
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise ConfigError(f"version must be {VERSION}, not {version!r}")
    _require_known(document, {"schema", "version", "keys"})
    tables = document.get("keys", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError("keys must be [[keys]] tables")
    return TrustList.of(_key(table) for table in tables)


def _key(table: dict[str, Any]) -> TrustedKey:
    _require_known(table, _KEY_FIELDS.keys())
    for name in ("keyid", "public_key", "holder"):
        if name not in table:
            raise ConfigError(f"a [[keys]] table has no {name}")
    for name, value in table.items():
        if not isinstance(value, _KEY_FIELDS[name]):
            raise ConfigError(f"{name} of a [[keys]] table must be a {_KEY_FIELDS[name].__name__}")
    return TrustedKey(**table)


_KEY_FIELDS: Mapping[str, type] = MappingProxyType(
    {
        "keyid": str,
        "public_key": str,
        "holder": str,
        "valid_from": datetime,
        "valid_until": datetime,
        "revoked": bool,
    }
)


def _require_known(table: Mapping[str, object], known: Iterable[str]) -> None:
    # a misspelt `revoked` that was passed over would trust a withdrawn key
    for name in table.keys() - set(known):
        raise ConfigError(f"{name[:80]!a} is no field of a trust list")


def _key_table(key: TrustedKey) -> str:
    lines = [
        "[[keys]]",
        f"keyid = {_toml_string(key.keyid)}",
        f"holder = {_toml_string(key.holder)}",
        f"public_key = {_toml_string(key.public_key)}",
    ]
    if key.valid_from is not None:
        lines.append(f"valid_from = {as_utc(key.valid_from).isoformat()}")
    if key.valid_until is not None:
        lines.append(f"valid_until = {as_utc(key.valid_until).isoformat()}")
    if key.revoked:
        lines.append("revoked = true")
    return "\n".join(lines) + "\n"


def _toml_string(text: str) -> str:
    # TOML 1.0 basic strings escape what JSON strings escape, and DEL besides
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
