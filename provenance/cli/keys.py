"""`provenance keys`: whose signatures count, and for what."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from provenance.attestation.signers import PERSONAL_ROLES, create_key
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_edits import find_key
from provenance.attestation.trust_file import SignedTrust, opened_trust, signature_path
from provenance.attestation.trust_text import dump_keys
from provenance.attestation.trusted_key import EVERY_CATEGORY, KeyRole, TrustedKey
from provenance.cli.context import JSON, load
from provenance.cli.keys_edit import EDITS
from provenance.cli.output import console, joined, note, print_json, safe, say, table
from provenance.cli.signing import new_key_options, new_passphrase
from provenance.errors import UsageError
from provenance.path_text import shown
from provenance.wiring import Production


@click.group("keys")
def command() -> None:
    """Look after the keys that may sign, and the list that names them.

    The list is signed by the root key; every change makes its next edition,
    and no older edition is ever taken again. A key id may be shortened.

    \b
    Examples:
      provenance keys list
      provenance keys add jo.toml
      provenance keys revoke 1a2b3c4d --reason "laptop stolen"
    """


for _edit in EDITS:
    command.add_command(_edit)


@command.command("list", short_help="List every key and its state now.")
@JSON
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List every key: holder, roles, categories, validity and state now.

    \b
    Example:
      provenance keys list --json
    """
    with Production(load(ctx)) as production:
        trust, now = production.trust_keeper.in_force().trust, production.clock()
    if as_json:
        print_json(_list_record(trust, now))
        return
    made = table("key", "holder", "state", "roles", "categories", "from", "until")
    for key in trust.keys.values():
        cells = (
            key.keyid[:8],
            key.holder,
            key.state_at(now).value,
            joined(sorted(key.roles)),
            _categories(key),
            _day(key.valid_from),
            _day(key.retired_at or key.valid_until),
        )
        made.add_row(*map(safe, cells))
    console().print(made)
    say(
        f"edition {trust.serial}, root holders to sign it: {trust.root_threshold}, {_expiry(trust)}"
    )
    for category, needed in sorted(trust.approvers.items()):
        say(f"  {category.value} needs {needed} approvers")


@command.command("show", short_help="Show one key whole.")
@click.argument("keyid")
@JSON
@click.pass_context
def show(ctx: click.Context, keyid: str, *, as_json: bool) -> None:
    """Show one key whole, with its public half.

    \b
    Example:
      provenance keys show 1a2b3c4d
    """
    with Production(load(ctx)) as production:
        key = find_key(production.trust_keeper.in_force().trust, keyid)
        now = production.clock()
    if as_json:
        print_json(_record(key, now))
        return
    say(f"state = {key.state_at(now).value}")
    for line in dump_keys([key]).splitlines()[1:]:
        say(line)


@command.command("create", short_help="Make a new key; print its public half.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--holder", required=True, help="Who holds it, for example 'Jo Lee'.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice([role.value for role in KeyRole]),
    help="What it may sign; else approvals and AI-use records.",
)  # fmt: skip
@new_key_options("--passphrase-file")
def create(
    file: Path,
    *,
    holder: str,
    roles: tuple[str, ...],
    new_passphrase_file: Path | None,
    no_passphrase: bool,
) -> None:
    """Make a new private key in a new file that only its owner can read.

    It is encrypted with the passphrase of --passphrase-file, of
    PROVENANCE_KEY_PASSPHRASE, or one that is asked for. What is printed is the
    public half: who keeps the trust list adds it with `keys add`.

    \b
    Example:
      provenance keys create ~/jo.pem --holder "Jo Lee" > jo.toml
    """
    passphrase = new_passphrase(new_passphrase_file, no_passphrase=no_passphrase)
    chosen = frozenset(map(KeyRole, roles)) or PERSONAL_ROLES
    key = create_key(file, holder, passphrase=passphrase, roles=chosen)
    click.echo(dump_keys([key]), nl=False)
    note(f"the private key is in {shown(file)}; nobody else needs it")


@command.command("export", short_help="Write the signed list for another production.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def export(ctx: click.Context, file: Path) -> None:
    """Write the list and its signature, as a vendor needs them to verify by.

    \b
    Example:
      provenance keys export to_vendor/trust.toml
    """
    with Production(load(ctx)) as production:
        signed = production.trust_keeper.in_force()
    if not signed.envelope:
        raise UsageError("the trust list is not signed; first run: provenance keys upgrade")
    _write_new(file, opened_trust(signed.envelope)[1].payload)
    _write_new(signature_path(file), signed.envelope)
    beside = shown(Path(signature_path(file).name))
    say(f"edition {signed.trust.serial} of the trust list: {shown(file)}, {beside}")


@command.command("restore", short_help="Put back the newest list that was in force.")
@click.pass_context
def restore(ctx: click.Context) -> None:
    """Put back the newest edition that was in force, byte for byte.

    \b
    Example:
      provenance keys restore
    """
    with Production(load(ctx)) as production:
        restored: SignedTrust = production.trust_keeper.restore()
    say(f"edition {restored.trust.serial} of the trust list is back")


def _write_new(path: Path, data: bytes) -> None:
    if path.exists() and path.read_bytes() != data:
        raise UsageError(f"{shown(path)}: is there already, with other bytes")
    path.write_bytes(data)


def _list_record(trust: TrustList, now: datetime) -> dict[str, Any]:
    return {
        "schema": "provenance-keys",
        "version": 1,
        "serial": trust.serial,
        "expires": _moment(trust.expires),
        "root_threshold": trust.root_threshold,
        "requirements": {one.value: count for one, count in sorted(trust.approvers.items())},
        "keys": [_record(key, now) for key in trust.keys.values()],
    }


def _record(key: TrustedKey, now: datetime) -> dict[str, Any]:
    return {
        "keyid": key.keyid,
        "holder": key.holder,
        "organisation": key.organisation,
        "roles": sorted(key.roles),
        "categories": sorted(key.categories),
        "state": key.state_at(now).value,
        "valid_from": _moment(key.valid_from),
        "valid_until": _moment(key.valid_until),
        "retired_at": _moment(key.retired_at),
        "revoked_reason": key.revoked_reason or None,
        "uri": key.uri or None,
        "public_key": key.public_key,
    }


def _categories(key: TrustedKey) -> str:
    if KeyRole.APPROVER not in key.roles:
        return "-"
    return "every" if key.categories == EVERY_CATEGORY else joined(sorted(key.categories))


def _expiry(trust: TrustList) -> str:
    return "does not expire" if trust.expires is None else f"expires on {_day(trust.expires)}"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
