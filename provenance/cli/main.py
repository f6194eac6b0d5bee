"""The `provenance` command: finds the command, runs it, turns errors into exit codes."""

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance import __version__
from provenance.cli.output import note
from provenance.errors import ProvenanceError
from provenance.faults import VARIABLE, arm

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "init": ("provenance.cli.init", "Set up a production in a folder."),
    "tag": ("provenance.cli.tag", "Mark AI media as temporary, inside the file."),
    "untag": ("provenance.cli.untag", "Take our tag out of files again."),
    "inspect": ("provenance.cli.inspect", "Say what a file is: status, why, approvals."),
    "scan": ("provenance.cli.scan", "Judge files; block AI media without approval."),
    "report": ("provenance.cli.report", "Reports for lawyers and buyers."),
    "receipt": ("provenance.cli.receipt", "Show and verify receipts of scans."),
    "declare": ("provenance.cli.declare", "Say how AI was used; hear what that requires."),
    "request": ("provenance.cli.request", "Ask for a written approval by mail."),
    "approve": ("provenance.cli.approve", "Record a written approval, signed."),
    "approvals": ("provenance.cli.approvals", "List, verify, revoke and exchange approvals."),
    "override": ("provenance.cli.override", "Let files pass for some hours in an emergency."),
    "overrides": ("provenance.cli.overrides", "List and revoke emergency overrides."),
    "keys": ("provenance.cli.keys", "Say whose signatures count, and for what."),
    "deliver": ("provenance.cli.deliver", "Gate files, then copy them: all or none."),
    "watch": ("provenance.cli.watch", "Tag what lands, gate what is delivered."),
    "worker": ("provenance.cli.worker", "Do the work of `scan --cluster`, on any host."),
    "quarantine": ("provenance.cli.quarantine", "Look after what the watcher moved away."),
    "notify": ("provenance.cli.notify", "Try out the messages of the watch."),
    "log": ("provenance.cli.log", "Show what was done; verify that nobody edited it."),
    "zones": ("provenance.cli.zones", "Say that a zone's folder was replaced on purpose."),
    "status": ("provenance.cli.status", "Show zones, registry and keys, and what is wrong."),
    "explain": ("provenance.cli.explain", "Say what a rule means and what to do."),
    "policy": ("provenance.cli.policy", "List, show and check policy packs."),
    "registry": ("provenance.cli.registry", "Migrate, check or move the registry."),
    "completion": ("provenance.cli.completion", "Print shell completion for bash, zsh or fish."),
}
"""Every command, its module, imported only when the command is used, and its line in the list."""
_USAGE = 2
_INTERNAL = 3
_INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order in which people meet them."""
        del ctx
        return list(_COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands into the help."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """See `click.Command.shell_complete`: the commands that begin so, then the options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  (seldom needed)

        begun = [name for name in _COMMANDS if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=_COMMANDS[name][1]) for name in begun]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group.resolve_command`; a misspelt name is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args[0] not in _COMMANDS and (near := _nearest(args[0])):
                text = f"{error.message} Did you mean {near!r}?"
                raise click.UsageError(text, ctx) from error
            raise

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        if not gc.isenabled():  # what is imported lives to the end: nobody need ever look at it
            gc.freeze()
            gc.enable()
        return command


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  (needed for a misspelt name only)

    return next(iter(get_close_matches(name, _COMMANDS, n=1)), "")


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
        with suppress(OSError):  # what was said before could not be written, nor can what follows
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
