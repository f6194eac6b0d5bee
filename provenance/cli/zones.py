"""`provenance zones`: say which folder is a zone, after one was replaced."""

import os
from pathlib import Path

import click

from provenance.cli.context import PATHS, at_work
from provenance.cli.output import say
from provenance.config import Config
from provenance.errors import UsageError
from provenance.model.log import EventKind
from provenance.path_text import shown


@click.group("zones")
def command() -> None:
    """Look after the folders that are zones.

    Each bears a marker, so that a share that is not mounted, or another one in
    its place, is never taken for a zone from which everything was deleted.

    \b
    Example:
      provenance zones adopt deliverables
    """


@command.command("adopt", short_help="Take the folders that stand there now for the zones.")
@PATHS
@click.pass_context
def adopt_(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Take the folders that stand there now for the zones, and mark them.

    Mount the share first: what you adopt is a zone from here on. A marker that
    another host made is taken over.

    \b
    Example:
      provenance zones adopt deliverables
    """
    with at_work(ctx) as production:
        zones = [_zone_at(path, production.config) for path in paths]
        logbook = production.logbook  # without a registry nothing is adopted unseen
        for zone in zones:
            production.roots.adopt(zone)
            logbook.record_file(EventKind.ZONE_ADOPTED, zone)
            say(f"adopted          {shown(zone)}")


def _zone_at(path: Path, config: Config) -> Path:
    """Return the zone of this path; raises UsageError if there is none."""
    place = Path(os.path.abspath(path))  # noqa: PTH100  (it drops .. and follows no link)
    real = os.path.realpath(path)
    for zone in config.zones:
        if zone.path == place or os.path.realpath(zone.path) == real:
            return zone.path
    raise UsageError(f"{shown(path)}: is no zone of {shown(config.path)}")
