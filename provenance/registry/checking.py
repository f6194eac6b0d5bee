"""Looking a SQL registry over, and accepting one that a person vouches for."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine

from provenance.errors import RegistryError
from provenance.model.log import LogFlaw
from provenance.registry.auditing import find_flaws
from provenance.registry.checkpoint import CheckpointFile, require_not_rolled_back
from provenance.registry.door import door
from provenance.registry.journal import read_head
from provenance.registry.schema import require_schema

Integrity = Callable[[Connection], tuple[str, ...]]
"""What a dialect itself finds wrong with a database."""


def verify(
    engine: Engine, *, location: str, checkpoint: Path, integrity: Integrity
) -> tuple[LogFlaw, ...]:
    """Return what is wrong with database, journal, rows or checkpoint; empty if all is sound.

    Raises RegistryError if that cannot be decided: it is unreachable, or of another schema.
    """
    with door(location):
        with engine.connect() as connection:
            flaws = _look_over(connection, location, integrity)
        # What a checkpoint says of a journal means something only where the journal is sound.
        return flaws or _rollback(engine, CheckpointFile(checkpoint))


def accept_checkpoint(
    engine: Engine, *, location: str, checkpoint: Path, integrity: Integrity
) -> None:
    """Make the database, as it is, the newest that was seen; raises RegistryError if unsound."""
    with door(location), engine.connect() as connection:
        flaws = _look_over(connection, location, integrity)
        if flaws:
            problems = "; ".join(map(str, flaws))
            raise RegistryError(f"registry {location} cannot be accepted: {problems}")
        CheckpointFile(checkpoint).accept(read_head(connection))


def _look_over(connection: Connection, location: str, integrity: Integrity) -> tuple[LogFlaw, ...]:
    require_schema(connection, location)
    damage = tuple(LogFlaw(sequence=None, message=text) for text in integrity(connection))
    return (*damage, *find_flaws(connection))


def _rollback(engine: Engine, checkpoint: CheckpointFile) -> tuple[LogFlaw, ...]:
    try:
        # Read before the database is: a write in between would look like a rollback.
        remembered = checkpoint.read()
        with engine.connect() as connection:
            head = read_head(connection)
            if remembered is not None:
                require_not_rolled_back(connection, head, remembered)
            elif head.sequence:
                checkpoint.require()
    except RegistryError as error:
        return (LogFlaw(sequence=None, message=str(error)),)
    return ()
