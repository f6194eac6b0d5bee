"""`provenance explain`: what a rule means."""

import textwrap
from collections.abc import Mapping
from difflib import get_close_matches

import click

from provenance.cli.context import load_if_any
from provenance.cli.output import say
from provenance.errors import UsageError
from provenance.policy.pack import PolicyPack, load_pack, pack_names
from provenance.policy.rules.known import POLICY_RULES
from provenance.policy.rules.undecided import REMEDIES, CouldNotDecide
from provenance.signals.kinds import SIGNAL_RULES
from provenance.signals.user_rules import UserRule

_WIDTH = 78


def _complete(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    del ctx, parameter
    names = [*POLICY_RULES, *SIGNAL_RULES, *pack_names()]
    return [name for name in names if name.startswith(begun)]


@click.command("explain")
@click.argument("rule_id", required=False, metavar="[RULE]", shell_complete=_complete)
@click.pass_context
def command(ctx: click.Context, rule_id: str | None) -> None:
    """Say what a rule means and what to do; without a rule, list them all.

    Of a policy pack it says what each rule counts for. Inside a production it
    knows the rules of its own too.

    \b
    Examples:
      provenance explain
      provenance explain known-by-content
    """
    config = load_if_any(ctx)
    own = {rule.rule_id: rule for rule in config.signals} if config else {}
    if rule_id is None:
        _list(own)
    elif rule_id in POLICY_RULES:
        rule = POLICY_RULES[rule_id]
        _print(rule_id, rule.title, rule.explanation, f"What to do: {rule.remedy}")
        for kind, remedy in REMEDIES.items() if rule_id == CouldNotDecide.rule_id else ():
            _print_row(kind.value, remedy)
    elif rule_id in SIGNAL_RULES:
        signal = SIGNAL_RULES[rule_id]
        checked = f"Level: {signal.level.value}. Last checked: {signal.since.isoformat()}."
        _print(rule_id, signal.title, signal.explanation, checked)
    elif rule_id in own:
        rule_of_own = own[rule_id]
        level = f"Level: {rule_of_own.level.value}."
        _print(rule_id, rule_of_own.title, rule_of_own.explanation, level)
    elif rule_id in pack_names():
        _print_pack(load_pack(rule_id))
    else:
        names = [*POLICY_RULES, *SIGNAL_RULES, *own, *pack_names()]
        near = get_close_matches(rule_id, names, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"no rule {rule_id!r}; {meant}provenance explain lists them")


def _list(own: Mapping[str, UserRule]) -> None:
    say("What a gate holds against a file:")
    for rule_id, rule in POLICY_RULES.items():
        _print_row(rule_id, rule.title)
    say("What files say of their making:")
    for rule_id, signal in SIGNAL_RULES.items():
        _print_row(rule_id, f"[{signal.level.value}] {signal.title}")
    if own:
        say("What this production looks for besides:")
    for rule_id, rule_of_own in own.items():
        _print_row(rule_id, f"[{rule_of_own.level.value}] {rule_of_own.title}")


def _print_pack(pack: PolicyPack) -> None:
    _print(pack.name, pack.title, f"Source: {pack.source} ({pack.revised_on}). Use: {pack.use}.")
    for rule_id, verdict in pack.verdicts.items():
        _print_row(rule_id, verdict.value if verdict else "off")


def _print_row(rule_id: str, title: str) -> None:
    for line in textwrap.wrap(
        f"{rule_id:<28} {title}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 31
    ):
        say(line)


def _print(*paragraphs: str) -> None:
    for paragraph in paragraphs:
        for line in textwrap.wrap(paragraph, _WIDTH):
            say(line)
        say("")
