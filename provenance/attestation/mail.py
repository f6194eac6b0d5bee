"""What a mail says of itself, and whether its sender's domain vouches for it (DKIM, RFC 6376)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from provenance.attestation.record import Record
from provenance.errors import AttestationError, IsolationError
from provenance.isolation.interface import Json, TaskRunner
from provenance.model.evidence import DkimOutcome, MailFacts

PRELOAD = ("provenance.attestation.mail_tasks",)
"""The modules a runner must preload for `mail_facts`."""

TxtLookup = Callable[[str], str | None]
"""Returns the DNS TXT record of a name; None if it has none, or nobody could ask."""

_UNREAD = MailFacts(message_id="", sender="", sent_at=None, dkim=DkimOutcome.NOT_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    """A DKIM signature that a mail bears; what is no name of DNS is empty."""

    index: int
    domain: str
    selector: str
    is_whole: bool
    algorithm: str

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def is_readable(self) -> bool:
        # Ed25519 (RFC 8463) takes a library more; who signs so signs with RSA too.
        return self.algorithm.startswith("rsa-")


def mail_facts(runner: TaskRunner, descriptor: int, lookup: TxtLookup | None) -> MailFacts:
    """Return the facts of an opened mail.

    Its signature is checked only where a lookup is given; of several the first of the sender's own
    domain. A mail that makes the check itself fail has failed.
    """
    try:
        said = _said(runner, descriptor)
        signature = _chosen(said)
        facts = MailFacts(
            message_id=said.text("message_id"),
            sender=said.text("sender"),
            sent_at=said.moment_or_none("sent_at"),
            dkim=DkimOutcome.NOT_CHECKED if signature else DkimOutcome.UNSIGNED,
            dkim_domain=signature.domain if signature else "",
            dkim_selector=signature.selector if signature else "",
        )
    except (IsolationError, AttestationError):
        return _UNREAD
    if signature is None or lookup is None or not signature.is_readable:
        return facts
    record = lookup(signature.name) if signature.domain else ""
    if record is None:
        return facts
    is_right = bool(facts.sender) and _is_right(runner, descriptor, signature, record)
    outcome = DkimOutcome.PASS if is_right else DkimOutcome.FAIL
    return replace(facts, dkim=outcome, dkim_key=record)


def vouches_for_sender(mail: MailFacts) -> bool:
    """Return whether the domain that signed is the sender's, or one above it."""
    return _is_own(mail.dkim_domain, mail.sender)


def _said(runner: TaskRunner, descriptor: int) -> Record:
    answer = runner.run(f"{PRELOAD[0]}:read_mail", {}, (descriptor,))
    return Record(answer if isinstance(answer, Mapping) else {}, "mail")


def _chosen(said: Record) -> _Signature | None:
    signatures = [
        _Signature(
            index=index,
            domain=one.text("domain"),
            selector=one.text("selector"),
            is_whole=one.text("covers") == "whole",
            algorithm=one.text("algorithm"),
        )
        for index, one in enumerate(said.records("signatures"))
    ]
    sender = said.text("sender")
    ranked = sorted(
        signatures, key=lambda one: (not one.is_readable, not _is_own(one.domain, sender))
    )
    return next(iter(ranked), None)


def _is_own(domain: str, sender: str) -> bool:
    of_sender = sender.rpartition("@")[2].lower()
    return bool(domain) and (of_sender == domain or of_sender.endswith(f".{domain}"))


def _is_right(runner: TaskRunner, descriptor: int, signature: _Signature, record: str) -> bool:
    arguments: dict[str, Json] = {
        "index": signature.index,
        "name": signature.name,
        "record": record,
    }
    try:
        answer = runner.run(f"{PRELOAD[0]}:check_dkim", arguments, (descriptor,))
    except IsolationError:
        return False
    return signature.is_whole and answer is True
