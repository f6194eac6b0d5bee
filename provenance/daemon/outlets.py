"""Services that take messages, reached through apprise."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from provenance.daemon.courier import Courier
from provenance.daemon.notices import Message
from provenance.daemon.settings import NotifySettings
from provenance.errors import ConfigError, NotifyError
from provenance.path_text import shown

_INSTALL = "install it with: pip install 'provenance[notify]'"


class AppriseOutlet:
    """One address, as apprise writes them. See `Outlet`."""

    def __init__(self, url: str, number: int) -> None:
        try:
            import apprise  # noqa: PLC0415  (an extra, and slow to import)
        except ImportError as error:
            raise ConfigError(f"[[notify]] needs apprise, which is not here; {_INSTALL}") from error
        logging.getLogger("apprise").propagate = False  # it quotes addresses with their secrets
        scheme, mark, _ = url.partition("://")
        self.label = f"notify {number} ({scheme if mark and scheme.isalnum() else 'unreadable'})"
        # With a time limit of its own it would send in a thread that has to end before we may.
        self._service = apprise.Apprise(asset=apprise.AppriseAsset(service_timeout=0))
        self._text = apprise.NotifyFormat.TEXT
        if not self._service.add(url):
            raise ConfigError(
                f"{self.label}: apprise knows no service by this address; see its list of services"
            )

    def send(self, message: Message) -> None:
        """See `Outlet.send`; apprise waits four seconds for a connection and for an answer."""
        is_sent = self._service.notify(
            title=message.title, body=message.body, body_format=self._text
        )
        if not is_sent:
            raise NotifyError(
                "the message was not taken; see that the service is up and the"
                " address holds: provenance notify test"
            )


def open_outlets(
    tables: tuple[NotifySettings, ...], root: Path, environment: Mapping[str, str] | None = None
) -> list[tuple[AppriseOutlet, NotifySettings]]:
    """Return every service with the table that names it; raises ConfigError."""
    variables = os.environ if environment is None else environment
    return [
        (AppriseOutlet(url, number), table)
        for number, table in enumerate(tables, start=1)
        for url in _urls(table, root, variables, number)
    ]


def open_couriers(
    tables: tuple[NotifySettings, ...], root: Path, production: str
) -> tuple[Courier, ...]:
    """Return a courier for every service, not started yet; raises ConfigError."""
    return tuple(
        Courier(outlet, production=production, on=table.on, every_seconds=table.every_seconds)
        for outlet, table in open_outlets(tables, root)
    )


def _urls(
    table: NotifySettings, root: Path, variables: Mapping[str, str], number: int
) -> Iterator[str]:
    yield from table.urls
    if table.url_env:
        if not variables.get(table.url_env, "").strip():
            raise ConfigError(f"notify {number}: the environment variable {table.url_env} is empty")
        yield from variables[table.url_env].split()
    if table.url_file:
        yield from _lines_of(root / table.url_file, number)


def _lines_of(path: Path, number: int) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError(f"notify {number}: {shown(path)} cannot be read: {reason}") from error
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise ConfigError(f"notify {number}: {shown(path)} names no address")
    return found
