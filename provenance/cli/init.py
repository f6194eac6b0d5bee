"""`provenance init`: set up a production."""

import os
from pathlib import Path

import click

from provenance.attestation.founding import found_trust
from provenance.carriers.chain_making import create_chain
from provenance.cli.output import say
from provenance.config import CONFIG_NAME, DATA_FOLDER, KEYS_FOLDER, load_config
from provenance.errors import UsageError
from provenance.path_text import shown
from provenance.registry.backends import migrate
from provenance.stores import TRUST_FILE
from provenance.wiring import Production

_TEMPLATE = """\
# Settings of provenance for this production. Everything here has a default but the zones.
schema = "provenance-config"
version = 1
name = {name}
registry = "sqlite:///.provenance/registry.db"  # on a local disk, not on the shared storage

# generated: all that lands here is AI, and is tagged. work: what declares itself AI is tagged.
# deliverable: nothing tagged or declaring itself AI stays here without approval.
[[zones]]
path = "generated"
role = "generated"

[[zones]]
path = "work"
role = "work"

[[zones]]
path = "deliverables"
role = "deliverable"

[scan]
policy = "house"            # see provenance policy list; a zone may have a policy of its own
use = "final-deliverable"   # what an approval must cover
ignore = []                 # name patterns delivered unread, such as "*.txt"; always listed

[tagging]
embed_limit = 268435456     # bytes; a larger file is tagged in place, not written anew

[watch]
settle_seconds = 5          # a file must lie still for so long before it is taken
reconcile_seconds = 300     # everything is looked at again so often
source = "auto"             # native: change events; polling: without; auto: by the file system
poll_seconds = 10           # where no change events come, folders are looked at so often
"""
_ZONES = ("generated", "work", "deliverables")


@click.command("init")
@click.argument("directory", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="Name of the production; it stands in its certificate.")
def command(directory: Path, name: str | None) -> None:
    """Set up a production: settings, keys, registry and three folders.

    Nothing that is there is overwritten. Back up .provenance: it holds the
    registry, the evidence and the private keys.

    \b
    Examples:
      provenance init
      provenance init /srv/show --name "My Show"
    """
    directory = directory.absolute()
    name = directory.name or "production" if name is None else name
    if not name.strip() or not name.isprintable():
        raise UsageError(f"{name!r} is no name: it must be text on one line; give one with --name")
    for path in (directory / CONFIG_NAME, directory / DATA_FOLDER):
        if os.path.lexists(path):
            raise UsageError(f"{shown(path)}: is there already; nothing was changed")
    found(directory, name)
    say(f"A production named {name!r} was set up in {shown(directory)}")
    say(f"  {CONFIG_NAME:<24} settings; the zones are {', '.join(_ZONES)}")
    say(f"  {DATA_FOLDER + '/':<24} registry, evidence and private keys; back it up")
    say("Next: put AI media into generated/ and run: provenance watch --once")


def found(directory: Path, name: str) -> None:
    """Create everything a production needs; raises ConfigError or RegistryError if it cannot."""
    keys = directory / DATA_FOLDER / KEYS_FOLDER
    try:
        for zone in _ZONES:
            (directory / zone).mkdir(parents=True, exist_ok=True)
        keys.mkdir(parents=True, mode=0o700)
        keys.parent.chmod(0o700)
    except OSError as error:
        where = shown(Path(error.filename or directory))
        raise UsageError(f"{where}: cannot be made: {error.strerror}") from error
    create_chain(keys, name)
    found_trust(keys, directory / DATA_FOLDER / TRUST_FILE, name)
    settings = directory / CONFIG_NAME
    settings.write_text(_TEMPLATE.format(name=_toml_text(name)), "utf-8")
    config = load_config(settings)
    migrate(config.registry)
    with Production(config) as production:
        for watched in config.zones:
            production.roots.greet(watched.path)
        production.trust_keeper.load()  # filed now, so that no other list can be the first one


def _toml_text(text: str) -> str:
    escaped = "".join(
        character
        if character.isprintable() and character not in '"\\'
        else f"\\U{ord(character):08X}"
        for character in text
    )
    return f'"{escaped}"'
