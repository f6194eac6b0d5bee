"""`provenance policy`: the packs there are, what one says, whether one of your own is sound."""

import textwrap
from pathlib import Path

import click

from provenance.cli.context import JSON
from provenance.cli.output import console, joined, print_json, safe, say, table
from provenance.errors import ConfigError
from provenance.policy.checking import failed_cases
from provenance.policy.matrix import EVERY_PROMINENCE, MatrixRow
from provenance.policy.pack import PolicyPack, find_pack, load_pack, pack_names

_WIDTH = 78


@click.group("policy")
def command() -> None:
    """Look at policy packs: whose rules they are and what they require.

    A pack is named wherever rules are chosen: scan --policy, [scan] policy, and
    policy in a zone of provenance.toml. A file of your own is named by its path.

    \b
    Examples:
      provenance policy show netflix-2025-11
      provenance policy check policies/ours.toml
    """


@command.command("list", short_help="List the packs that come with the program.")
@JSON
def list_(*, as_json: bool) -> None:
    """List the packs that come with the program.

    \b
    Example:
      provenance policy list
    """
    packs = [load_pack(name) for name in pack_names()]
    if as_json:
        print_json(
            [
                {"name": pack.name, "title": pack.title, "revised_on": pack.revised_on}
                for pack in packs
            ]
        )
        return
    made = table("pack", "as of", "title")
    for pack in packs:
        made.add_row(*map(safe, (pack.name, pack.revised_on, pack.title)))
    console().print(made)


@command.command("show", short_help="Show what a pack requires, and on whose authority.")
@click.argument("pack")
def show(pack: str) -> None:
    """Show a pack by name or path: principles, matrix, and what rules count for.

    \b
    Example:
      provenance policy show netflix-2025-11
    """
    _print(find_pack(pack, Path.cwd()))


@command.command("check", short_help="Check a pack of your own and run its cases.")
@click.argument("file")
def check(file: str) -> None:
    """Check a pack, by path or name, and run its own test cases.

    Exit code 2 if it is wrong or decides otherwise than its cases say.

    \b
    Example:
      provenance policy check policies/ours.toml
    """
    pack = find_pack(file, Path.cwd())
    failed = list(failed_cases(pack))
    for sentence in failed:
        say(sentence)
    if failed:
        raise ConfigError(f"policy pack {pack.name}: {len(failed)} differences from its own cases")
    cases = "1 case" if len(pack.cases) == 1 else f"{len(pack.cases)} cases"
    say(f"policy pack {pack.name} is sound; {cases} decided as they say")
    if not pack.cases:
        say("It has no [[cases]]: add some, so that a change that loosens it is noticed.")


def _print(pack: PolicyPack) -> None:
    say(pack.title)
    _row("as of", pack.revised_on)
    _row("source", pack.source)
    _row("use", f"{pack.use}, unless another is asked for")
    for note in pack.notes:
        _row("note", note)
    if pack.principles:
        say("Principles; no, unsure and no answer need written approval:")
    for principle in pack.principles:
        _row(principle.principle_id, f"{principle.question} Else: {principle.by}.")
    say("What a category of use requires:")
    for row in pack.matrix:
        _row(row.action.value, _matrix_row(row))
    say("What the findings of a gate count for:")
    for rule_id, verdict in pack.verdicts.items():
        _row(verdict.value if verdict else "off", rule_id)


def _matrix_row(row: MatrixRow) -> str:
    seen = "" if row.prominence == EVERY_PROMINENCE else f" ({joined(sorted(row.prominence))})"
    heading = f"{row.heading}: " if row.heading else ""
    by = f" By: {row.by}." if row.by else ""
    return f"{joined(sorted(row.categories))}{seen}. {heading}{row.why}{by}"


def _row(word: str, text: str) -> None:
    for line in textwrap.wrap(
        f"{word:<11} {text}",
        _WIDTH,
        initial_indent="  ",
        subsequent_indent=" " * 14,
        break_on_hyphens=False,
    ):
        say(line)
