"""`provenance report`: reports for people outside the production."""

from pathlib import Path

import click

from provenance.cli.context import load
from provenance.cli.output import note
from provenance.errors import UsageError
from provenance.media.staging import write_beside
from provenance.path_text import shown
from provenance.printing import find_browser, print_pdf
from provenance.reports.disclosure import disclosure_csv, disclosure_json
from provenance.reports.disclosure_page import disclosure_html
from provenance.wiring import Production

_TEXTS = {"html": disclosure_html, "csv": disclosure_csv, "json": disclosure_json}
_PDF = "pdf"
_UNREAD = 3


@click.group("report")
def command() -> None:
    """Write reports for people outside the production.

    \b
    Example:
      provenance report disclosure
    """


@command.command("disclosure", short_help="Every use of AI, and who allowed it.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option(
    "--format", "format_name", type=click.Choice([*_TEXTS, _PDF]), default="html",
    show_default=True, help="How it is written; pdf needs Chromium.",
)  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), help="Write it to this file.")
@click.pass_context
def disclosure(
    ctx: click.Context, paths: tuple[Path, ...], *, format_name: str, output: Path | None
) -> int:
    """Say of every asset what AI was used for, with what, and who allowed it.

    With paths only what lies there now is listed, by its content. Names of
    approvers appear; prompts never do. Exit code 3 if a file there could not
    be read.

    \b
    Examples:
      provenance report disclosure --output ai-use.html
      provenance report disclosure deliverables --format csv --output ai-use.csv
    """
    if output is not None and (output.is_dir() or not output.absolute().parent.is_dir()):
        raise UsageError(f"{shown(output)}: cannot be written; name a file for the report")
    if format_name == _PDF:
        find_browser()
        if output is None:
            raise UsageError("a PDF is no text for a terminal; name a file with --output")
    with Production(load(ctx)) as production:
        is_page = format_name in (_PDF, "html")
        found = production.discloser.disclose(
            paths,
            production=production.config.name,
            picture=production.thumbnails if is_page else None,
        )
    text = disclosure_html(found) if format_name == _PDF else _TEXTS[format_name](found)
    if output is None:
        click.echo(text, nl=False)
        return _UNREAD if found.unread else 0
    data = print_pdf(text) if format_name == _PDF else text.encode("utf-8", "backslashreplace")
    write_beside(output, data)
    note(f"uses of AI: {len(found.uses)}; written to {shown(output)}")
    return _UNREAD if found.unread else 0
