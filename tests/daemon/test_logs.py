"""The log: the same events as lines for people or as JSON for programs."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import jsonschema
import pytest

from provenance.daemon.logs import logging_to_stderr, tell
from provenance.daemon.settings import LogFormat

SCHEMA = json.loads(
    resources.files("provenance.reports").joinpath("schemas", "watch-log-1.json").read_text("utf-8")
)
FILE = {"zone": "/z", "path": "/z/\x1b[31m.png", "action": "tagged", "detail": "d", "rules": ()}


@contextmanager
def logging_alone(fmt: LogFormat) -> Iterator[None]:
    """Log without the test runner hearing it: it cannot send odd names between processes."""
    root = logging.getLogger()
    kept, root.handlers = root.handlers, []
    try:
        with logging_to_stderr(fmt, is_news):
            yield
    finally:
        root.handlers = kept


def everything_said() -> None:
    tell("watching", "watching /z (work)", {"zone": "/z", "role": "work"})
    tell("file", "tagged \x1b[31m.png", FILE, is_result=True)
    tell("problem", "problem /z: \x1b[31m", {"path": "/z"}, level=logging.WARNING)
    logging.getLogger("somewhere").warning("odd: %s", "\udcff")
    logging.getLogger("somewhere").info("chatter")
    logging.getLogger("urllib3.connectionpool").warning("retrying https://hooks/secret")
    logging.getLogger("somewhere").error("a defect", exc_info=ZeroDivisionError("by nothing"))
    logging.getLogger("no.news").warning("known already")


def is_news(record: logging.LogRecord) -> bool:
    return record.name != "no.news"


def test_every_json_line_follows_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_alone(LogFormat.JSON):
        everything_said()
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    assert [line["event"] for line in lines] == ["watching", "file", "problem"] + ["warning"] * 2
    assert lines[1]["path"] == FILE["path"]
    assert lines[1]["rules"] == []
    assert lines[3]["message"] == "odd: \udcff"
    assert "ZeroDivisionError" in lines[4]["traceback"]
    assert "secret" not in text
    assert text.isascii()


def test_lines_for_people_leave_out_what_standard_output_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logging_alone(LogFormat.HUMAN):
        everything_said()
    lines = capsys.readouterr().err.splitlines()
    assert lines[:4] == [
        "watching /z (work)",
        "problem /z: \\x1b[31m",
        "WARNING somewhere: odd: \\xdcff",
        "ERROR somewhere: a defect",
    ]
    assert lines[4] == "ZeroDivisionError: by nothing"


def test_afterwards_nothing_is_written_any_more(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_alone(LogFormat.HUMAN):
        pass
    tell("stopped", "stopped")
    assert capsys.readouterr().err == ""
