"""`provenance approve`: record a written approval."""

from dataclasses import fields
from pathlib import Path

import click

from provenance.approving import ApprovalRequest, Approver
from provenance.cli.approval_text import every_file, remarks, say_pairs, say_wrapped, terms_pairs
from provenance.cli.context import at_work, each_frame, parse_condition, require_there
from provenance.cli.output import note, say
from provenance.cli.parties import Documents, document_options, party_option
from provenance.cli.purpose import terms_options
from provenance.cli.signing import signer_for
from provenance.errors import UsageError
from provenance.model.approval import CheckedApproval, Decision
from provenance.model.party import Party
from provenance.model.purpose import FINAL_DELIVERABLE
from provenance.model.request import Request, Terms
from provenance.path_text import shown
from provenance.walking import walk
from provenance.wiring import Production


@click.command("approve")
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...", callback=each_frame
)
@party_option("approver", "Who decided, for example 'Jo Lee'.")
@click.option("--authority", default="", help="On what the approver's authority rests.")
@click.option("--requester", default="", help="Who asked.")
@click.option("--recorder", default="", help="Who records it, where not the approver.")
@document_options
@terms_options
@click.option(
    "--condition", "conditions", multiple=True,
    help="background-only, max-seconds=3, replace-before-final, or words; more than once.",
)  # fmt: skip
@click.option("--request", "asked", default="", help="The request it answers: id or file.")
@click.option("--supersedes", default="", help="Id of the approval whose place it takes.")
@click.option("--deny", is_flag=True, help="Record a denial.")
@click.option(
    "--key", metavar="URI",
    help="Key to sign with: a file, env:NAME, hsm:.., awskms:..; else the production's own.",
)  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    approver: Party,
    authority: str,
    requester: str,
    recorder: str,
    evidence: Documents,
    terms: Terms,
    conditions: tuple[str, ...],
    asked: str,
    supersedes: str,
    deny: bool,
    key: str | None,
) -> int:
    """Record a written approval: signed, and bound to the files' picture or sound.

    The evidence is copied into the production's store by its digest. The
    approval holds for these bytes only: a new version needs a new one. With
    --request the files, uses, categories and limits are the request's.

    \b
    Examples:
      provenance approve poster.png --approver "Jo Lee, Legal" --evidence mail.eml
      provenance approve vo.wav --approver Legal --evidence ok.pdf \\
          --use trailer --until 2027-03-31 --condition max-seconds=3
      provenance approve 'shot.[0001-3000].png' --approver Legal --evidence ok.pdf
      provenance approve --request 1a2b3c4d --approver Legal --evidence re.eml
    """
    with at_work(ctx) as production:
        answers = _request(production, asked)
        terms = _within(terms, answers)
        wanted = ApprovalRequest(
            paths=_files(paths, answers),
            approver=approver,
            evidence=evidence.paths,
            decision=Decision.DENIED if deny else Decision.APPROVED,
            authority=authority,
            requester=_requester(requester, answers),
            recorder=recorder,
            answers=answers,
            conditions=tuple(map(parse_condition, conditions)),
            supersedes=production.approver.find(supersedes).approval_id if supersedes else "",
            lookup=evidence.lookup,
            **{field.name: getattr(terms, field.name) for field in fields(terms)},
        )
        _note_needless(production.approver, wanted.paths)
        checked, is_new = _record(production, wanted, key)
    return _tell(checked, is_new=is_new)


def _record(
    production: Production, wanted: ApprovalRequest, key: str | None
) -> tuple[CheckedApproval, bool]:
    signer = signer_for(production, key)
    draft = production.approver.draft(wanted)
    known = production.approver.same_as(draft, signer)
    return (known, False) if known else (production.approver.record(draft, signer), True)


def _tell(checked: CheckedApproval, *, is_new: bool) -> int:
    approval = checked.approval
    what = "denial" if approval.decision is Decision.DENIED else "approval"
    say(f"{what} recorded: {checked.state}" if is_new else "recorded already; nothing was recorded")
    say_pairs(
        iter([("id", approval.approval_id), ("files", every_file(approval.subjects))]), indent=2
    )
    say_pairs(terms_pairs(approval), indent=2)
    for remark in remarks(approval):
        say_wrapped(remark, "  REMARK      ")
    if checked.status.holds or approval.decision is Decision.DENIED:
        return 0
    say_wrapped(f"It does not count yet: {checked.reason}", "  ")
    return 1


def _note_needless(approver: Approver, paths: tuple[Path, ...]) -> None:
    for path in paths:
        if approver.is_needless(path):
            note(f"{shown(path)}: needed no approval: it is not tagged and declares no AI")


def _requester(name: str, answers: Request | None) -> Party | None:
    if name:
        return Party(name=name)
    return answers.requester if answers else None


def _request(production: Production, asked: str) -> Request | None:
    if not asked:
        return None
    path = Path(asked)
    return production.requester.read(path) if path.is_file() else production.requester.find(asked)


def _within(terms: Terms, answers: Request | None) -> Terms:
    if answers is None:
        return terms.with_use(FINAL_DELIVERABLE)
    try:
        return terms.answering(answers.terms)
    except ValueError as error:
        raise UsageError(f"{error}; approve it without --request, or ask anew") from error


def _files(paths: tuple[Path, ...], answers: Request | None) -> tuple[Path, ...]:
    require_there(paths)
    files = tuple(found.path for found in walk(paths))
    if not files and (paths or answers is None):
        raise UsageError("there is no file below the paths given")
    return files
