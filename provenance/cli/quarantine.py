"""`provenance quarantine`: see what a gate moved away, and bring it back."""

import os
from pathlib import Path

import click

from provenance.cli.context import JSON, at_work, load
from provenance.cli.output import note, print_json, say, wrapped
from provenance.config import Config, Role
from provenance.errors import ProvenanceError, UsageError
from provenance.examining import shown
from provenance.model.log import EventKind
from provenance.quarantining import Quarantined, list_below, list_quarantine, restore


@click.group("quarantine", short_help="List and restore what the watcher moved away.")
def command() -> None:
    """See what the watcher moved out of deliverable zones, and bring it back.

    \b
    Examples:
      provenance quarantine list
      provenance quarantine restore .quarantine/deliverables/poster.png
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
    for entry in entries:
        inside = entry.path.is_relative_to(config.root)
        place = entry.path.relative_to(config.root) if inside else entry.path
        missing = "" if entry.is_there else "  MISSING: somebody took it away"
        say(f"{entry.quarantined_at[:16].replace('T', ' ')}  {shown(place)}{missing}")
        for reason in entry.reasons:
            for line in wrapped(reason, 4):
                say(line)
    if not entries:
        say("nothing is in quarantine")


@command.command("restore", short_help="Move files back to where they came from.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
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
        files = [file for path in paths for file in _below(Path(os.path.abspath(path)))]  # noqa: PTH100  (it drops .. too)
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


def _entries(config: Config) -> list[Quarantined]:
    gates = [zone for zone in config.zones if zone.role is Role.DELIVERABLE]
    return [entry for zone in gates for entry in list_quarantine(zone.path)]


def _below(path: Path) -> list[Path]:
    if not path.is_dir() or path.is_symlink():
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
