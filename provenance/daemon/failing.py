"""Kinds of errors: the word for metrics and logs, and what a person does about each."""

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provenance.errors import (
    CarrierError,
    ChangedMeanwhileError,
    ConfigError,
    IsolationError,
    LeaseLostError,
    MediaError,
    NotWritableError,
    ProvenanceError,
    RegistryError,
    UnreadableError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKind:
    """One kind of error."""

    name: str
    """One word, kebab-case."""
    remedy: str
    """What to do about it."""
    covers: Callable[[BaseException], bool]
    """Whether an exception is of this kind."""


def _is(*kinds: type[BaseException]) -> Callable[[BaseException], bool]:
    return lambda error: isinstance(error, kinds)


def _says(*numbers: int) -> Callable[[BaseException], bool]:
    return lambda error: isinstance(error, OSError) and error.errno in numbers


ZONE = ErrorKind(
    name="zone",
    remedy="mount the share or make the folder readable; it is looked at again by itself",
    covers=lambda _: False,
)
FOLDER = ErrorKind(
    name="folder",
    remedy="give the watch permission to read it; it is looked at again by itself",
    covers=lambda _: False,
)
_DEFECT = ErrorKind(
    name="defect",
    remedy="report it with the traceback in the log; the file is as it was",
    covers=_is(Exception),
)
ERROR_KINDS = (
    ErrorKind(
        name="disk-full",
        remedy="make room on the share; the file is tried again by itself",
        covers=_says(errno.ENOSPC, errno.EDQUOT),
    ),
    ErrorKind(
        name="share",
        remedy="see that the share is mounted and answers; the file is tried again by itself",
        covers=_says(errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN),
    ),
    ErrorKind(
        name="read-only",
        remedy="make the share writable for the watch; the file is tried again by itself",
        covers=_says(errno.EROFS, errno.EACCES, errno.EPERM),
    ),
    ErrorKind(
        name="lease-lost",
        remedy="nothing: another host does this work, or it is done again later",
        covers=_is(LeaseLostError),
    ),
    ErrorKind(
        name="registry",
        remedy="see `provenance status` and `provenance registry check`",
        covers=_is(RegistryError),
    ),
    ErrorKind(
        name="not-writable",
        remedy="give the watch permission to write it, or replace hard links by a copy",
        covers=_is(NotWritableError),
    ),
    ErrorKind(
        name="changed-meanwhile",
        remedy="nothing: it is tried again when it lies still",
        covers=_is(ChangedMeanwhileError),
    ),
    ErrorKind(
        name="unreadable",
        remedy="give the watch permission to read it; it is looked at again by itself",
        covers=_is(UnreadableError),
    ),
    ErrorKind(
        name="damaged",
        remedy="copy it here again or export it anew; see `provenance inspect`",
        covers=_is(MediaError),
    ),
    ErrorKind(
        name="worker",
        remedy="nothing if it stays alone: it is tried again; else see memory and `ulimit`",
        covers=_is(IsolationError),
    ),
    ErrorKind(
        name="carrier",
        remedy="see `provenance tag` on the file; it is as it was",
        covers=_is(CarrierError),
    ),
    ErrorKind(
        name="settings",
        remedy="correct provenance.toml; the watch goes on with the old settings",
        covers=_is(ConfigError),
    ),
    ErrorKind(
        name="failed",
        remedy="see `provenance inspect` on the file; it is as it was",
        covers=_is(ProvenanceError),
    ),
    ErrorKind(
        name="system",
        remedy="see the message; the file is tried again by itself",
        covers=_is(OSError),
    ),
    _DEFECT,
)
"""The first that covers an exception, or what it was raised from, is its kind."""


def kind_of(error: BaseException) -> ErrorKind:
    """Return the kind of an exception; a system error behind one of ours says more than ours."""
    causes = list(_chain(error))
    for cause in reversed(causes):
        if isinstance(cause, OSError):
            found = next(kind for kind in ERROR_KINDS if kind.covers(cause))
            if found.name != "system":
                return found
    return next((kind for kind in ERROR_KINDS if kind.covers(error)), _DEFECT)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__
