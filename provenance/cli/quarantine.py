"""`provenance quarantine`: see what a gate moved away, and bring it back."""

from pathlib import Path

import click

from provenance.cli.context import at_work, load
from provenance.cli.output import say
from provenance.config import Role
from provenance.examining import shown
from provenance.model.log import EventKind
from provenance.quarantining import list_quarantine, restore


@click.group("quarantine", short_help="List and restore what the watcher moved away.")
def command() -> None:
    """See what the watcher moved out of deliverable zones, and bring it back.

    \b
    Examples:
      provenance quarantine list
      provenance quarantine restore .quarantine/deliverables/poster.png
    """


@command.command("list", short_help="List what lies in quarantine and why.")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List what lies in quarantine and why.

    \b
    Example:
      provenance quarantine list
    """
    config = load(ctx)
    gates = [zone for zone in config.zones if zone.role is Role.DELIVERABLE]
    entries = [entry for zone in gates for entry in list_quarantine(zone.path)]
    for entry in entries:
        inside = entry.path.is_relative_to(config.root)
        place = entry.path.relative_to(config.root) if inside else entry.path
        say(f"{entry.quarantined_at[:16].replace('T', ' ')}  {shown(place)}")
        for reason in entry.reasons:
            say(f"    {reason}")
    if not entries:
        say("nothing is in quarantine")


@command.command("restore", short_help="Move a file back to where it came from.")
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def restore_(ctx: click.Context, path: Path) -> None:
    """Move a file back to where it came from; nothing is overwritten.

    A running watcher judges it anew, so get the approval first.

    \b
    Example:
      provenance quarantine restore .quarantine/deliverables/poster.png
    """
    with at_work(ctx) as production:
        logbook = production.logbook  # a registry that is not there brings nothing back
        restored = restore(path.absolute())
        logbook.record_file(EventKind.RESTORE, restored)
    say(f"restored         {shown(restored)}")
