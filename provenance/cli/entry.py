"""Where the program begins: it says its version at once and leaves all else to the commands."""

import gc
import sys

from provenance import __version__

_YOUNG = 20_000
"""Objects made between two looks for rubbish: hardly any of them is."""


def run() -> None:
    """Run as a console script."""
    if sys.argv[1:] == ["--version"] and _has_said_version():
        return
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    gc.disable()  # until the command is imported: see `LazyGroup.get_command`
    from provenance.cli.main import run as run_command  # noqa: PLC0415  (it imports click)

    try:
        run_command()
    finally:
        gc.freeze()  # else the interpreter takes it all apart, a tenth of a second, and then ends


def _has_said_version() -> bool:
    try:
        print(f"provenance {__version__}", flush=True)
    except OSError:
        return False  # the commands fail at it too, and know what to say of it
    return True
