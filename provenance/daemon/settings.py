"""What `[watch]` and `[[notify]]` of `provenance.toml` say about being told."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_HIGHEST_PORT = 65535
_NOTIFY_KEYS = {"urls", "url_env", "url_file", "on", "every_seconds"}
DEFAULT_LISTEN = "127.0.0.1:9464"


class LogFormat(StrEnum):
    """How the watch writes its log."""

    HUMAN = "human"
    JSON = "json"


class NoticeKind(StrEnum):
    """What people may be told of."""

    BLOCKED = "blocked"
    UNDECIDED = "undecided"
    RETURNED = "returned"
    REVOKED = "revoked"
    DEGRADED = "degraded"
    RECOVERED = "recovered"
    ERROR = "error"


_TOLD_UNASKED = (NoticeKind.BLOCKED, NoticeKind.UNDECIDED, NoticeKind.DEGRADED, NoticeKind.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where `/healthz` and `/metrics` are served."""

    host: str
    """Name or address."""
    port: int
    """Port; 0 takes any that is free."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """One `[[notify]]` table: whom to tell, of what, how often."""

    urls: tuple[str, ...] = ()
    """Addresses as apprise writes them."""
    url_env: str = ""
    """Environment variable that holds more of them, separated by white space."""
    url_file: str = ""
    """File that holds more of them, one a line."""
    on: frozenset[NoticeKind] = frozenset(_TOLD_UNASKED)
    """What to tell of."""
    every_seconds: float = 300.0
    """At most one message in this time."""


def read_address(text: str) -> Address | None:
    """Return the address of `watch.listen`, None if it is empty; raises ValueError."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise ValueError(
            f'watch.listen {text!r} is no address like "{DEFAULT_LISTEN}"; "" switches it off'
        )
    return Address(host=host, port=int(port))


def read_log_format(text: str) -> LogFormat:
    """Return the format of `watch.log`; raises ValueError."""
    if text not in set(LogFormat):
        raise ValueError(f"watch.log {text!r} is none of {', '.join(LogFormat)}")
    return LogFormat(text)


def read_notify(tables: object) -> tuple[NotifySettings, ...]:
    """Return the `[[notify]]` tables; raises ValueError that says what is wrong."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("notify must be [[notify]] tables")
    return tuple(_notify(table) for table in tables)


def _notify(table: Mapping[str, Any]) -> NotifySettings:
    for key in table.keys() - _NOTIFY_KEYS:
        raise ValueError(
            f"notify.{key} is no setting (there are: {', '.join(sorted(_NOTIFY_KEYS))})"
        )
    urls = _texts(table, "urls", ())
    url_env, url_file = (_text(table, key) for key in ("url_env", "url_file"))
    if not (urls or url_env or url_file):
        raise ValueError("notify needs urls, url_env or url_file")
    kinds = _texts(table, "on", _TOLD_UNASKED)
    for kind in set(kinds) - set(NoticeKind):
        raise ValueError(f"notify.on {kind!r} is none of {', '.join(NoticeKind)}")
    return NotifySettings(
        urls=urls,
        url_env=url_env,
        url_file=url_file,
        on=frozenset(map(NoticeKind, kinds)),
        every_seconds=_seconds(table),
    )


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"notify.{key} must be text")  # noqa: TRY004  (wrong settings, no defect)
    return value


def _texts(table: Mapping[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = table.get(key, list(default))
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ValueError(f"notify.{key} must be a list of texts")
    return tuple(value)


def _seconds(table: Mapping[str, Any]) -> float:
    value = table.get("every_seconds", 300.0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= 7 * 24 * 3600:
        raise ValueError("notify.every_seconds must be a number of seconds from 1 to 604800")
    return float(value)
