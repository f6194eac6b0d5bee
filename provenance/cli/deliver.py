"""`provenance deliver`: through the gate into the deliverable folder."""

from pathlib import Path

import click

from provenance.cli.context import require_there
from provenance.cli.offline import Offline, offline_options, open_production
from provenance.cli.output import note, say
from provenance.cli.purpose import purpose_options
from provenance.model.purpose import Purpose
from provenance.path_text import shown
from provenance.reports.known import report_named
from provenance.reports.text import summary


@click.command("deliver")
@click.argument(
    "sources",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="SRC...",
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DEST")
@purpose_options
@offline_options
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    folder: Path,
    *,
    asked: Purpose,
    offline: Offline | None,
) -> int:
    """Judge the sources and, if all pass, copy them into DEST, verified.

    If one file is blocked or cannot be judged, nothing appears in DEST. Files
    that lie there are never overwritten. Exit codes as for scan.

    \b
    Example:
      provenance deliver final/ep101.mov final/ep101_mix.wav deliverables/
    """
    require_there(sources)
    with open_production(ctx, offline) as production:
        options = production.scan_options(asked=asked)
        delivery = production.deliverer.deliver(sources, folder, options)
    if not delivery.delivered:
        for text in report_named("text").render(delivery.report):
            click.echo(text, nl=False)
        note("Nothing was delivered.")
        return delivery.report.verdict.exit_code
    if delivery.report.is_overridden:
        for line in summary(delivery.report):
            note(line)
    for name in delivery.report.ignored:
        say(f"ignored          {name}: copied, not judged")
    for path in delivery.delivered:
        say(f"delivered        {shown(path)}")
    return 0
