"""`provenance approve`: record a written approval."""

from pathlib import Path

import click

from provenance.approving import ApprovalRequest
from provenance.cli.context import (
    PATHS,
    at_work,
    parse_condition,
    parse_until,
    require_there,
    use_terms,
)
from provenance.cli.output import say, shortened
from provenance.cli.signing import signer_for
from provenance.errors import UsageError
from provenance.model.party import Party
from provenance.model.purpose import FINAL_DELIVERABLE, Scope
from provenance.walking import walk


@click.command("approve", short_help="Record a written approval, signed.")
@PATHS
@click.option("--approver", required=True, help="Who decided, for example 'Jo Lee, Legal'.")
@click.option(
    "--evidence", required=True, multiple=True, type=click.Path(path_type=Path),
    help="The document that shows it: mail, PDF, ticket; may be given more than once.",
)  # fmt: skip
@click.option(
    "--use", "uses", multiple=True, default=(FINAL_DELIVERABLE,), show_default=True,
    callback=use_terms, help="What it may be used for; may be given more than once.",
)  # fmt: skip
@click.option("--title", default="", help="Only for this production or episode.")
@click.option("--until", default="", help="Last day it holds, such as 2027-03-31 (UTC).")
@click.option(
    "--condition", "conditions", multiple=True, help="A condition in the approver's words."
)
@click.option(
    "--key", metavar="URI",
    help="Key to sign with: a file, env:NAME, hsm:.., awskms:..; else the production's own.",
)  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    approver: str,
    evidence: tuple[Path, ...],
    uses: tuple[str, ...],
    title: str,
    until: str,
    conditions: tuple[str, ...],
    key: str | None,
) -> int:
    """Record a written approval: signed, and bound to the files' picture or sound.

    The evidence is copied into the production's store by its digest. The
    approval holds for these bytes only: a new version needs a new one.

    \b
    Examples:
      provenance approve poster.png --approver "Jo Lee, Legal" --evidence mail.eml
      provenance approve vo.wav --approver Legal --evidence ok.pdf \\
          --use trailer --until 2027-03-31 --condition "background only"
    """
    if not approver.strip():
        raise UsageError("--approver must name who decided")
    request = ApprovalRequest(
        paths=_files(paths),
        approver=Party(name=approver),
        evidence=evidence,
        uses=frozenset(uses),
        scope=Scope(title=title),
        conditions=tuple(map(parse_condition, conditions)),
        valid_until=parse_until(until) if until else None,
    )
    with at_work(ctx) as production:
        signer = signer_for(production, key)
        checked = production.approver.approve(request, signer)
    approval = checked.approval
    say(f"approval {shortened(approval.approval_id)} recorded: {checked.status.value}")
    say(f"  id      {approval.approval_id}")
    say(f"  files   {len(approval.subjects)}")
    say(f"  uses    {', '.join(sorted(approval.uses))}")
    say(f"  until   {approval.valid_until or 'revoked'}")
    if not checked.status.holds:
        say(f"  It does not count yet: {checked.reason}")
        return 1
    return 0


def _files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    require_there(paths)
    files = tuple(found.path for found in walk(paths))
    if not files:
        raise UsageError("there is no file below the paths given")
    return files
