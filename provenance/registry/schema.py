"""Which schema version a database has, and bringing it to ours."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from provenance.errors import RegistryError
from provenance.registry.door import door
from provenance.registry.tables import VERSIONS
from provenance.registry.transactions import writing_engine

_MIGRATIONS = Path(__file__).with_name("migrations")


def schema_version(connection: Connection) -> str | None:
    """Return the version the database says it has, or None if it says nothing."""
    # Read directly: importing alembic would cost every command its time.
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require_schema(connection: Connection, location: str) -> None:
    """Raise RegistryError unless the database has our version."""
    version = schema_version(connection)
    _require_known(version, location)
    if version != VERSIONS[-1]:
        raise RegistryError(
            f"registry {location} has schema {version or 'none'} and not {VERSIONS[-1]}: "
            "run `provenance registry migrate`"
        )


def migrate_schema(engine: Engine, location: str) -> None:
    """Bring the database to our version in one transaction; raises RegistryError if it cannot.

    A database with tables of somebody else is refused.
    """
    with door(location), writing_engine(engine).begin() as connection:
        version = schema_version(connection)
        _require_known(version, location)
        if version is None and inspect(connection).get_table_names():
            raise RegistryError(f"{location} holds tables that are not a provenance registry")
        if version != VERSIONS[-1]:
            _upgrade(connection, is_new=version is None)


def _require_known(version: str | None, location: str) -> None:
    if version is not None and version not in VERSIONS:
        raise RegistryError(
            f"registry {location} has schema {version}, which is newer than this version of "
            "provenance: use the version that wrote it, or a later one"
        )


def _upgrade(connection: Connection, *, is_new: bool) -> None:
    from alembic import command  # noqa: PLC0415  (slow to import, and only a migration needs it)
    from alembic.config import Config  # noqa: PLC0415  (as above)

    config = Config()
    # ConfigParser reads % as the beginning of a reference.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["is_new"] = is_new
    command.upgrade(config, "head")
