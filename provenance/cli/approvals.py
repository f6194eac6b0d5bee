"""`provenance approvals`: look at approvals, take them back, carry them elsewhere."""

from pathlib import Path
from typing import Any

import click

from provenance.cli.context import JSON, at_work, load
from provenance.cli.output import console, joined, print_json, safe, say, shortened, table
from provenance.cli.signing import signer_for
from provenance.examining import shown
from provenance.model.approval import CheckedApproval, RevocationKind
from provenance.wiring import Production

_KEY = click.option(
    "--key", metavar="URI", help="Key to sign with, a file or URI; else the production's own."
)
_REASON = click.option("--reason", required=True, help="Why; it is signed and kept.")


@click.group("approvals", short_help="List, verify, revoke and exchange approvals.")
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
    """List every approval, verified now.

    \b
    Example:
      provenance approvals list --json
    """
    with Production(load(ctx)) as production:
        found = production.approver.list()
    if as_json:
        print_json([_record(checked) for checked in found])
        return
    if not found:
        say("no approvals are recorded")
        return
    made = table("id", "status", "files", "uses", "approver", "until")
    for checked in found:
        approval = checked.approval
        cells = (
            shortened(approval.approval_id),
            checked.status.value,
            str(len(approval.subjects)),
            joined(sorted(approval.uses)),
            approval.approver.name,
            f"{approval.valid_until:%Y-%m-%d}" if approval.valid_until else "-",
        )
        made.add_row(*map(safe, cells))
    console().print(made)


@command.command("show", short_help="Show one approval whole.")
@click.argument("approval_id")
@JSON
@click.pass_context
def show(ctx: click.Context, approval_id: str, *, as_json: bool) -> None:
    """Show one approval whole, verified now.

    \b
    Example:
      provenance approvals show 1a2b3c4d
    """
    with Production(load(ctx)) as production:
        checked = production.approver.show(approval_id)
    if as_json:
        print_json(_record(checked))
    else:
        _print(checked)


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
        say(f"{checked.status.value:<16} {checked.approval.approval_id}  {checked.reason}")
    if not found:
        say("no approvals are recorded")
    return 0 if all(checked.status.holds for checked in found) else 1


@command.command("revoke", short_help="Take an approval back for good.")
@click.argument("approval_id")
@_REASON
@_KEY
@click.pass_context
def revoke(ctx: click.Context, approval_id: str, *, reason: str, key: str | None) -> None:
    """Take an approval back for good; what it covered is blocked again.

    \b
    Example:
      provenance approvals revoke 1a2b3c4d --reason "consent withdrawn"
    """
    _take_back(ctx, approval_id, RevocationKind.REVOKED, reason=reason, key=key)


@command.command("suspend", short_help="Take an approval back for now.")
@click.argument("approval_id")
@_REASON
@_KEY
@click.pass_context
def suspend(ctx: click.Context, approval_id: str, *, reason: str, key: str | None) -> None:
    """Take an approval back for now; a new approval is needed to go on.

    \b
    Example:
      provenance approvals suspend 1a2b3c4d --reason "strike"
    """
    _take_back(ctx, approval_id, RevocationKind.SUSPENDED, reason=reason, key=key)


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
        written = production.exchange.export(directory, approval_ids)
    for path in written:
        say(shown(path))


@command.command("import", short_help="Take over approvals another production exported.")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.pass_context
def import_(ctx: click.Context, directory: Path) -> int:
    """Take over approvals that another production exported.

    Exit code 1 if one of them does not hold here.

    \b
    Example:
      provenance approvals import from_studio/
    """
    with at_work(ctx) as production:
        fresh = production.exchange.import_from(directory)
    for checked in fresh:
        say(f"{checked.status.value:<16} {checked.approval.approval_id}  {checked.reason}")
    say(f"{len(fresh)} new approvals")
    return 0 if all(checked.status.holds for checked in fresh) else 1


def _take_back(
    ctx: click.Context, approval_id: str, kind: RevocationKind, *, reason: str, key: str | None
) -> None:
    with at_work(ctx) as production:
        signer = signer_for(production, key)
        checked = production.approver.revoke(approval_id, kind, reason, signer)
    say(f"{checked.status.value:<16} {checked.approval.approval_id}  {checked.reason}")


def _print(checked: CheckedApproval) -> None:
    approval = checked.approval
    say(f"approval   {approval.approval_id}")
    say(f"status     {checked.status.value}: {checked.reason}")
    say(f"approver   {approval.approver}")
    say(f"signed by  {checked.signed_by or '-'}")
    say(f"recorded   {approval.approved_at:%Y-%m-%d %H:%M} UTC")
    say(f"until      {approval.valid_until or 'revoked'}")
    say(f"uses       {joined(sorted(approval.uses))}")
    say(f"title      {approval.scope.title or 'any of this production'}")
    for condition in approval.conditions:
        say(f"condition  {condition.text}")
    for evidence in approval.evidence:
        say(f"evidence   {evidence.name} ({evidence.size} bytes, {evidence.digest})")
    for subject in approval.subjects:
        say(f"file       {subject.name} (essence {subject.essence_digest})")


def _record(checked: CheckedApproval) -> dict[str, Any]:
    approval = checked.approval
    return {
        "approval_id": approval.approval_id,
        "status": checked.status.value,
        "reason": checked.reason,
        "signed_by": checked.signed_by or None,
        "approver": approval.approver.name,
        "approved_at": approval.approved_at.isoformat(),
        "valid_until": approval.valid_until.isoformat() if approval.valid_until else None,
        "uses": sorted(approval.uses),
        "title": approval.scope.title or None,
        "conditions": [condition.text for condition in approval.conditions],
        "evidence": [
            {"name": evidence.name, "digest": evidence.digest, "size": evidence.size}
            for evidence in approval.evidence
        ],
        "subjects": [
            {
                "path": subject.name,
                "file_digest": subject.file_digest,
                "essence_digest": subject.essence_digest,
            }
            for subject in approval.subjects
        ],
    }
