"""The trust list as TOML text, in the two versions there are."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from provenance.attestation.record import as_utc
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.errors import ConfigError
from provenance.model.ai_use import UseCategory

SCHEMA = "provenance-trust"
VERSION = 2
UNSIGNED_VERSION = 1
"""Lists of this version were not signed; every key may approve everything."""

_EVERY = "*"
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
_NEW_KEY_FIELDS: Mapping[str, type] = MappingProxyType(
    {
        "organisation": str,
        "roles": list,
        "categories": list,
        "uri": str,
        "retired_at": datetime,
        "revoked_reason": str,
    }
)
_ALL_KEY_FIELDS: Mapping[str, type] = MappingProxyType({**_KEY_FIELDS, **_NEW_KEY_FIELDS})


def parse_trust(text: str) -> TrustList:
    """Return the list this text describes; raises ConfigError naming what is wrong."""
    document = _document(text)
    if document.get("schema") != SCHEMA:
        raise ConfigError(f'schema must be "{SCHEMA}"')
    version = document.get("version")
    if type(version) is not int or version not in (UNSIGNED_VERSION, VERSION):
        raise ConfigError(f"version must be {VERSION} or {UNSIGNED_VERSION}, not {version!r}")
    if version == UNSIGNED_VERSION:
        _require_known(document, {"schema", "version", "keys"})
        return TrustList.of(_key(table, _KEY_FIELDS) for table in _tables(document, "keys"))
    return _current(document)


def dump_trust(trust: TrustList) -> str:
    """Return the text that reads back as this list."""
    head = [
        f"schema = {_toml_string(SCHEMA)}",
        f"version = {VERSION}",
        f"list_id = {_toml_string(trust.list_id)}",
        f"serial = {trust.serial}",
    ]
    if trust.expires is not None:
        head.append(f"expires = {_toml_moment(trust.expires)}")
    head.append(f"root_threshold = {trust.root_threshold}")
    tables = ["\n".join(head) + "\n", *(_key_table(key) for key in trust.keys.values())]
    tables += [
        f'[[requirements]]\ncategory = "{category.value}"\napprovers = {needed}\n'
        for category, needed in sorted(trust.approvers.items())
    ]
    return "\n".join(tables)


def parse_keys(text: str) -> tuple[TrustedKey, ...]:
    """Return the keys of a text that holds entries only; raises ConfigError. See `dump_keys`."""
    document = _document(text)
    _require_known(document, {"keys"})
    return tuple(_key(table, _ALL_KEY_FIELDS) for table in _tables(document, "keys"))


def dump_keys(keys: Iterable[TrustedKey]) -> str:
    """Return keys as entries that can be added to a trust list elsewhere."""
    return "\n".join(_key_table(key) for key in keys)


def _document(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"it is not TOML: {error}") from error


def _current(document: dict[str, Any]) -> TrustList:
    known = {
        "schema",
        "version",
        "list_id",
        "serial",
        "expires",
        "root_threshold",
        "keys",
        "requirements",
    }
    _require_known(document, known)
    expires = document.get("expires")
    if expires is not None and not isinstance(expires, datetime):
        raise ConfigError("expires must be a time with a zone")
    try:
        expires = None if expires is None else as_utc(expires)
    except ValueError as error:
        raise ConfigError(f"expires {error}") from error
    return TrustList.of(
        [_key(table, _ALL_KEY_FIELDS) for table in _tables(document, "keys")],
        list_id=_list_id(document),
        serial=_count(document, "serial"),
        expires=expires,
        root_threshold=_count(document, "root_threshold"),
        approvers=_requirements(document),
    )


def _list_id(document: dict[str, Any]) -> str:
    value = document.get("list_id")
    if not isinstance(value, str):
        raise ConfigError(f"list_id must be a text, not {value!r}")
    return value


def _requirements(document: dict[str, Any]) -> dict[UseCategory, int]:
    found: dict[UseCategory, int] = {}
    for table in _tables(document, "requirements"):
        _require_known(table, {"category", "approvers"})
        category = _members(UseCategory, [table.get("category")], "category")
        if category & found.keys():
            raise ConfigError(f"{table['category']} stands in two [[requirements]] tables")
        found |= dict.fromkeys(category, _count(table, "approvers"))
    return found


def _count(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    if type(value) is not int or value < 1:
        raise ConfigError(f"{name} must be a whole number from 1 up, not {value!r}")
    return value


def _tables(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    tables = document.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{name} must be [[{name}]] tables")
    return tables


def _key(table: dict[str, Any], fields: Mapping[str, type]) -> TrustedKey:
    _require_known(table, fields.keys())
    for name in ("keyid", "public_key", "holder"):
        if name not in table:
            raise ConfigError(f"a [[keys]] table has no {name}")
    for name, value in table.items():
        if not isinstance(value, fields[name]):
            raise ConfigError(f"{name} of a [[keys]] table must be a {fields[name].__name__}")
    given = dict(table)
    if "roles" in given:
        given["roles"] = _members(KeyRole, given["roles"], "roles")
    if given.get("categories") == [_EVERY]:
        given["categories"] = EVERY_CATEGORY
    elif "categories" in given:
        given["categories"] = _members(UseCategory, given["categories"], "categories")
    return TrustedKey(**given)


def _members(kind: type[Any], values: list[Any], name: str) -> frozenset[Any]:
    known = [str(member) for member in kind]
    for value in values:
        if value not in known:
            raise ConfigError(f"{name} {value!r} is none of {', '.join(known)}")
    return frozenset(kind(value) for value in values)


def _require_known(table: Mapping[str, object], known: Iterable[str]) -> None:
    # a misspelt `revoked` that was passed over would trust a withdrawn key
    for name in table.keys() - set(known):
        raise ConfigError(f"{name[:80]!a} is no field of a trust list")


def _key_table(key: TrustedKey) -> str:
    lines = [
        "[[keys]]",
        f"keyid = {_toml_string(key.keyid)}",
        f"holder = {_toml_string(key.holder)}",
        f"organisation = {_toml_string(key.organisation)}",
        f"roles = {_toml_list(sorted(key.roles))}",
        f"categories = {_categories(key)}",
        f"public_key = {_toml_string(key.public_key)}",
    ]
    if key.uri:
        lines.append(f"uri = {_toml_string(key.uri)}")
    moments = {
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "retired_at": key.retired_at,
    }
    lines += [f"{name} = {_toml_moment(at)}" for name, at in moments.items() if at is not None]
    if key.revoked:
        lines.append("revoked = true")
    if key.revoked_reason:
        lines.append(f"revoked_reason = {_toml_string(key.revoked_reason)}")
    return "\n".join(lines) + "\n"


def _categories(key: TrustedKey) -> str:
    every = key.categories == EVERY_CATEGORY
    return _toml_list([_EVERY] if every else sorted(key.categories))


def _toml_list(texts: Iterable[str]) -> str:
    return f"[{', '.join(_toml_string(text) for text in texts)}]"


def _toml_moment(moment: datetime) -> str:
    return as_utc(moment).isoformat()


def _toml_string(text: str) -> str:
    # TOML 1.0 basic strings escape what JSON strings escape, and DEL besides
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
