"""The room's door: no exception of SQLAlchemy, a driver or the system leaves it undressed."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from provenance.errors import RegistryError


@contextmanager
def door(location: str) -> Iterator[None]:
    """Turn whatever fails inside into a RegistryError that names the location.

    A ValueError inside means a row or a record that cannot be what it claims to be.
    """
    try:
        yield
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise RegistryError(f"registry {location}: {_reason(error, location)}") from error


def _reason(error: Exception, location: str) -> str:
    # SQLAlchemy's own text repeats the statement and its values; the driver's is the reason.
    if isinstance(error, DBAPIError):
        return " ".join(str(error.orig).split())
    if isinstance(error, OSError) and error.strerror:
        # Its own text repeats the path and puts the number first.
        is_named = error.filename is None or str(error.filename) in location
        return error.strerror if is_named else f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
