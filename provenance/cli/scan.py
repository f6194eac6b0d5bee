"""`provenance scan`: the gate."""

from pathlib import Path
from typing import Any

import click

from provenance.cli.context import PATHS, PIXELS
from provenance.cli.offline import Offline, offline_options, open_production
from provenance.cli.output import note, paint, progress
from provenance.cli.purpose import purpose_options
from provenance.errors import UsageError
from provenance.media.staging import write_beside
from provenance.model.purpose import Purpose
from provenance.policy.pack import pack_names
from provenance.reports.known import REPORTS, report_named
from provenance.reports.text import summary

_STYLES: dict[str, dict[str, Any]] = {
    "BLOCKED": {"fg": "red", "bold": True},
    "UNDECIDED": {"fg": "yellow", "bold": True},
    "PASSED": {"fg": "green", "bold": True},
    "approved": {"fg": "green"},
}
"""How a line of the text report is painted on a terminal, by its first word."""


@click.command("scan", short_help="Judge files; block AI media without approval.")
@PATHS
@click.option(
    "--format",
    "format_name",
    type=click.Choice([report.name for report in REPORTS]),
    default="text",
    show_default=True,
    help="How the report is shown.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write the report to this file.")
@purpose_options
@click.option("--policy", type=click.Choice(pack_names()), help="Policy pack; else the settings'.")
@click.option("--strict", is_flag=True, help="Hints need a person's look before a file passes.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True,
    help="Files at the same time; more than 1 pays on network storage.",
)  # fmt: skip
@PIXELS
@offline_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    format_name: str,
    output: Path | None,
    asked: Purpose,
    policy: str | None,
    strict: bool,
    jobs: int,
    pixels: bool,
    offline: Offline | None,
) -> int:
    """Judge every file below the paths; block AI media without a valid approval.

    Blocked is what carries our tag, what declares itself AI, and what is known
    by its content though its tag was stripped. What cannot be judged does not
    pass either. Exit codes: 0 all pass, 1 something is blocked, 2 usage or
    configuration, 3 something could not be judged.

    With --approvals and --trust exported files decide, outside any production.

    \b
    Examples:
      provenance scan deliverables/
      provenance scan --use trailer --format json --output report.json trailer/
      provenance scan --strict --jobs 32 /mnt/nas/delivery
      provenance scan --approvals from_studio --trust trust.toml delivery/
    """
    if output is not None and output.is_dir():
        raise UsageError(f"{output}: is a folder; name a file for the report")
    opened = open_production(ctx, offline, pixels=pixels)
    with opened as production, progress("scanning", None) as advance:
        options = production.scan_options(
            asked=asked, policy=policy or "", strict=strict, jobs=jobs
        )
        report = production.scanner.scan(paths, options, lambda _: advance())
    text = report_named(format_name).render(report)
    if output is None and format_name != "text":
        click.echo(text, nl=False)
    elif output is None:
        for line in text.splitlines():
            paint(line, **_STYLES.get(line.split(" ", 1)[0].rstrip(":"), {}))
    else:
        write_beside(output, text.encode("utf-8", "backslashreplace"))
        for line in summary(report):
            note(line)
    return report.verdict.exit_code
