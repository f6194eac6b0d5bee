"""Configuration: `provenance.toml`, overridden by the environment, overridden by flags."""

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError
from provenance.media.formats import FORMATS
from provenance.model.purpose import NOTHING_SAID, Purpose, is_use_term
from provenance.policy.rules.known import POLICY_RULES
from provenance.signals.kinds import SIGNAL_RULES
from provenance.signals.user_rules import UserRule, read_user_rules

CONFIG_NAME = "provenance.toml"
DATA_FOLDER = ".provenance"
KEYS_FOLDER = "keys"
ENVIRONMENT_VARIABLE = "PROVENANCE_CONFIG"
_SCHEMA = "provenance-config"
_VERSION = 1
_DEFAULT_EMBED_LIMIT = 2 * 1024**3
_SHORTEST_LEASE, _LONGEST_LEASE = 2, 3600
_PURPOSE_KEYS = {"use", "title", "episode", "cut", "territories", "languages", "media"}


class Role(StrEnum):
    """What a folder is for."""

    GENERATED = "generated"
    WORK = "work"
    DELIVERABLE = "deliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A folder with a role."""

    path: Path
    """Absolute path."""
    role: Role
    """`generated`: all that lands is AI; `work`: tag what declares itself; `deliverable`: gate."""
    policy: str = ""
    """Its own policy pack, by name or path; empty takes the production's."""
    purpose: Purpose = NOTHING_SAID
    """Where what lies there is to go; what is empty is as the production says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be configured."""

    path: Path
    """The `provenance.toml` it came from, absolute."""
    name: str
    """Name of the production."""
    registry: str
    """URL of the registry."""
    zones: tuple[Zone, ...]
    """The watched folders."""
    embed_limit: int = _DEFAULT_EMBED_LIMIT
    """Largest file in bytes that is rewritten to carry its tag inside."""
    lease_seconds: float = 60.0
    """How long a host that stopped amid a write keeps the others from the file."""
    purpose: Purpose = NOTHING_SAID
    """Where files go unless told otherwise; without a use the policy pack's counts."""
    policy: str = "house"
    """Name of the policy pack, or path of its file relative to the configuration."""
    ignore: tuple[str, ...] = ()
    """Name patterns a scan leaves out and lists."""
    settle_seconds: float = 5.0
    """How long a file must lie still before the watcher takes it."""
    reconcile_seconds: float = 300.0
    """How often the watcher looks at everything."""
    signals: tuple[UserRule, ...] = ()
    """The production's own rules of what AI media says of itself."""

    @property
    def use(self) -> str:
        """Use that approvals must cover; empty takes the policy pack's."""
        return self.purpose.use

    def purpose_at(self, path: Path) -> Purpose:
        """Return where a file at this path is to go, by its zone and the production."""
        place = Path(os.path.abspath(path))  # noqa: PTH100  (resolves `..`, follows no link)
        zones = (zone.purpose for zone in self.zones if place.is_relative_to(zone.path))
        return next(zones, NOTHING_SAID).over(self.purpose)

    @property
    def root(self) -> Path:
        """The folder of the configuration."""
        return self.path.parent

    @property
    def data(self) -> Path:
        """The folder with keys, registry and evidence."""
        return self.root / DATA_FOLDER


def find_config(start: Path, environment: Mapping[str, str] | None = None) -> Path:
    """Return the nearest `provenance.toml` at or above a folder, or the environment's.

    Raises ConfigError if there is none.
    """
    variables = os.environ if environment is None else environment
    named = variables.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    above = [folder / CONFIG_NAME for folder in (start.absolute(), *start.absolute().parents)]
    found = [path for path in above if path.is_file()]
    if len(found) > 1:
        # Settings dropped into a delivery must not decide over it.
        raise ConfigError(
            f"{found[0]} lies inside the production of {found[-1]}; name the one that counts with"
            f" --config or {ENVIRONMENT_VARIABLE}"
        )
    if found:
        return found[0]
    raise ConfigError(
        f"no {CONFIG_NAME} in {start.absolute()} or above; run `provenance init` in the"
        f" production's folder, or name one with --config or {ENVIRONMENT_VARIABLE}"
    )


def load_config(path: Path) -> Config:
    """Return the configuration of this file; raises ConfigError naming what is wrong."""
    path = path.absolute()
    try:
        record = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: the settings are not valid TOML: {error}") from error
    if record.get("schema") != _SCHEMA or record.get("version") != _VERSION:
        raise ConfigError(f'{path}: must say schema = "{_SCHEMA}" and version = {_VERSION}')
    return _Reader(path, record).config()


class _Reader:
    """Takes typed values out of the record; every complaint names the file and the key."""

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self._path = path
        self._record = record

    def config(self) -> Config:
        known = {"schema", "version", "name", "registry", "zones", "tagging", "scan", "watch"}
        self._require_known("", self._record, known | {"signals"})
        tagging = self._table("tagging", {"embed_limit", "lease_seconds"})
        scan = self._table("scan", {"policy", "ignore"} | _PURPOSE_KEYS)
        watch = self._table("watch", {"settle_seconds", "reconcile_seconds"})
        return Config(
            path=self._path,
            name=self._text(self._record, "name", self._path.parent.name),
            registry=self._registry(),
            zones=self._zones(),
            embed_limit=int(self._number(tagging, "embed_limit", _DEFAULT_EMBED_LIMIT)),
            lease_seconds=self._lease_seconds(tagging),
            purpose=self._purpose(scan, "scan"),
            policy=self._text(scan, "policy", "house"),
            ignore=self._texts(scan, "ignore"),
            settle_seconds=self._number(watch, "settle_seconds", 5.0),
            reconcile_seconds=self._number(watch, "reconcile_seconds", 300.0),
            signals=self._signals(),
        )

    def _lease_seconds(self, tagging: Mapping[str, Any]) -> float:
        seconds = self._number(tagging, "lease_seconds", 60.0)
        if not _SHORTEST_LEASE <= seconds <= _LONGEST_LEASE:
            # Shorter, it ends amid ordinary writes; longer, a dead host's files wait for hours.
            bounds = f"{_SHORTEST_LEASE} to {_LONGEST_LEASE}"
            raise self._wrong("lease_seconds", f"must be {bounds} seconds")
        return seconds

    def _registry(self) -> str:
        url = self._text(self._record, "registry", f"sqlite:///{DATA_FOLDER}/registry.db")
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self._path.parent / url.removeprefix(prefix))
        return url

    def _zones(self) -> tuple[Zone, ...]:
        zones = self._record.get("zones", [])
        if not isinstance(zones, list) or not all(isinstance(zone, dict) for zone in zones):
            raise self._wrong("zones", "must be [[zones]] tables")
        found = []
        for zone in zones:
            self._require_known("zones.", zone, {"path", "role", "policy"} | _PURPOSE_KEYS)
            role = self._text(zone, "role", "")
            if role not in set(Role):
                raise self._wrong("zones.role", f"{role!r} is none of {', '.join(Role)}")
            folder = self._text(zone, "path", "")
            if not folder:
                raise self._wrong("zones.path", "is missing")
            path = Path(os.path.normpath(self._path.parent / folder))
            policy = self._text(zone, "policy", "")
            purpose = self._purpose(zone, "zones")
            found.append(Zone(path=path, role=Role(role), policy=policy, purpose=purpose))
        self._require_apart(found)
        return tuple(found)

    def _purpose(self, table: Mapping[str, Any], name: str) -> Purpose:
        use = self._text(table, "use", "")
        if use and not is_use_term(use):
            raise self._wrong(f"{name}.use", f"{use!r} is not a term like final-deliverable")
        return Purpose(
            use=use,
            title=self._text(table, "title", ""),
            episode=self._text(table, "episode", ""),
            cut=self._text(table, "cut", ""),
            territories=frozenset(self._texts(table, "territories")),
            languages=frozenset(self._texts(table, "languages")),
            media=frozenset(self._texts(table, "media")),
        )

    def _signals(self) -> tuple[UserRule, ...]:
        try:
            return read_user_rules(
                self._record.get("signals", []),
                taken=SIGNAL_RULES.keys() | POLICY_RULES.keys(),
                formats=[fmt.name for fmt in FORMATS],
            )
        except ValueError as error:
            raise ConfigError(f"{self._path}: {error}") from error

    def _require_apart(self, zones: list[Zone]) -> None:
        for zone in zones:
            for other in zones:
                if zone is not other and zone.path.is_relative_to(other.path):
                    raise self._wrong("zones", f"{zone.path} lies in the zone {other.path}")

    def _table(self, key: str, known: set[str]) -> Mapping[str, Any]:
        table = self._record.get(key, {})
        if not isinstance(table, dict):
            raise self._wrong(key, "must be a table")
        self._require_known(f"{key}.", table, known)
        return table

    def _require_known(self, prefix: str, table: Mapping[str, Any], known: set[str]) -> None:
        # A misspelt key would silently leave a gate at its default.
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                meant = f"; did you mean {prefix}{near[0]}?" if near else ""
                listed = ", ".join(sorted(known))
                raise self._wrong(prefix + key, f"is no setting{meant} (there are: {listed})")

    def _text(self, table: Mapping[str, Any], key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "must be text")
        return value

    def _texts(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self._wrong(key, "must be a list of texts")
        return tuple(value)

    def _number(self, table: Mapping[str, Any], key: str, default: float) -> float:
        value = table.get(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < math.inf:
            raise self._wrong(key, "must be a finite number, not negative")
        number: float = value
        return number

    def _wrong(self, key: str, why: str) -> ConfigError:
        return ConfigError(f"{self._path}: {key} {why}")
