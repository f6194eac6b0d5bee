"""The state of a watch as Prometheus reads it."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from provenance.daemon.health import Health
from provenance.daemon.state import Condition, WatchState, ZoneState

_ZONE = ("zone", "role")


def render_metrics(state: WatchState, health: Health) -> bytes:
    """Return the text that `/metrics` answers with."""
    registry = CollectorRegistry()
    registry.register(_Collected(state, health))
    ProcessCollector(registry=registry)
    text: bytes = generate_latest(registry)
    return text


class _Collected:
    """One state, in the form the library asks for."""

    def __init__(self, state: WatchState, health: Health) -> None:
        self._state = state
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yield every family of metrics."""
        state = self._state
        yield InfoMetricFamily(
            "provenance_watch", "What runs.", value={"tool": state.tool, "host": state.host}
        )
        yield GaugeMetricFamily(
            "provenance_watch_healthy",
            "Whether /healthz answers 200.",
            value=self._health.vitality.is_well,
        )
        yield GaugeMetricFamily(
            "provenance_watch_stalled",
            "Whether the watch makes no progress.",
            value=state.is_stalled,
        )
        yield GaugeMetricFamily(
            "provenance_registry_up",
            "Whether the registry answers.",
            value=not state.registry_trouble,
        )
        yield self._errors()
        yield self._files()
        yield from self._zones()

    def _errors(self) -> Metric:
        errors = CounterMetricFamily(
            "provenance_watch_errors", "Failures by kind, each attempt.", labels=("kind",)
        )
        for kind, count in self._state.error_counts.items():
            errors.add_metric((kind,), count)
        return errors

    def _files(self) -> Metric:
        files = CounterMetricFamily(
            "provenance_watch_files",
            "Files dealt with, by what was done.",
            labels=(*_ZONE, "action"),
        )
        for zone in self._state.zones:
            for action, count in zone.counts.items():
                files.add_metric((zone.path, zone.role, action), count)
        return files

    def _zones(self) -> Iterator[Metric]:
        degraded = _gauge("provenance_watch_zone_degraded", "Whether it is gone or unreadable.")
        alive = _gauge("provenance_watch_source_alive", "Whether changes are noticed at once.")
        queue = _gauge("provenance_watch_queue_files", "Files that are not finished or failed.")
        lag = _gauge("provenance_watch_lag_seconds", "How long the oldest of them has waited.")
        looked = _gauge(
            "provenance_watch_last_reconcile_timestamp_seconds", "When all of it was looked at."
        )
        for zone in self._state.zones:
            labels = (zone.path, zone.role)
            degraded.add_metric(labels, zone.condition is not Condition.OK)
            alive.add_metric(labels, zone.is_source_alive)
            queue.add_metric(labels, zone.queue)
            lag.add_metric(labels, zone.lag_seconds)
            looked.add_metric(labels, _seconds(zone))
        yield from (degraded, alive, queue, lag, looked)


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=_ZONE)


def _seconds(zone: ZoneState) -> float:
    return zone.reconciled_at.timestamp() if zone.reconciled_at else 0.0
