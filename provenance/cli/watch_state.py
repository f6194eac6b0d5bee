"""The state of a watch, put together from what its loop, its account and the registry say."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

from provenance import __version__
from provenance.daemon.account import Account
from provenance.daemon.herald import HEARTBEAT_SECONDS
from provenance.daemon.pulse import Pulse
from provenance.daemon.state import Condition, WatchState, ZoneState
from provenance.errors import ProvenanceError
from provenance.model.zone import Zone
from provenance.path_text import shown
from provenance.processes import host_name
from provenance.wiring import Production
from watchers.options import SourceKind
from watchers.status import LoopStatus, RootStatus

_PROBE_SECONDS = 15.0
_PATIENCE_SECONDS = 60.0


class RegistryProbe:
    """Asks the registry now and then whether it is there."""

    def __init__(self, production: Production) -> None:
        self._production = production
        self._trouble = ""
        self._asked_at = time.monotonic()

    def ask(self) -> None:
        """Ask, unless that was done a moment ago; may take as long as the registry takes."""
        if time.monotonic() - self._asked_at < _PROBE_SECONDS:
            return
        try:
            self._production.registry.open_writes()
            self._trouble = ""
        except ProvenanceError as error:
            self._trouble = str(error)
        self._asked_at = time.monotonic()

    @property
    def trouble(self) -> str:
        """Why the registry does not answer, empty if it does; known at once."""
        silent_for = time.monotonic() - self._asked_at
        if silent_for > _PATIENCE_SECONDS:
            return f"it has been silent for {silent_for:.0f} seconds"
        return self._trouble


class Observer:
    """Sees one watch and what it works with."""

    def __init__(
        self,
        production: Production,
        loop: Callable[[], LoopStatus],
        *,
        account: Account,
        pulse: Pulse,
        started_at: datetime,
    ) -> None:
        self._clock = production.clock
        self._zones = production.config.zones
        self._probe = RegistryProbe(production)
        self._loop = loop
        self._account = account
        self._pulse = pulse
        self._started_at = started_at
        self.listening = ""

    def refresh(self) -> None:
        """See whether the registry answers, however long that takes."""
        self._probe.ask()

    def observe(self) -> WatchState:
        """Return how everything is now, at once; for any thread."""
        status = self._loop()
        roots = {root.path: root for root in status.roots}
        zones = tuple(self._zone(zone, roots[zone.path], status) for zone in self._zones)
        for zone in zones:
            if zone.condition is Condition.OK:
                self._account.settle_folders(zone.path)
        return WatchState(
            host=host_name(),
            pid=os.getpid(),
            tool=f"provenance {__version__}",
            started_at=self._started_at,
            heartbeat_at=self._clock(),
            heartbeat_seconds=HEARTBEAT_SECONDS,
            is_stalled=not self._pulse.is_beating,
            listening=self.listening,
            registry_trouble=self._probe.trouble,
            zones=zones,
            error_counts=self._account.errors,
            failures=self._account.failures,
        )

    def _zone(self, zone: Zone, root: RootStatus, status: LoopStatus) -> ZoneState:
        looked_at = status.reconciled_at
        return ZoneState(
            path=shown(zone.path),
            role=zone.role.value,
            condition=_condition(root),
            trouble=root.trouble,
            source_kind=root.source.value,
            source_reason=root.why_polled,
            is_source_alive=status.is_source_alive or root.source is SourceKind.POLLING,
            queue=root.pending_count,
            lag_seconds=root.lag_seconds,
            reconciled_at=None if looked_at is None else datetime.fromtimestamp(looked_at, UTC),
            counts=self._account.actions_in(shown(zone.path)),
        )


def _condition(root: RootStatus) -> Condition:
    if root.is_lost:
        return Condition.LOST
    return Condition.DEGRADED if root.trouble else Condition.OK
