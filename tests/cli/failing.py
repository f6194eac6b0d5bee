"""A command that fails in whatever way a test asks of it."""

from pathlib import Path

import click

from provenance.errors import RegistryError

_WAYS = {
    "defect": ZeroDivisionError("division\x1b[31m by zero"),
    "storage": OSError(28, "No space left on device", "disk"),
    "registry": RegistryError("the registry is\x1b[31m gone"),
    "interrupt": KeyboardInterrupt(),
}


@click.command("failing")
@click.argument("way")
def command(way: str) -> None:
    if way not in _WAYS:
        Path(way).read_text("utf-8")  # a pipe into which nobody writes
    raise _WAYS[way]
