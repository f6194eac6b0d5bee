"""Approvals and requests in words, for a person at a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from provenance.attestation.mail import vouches_for_sender
from provenance.cli.output import console, joined, safe, say, shortened, table
from provenance.exchanging import Stranger, key_file_name
from provenance.media.frames import frame_of, named_together
from provenance.model.approval import Approval, CheckedApproval
from provenance.model.digest import hex_of
from provenance.model.evidence import DkimOutcome, Evidence
from provenance.model.moment import end, minute
from provenance.model.sequence import in_sequences
from provenance.model.subject import Subject
from provenance.path_text import shown
from provenance.reports.request_mail import scope_lines
from provenance.requesting import RequestState

_WIDTH = 80
_MOST_NAMES = 20
_Pair = tuple[str, str]


def say_pairs(pairs: Iterator[_Pair], *, indent: int = 0) -> None:
    """Print names and values, wrapped."""
    for name, value in pairs:
        head = f"{' ' * indent}{name:<11} "
        say_wrapped(value, head)


def say_wrapped(text: str, head: str = "") -> None:
    """Print a text, its further lines indented as far as the first line's head reaches."""
    lines = textwrap.wrap(
        safe(text),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines or [head.rstrip()]:
        say(line)


def say_outcome(checked: CheckedApproval) -> None:
    """Print what became of an approval; the reason names it."""
    say_wrapped(checked.reason, f"{checked.state:<16} ")


def print_list(approvals: Sequence[CheckedApproval], requests: Sequence[RequestState]) -> None:
    """Print a table of approvals, and of the requests that wait."""
    made = table("id", "state", "file", "uses", "approver", "until")
    for checked in approvals:
        approval = checked.approval
        cells = (
            shortened(approval.approval_id),
            checked.state,
            named_files(approval.subjects),
            joined(sorted(approval.uses)),
            approval.approver.name,
            end(approval.valid_until),
        )
        made.add_row(*map(safe, cells))
    for state in requests:
        asked = state.request
        cells = (
            shortened(asked.request_id),
            state.state,
            named_files(asked.subjects),
            joined(sorted(asked.terms.uses)),
            f"to {asked.addressee}",
            end(asked.terms.valid_until),
        )
        made.add_row(*map(safe, cells))
    console().print(made)
    for checked in approvals:
        for remark in remarks(checked.approval):
            say_wrapped(remark, f"{shortened(checked.approval.approval_id)}  ")


def approval_pairs(checked: CheckedApproval) -> Iterator[_Pair]:
    """Yield all that an approval says."""
    approval = checked.approval
    yield "approval", approval.approval_id
    yield "state", f"{checked.state}: {checked.reason}"
    yield "approver", str(approval.approver)
    yield from _filled("authority", approval.authority)
    yield from _filled("requester", str(approval.requester or ""))
    yield from _filled("recorder", approval.recorder)
    yield "signed by", checked.signed_by or "-"
    yield "recorded", minute(approval.approved_at)
    yield from _filled("request", approval.request_id)
    yield from _filled("supersedes", approval.supersedes)
    yield from terms_pairs(approval)
    for evidence in approval.evidence:
        yield "evidence", f"{evidence.name} ({evidence.kind.value}, {evidence.size} bytes)"
        yield "  sha256", hex_of(evidence.digest)
        yield from _mail(evidence)
    yield from _files(approval.subjects)
    for remark in remarks(approval):
        yield "REMARK", remark


def terms_pairs(approval: Approval) -> Iterator[_Pair]:
    """Yield what an approval allows."""
    yield "uses", joined(sorted(approval.uses))
    yield from _filled("categories", ", ".join(sorted(approval.categories)))
    limits = list(scope_lines(approval.scope))
    yield from limits or [("scope", "not limited to a title, territory or medium")]
    if approval.valid_from:
        yield "from", minute(approval.valid_from)
    yield "until", end(approval.valid_until)
    for condition in approval.conditions:
        yield "condition", condition.text
    yield from _filled("derivatives", ", ".join(sorted(approval.derivatives)))
    yield from _filled("consents", ", ".join(approval.consents))


def request_pairs(state: RequestState) -> Iterator[_Pair]:
    """Yield all that a request says, and what became of it."""
    request, terms = state.request, state.request.terms
    yield "request", request.request_id
    yield "state", f"{state.state}: {state.problem}" if state.problem else state.state
    yield "requester", str(request.requester)
    yield "to", request.addressee
    yield "requested", minute(request.requested_at)
    if request.answer_by:
        yield "answer by", minute(request.answer_by)
    yield "uses", joined(sorted(terms.uses))
    yield from _filled("categories", ", ".join(sorted(terms.categories)))
    yield from scope_lines(terms.scope)
    yield "until", end(terms.valid_until)
    yield from _filled("derivatives", ", ".join(sorted(terms.derivatives)))
    yield from _filled("consents", ", ".join(terms.consents))
    for answer in state.answers:
        yield "answer", f"{answer.approval.approval_id} ({answer.state})"
    yield from _files(request.subjects)


def remarks(approval: Approval) -> tuple[str, ...]:
    """Return what a person should know of an approval that holds all the same."""
    found = []
    approver, recorder = approval.approver.name.strip(), approval.recorder.strip()
    if recorder and recorder.casefold() == approver.casefold():
        found.append(f"{approver} is approver and recorder: nobody else saw the decision")
    return (*found, *(text for one in approval.evidence for text in _doubts(one)))


def named_files(subjects: Sequence[Subject]) -> str:
    """Return the name of the first file or range of frames, and how many there are beside it."""
    if not subjects:
        return "-"
    first = _in_ranges(subjects)[0]
    others = f" (+{len(subjects) - len(first)})" if len(subjects) > len(first) else ""
    return f"{_name(first)}{others}"


def every_file(subjects: Sequence[Subject]) -> str:
    """Return how many files there are and their names, unless they are very many."""
    ranges = _in_ranges(subjects)
    names = ", ".join(map(_name, ranges[:_MOST_NAMES]))
    left = sum(map(len, ranges[_MOST_NAMES:]))
    return f"{len(subjects)}: {names}{f', and {left} more' if left else ''}"


def _in_ranges(subjects: Sequence[Subject]) -> tuple[tuple[Subject, ...], ...]:
    """Return files by what they are named together as: frames of a sequence are one range."""
    return in_sequences(subjects, lambda subject: frame_of(Path(subject.name)))


def _name(subjects: Sequence[Subject]) -> str:
    return str(named_together([Path(subject.name) for subject in subjects]))


def _doubts(evidence: Evidence) -> Iterator[str]:
    mail = evidence.mail
    if mail is None:
        return
    if mail.dkim is DkimOutcome.FAIL:
        yield (
            f"THE DKIM SIGNATURE OF {evidence.name} IS WRONG ({mail.dkim_domain or 'no domain'}):"
            " it was altered after it was sent, or never sent by them"
        )
    elif mail.dkim is DkimOutcome.PASS and not vouches_for_sender(mail):
        yield (
            f"{evidence.name} is signed by {mail.dkim_domain}, which is not the domain of its"
            f" sender {mail.sender or '-'}"
        )


def _mail(evidence: Evidence) -> Iterator[_Pair]:
    mail = evidence.mail
    if mail is None:
        return
    sent = f" on {minute(mail.sent_at)}" if mail.sent_at else ""
    yield "", f"from {mail.sender or '-'}{sent}"
    yield from _filled("", mail.message_id)
    by = f" by {mail.dkim_domain} (key {mail.dkim_selector})" if mail.dkim_domain else ""
    yield "", f"DKIM {mail.dkim.value}{by}"


def _files(subjects: Sequence[Subject]) -> Iterator[_Pair]:
    for together in _in_ranges(subjects):
        if len(together) > 1:
            yield "file", f"{_name(together)} ({len(together)} frames; --json lists their digests)"
            continue
        subject = together[0]
        yield "file", subject.name
        yield "  sha256", hex_of(subject.file_digest)
        yield "  essence", hex_of(subject.essence_digest)


def _filled(name: str, value: str) -> Iterator[_Pair]:
    if value:
        yield name, value


def say_how_to_trust(stranger: Stranger, directory: Path) -> None:
    """Say how to trust the keys of an approval that was not kept."""
    for keyid in stranger.keyids:
        path = directory / key_file_name(keyid)
        file = shown(path) if path.is_file() else "FILE"
        say_wrapped(
            f"Signed with the key {keyid}. If it is the sender's (ask them by another way), trust"
            f" it: provenance keys add {file} --holder NAME; then import again.",
            " " * 17,
        )
