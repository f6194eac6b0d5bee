"""The log of a watch on standard error: lines for people, or one JSON object a line.

The standard library does it: ours is one flat record, and a formatter of twenty lines writes it.
`reports/schemas/watch-log-1.json` describes the JSON.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

from provenance.daemon.settings import LogFormat
from provenance.reports.printable import printable

LOGGER = logging.getLogger("provenance.watch")
_VERSION = 1
_INDISCREET = frozenset({"apprise", "requests", "urllib3"})
"""Libraries that quote addresses with the secrets in them."""
_FIELDS = "provenance_fields"
_RESULT = "provenance_result"


def tell(
    event: str,
    text: str,
    fields: Mapping[str, object] = MappingProxyType({}),
    *,
    level: int = logging.INFO,
    is_result: bool = False,
) -> None:
    """Log what the watch does: a sentence for people, and the same as fields for programs.

    What standard output says already (`is_result`) is left out of a log for people.
    """
    extra = {_FIELDS: {"event": event, **fields}, _RESULT: is_result}
    LOGGER.log(level, "%s", text, extra=extra)


@contextmanager
def logging_to_stderr(
    fmt: LogFormat, is_news: Callable[[logging.LogRecord], bool]
) -> Iterator[None]:
    """Write the log to standard error until the block ends; what is no news is left out."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if fmt is LogFormat.JSON else _HumanFormatter())
    handler.addFilter(is_news)
    handler.addFilter(lambda record: record.name.partition(".")[0] not in _INDISCREET)
    handler.addFilter(lambda record: fmt is LogFormat.JSON or not getattr(record, _RESULT, False))
    root = logging.getLogger()
    kept = (root.level, LOGGER.level)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(kept[0])
        LOGGER.setLevel(kept[1])


class _HumanFormatter(logging.Formatter):
    """Printable lines, whatever names they quote; our own bear no name of a module."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        is_ours = hasattr(record, _FIELDS)
        text = record.getMessage() if is_ours else super().format(record)
        return "\n".join(map(_safe, text.splitlines()))


class _JsonFormatter(logging.Formatter):
    """One flat object a line, ASCII only."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line: dict[str, object] = {
            "schema": "provenance-watch-log",
            "version": _VERSION,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            **getattr(record, _FIELDS, {"event": "warning", "logger": record.name}),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _safe(text: str) -> str:
    return printable(text).encode("utf-8", "backslashreplace").decode()
