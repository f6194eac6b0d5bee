"""`provenance approvals`: look at approvals, take them back, carry them elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from provenance.attestation.revocation_statement import CONSENT
from provenance.attestation.signers import load_signer
from provenance.cli.approval_record import approval_record, request_record
from provenance.cli.approval_text import (
    approval_pairs,
    print_list,
    remarks,
    request_pairs,
    say_how_to_trust,
    say_outcome,
    say_pairs,
)
from provenance.cli.context import JSON, at_work, load, said_text
from provenance.cli.output import note, print_json, say
from provenance.cli.signing import signer_for
from provenance.errors import AttestationError, ConfigError, UsageError
from provenance.listing import require_listed
from provenance.model.approval import CheckedApproval, RevocationKind
from provenance.path_text import shown
from provenance.requesting import RequestState
from provenance.wiring import Production


def _taking_back(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command what taking back and giving back need."""
    for option in (
        click.pass_context,
        click.option(
            "--key",
            metavar="URI",
            help="Key to sign with, a file or URI; else the production's own.",
        ),
        click.option(
            "--reason", required=True, callback=said_text, help="Why; it is signed and kept."
        ),
        click.option("--consent", default="", help="Opaque id of a talent's consent."),
        click.argument("approval_id", default=""),
    ):
        command = option(command)
    return command


@click.group("approvals")
def command() -> None:
    """Look at written approvals, take them back, carry them elsewhere.

    An id may be shortened to its first characters.

    \b
    Examples:
      provenance approvals list
      provenance approvals revoke 1a2b3c4d --reason "consent withdrawn"
    """


@command.command("list", short_help="List every approval and its state now.")
@JSON
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List every approval, verified now, and every request that waits.

    \b
    Example:
      provenance approvals list --json
    """
    with Production(load(ctx)) as production:
        found = production.approver.list()
        waiting = [one for one in production.requester.states(found) if one.waits]
    if as_json:
        print_json([*map(_record, found), *map(request_record, waiting)])
    elif found or waiting:
        print_list(found, waiting)
    else:
        say("no approvals are recorded")


@command.command("show", short_help="Show one approval or request whole.")
@click.argument("record_id", metavar="ID")
@JSON
@click.pass_context
def show(ctx: click.Context, record_id: str, *, as_json: bool) -> None:
    """Show one approval or request whole, verified now.

    \b
    Example:
      provenance approvals show 1a2b3c4d
    """
    with Production(load(ctx)) as production:
        state = _request_state(production, record_id)
        checked = None if state else production.approver.show(record_id)
    if as_json:
        print_json(request_record(state) if state else _record(checked) if checked else None)
    elif state:
        say_pairs(request_pairs(state))
    elif checked:
        say_pairs(approval_pairs(checked))


@command.command("verify", short_help="Verify approvals; exit 1 if one does not hold.")
@click.argument("approval_ids", nargs=-1)
@click.pass_context
def verify(ctx: click.Context, approval_ids: tuple[str, ...]) -> int:
    """Verify approvals: signature, signer, revocation, dates, evidence.

    Without an id all are verified. Exit code 1 if any does not hold.

    \b
    Example:
      provenance approvals verify
    """
    with Production(load(ctx)) as production:
        approver = production.approver
        found = [approver.show(one) for one in approval_ids] or list(approver.list())
    for checked in found:
        say_outcome(checked)
    if not found:
        say("no approvals are recorded")
    return 0 if all(checked.status.holds for checked in found) else 1


@command.command("sign", short_help="Add another approver's signature.")
@click.argument("approval_id")
@click.option(
    "--key", type=click.Path(path_type=Path), required=True, help="Key of the other approver."
)
@click.pass_context
def sign(ctx: click.Context, approval_id: str, *, key: str) -> int:
    """Countersign an approval, where its categories need more than one approver.

    Exit code 1 if it does not hold even then.

    \b
    Example:
      provenance approvals sign 1a2b3c4d --key ~/legal.pem
    """
    with at_work(ctx) as production:
        checked = production.approver.countersign(approval_id, signer_for(production, key))
    say_outcome(checked)
    return 0 if checked.status.holds else 1


@command.command("revoke", short_help="Take an approval or a consent back for good.")
@_taking_back
def revoke(ctx: click.Context, **given: Any) -> int:  # noqa: ANN401  (the options of _take_back)
    """Take an approval back for good; what it covered is blocked again.

    With --consent a talent's consent is taken back, and with it every
    approval that rests on it.

    \b
    Examples:
      provenance approvals revoke 1a2b3c4d --reason "rights are unclear"
      provenance approvals revoke --consent C-17 --reason "consent withdrawn"
    """
    return _take_back(ctx, RevocationKind.REVOKED, **given)


@command.command("suspend", short_help="Take an approval or a consent back for now.")
@_taking_back
def suspend(ctx: click.Context, **given: Any) -> int:  # noqa: ANN401  (the options of _take_back)
    """Take an approval back for now; reinstate gives it back.

    \b
    Examples:
      provenance approvals suspend 1a2b3c4d --reason "under review"
      provenance approvals suspend --consent C-17 --reason "strike"
    """
    return _take_back(ctx, RevocationKind.SUSPENDED, **given)


@command.command("reinstate", short_help="Lift the suspension of an approval or a consent.")
@_taking_back
def reinstate(ctx: click.Context, **given: Any) -> int:  # noqa: ANN401  (the options of _take_back)
    """Lift every suspension that stands; what was revoked stays revoked.

    \b
    Example:
      provenance approvals reinstate 1a2b3c4d --reason "review is done"
    """
    return _take_back(ctx, RevocationKind.REINSTATED, **given)


@command.command("export", short_help="Write approvals as files for another production.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.argument("approval_ids", nargs=-1)
@click.pass_context
def export(ctx: click.Context, directory: Path, approval_ids: tuple[str, ...]) -> None:
    """Write signed approvals and their evidence as files.

    The receiver trusts them only as far as its trust.toml names the signer.

    \b
    Example:
      provenance approvals export to_vendor/
    """
    with Production(load(ctx)) as production:
        try:
            signer = load_signer(production.gate_key)
        except ConfigError as error:
            signer = None
            note(f"without a signed list, so no gate decides by these files alone: {error}")
        written = production.exchange.export(directory, approval_ids, signer)
    for path in written:
        say(shown(path))


@command.command("import", short_help="Take over approvals another production exported.")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.pass_context
def import_(ctx: click.Context, directory: Path) -> int:
    """Take over approvals that another production exported.

    All is verified before anything is kept, and what no key of the trust list
    signed is not. Exit code 1 if one of them does not hold here.

    \b
    Example:
      provenance approvals import from_studio/
    """
    with at_work(ctx) as production:
        imported = production.exchange.import_from(directory)
        try:
            require_listed(directory, production.trust)
        except AttestationError as error:
            note(f"records may have been taken out of the folder: {error}")
    for checked in imported.approvals:
        say_outcome(checked)
    for stranger in imported.strangers:
        say_outcome(stranger.checked)
        say_how_to_trust(stranger, directory)
    others = f", {imported.others} other new records" if imported.others else ""
    say(f"{len(imported.approvals)} new approvals{others}")
    left_out = len(imported.strangers) + imported.left_out
    if left_out:
        say(f"not taken over: {left_out} records; no key of the trust list signed them")
    is_whole = not left_out and all(checked.status.holds for checked in imported.approvals)
    return 0 if is_whole else 1


def _take_back(
    ctx: click.Context,
    kind: RevocationKind,
    *,
    approval_id: str,
    consent: str,
    reason: str,
    key: str | None,
) -> int:
    if bool(approval_id) == bool(consent):
        raise UsageError("name an approval by its id, or a talent's consent with --consent")
    with at_work(ctx) as production:
        signer = signer_for(production, key)
        approver = production.approver
        record_id = f"{CONSENT}{consent}" if consent else approver.find(approval_id).approval_id
        if kind is not RevocationKind.REINSTATED and approver.is_taken_back(record_id, kind):
            say(f"already {kind.value}; nothing was recorded")
            return 0
        if consent:
            found = approver.revoke_consent(consent, kind, reason, signer)
        else:
            found = (approver.revoke(record_id, kind, reason, signer),)
    if consent:
        say(f"consent {consent} is {kind.value}; approvals that rest on it: {len(found)}")
    for checked in found:
        say_outcome(checked)
    return 0


def _request_state(production: Production, record_id: str) -> RequestState | None:
    """Return the request of this id, unless an approval has it."""
    states = production.requester.states(production.approver.list())
    wanted = record_id.removeprefix("urn:uuid:").lower()
    named = [
        one
        for one in states
        if wanted and one.request.request_id.removeprefix("urn:uuid:").startswith(wanted)
    ]
    return named[0] if len(named) == 1 else None


def _record(checked: CheckedApproval) -> dict[str, Any]:
    return approval_record(checked, remarks(checked.approval))
