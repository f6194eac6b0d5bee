"""What changed from one state of a watch to the next, for people to be told."""

from provenance.daemon.notices import Notice, Report
from provenance.daemon.settings import NoticeKind
from provenance.daemon.state import Condition, WatchState

_REGISTRY = "registry"


class TroubleNews:
    """Reports what gets into trouble (a zone, the registry, the watch), and when that is over."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._known: dict[str, str] = {}

    def compare(self, state: WatchState) -> None:
        """Report what is otherwise than in the state before."""
        troubles = _troubles(state)
        for name in troubles.keys() - self._known.keys():
            self._tell(NoticeKind.DEGRADED, name, troubles[name])
        for name in self._known.keys() - troubles.keys():
            self._tell(NoticeKind.RECOVERED, name, "")
        self._known = troubles

    def _tell(self, kind: NoticeKind, name: str, detail: str) -> None:
        self._report(Notice(kind=kind, name=name, detail=detail))


def _troubles(state: WatchState) -> dict[str, str]:
    found = {zone.path: zone.trouble for zone in state.zones if zone.condition is not Condition.OK}
    if state.is_stalled:
        found[f"the watch on {state.host}"] = "it makes no progress; restart it"
    if state.registry_trouble:
        found[_REGISTRY] = state.registry_trouble
    return found
