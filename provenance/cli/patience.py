"""What the watch does about that which cannot be done now: it waits, and says so once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provenance.errors import (
    ChangedMeanwhileError,
    LeaseHeldError,
    LeaseLostError,
    OutOfReachError,
    ProvenanceError,
)
from watchers.interface import NotYetError

_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0


class Patience:
    """Puts files off while another host has them, and all of them while the registry is away."""

    def __init__(
        self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._seconds = 0.0
        self._until = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether the registry was out of reach when last asked."""
        return self._seconds > 0

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Do inside what needs file and registry; raises NotYetError if it has to wait.

        What went wrong inside with some files only is put off there.
        """
        before = self._until
        if self._clock() < before:
            raise NotYetError("the registry is out of reach")
        try:
            yield
        except ProvenanceError as error:
            later = self.put_off(error)
            if later is error:
                raise
            raise later from error
        if self._until == before:
            self._go_on()

    def put_off(self, error: ProvenanceError) -> ProvenanceError | NotYetError:
        """Return a NotYetError in place of an error that will pass by itself."""
        if isinstance(error, OutOfReachError):
            self._wait(error)
        elif not isinstance(error, LeaseHeldError | LeaseLostError | ChangedMeanwhileError):
            return error
        return NotYetError(str(error))

    def _wait(self, error: OutOfReachError) -> None:
        if not self.is_waiting:
            self._tell(
                f"{error}; nothing is tagged and nothing passes a gate until it answers again, what"
                " arrives meanwhile is taken then"
            )
        if self._clock() < self._until:  # of another file, tried at the same time
            return
        self._seconds = min(max(_FIRST_SECONDS, 2 * self._seconds), _LONGEST_SECONDS)
        self._until = self._clock() + self._seconds

    def _go_on(self) -> None:
        if self.is_waiting:
            self._tell("the registry answers again")
        self._seconds = self._until = 0.0
