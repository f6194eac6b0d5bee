"""What several commands share: finding the production, and options that mean the same.

What opens a production is imported where one is opened: not every command does that.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.output import note
from provenance.config import Config, find_config, load_config
from provenance.errors import ConfigError, RegistryError, UsageError
from provenance.media.frames import frames_named
from provenance.model.condition import Condition
from provenance.model.purpose import is_use_term
from provenance.path_text import shown

if TYPE_CHECKING:
    from provenance.wiring import Production


def each_frame(
    ctx: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]
) -> tuple[Path, ...]:
    """Return paths with the frames in place of a name like `shot.[0001-0100].exr`; for click."""
    del ctx, parameter
    return tuple(each for path in paths for each in _each_frame(path))


def _each_frame(path: Path) -> tuple[Path, ...]:
    return (path,) if os.path.lexists(path) else frames_named(path) or (path,)


PATHS = click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="PATH...",
    callback=each_frame,
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")

PIXELS = click.option(
    "--pixels",
    is_flag=True,
    help="Decode PNG and WebP too, for text hidden in their pixels; slower.",
)


def load(ctx: click.Context) -> Config:
    """Return the configuration of this run; raises ConfigError if there is none."""
    named: Path | None = ctx.find_root().obj
    return load_config(named or find_config(Path.cwd()))


def load_if_any(ctx: click.Context) -> Config | None:
    """Return the configuration, or None outside a production; a named one must be there."""
    named: Path | None = ctx.find_root().obj
    if named:
        return load_config(named)
    try:
        found = find_config(Path.cwd())
    except ConfigError:
        return None
    return load_config(found)


@contextmanager
def at_work(ctx: click.Context, *, pixels: bool = False) -> Iterator["Production"]:
    """Open the production for a command that writes; when it is done the log is signed."""
    from provenance.wiring import Production

    with Production(load(ctx), pixels=pixels) as production:
        yield production
        production.sign_log()


def registry_problems(config: Config) -> tuple[str, ...]:
    """Return what is wrong with the registry and its log; empty if both are sound."""
    from provenance.attestation.trust_file import load_trust
    from provenance.logbook import check_log
    from provenance.registry.backends import check
    from provenance.stores import CHECKPOINT_FILE, TRUST_FILE

    checkpoint = config.data / CHECKPOINT_FILE
    try:
        trust = load_trust(config.data / TRUST_FILE)
    except ConfigError:  # without it nobody can tell who signed the log
        return check(config.registry, checkpoint)
    try:
        return tuple(map(str, check_log(config.registry, checkpoint, trust).flaws))
    except RegistryError as error:
        return (str(error),)


def recover(production: "Production") -> None:
    """Clean up after writers that died, and say so."""
    from provenance.writing import recover_writes

    for path in recover_writes(production.leases):
        note(f"a write that was cut short left {shown(path)} whole; its staging was removed")


def require_there(paths: Iterable[Path]) -> None:
    """Raise UsageError for a path at which there is nothing at all; a broken link is something."""
    for path in paths:
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(f"{shown(path)}: no such file or folder") from error
        except OSError:
            continue  # It is there and cannot be looked at: the command says so file by file.


def use_term(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return a use term as given, or complain; for click."""
    del ctx, parameter
    if value and not is_use_term(value):
        raise click.BadParameter(f"{value!r} is not a term like final-deliverable or trailer")
    return value


def use_terms(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return use terms as given, or complain; for click."""
    if "" in values:
        raise click.BadParameter("must name a use, such as final-deliverable or trailer")
    return tuple(use_term(ctx, parameter, value) for value in values)


def parse_condition(text: str) -> Condition:
    """Return a condition as people write it; raises UsageError."""
    try:
        return Condition.parse(text)
    except ValueError as error:
        raise UsageError(f"--condition {error}") from error


def parse_until(text: str) -> datetime:
    """Return a date (its end, UTC) or a date-time as aware UTC; raises UsageError."""
    return parse_moment("--until", text, is_end=True)


def parse_moment(option: str, text: str, *, is_end: bool = False) -> datetime:
    """Return a date (its beginning or end, UTC) or a date-time as aware UTC; raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2027-03-31"):
            day = moment.replace(tzinfo=UTC)
            return day.replace(hour=23, minute=59, second=59) if is_end else day
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{option} {text!r} is no date like 2027-03-31 or 2027-03-31T18:00+01:00"
        ) from error
    if len(text) == len("2027-03-31"):
        end = {"hour": 23, "minute": 59, "second": 59} if is_end else {}
        return moment.replace(**end, tzinfo=UTC)
    if moment.tzinfo is None:
        raise UsageError(f"{option} {text!r} has no time zone; add Z or +01:00")
    return moment.astimezone(UTC)


def said_text(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return a text that says something, or complain; for click."""
    del ctx, parameter
    if not value.strip():
        raise click.BadParameter("must say something")
    return value


def said_texts(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return texts that each say something, or complain; for click."""
    return tuple(said_text(ctx, parameter, value) for value in values)
