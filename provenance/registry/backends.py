"""Where a registry may be kept: one entry a URL scheme."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provenance.errors import ConfigError, RegistryError
from provenance.model.log import LogFlaw
from provenance.registry.interface import Registry
from provenance.registry.memory import MemoryRegistry
from provenance.registry.postgresql import (
    accept_postgresql,
    migrate_postgresql,
    open_postgresql,
    verify_postgresql,
)
from provenance.registry.redaction import redact
from provenance.registry.sqlite import accept_sqlite, migrate_sqlite, open_sqlite, verify_sqlite


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One kind of place a registry may be kept in."""

    scheme: str
    """What its URLs begin with."""
    example: str
    """A URL of it, for people."""
    open: Callable[[str, Path], Registry]
    """Opens the registry at a URL, with its checkpoint."""
    migrate: Callable[[str, Path | None], None]
    """Creates it or brings its schema to ours; with its checkpoint it creates none anew."""
    verify: Callable[[str, Path], tuple[LogFlaw, ...]]
    """Says what in it is not as its log says."""
    accept: Callable[[str, Path], None]
    """Makes its present state the newest that was seen."""


BACKENDS = (
    Backend(
        scheme="sqlite",
        example="sqlite:////srv/show/.provenance/registry.db",
        open=open_sqlite,
        migrate=migrate_sqlite,
        verify=verify_sqlite,
        accept=accept_sqlite,
    ),
    Backend(
        scheme="postgresql",
        example="postgresql://provenance@host/show",
        open=open_postgresql,
        migrate=migrate_postgresql,
        verify=verify_postgresql,
        accept=accept_postgresql,
    ),
    Backend(
        scheme="memory",
        example="memory:",
        open=lambda _url, _checkpoint: MemoryRegistry(),
        migrate=lambda _url, _checkpoint: None,
        verify=lambda _url, _checkpoint: (),
        accept=lambda _url, _checkpoint: None,
    ),
)


def open_registry(url: str, checkpoint: Path) -> Registry:
    """Open the registry at this URL; raises ConfigError if no backend has its scheme."""
    return _backend(url).open(url, checkpoint)


def migrate(url: str, checkpoint: Path | None = None) -> None:
    """Create the registry at this URL, or bring its schema to ours.

    Raises RegistryError if it is gone, though the checkpoint remembers writes to it.
    """
    _backend(url).migrate(url, checkpoint)


def check(url: str, checkpoint: Path) -> tuple[str, ...]:
    """Return what is wrong with the registry at this URL, in words; empty if it is sound."""
    try:
        return tuple(map(str, verify(url, checkpoint)))
    except RegistryError as error:
        return (str(error),)


def verify(url: str, checkpoint: Path) -> tuple[LogFlaw, ...]:
    """Return what in the registry at this URL is not as its log says; empty if all of it is.

    Raises RegistryError if that cannot be decided.
    """
    return _backend(url).verify(url, checkpoint)


def accept_checkpoint(url: str, checkpoint: Path) -> None:
    """Write the checkpoint anew from the registry as it is: a person vouches that it is newest."""
    _backend(url).accept(url, checkpoint)


def _backend(url: str) -> Backend:
    # SQLAlchemy names a driver behind the dialect: `dialect+driver://`.
    scheme = url.partition(":")[0].partition("+")[0]
    for backend in BACKENDS:
        if backend.scheme == scheme:
            return backend
    known = ", ".join(f"{backend.scheme} ({backend.example})" for backend in BACKENDS)
    raise ConfigError(f"no registry is kept at {redact(url)!r}; there are: {known}")
