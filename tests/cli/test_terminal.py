"""What reaches a terminal: no control characters, colour only where it is wanted."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, spawn

HOSTILE = "a\x1b]0;owned\x07\x9b31m\n\u202eb.png"
BYTES = b"caf\xe9.png"
COLOUR = "\x1b[31m"


@pytest.fixture
def hostile(show: Show) -> Show:
    """Stand in a production whose files want to steer the terminal."""
    for folder in ("work", "deliverables", "generated"):
        show.put(f"{folder}/{HOSTILE}", declared())
        show.put(f"{folder}/{os.fsdecode(BYTES)}", declared()[:-9])
    return show


@pytest.mark.parametrize(
    "words",
    [
        ("inspect", "work"),
        ("inspect", "--json", "work"),
        ("scan", "work"),
        ("scan", "--format", "json", "work"),
        ("deliver", "work", "deliverables"),
        ("tag", "work"),
        ("tag", "--json", "work"),
        ("untag", f"work/{HOSTILE}"),
        ("approve", f"nowhere/{HOSTILE}", "--approver", "x", "--evidence", "provenance.toml"),
        ("approve", "work", "--approver", "x", "--evidence", HOSTILE),
        ("quarantine", "restore", HOSTILE),
        ("approvals", "show", HOSTILE),
        ("approvals", "import", HOSTILE),
        ("keys", "add", HOSTILE),
        ("keys", "show", HOSTILE),
        ("keys", "import", HOSTILE, "--all"),
        ("keys", "renew", "--root-key", HOSTILE),
        ("keys", "create", f"{HOSTILE}/key.pem", "--holder", HOSTILE, "--no-passphrase"),
        ("explain", HOSTILE),
        ("init", f"{HOSTILE}/provenance.toml"),
        ("--config", HOSTILE, "status"),
        (HOSTILE,),
        ("scan", f"--{HOSTILE}"),
    ],
    ids=lambda words: words[0][:8].encode("ascii", "replace").decode(),
)
def test_no_name_reaches_the_terminal_raw(
    run: Terminal, hostile: Show, words: tuple[str, ...]
) -> None:
    assert hostile
    done = run(*words)
    text = done.out + done.err
    assert text
    assert [mark for mark in text if not mark.isprintable() and mark != "\n"] == []
    text.encode("utf-8")  # no byte that is no UTF-8 slips through


def test_the_watch_names_them_safely_too(run: Terminal, hostile: Show) -> None:
    done = run("watch", "--once")
    assert done.code == 3
    listed = run("quarantine", "list")
    text = done.out + done.err + listed.out
    assert "a\\x1b]0;owned" in text
    assert "caf\\xe9.png" in text
    assert [mark for mark in text if not mark.isprintable() and mark != "\n"] == []
    assert (hostile.home / "deliverables" / os.fsdecode(BYTES)).exists()


def test_what_an_imported_approval_says_is_shown_and_not_obeyed(
    run: Terminal, tagged_show: Show
) -> None:
    assert tagged_show
    words = ("approve", "generated", "--evidence", "provenance.toml")
    run(*words, "--approver", "Jo\x1b[31m\x9b", "--condition", "none\x1b[2J", "--title", "x\x07")
    for command in (("list",), ("verify",), ("show", approval_id(run))):
        done = run("approvals", *command)
        assert done.code == 0
        assert [mark for mark in done.out if not mark.isprintable() and mark != "\n"] == []
    inspected = run("inspect", "generated").out + run("scan", "generated").out
    assert [mark for mark in inspected if not mark.isprintable() and mark != "\n"] == []


def approval_id(run: Terminal) -> str:
    return str(run("approvals", "list", "--json").json[0]["approval_id"])


def seen_on_a_terminal(*words: str, cwd: Path, **variables: str) -> str:
    """Return what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "provenance", *words],
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", **variables},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        seen = b""
        try:
            while part := screen.read(4096):
                seen += part
        except OSError:  # Linux says EIO once the other side is closed
            pass
        process.wait(timeout=30)
    return seen.decode()


def test_a_terminal_gets_colour_unless_it_declines(show: Show) -> None:
    show.put("work/ai.png", declared())
    words = ("scan", "work")
    assert COLOUR in seen_on_a_terminal(*words, cwd=show.home)
    assert COLOUR in seen_on_a_terminal(*words, cwd=show.home, NO_COLOR="")
    assert COLOUR not in seen_on_a_terminal(*words, cwd=show.home, NO_COLOR="1")


def test_a_pipe_gets_no_colour(show: Show) -> None:
    show.put("work/ai.png", declared())
    for words in (("inspect", "work"), ("approvals", "list")):
        assert "\x1b" not in spawn(*words, cwd=show.home, TERM="xterm-256color").out


def test_progress_is_for_people_and_never_in_the_result(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.put("work/plain.png", another_picture())
    silent = run("scan", "work")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    watched = run("scan", "work")
    assert (watched.code, watched.out) == (silent.code, silent.out)
    assert silent.err == ""
    assert "scanning" in watched.err
