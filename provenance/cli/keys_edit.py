"""The `provenance keys` commands that change the trust list: each makes its next edition."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from provenance.attestation import trust_edits
from provenance.attestation.founding import ROOT_KEY
from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.cli.context import at_work, load, parse_moment
from provenance.cli.keys_given import (
    Given,
    entries_of,
    given_options,
    partner_keys,
    roles_kept,
)
from provenance.cli.output import say
from provenance.cli.signing import (
    PASSPHRASE_FILE,
    ROOT_KEYS,
    asker,
    new_key_options,
    new_passphrase,
    root_signers,
)
from provenance.errors import UsageError
from provenance.model.ai_use import UseCategory
from provenance.path_text import shown
from provenance.wiring import Production

_ROOTS = "root"
_CATEGORIES = click.Choice([*(category.value for category in UseCategory), _ROOTS])
_Change = Callable[[TrustList], TrustList]


def _signed_by_root(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.pass_context(ROOT_KEYS(PASSPHRASE_FILE(command)))


@click.command("add", short_help="Trust a key.")
@click.argument("source", metavar="FILE|URI")
@given_options
@click.option("--holder", default="", help="Who holds it; a PEM file does not say.")
@click.option("--uri", default="", help="Where its holder reaches the private half.")
@click.option("--replace", "replaces", is_flag=True, help="Change a key that is there already.")
@_signed_by_root
def add(
    ctx: click.Context, source: str, *, replaces: bool, root_keys: tuple[str, ...],
    passphrase_file: Path | None, **given: Any,  # noqa: ANN401  (the fields of Given)
) -> None:  # fmt: skip
    """Trust a key: what `keys create` printed, a public key in PEM, or a URI.

    A URI (hsm:2?label=show, awskms:.., gcpkms:.., azurekms:.., hv:..) is asked
    for the public half. Without --role a key may sign approvals and AI-use
    records, whatever else its file says, and a key that is changed keeps its
    roles; without --category it may approve all of them.

    \b
    Examples:
      provenance keys add jo.toml --category talent_replica --until 2027-12-31
      provenance keys add 'hsm:2?label=legal' --holder "Kim Ray" --role approver
    """
    said = Given.of(**given)
    keys = entries_of(source, said, asker(passphrase_file))

    def added(trust: TrustList) -> TrustList:
        nonlocal keys
        keys = roles_kept(trust, keys, said)
        return trust_edits.add_keys(trust, keys, replaces=replaces)

    edition = _amend(ctx, root_keys, passphrase_file, added)
    for key in keys:
        roles = ", ".join(sorted(key.roles))
        say(f"{key.keyid[:8]}  {key.holder}: trusted from edition {edition} on, as {roles}")


@click.command("import", short_help="Trust keys of a partner's list.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", "keyids", multiple=True, help="Id of a key to trust; more than one may be.")
@click.option("--all", "is_all", is_flag=True, help="Trust every key that is in use there.")
@given_options
@_signed_by_root
def import_(
    ctx: click.Context, file: Path, *, keyids: tuple[str, ...], is_all: bool,
    root_keys: tuple[str, ...], passphrase_file: Path | None,
    **given: Any,  # noqa: ANN401  (as above)
) -> None:  # fmt: skip
    """Trust keys of a partner's signed list, as `keys export` writes it.

    The list must bear its own signature; whether it really is the partner's,
    compare key ids by another way. Root keys stay theirs, and no key may sign
    overrides here unless --role override says so.

    \b
    Example:
      provenance keys import studio.toml --key 1a2b3c4d --role approver
    """
    if bool(keyids) == is_all:
        raise UsageError("name keys with --key, or say --all")
    keys = partner_keys(file, keyids, Given.of(**given))

    def change(trust: TrustList) -> TrustList:
        return trust_edits.add_keys(trust, [key for key in keys if key.keyid not in trust.keys])

    edition = _amend(ctx, root_keys, passphrase_file, change)
    for key in keys:
        say(f"{key.keyid[:8]}  {key.holder}: trusted from edition {edition} on")


@click.command("retire", short_help="A key was replaced; what it signed still counts.")
@click.argument("keyid")
@click.option("--at", default="", help="Since when, such as 2027-03-31; else now.")
@_signed_by_root
def retire(
    ctx: click.Context, keyid: str, *, at: str, root_keys: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Retire a key: it signs nothing more.

    What it signed still counts if the registry recorded it before.

    \b
    Example:
      provenance keys retire 1a2b3c4d
    """
    config = load(ctx)
    with Production(config) as production:
        now = production.clock()
    moment = parse_moment("--at", at) if at else now
    if moment > now:
        raise UsageError("--at lies in the future; to end a key later: keys add --replace --until")
    edition = _amend(
        ctx, root_keys, passphrase_file, lambda trust: trust_edits.retire_key(trust, keyid, moment)
    )
    say(f"{keyid}  retired in edition {edition}; what was signed and recorded before still counts")


@click.command("revoke", short_help="A key was stolen or misused; nothing it signed counts.")
@click.argument("keyid")
@click.option("--reason", required=True, help="Why; it stands in the list.")
@_signed_by_root
def revoke(
    ctx: click.Context, keyid: str, *, reason: str, root_keys: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Revoke a key: nothing that it ever signed counts any more.

    \b
    Example:
      provenance keys revoke 1a2b3c4d --reason "laptop stolen"
    """
    if not reason.strip():
        raise UsageError("--reason must say why")
    edition = _amend(
        ctx, root_keys, passphrase_file, lambda trust: trust_edits.revoke_key(trust, keyid, reason)
    )
    say(f"{keyid}  revoked in edition {edition}; nothing it ever signed counts")


@click.command("require", short_help="Say how many approvers a category needs.")
@click.argument("category", type=_CATEGORIES, metavar="CATEGORY")
@click.argument("needed", type=click.IntRange(min=1))
@_signed_by_root
def require(
    ctx: click.Context, category: str, needed: int, *, root_keys: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Say how many holders must approve a category of AI use.

    For `root` in its place: how many must sign the list itself.

    \b
    Example:
      provenance keys require talent_replica 2
    """

    def change(trust: TrustList) -> TrustList:
        if category == _ROOTS:
            return trust_edits.require_roots(trust, needed)
        return trust_edits.require_approvers(trust, UseCategory(category), needed)

    edition = _amend(ctx, root_keys, passphrase_file, change)
    say(f"{category} needs {needed} holders from edition {edition} on")


@click.command("renew", short_help="Sign the list anew, until a date.")
@click.option("--expires", default="", help="Last day it may be used; without it, no end.")
@_signed_by_root
def renew(
    ctx: click.Context, *, expires: str, root_keys: tuple[str, ...], passphrase_file: Path | None
) -> None:
    """Sign the list anew: the next edition, with the same keys.

    \b
    Example:
      provenance keys renew --expires 2027-12-31
    """
    moment = parse_moment("--expires", expires, is_end=True) if expires else None
    edition = _amend(
        ctx, root_keys, passphrase_file, lambda trust: trust_edits.renew(trust, moment)
    )
    say(f"edition {edition} is in force {f'until {moment:%Y-%m-%d}' if moment else 'without end'}")


@click.command("upgrade", short_help="Make a list of version 1 a signed one.")
@new_key_options("--passphrase-file")
@click.pass_context
def upgrade(ctx: click.Context, *, new_passphrase_file: Path | None, no_passphrase: bool) -> None:
    """Make a list from before lists were signed a signed one, with a root key.

    \b
    Example:
      provenance keys upgrade
    """
    with at_work(ctx) as production:
        keeper = production.trust_keeper
        trust = keeper.in_force().trust
        if trust.serial:
            raise UsageError(f"the trust list is signed already: it is edition {trust.serial}")
        passphrase = new_passphrase(new_passphrase_file, no_passphrase=no_passphrase)
        holder = f"{production.config.name}: trust root"
        path = production.root_key
        root = create_key(path, holder, passphrase=passphrase, roles=frozenset({KeyRole.ROOT}))
        signer = load_signer(path, passphrase=passphrase)
        keeper.amend(trust_edits.upgrade(trust, root), [signer])
    say(f"edition 1 of the trust list is in force, signed by the new root key {shown(path)}")


@click.command("rotate-root", short_help="Put a new root key in the place of one.")
@click.option("--new", "new_file", type=click.Path(path_type=Path), help="Where the new key goes.")
@click.option("--holder", default="", help="Who holds the new key; else who held the old one.")
@new_key_options("--new-passphrase-file")
@_signed_by_root
def rotate_root(
    ctx: click.Context, *, new_file: Path | None, holder: str, new_passphrase_file: Path | None,
    no_passphrase: bool, root_keys: tuple[str, ...], passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Put a new root key in the place of the first --root-key; both sign.

    Without --new it lies in keys/root.pem afterwards, and the old one beside
    it as keys/root-retired-ID.pem.

    \b
    Example:
      provenance keys rotate-root
    """
    with at_work(ctx) as production:
        keeper = production.trust_keeper
        trust = keeper.in_force().trust
        signers = root_signers(production, root_keys, trust, passphrase_file)
        keyids = [signer.public_key.keyid for signer in signers]
        trust_edits.require_root_signers(trust, keyids)
        old = trust_edits.find_key(trust, keyids[0])
        moves = new_file is None and not root_keys
        path = new_file or production.root_key.with_name("root-new.pem" if moves else ROOT_KEY)
        passphrase = new_passphrase(new_passphrase_file, no_passphrase=no_passphrase)
        new = create_key(
            path, holder or old.holder, passphrase=passphrase, roles=frozenset({KeyRole.ROOT})
        )
        later = trust_edits.rotate_root(trust, old.keyid, new, production.clock())
        # never deleted, whatever goes wrong: the list may be in force and need it
        keeper.amend(later, [*signers, load_signer(path, passphrase=passphrase)])
        if moves:
            kept = production.root_key.rename(path.with_name(f"root-retired-{old.keyid[:8]}.pem"))
            path = path.rename(production.root_key)
            say(f"the old root key lies in {shown(kept)}; it signs nothing any more")
    say(f"edition {later.serial} is in force, signed by the new root key {shown(path)}")


def _amend(
    ctx: click.Context, root_keys: tuple[str, ...], passphrase_file: Path | None, change: _Change
) -> int:
    """Put a changed list in force and return which edition it is."""
    with at_work(ctx) as production:
        keeper = production.trust_keeper
        trust = keeper.in_force().trust
        later = change(trust)
        signers = root_signers(production, root_keys, trust, passphrase_file)
        trust_edits.require_root_signers(trust, [signer.public_key.keyid for signer in signers])
        return keeper.amend(later, signers).trust.serial


EDITS = (add, import_, retire, revoke, require, renew, upgrade, rotate_root)
"""Every command that changes the list."""
