"""The room's door: no exception of SQLAlchemy, a driver or the system leaves it undressed."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from provenance.errors import OutOfReachError, RegistryError


@contextmanager
def door(location: str) -> Iterator[None]:
    """Turn whatever fails inside into a RegistryError that names the location.

    What may pass by itself becomes an OutOfReachError.

    A ValueError inside means a row or a record that cannot be what it claims to be.
    """
    try:
        yield
    except (exc.SQLAlchemyError, OSError, ValueError) as error:
        kind = OutOfReachError if _may_pass(error) else RegistryError
        raise kind(f"registry {location}: {_reason(error, location)}") from error


def _may_pass(error: Exception) -> bool:
    """Return whether the same may succeed later, without anybody doing anything to the registry."""
    if isinstance(error, exc.DBAPIError):
        return isinstance(error, exc.OperationalError) or error.connection_invalidated
    return isinstance(error, OSError | exc.TimeoutError)


def _reason(error: Exception, location: str) -> str:
    # SQLAlchemy's own text repeats the statement and its values; the driver's is the reason.
    if isinstance(error, exc.DBAPIError):
        return " ".join(str(error.orig).split())
    if isinstance(error, OSError) and error.strerror:
        # Its own text repeats the path and puts the number first.
        is_named = error.filename is None or str(error.filename) in location
        return error.strerror if is_named else f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
