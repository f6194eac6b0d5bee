"""`provenance scan`: the gate."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from provenance.cli.context import PATHS, PIXELS, require_there
from provenance.cli.offline import Offline, offline_options, open_production
from provenance.cli.output import note, paint, progress
from provenance.cli.purpose import purpose_options
from provenance.errors import UsageError
from provenance.judging import ScanOptions
from provenance.media.staging import write_beside
from provenance.model.digest import sha256_digest
from provenance.model.log import EventKind
from provenance.model.purpose import Purpose
from provenance.model.report import ScanReport
from provenance.path_text import shown
from provenance.reports.interface import Report
from provenance.reports.known import REPORTS, report_named
from provenance.reports.text import OVERRIDDEN, TextReport, summary
from provenance.wiring import Production

_WRITTEN_AT_ONCE = 1 << 16
_STYLES: dict[str, dict[str, Any]] = {
    "BLOCKED": {"fg": "red", "bold": True},
    "UNDECIDED": {"fg": "yellow", "bold": True},
    "PASSED": {"fg": "green", "bold": True},
    "approved": {"fg": "green"},
    "OVERRIDE": {"fg": "yellow", "bold": True},
    OVERRIDDEN: {"fg": "yellow", "bold": True},
}
"""How a line of the text report is painted on a terminal, by its first word."""


@click.command("scan")
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
@click.option(
    "--policy", default="", metavar="PACK|FILE",
    help="Policy pack for all files; else the zone's or the settings'.",
)  # fmt: skip
@click.option("--all", "lists_all", is_flag=True, help="List grouped files of the text one by one.")
@click.option("--strict", is_flag=True, help="Hints need a person's look before a file passes.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N",
    help="Files at the same time; as many as pay, by measuring, if not given.",
)  # fmt: skip
@click.option(
    "--no-cache", "is_anew", is_flag=True,
    help="Look at every file again, not only where a folder changed.",
)  # fmt: skip
@click.option(
    "--receipt", "receipt_path", type=click.Path(path_type=Path),
    help="Write a signed receipt of every file of the one folder given.",
)  # fmt: skip
@click.option("--cluster", is_flag=True, help="Have the files judged by `provenance worker`s.")
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
    policy: str,
    lists_all: bool,
    strict: bool,
    jobs: int | None,
    is_anew: bool,
    receipt_path: Path | None,
    cluster: bool,
    pixels: bool,
    offline: Offline | None,
) -> int:
    """Judge every file below the paths; block AI media without a valid approval.

    Blocked is what carries our tag, what declares itself AI, and what is known
    by its content though its tag was stripped. What cannot be judged does not
    pass either. Exit codes: 0 all pass, 1 something is blocked, 2 usage or
    configuration, 3 something could not be judged.

    With --approvals and --trust exported files decide, outside any production.
    With --cluster any number of hosts share the work; `provenance worker --help`
    says what they need.

    \b
    Examples:
      provenance scan deliverables/
      provenance scan --use trailer --format json --output report.json trailer/
      provenance scan --strict --no-cache /mnt/nas/delivery
      provenance scan deliverables --receipt receipt.json
      provenance scan --approvals from_studio --trust trust.toml delivery/
      provenance scan --cluster /mnt/nas/show
    """
    _require_fitting(cluster=cluster, elsewhere=receipt_path or offline)
    require_there(paths)
    _require_place(output)
    is_long = lists_all and format_name == TextReport.name
    shown_as = TextReport(lists_all=True) if is_long else report_named(format_name)
    opened = open_production(ctx, offline, pixels=pixels)
    with opened as production, progress("scanning", None) as advance:
        options = production.scan_options(
            asked=asked,
            policy=policy,
            strict=strict,
            jobs=jobs,
            uses_index=not is_anew,
            pictures=shown_as.shows_pictures,
        )
        scan = partial(_scan, production, receipt_path=receipt_path)
        if cluster:
            scan = partial(_scan_by_workers, production, asked=asked, policy=policy, pixels=pixels)
        report = scan(paths, options, advance)
        production.logbook.record_scan(report)
    _show(report, shown_as, output)
    return report.verdict.exit_code


def _show(report: ScanReport, shown_as: Report, output: Path | None) -> None:
    """Write the report where it was asked for; in a file, with the sum on the terminal."""
    pieces = shown_as.render(report)
    if output is not None:
        write_beside(output, (text.encode("utf-8", "backslashreplace") for text in _long(pieces)))
        for line in summary(report):
            note(line)
    elif shown_as.name != TextReport.name:
        for text in _long(pieces):
            click.echo(text, nl=False)
    else:
        _paint(pieces)


def _long(pieces: Iterator[str]) -> Iterator[str]:
    """Yield the same text in pieces that are worth a write each."""
    held: list[str] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= _WRITTEN_AT_ONCE:
            yield "".join(held)
            held, length = [], 0
    yield "".join(held)


def _paint(lines: Iterator[str]) -> None:
    for line in (line.removesuffix("\n") for line in lines):
        word = OVERRIDDEN if line.startswith(OVERRIDDEN) else line.split(" ", 1)[0]
        paint(line, **_STYLES.get(word.rstrip(":"), {}))


def _scan_by_workers(
    production: Production,
    paths: tuple[Path, ...],
    options: ScanOptions,
    advance: Callable[[int], None],
    *,
    asked: Purpose,
    policy: str,
    pixels: bool,
) -> ScanReport:
    from provenance.clustering import cluster_scanner  # noqa: PLC0415  (seldom needed)

    by_workers = cluster_scanner(production, options, purpose=asked, policy=policy, pixels=pixels)
    with by_workers as scanner:
        return scanner.scan(paths, options, advance)


def _scan(
    production: Production,
    paths: tuple[Path, ...],
    options: ScanOptions,
    advance: Callable[[int], None],
    *,
    receipt_path: Path | None,
) -> ScanReport:
    """Scan; with a receipt scan the one folder and write it, whatever the verdict."""
    if receipt_path is None:
        return production.scanner.scan(paths, options, advance)
    from provenance.attestation.signers import load_signer  # noqa: PLC0415  (seldom needed)
    from provenance.receipting import signed_receipt  # noqa: PLC0415  (seldom needed)

    if len(paths) != 1:
        raise UsageError("a receipt speaks of one folder; scan each with a receipt of its own")
    folder, place = paths[0].resolve(), receipt_path.absolute().parent.resolve()
    if place.is_relative_to(folder):
        raise UsageError(f"{shown(receipt_path)}: a receipt cannot lie in the folder it lists")
    if receipt_path.is_dir() or not place.is_dir():
        raise UsageError(f"{shown(receipt_path)}: cannot be written; name a file for the receipt")
    signer = load_signer(production.gate_key)
    report, receipt = production.receipter.scan(paths[0], options, advance)
    data = signed_receipt(receipt, signer)
    write_beside(receipt_path, data)
    production.logbook.record(
        EventKind.RECEIPT, verdict=report.verdict.value, digest=sha256_digest(data)
    )
    note(f"receipt of {len(receipt.entries)} files: {shown(receipt_path)}")
    return report


def _require_fitting(*, cluster: bool, elsewhere: object) -> None:
    if cluster and elsewhere:
        raise UsageError(
            "--cluster goes with a production and without --receipt: a receipt vouches for what"
            " this host read; scan the one folder here for it"
        )


def _require_place(output: Path | None) -> None:
    """Raise UsageError before the scan if the report could not be written after it."""
    if output is None:
        return
    if output.is_dir():
        raise UsageError(f"{shown(output)}: is a folder; name a file for the report")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"{shown(output)}: there is no such folder; make it first")
    if not os.access(output.absolute().parent, os.W_OK):
        raise UsageError(f"{shown(output)}: no permission to write a report there")
