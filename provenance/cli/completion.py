"""`provenance completion`: shell completion."""

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from provenance.cli.main import cli

_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      provenance completion bash > /etc/bash_completion.d/provenance
      provenance completion fish > ~/.config/fish/completions/provenance.fish
    """
    click.echo(_SHELLS[shell](cli, {}, "provenance", "_PROVENANCE_COMPLETE").source())
