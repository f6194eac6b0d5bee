"""The `provenance` command: finds the command, runs it, turns errors into exit codes."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from provenance import __version__
from provenance.cli.output import note
from provenance.errors import ProvenanceError
from provenance.faults import VARIABLE, arm

_COMMANDS = {
    "init": "provenance.cli.init",
    "tag": "provenance.cli.tag",
    "untag": "provenance.cli.untag",
    "inspect": "provenance.cli.inspect",
    "scan": "provenance.cli.scan",
    "report": "provenance.cli.report",
    "receipt": "provenance.cli.receipt",
    "declare": "provenance.cli.declare",
    "request": "provenance.cli.request",
    "approve": "provenance.cli.approve",
    "approvals": "provenance.cli.approvals",
    "override": "provenance.cli.override",
    "overrides": "provenance.cli.overrides",
    "keys": "provenance.cli.keys",
    "deliver": "provenance.cli.deliver",
    "watch": "provenance.cli.watch",
    "worker": "provenance.cli.worker",
    "quarantine": "provenance.cli.quarantine",
    "notify": "provenance.cli.notify",
    "log": "provenance.cli.log",
    "zones": "provenance.cli.zones",
    "status": "provenance.cli.status",
    "explain": "provenance.cli.explain",
    "policy": "provenance.cli.policy",
    "registry": "provenance.cli.registry",
    "completion": "provenance.cli.completion",
}
"""Every command and the module that has it; imported only when it is asked for."""
_USAGE = 2
_INTERNAL = 3
_INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order in which people meet them."""
        del ctx
        return list(_COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group.resolve_command`; a misspelt name is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], _COMMANDS, n=1)
            if near and args[0] not in _COMMANDS:
                text = f"{error.message} Did you mean {near[0]!r}?"
                raise click.UsageError(text, ctx) from error
            raise

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        del ctx
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Exit codes: 0 pass, 1 blocked, 2 usage or configuration, 3 could not decide.",
)
@click.version_option(__version__, prog_name="provenance", message="%(prog)s %(version)s")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The production's provenance.toml; else PROVENANCE_CONFIG, else the nearest one above.",
)
@click.pass_context
def cli(ctx: click.Context, config_path: Path | None) -> None:
    """Keep AI-generated media out of final deliverables.

    It tags AI media as temporary, inside the file, and lets nothing tagged (or
    declaring itself AI) into a deliverable without a signed written approval.

    \b
    Five minutes:
      provenance init show --name "My Show" && cd show
      cp ../concept.png generated/
      provenance watch --once
      provenance inspect generated/concept.png
      cp generated/concept.png deliverables/
      provenance scan deliverables
      provenance approve deliverables/concept.png --approver "Jo Lee, Legal" \\
          --evidence approval.eml
    """
    ctx.obj = config_path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        arm(os.environ.get(VARIABLE, ""))
        result = cli.main(args=arguments, prog_name="provenance", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        note("provenance: interrupted; no verdict was reached")
        return _INTERRUPTED
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        for line in text.getvalue().splitlines():  # it may quote an argument, so a file name
            note(line)
        return _USAGE
    except SystemExit as left:
        # Shell completion ends so, with 0. Else click or rich found that whoever read us has gone,
        # and left with 1, which would say "blocked".
        return _INTERNAL if left.code else 0
    except Exception as error:  # noqa: BLE001  (the one place: a gate must not pass by a defect)
        return _explain(error)
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> int:
    if isinstance(error, ProvenanceError):
        note(f"provenance: {error}")
        return error.exit_code
    if isinstance(error, OSError):
        note(f"provenance: the system refused: {error}")
        return _INTERNAL
    note(f"provenance: a defect: {type(error).__name__}: {error}; please report it")
    return _INTERNAL


def run() -> None:
    """Run as a console script."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # Latin-1 cannot say every file name
    sys.exit(_with_output_written(main()))


def _with_output_written(code: int) -> int:
    """Return the exit code, 3 if the output could not be written: the interpreter would say 120."""
    if sys.stdout is None:  # it was closed before we began
        return code
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to fail
        return _INTERNAL if code == _INTERNAL else _explain(error)
    return code
