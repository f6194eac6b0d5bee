"""What a watch says of each file: a line, an entry of the log, a message to those who asked."""

import logging
from pathlib import Path

from provenance.cli.output import WIDTH, say, wrapped
from provenance.config import Config
from provenance.daemon.logs import tell
from provenance.daemon.notices import Notice, Report
from provenance.daemon.settings import NoticeKind
from provenance.model.arrival import Arrival
from provenance.model.zone import zone_of
from provenance.path_text import shown

_logger = logging.getLogger(__name__)
_NOTICED = {
    "quarantined": NoticeKind.BLOCKED,
    "blocked": NoticeKind.BLOCKED,
    "undecided": NoticeKind.UNDECIDED,
    "returned": NoticeKind.RETURNED,
    "revoked": NoticeKind.REVOKED,
    "stuck": NoticeKind.ERROR,
}
"""Actions that people are told of, by the kind under which they ask for it."""


def say_nothing(notice: Notice) -> None:
    """Send no message."""
    del notice


class Narrator:
    """Says what becomes of files, each by the place people know it by."""

    def __init__(self, config: Config, *, notify: Report, is_wrapping: bool) -> None:
        self._zones = config.zones
        self._root = config.root
        self._notify = notify
        self._is_wrapping = is_wrapping
        self._is_mute = False

    def place(self, path: Path) -> dict[str, str]:
        """Return the fields of the log that say where something is; a production's own has none."""
        zone = zone_of(path, self._zones)
        return {"path": shown(path)} | ({"zone": shown(zone.path)} if zone else {})

    def short(self, path: Path) -> str:
        """Return a path as people of the production know it."""
        inside = path.is_relative_to(self._root)
        return shown(path.relative_to(self._root) if inside else path)

    def tell(self, arrival: Arrival) -> None:
        """Say what became of a file; a log that is gone or full stops no gate."""
        action, name = arrival.action, self.short(arrival.path)
        fields = {
            "action": action,
            "detail": arrival.detail,
            "rules": arrival.rules,
            "files": arrival.files,
            **self.place(arrival.path),
        }
        tell("file", f"{action} {name}", fields, is_result=True)
        if action in _NOTICED:
            kind, files = _NOTICED[action], arrival.files
            self._notify(Notice(kind=kind, name=name, detail=arrival.detail, files=files))
        try:
            for line in self._lines(f"{action:<16} {name}", f"({arrival.detail})"):
                say(line)
        except OSError as error:
            if not self._is_mute:
                _logger.warning("standard output: %s; the watch goes on", error.strerror)
            self._is_mute = True

    def _lines(self, head: str, detail: str) -> list[str]:
        """Return one line for a log; for a pass, lines that fit a terminal."""
        line = f"{head}  {detail}"
        if not self._is_wrapping or len(line) <= WIDTH:
            return [line]
        return [head, *wrapped(detail, 17)]
