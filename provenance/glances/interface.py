"""The seam of the glances."""

from collections.abc import Callable
from typing import Protocol

from provenance.glances.screen import Screen

HEAD = 8192
"""Bytes of the first read, which the glances are given."""

Plain = tuple[int, int]
"""Of a file that says nothing: the length of its essence, and where the only run of that begins.

Where there are several runs it is -1; where the length is only a bound (`Glance.is_exact`), the
last one counts.
"""

Look = Callable[[int, int, bytes, Screen], Plain | None]
"""Looks at an open file, given its descriptor, size and first `HEAD` bytes; None if unsure.

Anything but None means that a full reading of the file, whatever its name, finds the format of the
glance, a whole container and no problem, tag, signal, manifest or trailer. Sidecars, pixels and
rules of the user's own are not looked at, and of a file that is being written nothing is promised:
the caller sees to that. The descriptor belongs to the caller. Raises OSError if the storage fails.
"""


class Glance(Protocol):
    """The quick look at one format."""

    @property
    def format_name(self) -> str:
        """Name of the format in `media.formats`."""
        ...

    @property
    def is_exact(self) -> bool:
        """Whether the length it returns is that of the essence; else it is an upper bound."""
        ...

    @property
    def magics(self) -> tuple[tuple[int, bytes], ...]:
        """Four bytes that may tell a file of the format, with their offset: 0, 4 or 8."""
        ...

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Look`."""
        ...
