"""Configuration: `provenance.toml`, overridden by the environment, overridden by flags."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from provenance.daemon.settings import (
    DEFAULT_LISTEN,
    Address,
    LogFormat,
    NotifySettings,
    read_address,
    read_log_format,
    read_notify,
)
from provenance.errors import ConfigError
from provenance.model.purpose import NOTHING_SAID, Purpose, is_use_term
from provenance.model.zone import OnBlock, Role, WatchSource, Zone, zone_of
from provenance.typed_record import TypedRecord

if TYPE_CHECKING:
    from provenance.signals.user_rules import UserRule

CONFIG_NAME = "provenance.toml"
DATA_FOLDER = ".provenance"
KEYS_FOLDER = "keys"
ENVIRONMENT_VARIABLE = "PROVENANCE_CONFIG"
_SCHEMA = "provenance-config"
_VERSION = 1
_DEFAULT_EMBED_LIMIT = 256 * 1024**2
"""Below, writing anew takes seconds and an exchange of files is safest; above, it takes as much
room again, several passes and, of some containers, memory of three times the file."""
_T = TypeVar("_T")
_SHORTEST_LEASE, _LONGEST_LEASE = 2, 3600
_PURPOSE_KEYS = {"use", "title", "episode", "cut", "territories", "languages", "media"}


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
    """Largest file in bytes that is written anew to carry its tag; larger ones are in place."""
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
    poll_seconds: float = 10.0
    """How often the watcher looks at folders for which it gets no change events."""
    watch_source: WatchSource = WatchSource.AUTO
    """How the watcher notices changes."""
    has_workers: bool = False
    """Whether the watcher hands what is to be tagged to `provenance worker`s."""
    listen: Address | None = None
    """Where the watcher serves its health and metrics."""
    log: LogFormat = LogFormat.HUMAN
    """How the watcher writes its log."""
    notify: tuple[NotifySettings, ...] = ()
    """Whom the watcher tells, and of what."""
    signals: "tuple[UserRule, ...]" = ()
    """The production's own rules of what AI media says of itself."""

    @property
    def use(self) -> str:
        """Use that approvals must cover; empty takes the policy pack's."""
        return self.purpose.use

    def purpose_at(self, path: Path) -> Purpose:
        """Return where a file at this path is to go, by its zone and the production."""
        place = Path(os.path.abspath(path))  # noqa: PTH100  (resolves `..`, follows no link)
        zone = zone_of(place, self.zones)
        return (zone.purpose if zone else NOTHING_SAID).over(self.purpose)

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
    """Takes the configuration out of the record; every complaint names the file and the key."""

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self._path = path
        self._record = record
        self._typed = TypedRecord(path, record)

    def config(self) -> Config:
        known = {"schema", "version", "name", "registry", "zones", "tagging", "scan", "watch"}
        self._typed.require_known("", self._record, known | {"signals", "notify"})
        tagging = self._typed.table("tagging", {"embed_limit", "lease_seconds"})
        scan = self._typed.table("scan", {"policy", "ignore"} | _PURPOSE_KEYS)
        seconds = {"settle_seconds", "reconcile_seconds", "poll_seconds"}
        watch = self._typed.table("watch", seconds | {"source", "cluster", "listen", "log"})
        return Config(
            path=self._path,
            name=self._typed.text(self._record, "name", self._path.parent.name),
            registry=self._registry(),
            zones=self._zones(),
            embed_limit=int(self._typed.number(tagging, "embed_limit", _DEFAULT_EMBED_LIMIT)),
            lease_seconds=self._lease_seconds(tagging),
            purpose=self._purpose(scan, "scan"),
            policy=self._typed.text(scan, "policy", "house"),
            ignore=self._typed.texts(scan, "ignore"),
            settle_seconds=self._typed.number(watch, "settle_seconds", 5.0),
            reconcile_seconds=self._typed.number(watch, "reconcile_seconds", 300.0),
            poll_seconds=self._typed.number(watch, "poll_seconds", 10.0),
            watch_source=self._watch_source(watch),
            has_workers=self._typed.flag(watch, "cluster"),
            listen=self._read(read_address, self._typed.text(watch, "listen", DEFAULT_LISTEN)),
            log=self._read(read_log_format, self._typed.text(watch, "log", LogFormat.HUMAN)),
            notify=self._read(read_notify, self._record.get("notify", [])),
            signals=self._read(_user_rules, self._record.get("signals", [])),
        )

    def _lease_seconds(self, tagging: Mapping[str, Any]) -> float:
        seconds = self._typed.number(tagging, "lease_seconds", 60.0)
        if not _SHORTEST_LEASE <= seconds <= _LONGEST_LEASE:
            # Shorter, it ends amid ordinary writes; longer, a dead host's files wait for hours.
            bounds = f"{_SHORTEST_LEASE} to {_LONGEST_LEASE}"
            raise self._typed.wrong("lease_seconds", f"must be {bounds} seconds")
        return seconds

    def _registry(self) -> str:
        url = self._typed.text(self._record, "registry", f"sqlite:///{DATA_FOLDER}/registry.db")
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self._path.parent / url.removeprefix(prefix))
        return url

    def _zones(self) -> tuple[Zone, ...]:
        zones = self._record.get("zones", [])
        if not isinstance(zones, list) or not all(isinstance(zone, dict) for zone in zones):
            raise self._typed.wrong("zones", "must be [[zones]] tables")
        found = [self._zone(zone) for zone in zones]
        self._require_apart(found)
        return tuple(found)

    def _zone(self, zone: Mapping[str, Any]) -> Zone:
        self._typed.require_known(
            "zones.", zone, {"path", "role", "policy", "on_block"} | _PURPOSE_KEYS
        )
        role = self._typed.text(zone, "role", "")
        if role not in set(Role):
            raise self._typed.wrong("zones.role", f"{role!r} is none of {', '.join(Role)}")
        folder = self._typed.text(zone, "path", "")
        if not folder:
            raise self._typed.wrong("zones.path", "is missing")
        on_block = self._typed.text(zone, "on_block", OnBlock.QUARANTINE)
        if on_block not in set(OnBlock):
            raise self._typed.wrong(
                "zones.on_block", f"{on_block!r} is none of {', '.join(OnBlock)}"
            )
        if "on_block" in zone and role != Role.DELIVERABLE:
            raise self._typed.wrong(
                "zones.on_block", f"counts in a deliverable zone, not in {role!r}"
            )
        return Zone(
            path=Path(os.path.normpath(self._path.parent / folder)),
            role=Role(role),
            policy=self._typed.text(zone, "policy", ""),
            purpose=self._purpose(zone, "zones"),
            on_block=OnBlock(on_block),
        )

    def _purpose(self, table: Mapping[str, Any], name: str) -> Purpose:
        use = self._typed.text(table, "use", "")
        if use and not is_use_term(use):
            raise self._typed.wrong(f"{name}.use", f"{use!r} is not a term like final-deliverable")
        return Purpose(
            use=use,
            title=self._typed.text(table, "title", ""),
            episode=self._typed.text(table, "episode", ""),
            cut=self._typed.text(table, "cut", ""),
            territories=frozenset(self._typed.texts(table, "territories")),
            languages=frozenset(self._typed.texts(table, "languages")),
            media=frozenset(self._typed.texts(table, "media")),
        )

    def _watch_source(self, watch: Mapping[str, Any]) -> WatchSource:
        source = self._typed.text(watch, "source", WatchSource.AUTO)
        if source not in set(WatchSource):
            raise self._typed.wrong(
                "watch.source", f"{source!r} is none of {', '.join(WatchSource)}"
            )
        return WatchSource(source)

    def _read(self, read: Callable[[Any], _T], value: object) -> _T:
        try:
            return read(value)
        except ValueError as error:
            raise ConfigError(f"{self._path}: {error}") from error

    def _require_apart(self, zones: list[Zone]) -> None:
        for zone in zones:
            for other in zones:
                if zone is not other and zone.path.is_relative_to(other.path):
                    raise self._typed.wrong("zones", f"{zone.path} lies in the zone {other.path}")


def _user_rules(tables: Any) -> "tuple[UserRule, ...]":  # noqa: ANN401  (whatever TOML holds)
    if tables == []:
        return ()
    # All formats and all rules: most productions have none of their own.
    from provenance.media.formats import FORMATS  # noqa: PLC0415  (see above)
    from provenance.policy.rules.known import POLICY_RULES  # noqa: PLC0415  (as above)
    from provenance.signals.kinds import SIGNAL_RULES  # noqa: PLC0415  (as above)
    from provenance.signals.user_rules import read_user_rules  # noqa: PLC0415  (as above)

    return read_user_rules(
        tables,
        taken=SIGNAL_RULES.keys() | POLICY_RULES.keys(),
        formats=[fmt.name for fmt in FORMATS],
    )
