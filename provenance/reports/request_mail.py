"""A request for approval as a mail draft (RFC 5322) that an approver can answer."""

import textwrap
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from provenance.model.ai_use import AiUse
from provenance.model.moment import end, minute
from provenance.model.purpose import Scope
from provenance.model.request import Request
from provenance.model.subject import Subject
from provenance.reports.printable import printable

_WIDTH = 72
_ANSWERS = """\
Please answer this mail with one of:

  APPROVED
  APPROVED with these conditions: ...
    (for example: background only; no longer than 3 s; until 2027-03-31)
  DENIED, because: ...

Write who you are, for whom you act, and on what your authority rests.
Leave the lines below in your answer, so that it can be matched. Your
answer is kept as it is, as evidence."""


def request_mail(request: Request, envelope: bytes, declared: Sequence[AiUse | None]) -> bytes:
    """Return the draft: text for people, and the signed request as an attachment.

    Raises ValueError for an address or a name that would break the header.
    """
    number = request.request_id.removeprefix("urn:uuid:")[:8]
    count = len(request.subjects)
    mail = EmailMessage(policy=SMTP)
    mail["To"] = request.addressee
    mail["Subject"] = printable(
        f"Approval asked for {count} {'file' if count == 1 else 'files'} made with AI [{number}]"
    )
    mail["Date"] = format_datetime(request.requested_at)
    mail["X-Unsent"] = "1"  # mail programs open it as a draft
    lines = _body(request, declared)
    mail.set_content("\n".join(map(_encodable, lines)) + "\n", cte="quoted-printable")
    mail.add_attachment(
        envelope,
        maintype="application",
        subtype="vnd.dsse+json",
        filename=f"request-{number}.dsse.json",
    )
    return mail.as_bytes()


def scope_lines(scope: Scope) -> Iterator[tuple[str, str]]:
    """Yield what a scope is limited to, name and value."""
    pairs = (
        ("title", scope.title),
        ("episode", scope.episode),
        ("cut", scope.cut),
        ("territory", ", ".join(sorted(scope.territories))),
        ("language", ", ".join(sorted(scope.languages))),
        ("medium", ", ".join(sorted(scope.media))),
    )
    yield from ((name, value) for name, value in pairs if value)


def _body(request: Request, declared: Sequence[AiUse | None]) -> Iterator[str]:
    terms = request.terms
    yield from textwrap.wrap(
        f"{printable(str(request.requester))} asks for your written approval of the files below,"
        " which were made with the help of generative AI.",
        _WIDTH,
    )
    yield from ("", *textwrap.wrap(printable(request.message), _WIDTH), "")
    yield "WHAT IS ASKED"
    yield from _pair("use", ", ".join(sorted(terms.uses)))
    yield from _pair("AI used for", ", ".join(sorted(terms.categories)) or "not declared")
    for name, value in scope_lines(terms.scope):
        yield from _pair(name, value)
    if terms.derivatives:
        yield from _pair("also when", ", ".join(sorted(terms.derivatives)))
    if terms.consents:
        yield from _pair("consents", ", ".join(terms.consents))
    if terms.valid_from:
        yield from _pair("from", minute(terms.valid_from))
    yield from _pair("until", end(terms.valid_until))
    yield from _pair("answer by", minute(request.answer_by) if request.answer_by else "-")
    yield from ("", "HOW TO ANSWER", "", *_ANSWERS.splitlines(), "", "FILES")
    for subject, use in zip(request.subjects, declared, strict=True):
        yield from _file(subject, use)
    yield from ("", f"Request {request.request_id}")


def _file(subject: Subject, use: AiUse | None) -> Iterator[str]:
    yield ""
    yield printable(subject.name)
    yield f"  file     {subject.file_digest}"
    yield f"  content  {subject.essence_digest}"
    if use is None:
        yield "  declared: nothing on how AI was used"
        return
    tools = ", ".join(
        " ".join(filter(None, (tool.name, tool.version, tool.plan))) for tool in use.tools
    )
    yield from _pair("tools", tools or "-")
    yield from _pair("used for", ", ".join(sorted(use.categories)) or "-")
    yield from _pair("seen", use.prominence.value if use.prominence else "not declared")
    if use.human_contribution:
        yield from _pair("by people", use.human_contribution)
    yield from _pair("declared", f"by {use.declared_by}, {minute(use.declared_at)}")


def _pair(name: str, value: str) -> list[str]:
    head = f"  {name:<12} "
    return textwrap.wrap(
        printable(value),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
