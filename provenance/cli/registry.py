"""`provenance registry`: bring its schema up to date, check it, move it."""

import click

from provenance.cli.context import at_work, load, registry_problems
from provenance.cli.output import say
from provenance.model.log import EventKind
from provenance.registry.backends import accept_checkpoint, migrate
from provenance.registry.moving import move_registry
from provenance.registry.redaction import redact
from provenance.stores import CHECKPOINT_FILE

_BROKEN = 3


@click.group("registry")
def command() -> None:
    """Look after the registry: what is remembered of assets and approvals.

    \b
    Example:
      provenance registry check
    """


@command.command("migrate", short_help="Bring the registry's schema up to date.")
@click.pass_context
def migrate_(ctx: click.Context) -> None:
    """Create the registry, or bring its schema up to date; nothing is lost.

    A registry that was lost is not made anew: restore it from a backup.

    \b
    Example:
      provenance registry migrate
    """
    config = load(ctx)
    migrate(config.registry, config.data / CHECKPOINT_FILE)
    say(f"{redact(config.registry)}: up to date")


@command.command("move", short_help="Copy it to PostgreSQL, for several hosts.")
@click.argument("url")
@click.pass_context
def move_(ctx: click.Context, url: str) -> None:
    """Copy a SQLite registry into the empty PostgreSQL database at URL.

    Stop the watch first. Rows, log and signatures are copied and looked over;
    the old registry stays as it is. The settings are yours to change: the
    command says how.

    \b
    Example:
      provenance registry move postgresql://provenance@db.example/show
    """
    config = load(ctx)
    head, rows = move_registry(config.registry, url, config.data / CHECKPOINT_FILE)
    say(f"{rows} rows copied to {redact(url)}; the log ends at entry {head.sequence} in both")
    say(f'Now write in {config.path.name}:  registry = "{redact(url)}"')
    say("and run: provenance registry check")


@command.command("check", short_help="Check integrity and that it was not rolled back.")
@click.option(
    "--accept", is_flag=True, help="Take the present state as the newest, after you restored it."
)
@click.pass_context
def check_(ctx: click.Context, *, accept: bool) -> int:
    """Check the registry: integrity, schema, its log, and that it was not rolled back.

    Exit code 3 if something is wrong: a gate does not pass by it then.

    \b
    Example:
      provenance registry check
    """
    config = load(ctx)
    if accept:
        accept_checkpoint(config.registry, config.data / CHECKPOINT_FILE)
        with at_work(ctx) as production:
            production.logbook.record(
                EventKind.REGISTRY_ACCEPTED, accepted=production.registry.sequence
            )
    problems = registry_problems(config)
    for problem in problems:
        say(problem)
    if not problems:
        say(f"{redact(config.registry)}: sound")
    return _BROKEN if problems else 0
