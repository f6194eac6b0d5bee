"""`provenance override`: let files pass in an emergency."""

from datetime import timedelta
from pathlib import Path

import click

from provenance.attestation.signers import load_signer
from provenance.cli.context import PATHS, at_work, parse_until, use_term
from provenance.cli.output import note, say, shortened
from provenance.errors import UsageError
from provenance.model.override import OverrideStatus
from provenance.model.purpose import FINAL_DELIVERABLE
from provenance.walking import walk

_USUAL = timedelta(hours=24)


@click.command("override")
@PATHS
@click.option("--reason", required=True, help="Why there is no time for an approval.")
@click.option("--by", required=True, help="Who answers for it, for example 'Jo Lee, Post'.")
@click.option(
    "--until", default="",
    help="Last moment, such as 2027-03-31T18:00Z; at most 72 hours ahead, else 24.",
)  # fmt: skip
@click.option(
    "--use", default=FINAL_DELIVERABLE, show_default=True, callback=use_term,
    help="The one use it is for.",
)  # fmt: skip
@click.option(
    "--key", type=click.Path(path_type=Path),
    help="Private key to sign with; else the production's own.",
)  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    reason: str,
    by: str,
    until: str,
    use: str,
    key: Path | None,
) -> int:
    """Let files pass for some hours in an emergency, without written approval.

    It is signed, holds for these bytes only, and shows in every report. It sets
    aside what an approval could; what could not be judged still blocks.

    \b
    Example:
      provenance override titles.png --by "Jo Lee, Post" \\
          --reason "air date tonight, legal is asleep"
    """
    files = tuple(found.path for found in walk(paths))
    if not files:
        raise UsageError("there is no file below the paths given")
    with at_work(ctx) as production:
        last = parse_until(until) if until else production.clock() + _USUAL
        signer = load_signer(key or production.approver_key)
        checked = production.overrider.override(
            files, signer, by=by, reason=reason, use=use, until=last
        )
    override = checked.override
    say(f"override {shortened(override.override_id)} recorded: {checked.status.value}")
    say(f"  id      {override.override_id}")
    say(f"  files   {len(override.subjects)}")
    say(f"  use     {override.use}")
    say(f"  until   {override.valid_until:%Y-%m-%d %H:%M} UTC")
    if checked.status is not OverrideStatus.IN_FORCE:
        say(f"  It does not count: {checked.reason}")
        return 1
    note("It shows in every report until then. Get the written approval in time.")
    return 0
