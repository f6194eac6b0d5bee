"""Options that let exported files decide in place of a production."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from provenance.cli.context import at_work
from provenance.cli.output import note
from provenance.errors import UsageError
from provenance.wiring import Production

_Command = Callable[..., int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """What decides where there is no production."""

    approvals: Path
    """A folder that `provenance approvals export` wrote."""
    trust: Path
    """The signed trust list; its signature lies beside it."""


def offline_options(command: _Command) -> _Command:
    """Give a command `--approvals` and `--trust`; it gets them as `offline`."""

    @functools.wraps(command)
    def collecting(
        *arguments: Any,  # noqa: ANN401  (handed on)
        approvals: Path | None,
        trust: Path | None,
        **options: Any,  # noqa: ANN401  (handed on)
    ) -> int | None:
        if (approvals is None) != (trust is None):
            raise UsageError("--approvals DIR and --trust FILE belong together")
        offline = Offline(approvals=approvals, trust=trust) if approvals and trust else None
        return command(*arguments, offline=offline, **options)

    trust = click.option(
        "--trust", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
        help="With --approvals: the signed trust.toml that says whose count.",
    )  # fmt: skip
    approvals = click.option(
        "--approvals", type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR", help="Decide by approvals exported here, without a production.",
    )  # fmt: skip
    return approvals(trust(collecting))


@contextmanager
def open_production(
    ctx: click.Context, offline: Offline | None, *, pixels: bool = False
) -> Iterator[Production]:
    """Open the production to decide by; say what one without a registry cannot know."""
    if offline is None:
        with at_work(ctx, pixels=pixels) as production:
            yield production
        return
    from provenance.offline import NOT_KNOWN_HERE, OfflineProduction  # noqa: PLC0415  (seldom)

    note(NOT_KNOWN_HERE)
    with OfflineProduction(offline.approvals, offline.trust, pixels=pixels) as production:
        yield production
