"""Put together what a watch says of itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from watchers.journal import Journal
from watchers.noticing import Noticing
from watchers.options import SourceKind
from watchers.root import WatchedRoot
from watchers.settle import Moment
from watchers.status import LoopStatus, RootStatus


def status_of(
    roots: Sequence[WatchedRoot],
    noticing: Noticing,
    journal: Journal,
    *,
    moment: Moment,
    reconciled_at: float | None,
) -> LoopStatus:
    """Return the status of a watch, on whatever thread."""
    polled = noticing.find_polled()
    each = tuple(_root_status(root, polled, moment) for root in roots)
    files = [file for root in roots for _, file in root.pending.snapshot()]
    return LoopStatus(
        pending_count=len(files),
        given_up_count=sum(file.is_given_up for file in files),
        lag_seconds=max((root.lag_seconds for root in each), default=0.0),
        handled_count=journal.handled_count,
        problem_counts=dict(journal.problem_counts),
        reconciled_at=reconciled_at,
        degraded_roots=tuple(root.path for root in roots if root.trouble),
        is_source_alive=noticing.is_alive,
        roots=each,
    )


def _root_status(root: WatchedRoot, polled: Mapping[Path, str], moment: Moment) -> RootStatus:
    files = [file for _, file in root.pending.snapshot()]
    ready = [file.ready_since for file in files if not file.is_given_up]
    waiting = [since for since in ready if since is not None]
    is_polled = root.path in polled
    parts = [why for path, why in polled.items() if path.is_relative_to(root.path)]
    return RootStatus(
        path=root.path,
        trouble=root.trouble,
        is_lost=root.is_lost,
        source=SourceKind.POLLING if is_polled else SourceKind.NATIVE,
        why_polled=polled.get(root.path, next(iter(parts), "")),
        folder_count=len(root.memory.folders),
        pending_count=len(files),
        lag_seconds=max(0.0, moment.elapsed - min(waiting, default=moment.elapsed)),
    )
