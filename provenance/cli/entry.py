"""Where the program begins: it says its version at once and leaves all else to the commands."""

import sys

from provenance import __version__


def run() -> None:
    """Run as a console script."""
    if sys.argv[1:] == ["--version"] and _has_said_version():
        return
    from provenance.cli.main import run as run_command  # noqa: PLC0415  (it imports click)

    run_command()


def _has_said_version() -> bool:
    try:
        print(f"provenance {__version__}", flush=True)
    except OSError:
        return False  # the commands fail at it too, and know what to say of it
    return True
