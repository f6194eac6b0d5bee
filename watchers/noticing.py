"""Choose how changes are noticed below each root, and see that they are.

By the mount table a root gets change events or is polled. What the source of events turns out to
be blind for is polled too, until the source is started anew; so is everything while it is dead.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from watchers.change import Hints
from watchers.interface import ChangeSource, SourceFactory
from watchers.mounts import (
    Mount,
    find_cache_seconds,
    find_polled,
    mount_of,
    mounts_below,
    parse_table,
    read_table,
)
from watchers.options import SourceKind
from watchers.root import RACY_SECONDS, WatchedRoot

_logger = logging.getLogger(__name__)

_NO_EVENTS = "no change events"


class Noticing:
    """The source of events, and what it has to be helped out with."""

    def __init__(
        self, roots: Sequence[WatchedRoot], kind: SourceKind, source_factory: SourceFactory
    ) -> None:
        self._roots = roots
        self._kind = kind
        self._source_factory = source_factory
        self._source: ChangeSource | None = None
        self._is_started = False
        self._table = b""
        self._mounts: tuple[Mount, ...] = ()
        self._unfit: dict[Path, str] = {}
        self._told: set[tuple[Path, str]] = set()

    @property
    def is_alive(self) -> bool:
        """Whether events may be expected from every root that is meant to send them."""
        return self._is_started and (self._source is None or self._source.is_alive)

    @property
    def is_failing(self) -> bool:
        """Whether starting anew might mend something."""
        return not self.is_alive or bool(self._source and self._source.blind)

    def restart(self) -> None:
        """Choose anew and start; roots that are lost are left out."""
        self.stop()
        self._table = read_table()
        self._mounts = parse_table(self._table)
        self._unfit = {}
        for root in self._roots:
            self._unfit |= find_polled(root.path, self._kind, self._mounts)
            root.racy_seconds = max(RACY_SECONDS, find_cache_seconds(root.path, self._mounts))
        native = tuple(root.path for root in self._roots if self._is_native(root))
        self._is_started = True
        if native:
            self._source = self._source_factory(native)
            self._source.start()

    def stop(self) -> None:
        """Let go of the source."""
        source, self._source = self._source, None
        self._is_started = False
        if source is not None:
            source.stop()

    def take(self) -> Hints:
        """Return the hints of the source; those from before a remount are worth nothing."""
        return self._source.take() if self._source else Hints()

    def has_moved(self) -> bool:
        """Return whether something was mounted or unmounted at a root, above or below."""
        table = read_table()
        if table == self._table:
            return False
        self._table, mounts = table, parse_table(table)
        return any(
            mount_of(root.path, mounts) != mount_of(root.path, self._mounts)
            or mounts_below(root.path, mounts) != mounts_below(root.path, self._mounts)
            for root in self._roots
        )

    def compare(self) -> None:
        """Hold what the kernel watches against the folders that the walks found."""
        if self._source is not None:
            native = [root for root in self._roots if self._is_native(root)]
            self._source.compare(sum(len(root.memory.folders) for root in native))

    def find_polled(self) -> dict[Path, str]:
        """Return the roots and folders that have to be polled now, with why."""
        source = self._source
        polled = {} if self.is_alive else {root.path: _NO_EVENTS for root in self._roots}
        polled |= source.blind if source else {}
        return polled | self._unfit

    def tell_news(self, polled: Mapping[Path, str]) -> None:
        """Log what is polled that was not, or for another reason."""
        for path, why in sorted(polled.items() - self._told):
            # What is so by its nature or by choice needs nobody's attention.
            level = logging.INFO if path in self._unfit else logging.WARNING
            _logger.log(level, "%r is polled: %s", str(path), why)
        self._told = set(polled.items())

    def _is_native(self, root: WatchedRoot) -> bool:
        return not root.is_lost and root.path not in self._unfit
