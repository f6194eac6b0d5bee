"""`provenance request`: ask for a written approval."""

from email.headerregistry import Address
from pathlib import Path

import click

from provenance.attestation.signers import load_signer
from provenance.cli.approval_text import every_file, say_pairs
from provenance.cli.context import PATHS, load, parse_moment
from provenance.cli.output import note, say
from provenance.cli.parties import party_option
from provenance.cli.purpose import terms_options
from provenance.errors import UsageError
from provenance.media.staging import write_beside
from provenance.model.party import Party
from provenance.model.purpose import FINAL_DELIVERABLE
from provenance.model.request import Terms
from provenance.path_text import shown
from provenance.reports.request_mail import request_mail
from provenance.requesting import Wish
from provenance.walking import walk
from provenance.wiring import Production


def _address(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    try:
        Address(addr_spec=value)
    except (ValueError, IndexError) as error:
        raise click.BadParameter(f"{value!r} is no mail address") from error
    if "@" not in value or not value.isprintable():
        raise click.BadParameter(f"{value!r} is no mail address")
    return value


@click.command("request")
@PATHS
@party_option("requester", "Who asks.")
@click.option(
    "--to", "addressee", required=True, callback=_address, metavar="ADDRESS",
    help="Mail address of who is to decide.",
)  # fmt: skip
@terms_options
@click.option("--answer-by", default="", help="Day by which an answer is needed (UTC).")
@click.option("--message", default="", help="What to say beside the facts.")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.eml", help="The mail draft to write.",
)  # fmt: skip
@click.option(
    "--key", type=click.Path(path_type=Path),
    help="Recorder's key to sign with; else the production's own.",
)  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    requester: Party,
    addressee: str,
    terms: Terms,
    answer_by: str,
    message: str,
    output: Path,
    key: Path | None,
) -> None:
    """Ask for a written approval: a signed request, and a mail draft to send.

    The draft says what is asked for which files, by their digests, what is
    declared of them, and how to answer. The request is attached; another
    production takes it up by approve --request FILE.

    \b
    Example:
      provenance request poster.png --requester "Ada, VFX" \\
          --to legal@studio.example --category key_creative --output ask.eml
    """
    wish = Wish(
        paths=_files(paths),
        requester=requester,
        addressee=addressee,
        terms=terms.with_use(FINAL_DELIVERABLE),
        answer_by=parse_moment("--answer-by", answer_by, is_end=True) if answer_by else None,
        message=message,
    )
    with Production(load(ctx)) as production:
        sent = production.requester.request(wish, load_signer(key or production.approver_key))
    request = sent.request
    write_beside(output, request_mail(request, sent.envelope, sent.declared))
    say("request recorded: it waits for an answer")
    pairs = (
        ("id", request.request_id),
        ("files", every_file(request.subjects)),
        ("to", request.addressee),
        ("mail", shown(output)),
    )
    say_pairs(iter(pairs), indent=2)
    note(f"Send it, and then: provenance approve --request {request.request_id[9:17]} ...")


def _files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    files = tuple(found.path for found in walk(paths))
    if not files:
        raise UsageError("there is no file below the paths given")
    return files
