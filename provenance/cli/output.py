"""Printing: results on standard output, progress on standard error, colour on a terminal only."""

import json
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from provenance.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.table import Table

WIDTH = 80
"""Columns of a terminal at its narrowest."""


def print_json(value: Any) -> None:  # noqa: ANN401  (any JSON value)
    """Print a value as JSON, ASCII only."""
    click.echo(json.dumps(value, indent=2))


def console() -> "Console":
    """Return the console for results; NO_COLOR and pipes are honoured by rich."""
    from rich.console import Console  # noqa: PLC0415  (slow to import, needed for tables only)

    return Console(highlight=False, soft_wrap=False, markup=False, emoji=False)


def table(*columns: str) -> "Table":
    """Return a plain table with these headings."""
    from rich.box import SIMPLE  # noqa: PLC0415  (as above)
    from rich.table import Table  # noqa: PLC0415  (as above)

    made = Table(box=SIMPLE, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def say(text: str) -> None:
    """Print a line of the result; control characters in it are shown, not obeyed."""
    click.echo(safe(text))


def paint(text: str, **style: Any) -> None:  # noqa: ANN401  (what click.style takes)
    """Print a line in colour where standard output is a terminal and NO_COLOR is not set."""
    click.echo(text if os.environ.get("NO_COLOR") else click.style(text, **style))


def note(text: str) -> None:
    """Print a line for the person at the terminal, on standard error."""
    click.echo(safe(text), err=True)


def safe(text: str) -> str:
    """Return text that is printable and encodable anywhere."""
    return printable(text).encode("utf-8", "backslashreplace").decode()


@contextmanager
def progress(label: str, total: int | None) -> Iterator["Callable[[int], None]"]:
    """Yield a function that advances a progress bar; there is none unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  (as above)
    from rich.progress import (  # noqa: PLC0415  (as above)
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)


def wrapped(text: str, indent: int) -> list[str]:
    """Return text as indented lines that fit a terminal; no word is broken."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def shortened(digest_or_id: str | None) -> str:
    """Return the first eight characters of an id or digest."""
    return (digest_or_id or "").removeprefix("urn:uuid:").removeprefix("sha256:")[:8]


def joined(texts: Iterable[str]) -> str:
    """Return texts as a list in words, `-` for none."""
    return ", ".join(texts) or "-"
