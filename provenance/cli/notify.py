"""`provenance notify`: whether the messages of the watch arrive."""

import click

from provenance.cli.context import load
from provenance.cli.output import say
from provenance.daemon.notices import Message, escaped
from provenance.daemon.outlets import open_outlets
from provenance.errors import ConfigError, NotifyError

_FAILED = 3


@click.group("notify")
def command() -> None:
    """Try out the messages of the watch.

    Whom it tells, and of what, stands in [[notify]] of provenance.toml.

    \b
    Example:
      provenance notify test
    """


@command.command("test", short_help="Send a test message to every service.")
@click.pass_context
def send_test(ctx: click.Context) -> int:
    """Send a test message to every service that [[notify]] names.

    Exit code 3 if one of them did not take it.

    \b
    Example:
      provenance notify test
    """
    config = load(ctx)
    outlets = open_outlets(config.notify, config.root)
    if not outlets:
        raise ConfigError(f"{config.path}: there are no [[notify]] tables to test")
    name = escaped(config.name)
    message = Message(title=f"{name}: test", body=f"The watch of {name} will tell you here.")
    code = 0
    for outlet, _ in outlets:
        try:
            outlet.send(message)
            say(f"sent             {outlet.label}")
        except NotifyError as error:
            say(f"not sent         {outlet.label}: {error}")
            code = _FAILED
    return code
