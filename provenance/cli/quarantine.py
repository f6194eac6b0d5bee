"""`provenance quarantine`: see what a gate moved away, bring it back, or delete it."""

import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click

from provenance.cli.context import JSON, at_work, each_frame, load
from provenance.cli.output import note, print_json, say, wrapped
from provenance.config import Config
from provenance.errors import ProvenanceError, UsageError
from provenance.media.frames import frame_of, named_together
from provenance.model.log import EventKind
from provenance.model.sequence import told_together
from provenance.model.zone import Role
from provenance.path_text import shown
from provenance.purging import is_older, purge
from provenance.quarantining import Quarantined, is_kept, list_below, list_quarantine, restore
from provenance.wiring import Production

_AGE = re.compile(r"([1-9]\d{0,5})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


_SOME_PATHS = click.argument(
    "paths",
    nargs=-1,
    type=click.Path(path_type=Path),
    metavar="[PATH]...",
    callback=each_frame,
)


@click.group("quarantine")
def command() -> None:
    """See what the watcher moved out of deliverable zones; restore or delete it.

    \b
    Examples:
      provenance quarantine list
      provenance quarantine restore .quarantine/deliverables/poster.png
      provenance quarantine purge --older-than 30d
    """


@command.command("list", short_help="List what lies in quarantine and why.")
@JSON
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List what lies in quarantine and why.

    \b
    Example:
      provenance quarantine list
    """
    config = load(ctx)
    entries = _entries(config)
    if as_json:
        print_json([_record(entry) for entry in entries])
        return
    for group in _told_once(entries):
        path = named_together([entry.path for entry in group])
        inside = path.is_relative_to(config.root)
        place = path.relative_to(config.root) if inside else path
        missing = "" if group[0].is_there else "  MISSING: somebody took it away"
        say(f"{group[0].quarantined_at[:16].replace('T', ' ')}  {shown(place)}{missing}")
        for reason in group[0].reasons:
            for line in wrapped(reason, 4):
                say(line)
    if not entries:
        say("nothing is in quarantine")


@command.command("restore", short_help="Move files back to where they came from.")
@_SOME_PATHS
@click.option("--all", "everything", is_flag=True, help="Everything that lies in quarantine.")
@click.pass_context
def restore_(ctx: click.Context, paths: tuple[Path, ...], *, everything: bool) -> int:
    """Move files back to where they came from; nothing is overwritten.

    Of a folder in quarantine everything below it is moved. A running watcher
    judges each anew, so get the approval first.

    \b
    Examples:
      provenance quarantine restore .quarantine/deliverables/poster.png
      provenance quarantine restore --all
    """
    if everything == bool(paths):
        raise UsageError("name what to restore, or say --all")
    if everything:
        files = [entry.path for entry in _entries(load(ctx)) if entry.is_there]
    else:
        named = (Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100  (it drops .. too)
        files = [file for path in named for file in _below(path)]
    code = 0
    with at_work(ctx) as production:
        logbook = production.logbook  # a registry that is not there brings nothing back
        for file in files:
            try:
                restored = restore(file)
                logbook.record_file(EventKind.RESTORE, restored)
                say(f"restored         {shown(restored)}")
            except ProvenanceError as error:
                note(f"provenance: {error}")
                code = error.exit_code
    if not files:
        say("nothing is in quarantine")
    return code


@command.command("purge", short_help="Delete files in quarantine for good.")
@_SOME_PATHS
@click.option("--all", "everything", is_flag=True, help="Everything that lies in quarantine.")
@click.option(
    "--older-than", metavar="AGE", default="",
    help="Only what lies there for longer: 30d, 2w or 12h.",
)  # fmt: skip
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; delete nothing.")
@click.pass_context
def purge_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    everything: bool,
    older_than: str,
    is_sure: bool,
    dry_run: bool,
) -> int:
    """Delete files in quarantine for good; the registry goes on knowing them.

    Of a folder in quarantine everything below it goes. It asks first; without
    a terminal it needs --yes.

    \b
    Examples:
      provenance quarantine purge .quarantine/deliverables/poster.png
      provenance quarantine purge --older-than 30d --dry-run
      provenance quarantine purge --all --yes
    """
    age = parse_age(older_than) if older_than else None
    if (everything and (paths or age)) or not (everything or paths or age):
        raise UsageError("name what to delete, or say --older-than AGE or --all")
    with at_work(ctx) as production:
        doomed = list(_chosen(production.config, paths, age, production.clock()))
        if dry_run or not doomed:
            for entry, _ in doomed:
                say(f"would purge      {shown(entry.path)}")
            if not doomed:
                say("nothing in quarantine is to be deleted")
            return 0
        if not is_sure and not _is_wanted(doomed):
            say("nothing was deleted")
            return 0
        return _purge_all(production, doomed)


def _chosen(
    config: Config, paths: tuple[Path, ...], age: timedelta | None, now: datetime
) -> Iterator[tuple[Quarantined, Path]]:
    """Yield what is asked for with its zone; raises UsageError for a path that names nothing."""
    there = [(entry, zone) for zone in _gates(config) for entry in list_quarantine(zone)]
    named = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100  (as above)
    for path in named:
        if not any(entry.path.is_relative_to(path) for entry, _ in there):
            raise UsageError(f"{shown(path)}: nothing of it is in quarantine here")
    for entry, zone in there:
        is_named = not named or any(entry.path.is_relative_to(path) for path in named)
        if is_named and (age is None or is_older(entry, age, now)):
            yield entry, zone


def parse_age(text: str) -> timedelta:
    """Return an age such as 30d; raises UsageError."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise UsageError(f"--older-than {text!r} is no age like 30d, 2w or 12h")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def _is_wanted(doomed: list[tuple[Quarantined, Path]]) -> bool:
    """Ask; raises UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked; say --yes to delete without asking")
    for entry, _ in doomed:
        note(f"  {shown(entry.path)}")
    return click.confirm(f"Delete {len(doomed)} files for good?", err=True)


def _purge_all(production: Production, doomed: list[tuple[Quarantined, Path]]) -> int:
    code = 0
    for entry, zone in doomed:
        # Logged first: nothing is gone of which the log does not say that somebody wanted it.
        production.logbook.record_file(EventKind.PURGE, entry.original)
        try:
            purge(entry, zone)
            say(f"purged           {shown(entry.path)}")
        except ProvenanceError as error:
            note(f"provenance: {error}")
            code = error.exit_code
    return code


def _gates(config: Config) -> list[Path]:
    return [zone.path for zone in config.zones if zone.role is Role.DELIVERABLE]


def _entries(config: Config) -> list[Quarantined]:
    return [entry for zone in _gates(config) for entry in list_quarantine(zone)]


def _told_once(entries: list[Quarantined]) -> tuple[tuple[Quarantined, ...], ...]:
    """Return entries in groups: frames of one sequence that lie there for the same reasons."""
    return told_together(
        entries, lambda entry: frame_of(entry.path), lambda entry: (entry.is_there, entry.reasons)
    )


def _below(path: Path) -> list[Path]:
    if is_kept(path) or not path.is_dir() or path.is_symlink():
        return [path]
    found = [entry.path for entry in list_below(path) if entry.is_there]
    if not found:
        raise UsageError(f"{shown(path)}: nothing in it is in quarantine")
    return found


def _record(entry: Quarantined) -> dict[str, object]:
    return {
        "path": shown(entry.path),
        "original": shown(entry.original),
        "quarantined_at": entry.quarantined_at or None,
        "reasons": list(entry.reasons),
        "is_there": entry.is_there,
    }
