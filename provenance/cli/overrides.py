"""`provenance overrides`: look at emergency overrides, take them back."""

from pathlib import Path
from typing import Any

import click

from provenance.attestation.signers import load_signer
from provenance.cli.context import JSON, at_work, load
from provenance.cli.output import print_json, say
from provenance.model.override import CheckedOverride
from provenance.wiring import Production


@click.group("overrides")
def command() -> None:
    """Look at emergency overrides, take them back.

    An id may be shortened to its first characters.

    \b
    Examples:
      provenance overrides list
      provenance overrides revoke 1a2b3c4d --reason "approval came"
    """


@command.command("list", short_help="List every override and its state now.")
@JSON
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List every override, verified now.

    \b
    Example:
      provenance overrides list --json
    """
    with Production(load(ctx)) as production:
        found = production.overrider.list()
    if as_json:
        print_json([override_record(checked) for checked in found])
        return
    if not found:
        say("no overrides are recorded")
    for checked in found:
        override = checked.override
        say(f"{checked.status.value:<16} {override.override_id}  {checked.reason}")
        say(f"{'':<16} by {override.by}, for {override.use}: {override.reason}")
        for subject in override.subjects:
            say(f"{'':<16} {subject.name}")


@command.command("revoke", short_help="Take an override back for good.")
@click.argument("override_id")
@click.option("--reason", required=True, help="Why; it is signed and kept.")
@click.option(
    "--key", type=click.Path(path_type=Path), help="Key to sign with; else the production's own."
)
@click.pass_context
def revoke(ctx: click.Context, override_id: str, *, reason: str, key: Path | None) -> None:
    """Take an override back for good; what it let pass is blocked again.

    \b
    Example:
      provenance overrides revoke 1a2b3c4d --reason "approval came"
    """
    with at_work(ctx) as production:
        signer = load_signer(key or production.approver_key)
        checked = production.overrider.revoke(override_id, reason, signer)
    say(f"{checked.status.value:<16} {checked.override.override_id}  {checked.reason}")


def override_record(checked: CheckedOverride) -> dict[str, Any]:
    """Return an override as JSON values."""
    override = checked.override
    return {
        "override_id": override.override_id,
        "status": checked.status.value,
        "reason": checked.reason,
        "why": override.reason,
        "by": override.by,
        "signed_by": checked.signed_by or None,
        "use": override.use,
        "made_at": override.made_at.isoformat(),
        "valid_until": override.valid_until.isoformat(),
        "subjects": [
            {
                "name": subject.name,
                "file_digest": subject.file_digest,
                "essence_digest": subject.essence_digest,
            }
            for subject in override.subjects
        ],
    }
