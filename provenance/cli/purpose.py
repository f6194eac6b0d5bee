"""Options that say where files go, and on what terms something is asked or allowed."""

import functools
from collections.abc import Callable
from typing import Any

import click

from provenance.cli.context import parse_moment, parse_until, said_texts, use_term, use_terms
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.purpose import FINAL_DELIVERABLE, Purpose, Scope
from provenance.model.request import Terms

_Command = Callable[..., int | None]
_USES = click.option(
    "--use", "uses", multiple=True, callback=use_terms,
    help=f"What it may be used for, more than once; else {FINAL_DELIVERABLE}.",
)  # fmt: skip
_CATEGORY = click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice([one.value for one in UseCategory]),
    metavar="CODE",
    help="What AI was used for, more than once; such as key_creative.",
)
_DERIVATIVE = click.option(
    "--derivative",
    "derivatives",
    multiple=True,
    type=click.Choice([one.value for one in Transform]),
    help="Also what is made of it so and declared, more than once.",
)
_CONSENT = click.option(
    "--consent", "consents", multiple=True, callback=said_texts,
    help="Opaque id of a talent's consent, more than once.",
)  # fmt: skip
_FROM = click.option("--from", "valid_from", default="", help="First day it holds (UTC).")
_UNTIL = click.option("--until", default="", help="Last day it holds, such as 2027-03-31 (UTC).")
_WHERE = ("title", "episode", "cut", "territories", "languages", "media")


def purpose_options(command: _Command) -> _Command:
    """Give a command the options of a purpose; it gets them as `asked`."""

    @functools.wraps(command)
    def collecting(*arguments: Any, use: str, **options: Any) -> int | None:  # noqa: ANN401  (handed on)
        asked = Purpose(use=use, **_where(options))
        return command(*arguments, asked=asked, **options)

    use = click.option("--use", default="", callback=use_term, help="The use approvals must cover.")
    return use(_with_where(collecting, "approvals must cover"))


def terms_options(command: _Command) -> _Command:
    """Give a command the options of what is asked for or decided on; it gets them as `terms`."""

    @functools.wraps(command)
    def collecting(*arguments: Any, valid_from: str, until: str, **options: Any) -> int | None:  # noqa: ANN401  (handed on)
        terms = Terms(
            uses=frozenset(options.pop("uses")),
            scope=Scope(**_where(options)),
            categories=frozenset(map(UseCategory, options.pop("categories"))),
            derivatives=frozenset(map(Transform, options.pop("derivatives"))),
            consents=tuple(dict.fromkeys(options.pop("consents"))),
            valid_from=parse_moment("--from", valid_from, is_end=False) if valid_from else None,
            valid_until=parse_until(until) if until else None,
        )
        return command(*arguments, terms=terms, **options)

    collected: _Command = collecting
    for option in (_UNTIL, _FROM, _CONSENT, _DERIVATIVE):
        collected = option(collected)
    collected = _with_where(collected, "it is for")
    return _USES(_CATEGORY(collected))


def _where(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options that both have out of the others."""
    taken = {name: options.pop(name) for name in _WHERE}
    return {
        name: frozenset(value) if isinstance(value, tuple) else value
        for name, value in taken.items()
    }


def _with_where(command: _Command, what: str) -> _Command:
    several = "more than once"
    for option in (
        click.option("--medium", "--media", "media", multiple=True, help=f"Medium, {several}."),
        click.option("--language", "languages", multiple=True, help=f"Language, {several}."),
        click.option("--territory", "territories", multiple=True, help=f"Country code, {several}."),
        click.option("--cut", default="", help=f"The cut or version {what}."),
        click.option("--episode", default="", help=f"The season or episode {what}."),
        click.option("--title", default="", help=f"The production or series {what}."),
    ):
        command = option(command)
    return command
