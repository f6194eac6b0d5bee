"""Where each host's watch leaves its state, so that `provenance status` anywhere can tell."""

import contextlib
import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from provenance.daemon.state import WatchState, from_record, to_record
from provenance.path_text import shown
from provenance.registry.durable import replace_durably

WATCH_FOLDER = "watch"
_SUFFIX = ".json"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_NAME = 100
_LARGEST = 4 * 1024 * 1024
_KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStates:
    """What the hosts' watches left."""

    states: tuple[WatchState, ...]
    """One a host, by name."""
    problems: tuple[str, ...]
    """Files that cannot be read, and what to do."""


def write_state(folder: Path, state: WatchState) -> None:
    """Replace this host's file; raises OSError, and the file is then as it was."""
    folder.mkdir(mode=0o700, exist_ok=True)
    name = _NOT_IN_A_NAME.sub("_", state.host)[:_LONGEST_NAME].strip(".") or "host"
    data = json.dumps(to_record(state), indent=1).encode("ascii") + b"\n"
    # One name, because one watch a host runs here: what a kill leaves, the next write takes over.
    replace_durably(folder / f"{name}{_SUFFIX}", data, staging=folder / f".{name}.staging")


def read_states(folder: Path) -> FoundStates:
    """Return what every host's watch left; a file that cannot be read is a problem, no error."""
    states, problems = [], []
    try:
        found = _files(folder)
    except OSError as error:
        problem = f"{shown(folder)}: the states of watches cannot be listed: {error.strerror}"
        return FoundStates(states=(), problems=(problem,))
    for path in found:
        try:
            states.append(_read(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no state of a watch"
            problems.append(f"{shown(path)}: {reason}; remove it, a running watch makes it anew")
    return FoundStates(states=tuple(states), problems=tuple(problems))


def drop_old_states(folder: Path) -> None:
    """Remove the files nobody wrote for a month: hosts and containers that are gone."""
    with contextlib.suppress(OSError):  # they are shown as old; that harms nobody
        for path in _files(folder):
            if time.time() - path.lstat().st_mtime > _KEPT_SECONDS:
                path.unlink()


def _files(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)  # noqa: PTH208  (names are what is asked for)
    except FileNotFoundError:
        return []  # Nobody ever watched.
    visible = [name for name in names if name.endswith(_SUFFIX) and not name.startswith(".")]
    return [folder / name for name in sorted(visible)]


def _read(path: Path) -> WatchState:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return from_record(json.loads(file.read(_LARGEST)))
