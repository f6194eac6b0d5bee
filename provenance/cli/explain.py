"""`provenance explain`: what a rule means."""

import textwrap

import click

from provenance.cli.output import say
from provenance.errors import UsageError
from provenance.policy.rules.known import POLICY_RULES
from provenance.signals.kinds import SIGNAL_RULES

_WIDTH = 78


@click.command("explain", short_help="Say what a rule means and what to do.")
@click.argument("rule_id", required=False, metavar="[RULE]")
def command(rule_id: str | None) -> None:
    """Say what a rule means and what to do; without a rule, list them all.

    \b
    Examples:
      provenance explain
      provenance explain known-by-content
    """
    if rule_id is None:
        _list()
    elif rule_id in POLICY_RULES:
        rule = POLICY_RULES[rule_id]
        _print(rule_id, rule.title, rule.explanation, f"What to do: {rule.remedy}")
    elif rule_id in SIGNAL_RULES:
        signal = SIGNAL_RULES[rule_id]
        checked = f"Level: {signal.level.value}. Last checked: {signal.since.isoformat()}."
        _print(rule_id, signal.title, signal.explanation, checked)
    else:
        raise UsageError(f"no rule {rule_id!r}; provenance explain lists them")


def _list() -> None:
    say("What a gate holds against a file:")
    for rule_id, rule in POLICY_RULES.items():
        _print_row(rule_id, rule.title)
    say("What files say of their making:")
    for rule_id, signal in SIGNAL_RULES.items():
        _print_row(rule_id, f"[{signal.level.value}] {signal.title}")


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
