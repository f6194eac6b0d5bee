"""Mails as evidence: what they say, and whether their DKIM signature is right."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import dns.message
import dns.resolver
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attestation.dns_txt import look_up_txt
from provenance.attestation.mail import (
    PRELOAD,
    TxtLookup,
    mail_facts,
    vouches_for_sender,
)
from provenance.attestation.mail_tasks import check_dkim, read_mail
from provenance.isolation.worker_process import WorkerProcess
from provenance.model.evidence import DkimOutcome, MailFacts
from tests.attestation.mails import MAIL, RECORD, signed

NAME = "s2026._domainkey.studio.example"
Read = Callable[..., MailFacts]


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    with WorkerProcess(preload=PRELOAD) as runner:
        yield runner


@pytest.fixture
def read(worker: WorkerProcess, tmp_path: Path) -> Read:
    """Return a function that reads a mail in a worker that can reach nothing."""

    def facts(data: bytes, lookup: TxtLookup | None = lambda _: RECORD) -> MailFacts:
        path = tmp_path / "mail.eml"
        path.write_bytes(data)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return mail_facts(worker, descriptor, lookup)
        finally:
            os.close(descriptor)

    return facts


def test_a_signed_mail_passes_and_its_key_is_kept(read: Read) -> None:
    asked: list[str] = []

    def lookup(name: str) -> str:
        asked.append(name)
        return RECORD

    facts = read(signed(), lookup)
    assert facts == MailFacts(
        message_id="<42@studio.example>",
        sender="jo@studio.example",
        sent_at=datetime(2026, 11, 3, 8, 0, tzinfo=UTC),
        dkim=DkimOutcome.PASS,
        dkim_domain="studio.example",
        dkim_selector="s2026",
        dkim_key=RECORD,
    )
    assert asked == [NAME]
    assert vouches_for_sender(facts)


def test_line_ends_of_another_system_do_not_matter(read: Read) -> None:
    assert read(signed().replace(b"\r\n", b"\n")).dkim is DkimOutcome.PASS


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail.replace(b"APPROVED", b"APPROVED!"),
        lambda mail: mail.replace(b"trailer", b"feature"),
        lambda mail: mail.replace(b"Jo Lee", b"Jo Leo"),
        lambda mail: mail.replace(b"Re: sky", b"Re: sea"),
        lambda mail: mail.replace(b"d=studio.example", b"d=evil.example"),
        lambda mail: b"From: boss@studio.example\r\n" + mail,
        lambda mail: mail.replace(b"s=s2026", b"s=../etc"),
    ],
    ids=["body", "word", "sender", "subject", "domain", "second sender", "selector"],
)
def test_a_mail_that_was_altered_fails(change: Callable[[bytes], bytes], read: Read) -> None:
    altered = change(signed())
    assert altered != signed()
    assert read(altered).dkim is DkimOutcome.FAIL


@pytest.mark.parametrize("record", ["", "v=DKIM1; p=", "nonsense", RECORD[:-40], RECORD[:60]])
def test_a_key_that_is_withdrawn_or_wrong_fails(record: str, read: Read) -> None:
    assert read(signed(), lambda _: record).dkim is DkimOutcome.FAIL


def test_a_signature_over_a_part_of_the_body_does_not_count(read: Read) -> None:
    """RFC 6376 §8.2: with l= anybody can add to the end."""
    mail = signed(length=True)
    assert read(mail).dkim is DkimOutcome.FAIL
    assert read(mail + b"And for everything else.\r\n").dkim is DkimOutcome.FAIL


def test_without_a_lookup_or_an_answer_it_is_not_checked(read: Read) -> None:
    for lookup in (None, lambda _: None):
        facts = read(signed(), lookup)
        assert (facts.dkim, facts.dkim_key) == (DkimOutcome.NOT_CHECKED, "")
        assert (facts.dkim_domain, facts.dkim_selector) == ("studio.example", "s2026")


def test_an_unsigned_mail_is_called_so(read: Read) -> None:
    facts = read(MAIL)
    assert (facts.dkim, facts.dkim_domain) == (DkimOutcome.UNSIGNED, "")
    assert not vouches_for_sender(facts)


def test_another_domain_s_signature_vouches_for_nobody_else(read: Read) -> None:
    facts = read(signed(domain=b"list.example"))
    assert facts.dkim is DkimOutcome.PASS
    assert not vouches_for_sender(facts)


def test_of_two_signatures_the_sender_s_own_is_checked(read: Read) -> None:
    both = signed(signed(), b"list.example")
    assert read(both).dkim_domain == "studio.example"
    assert read(both).dkim is DkimOutcome.PASS


@pytest.mark.parametrize("date", [b"yesterday", b"Tue, 99 Nov 2026 99:00:00 +9999", b""])
def test_a_date_that_is_none_is_left_out(date: bytes, read: Read) -> None:
    assert read(MAIL.replace(b"Tue, 03 Nov 2026 09:00:00 +0100", date)).sent_at is None


@given(data=st.binary(max_size=400) | st.binary(max_size=200).map(lambda noise: noise + signed()))
@settings(max_examples=40)
def test_hostile_bytes_never_pass_or_crash(data: bytes, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.getbasetemp() / "hostile.eml"
    path.write_bytes(b"DKIM-Signature: v=1; a=rsa-sha256; d=a.b; s=c; b=" + data)
    with path.open("rb") as file:
        said = read_mail({}, [file])
    assert set(said) == {"message_id", "sender", "sent_at", "signatures"}
    with path.open("rb") as file:
        arguments = {"index": 0, "name": "c._domainkey.a.b", "record": RECORD}
        assert check_dkim(arguments, [file]) is False


@pytest.fixture
def name_server() -> Iterator[dns.resolver.Resolver]:
    """Return a resolver that asks a server in this process, which knows one name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                data, client = server.recvfrom(4096)
                if not data:
                    return
                query = dns.message.from_wire(data)
                reply = dns.message.make_response(query)
                if query.question[0].name.to_text() == f"{NAME}.":
                    halves = f'"{RECORD[:200]}" "{RECORD[200:]}"'
                    reply.answer.append(dns.rrset.from_text(f"{NAME}.", 60, "IN", "TXT", halves))
                else:
                    reply.set_rcode(3)
                server.sendto(reply.to_wire(), client)

        thread = threading.Thread(target=answer)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = server.getsockname()[1]
        yield resolver
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"", server.getsockname())
        thread.join()


def test_a_key_is_looked_up_in_dns(name_server: dns.resolver.Resolver, read: Read) -> None:
    assert look_up_txt(NAME, name_server) == RECORD
    assert look_up_txt("other._domainkey.studio.example", name_server) is None
    assert look_up_txt("x" * 300, name_server) is None
    facts = read(signed(), lambda name: look_up_txt(name, name_server))
    assert facts.dkim is DkimOutcome.PASS
