"""Options that several commands need to name somebody, and the documents behind a decision."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from provenance.attestation.dns_txt import look_up_txt
from provenance.attestation.mail import TxtLookup
from provenance.cli.context import said_text
from provenance.errors import UsageError
from provenance.evidencing import read_whole
from provenance.model.party import Party

_Command = Callable[..., int | None]
_LARGEST_KEY = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The documents behind a decision."""

    paths: tuple[Path, ...]
    """Where they lie; never empty."""
    lookup: TxtLookup | None
    """Where the keys of mails' signatures are looked up; None leaves them unchecked."""


def party_option(name: str, what: str) -> Callable[[_Command], _Command]:
    """Give a command the options of a party; it gets it by this name."""

    def decorate(command: _Command) -> _Command:
        @functools.wraps(command)
        def collecting(*arguments: Any, organisation: str, role: str, **options: Any) -> int | None:  # noqa: ANN401  (handed on)
            party = Party(name=options.pop(name), organisation=organisation, role=role)
            return command(*arguments, **{name: party}, **options)

        collected: _Command = collecting
        for option in (
            click.option("--role", default="", help="What they are there, such as 'Legal'."),
            click.option("--organisation", default="", help="For whom they act."),
            click.option(f"--{name}", required=True, callback=said_text, help=what),
        ):
            collected = option(collected)
        return collected

    return decorate


def document_options(command: _Command) -> _Command:
    """Give a command the options of evidence; it gets them as `evidence`."""

    @functools.wraps(command)
    def collecting(
        *arguments: Any,  # noqa: ANN401  (handed on)
        evidence: tuple[Path, ...],
        dkim_online: bool,
        dkim_key: Path | None,
        **options: Any,  # noqa: ANN401  (handed on)
    ) -> int | None:
        documents = Documents(paths=evidence, lookup=_lookup(dkim_key, is_online=dkim_online))
        return command(*arguments, evidence=documents, **options)

    collected: _Command = collecting
    for option in (
        click.option(
            "--dkim-key", type=click.Path(path_type=Path), metavar="FILE",
            help="Check mails' signatures with this DNS TXT record.",
        ),
        click.option("--dkim-online", is_flag=True, help="Ask DNS for the keys of mails."),
        click.option(
            "--evidence", required=True, multiple=True, type=click.Path(path_type=Path),
            help="The document that shows it: mail, PDF, ticket; more than once.",
        ),
    ):  # fmt: skip
        collected = option(collected)
    return collected


def _lookup(key: Path | None, *, is_online: bool) -> TxtLookup | None:
    if key is None:
        return look_up_txt if is_online else None
    if is_online:
        raise UsageError("--dkim-online and --dkim-key exclude each other")
    record = read_whole(key, _LARGEST_KEY).decode("utf-8", "replace").strip().strip('"')
    return lambda _: record
