"""Looking a SQL registry over, and accepting one that a person vouches for."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine

from provenance.errors import RegistryError
from provenance.registry.checkpoint import CheckpointFile, require_not_rolled_back
from provenance.registry.door import door
from provenance.registry.journal import journal_problems, read_head
from provenance.registry.schema import require_schema

Integrity = Callable[[Connection], tuple[str, ...]]
"""What a dialect itself finds wrong with a database."""


def find_problems(
    engine: Engine, *, location: str, checkpoint: Path, integrity: Integrity
) -> tuple[str, ...]:
    """Return what is wrong with schema, database, journal or checkpoint; empty if all is sound."""
    problems: list[str] = []
    try:
        with door(location):
            _look_over(engine, location, integrity, problems)
            _require_checkpoint(engine, CheckpointFile(checkpoint))
    except RegistryError as error:
        problems.append(str(error))
    return tuple(problems)


def accept_checkpoint(
    engine: Engine, *, location: str, checkpoint: Path, integrity: Integrity
) -> None:
    """Make the database, as it is, the newest that was seen; raises RegistryError if unsound."""
    problems: list[str] = []
    with door(location):
        _look_over(engine, location, integrity, problems)
        if problems:
            raise RegistryError(f"registry {location} cannot be accepted: {'; '.join(problems)}")
        with engine.connect() as connection:
            head = read_head(connection)
        CheckpointFile(checkpoint).accept(head)


def _look_over(engine: Engine, location: str, integrity: Integrity, problems: list[str]) -> None:
    with engine.connect() as connection:
        require_schema(connection, location)
        problems.extend(integrity(connection))
        problems.extend(journal_problems(connection))


def _require_checkpoint(engine: Engine, checkpoint: CheckpointFile) -> None:
    remembered = checkpoint.read()
    with engine.connect() as connection:
        head = read_head(connection)
        if remembered is not None:
            require_not_rolled_back(connection, head, remembered)
        elif head.sequence:
            checkpoint.require()
