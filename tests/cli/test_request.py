"""`provenance request`, and approvals that answer requests."""

import email
import email.policy
import json
import shutil
from collections.abc import Callable
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from provenance.cli.main import main
from tests.attestation.mails import RECORD, signed
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture

CONCEPT = "generated/concept.png"
SCHEMA = json.loads(files("provenance.reports").joinpath("schemas/approvals-1.json").read_bytes())
Ask = Callable[..., str]


@pytest.fixture
def ask(run: Terminal, tagged_show: Show) -> Ask:
    """Return a function that asks for the concept and returns the request's id."""
    tagged_show.put("re.eml", signed())

    def asked(*words: str, path: str = CONCEPT) -> str:
        done = run(
            *(
                "request",
                path,
                "--requester",
                "Ada",
                "--role",
                "VFX",
                "--to",
                "legal@studio.example",
            ),
            *("--category", "key_creative", "--use", "trailer", "--title", "Hafen"),
            *("--territory", "DE", "--territory", "AT", "--output", "ask.eml", *words),
        )
        assert done.code == 0, done.err
        return done.out.split("urn:uuid:")[1].split()[0]

    return asked


def answer(run: Terminal, request: str | Path, *words: str) -> object:
    return run("approve", "--request", request, "--approver", "Jo", "--evidence", "re.eml", *words)


def draft(show: Show) -> EmailMessage:
    data = (show.home / "ask.eml").read_bytes()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_draft_says_all_that_an_approver_needs(
    run: Terminal, ask: Ask, tagged_show: Show
) -> None:
    identity = ask("--answer-by", "2126-01-31", "--until", "2127-03-31", "--message", "It is late.")
    mail = draft(tagged_show)
    assert mail["To"] == "legal@studio.example"
    assert mail["X-Unsent"] == "1"
    assert identity[:8] in mail["Subject"]
    assert mail["From"] is None
    body, attached = mail.iter_parts()
    text = body.get_content().replace("\r\n", "\n")
    record = run("approvals", "show", identity, "--json").json
    jsonschema.validate(record, SCHEMA)
    (subject,) = record["subjects"]
    for said in (
        *("Ada (VFX) asks", "It is late.", "trailer", "key_creative", "Hafen", "AT, DE"),
        *("2126-01-31 23:59 UTC", "2127-03-31 23:59 UTC", "concept.png", f"urn:uuid:{identity}"),
        *(subject["file_digest"], subject["essence_digest"], "nothing on how AI was used"),
        *("APPROVED\n", "APPROVED with these conditions", "DENIED, because"),
    ):
        assert said in text
    assert max(map(len, text.splitlines())) <= 85
    assert attached.get_filename() == f"request-{identity[:8]}.dsse.json"
    assert json.loads(attached.get_content())["payloadType"] == "application/vnd.in-toto+json"


def test_a_request_waits_until_it_is_answered(run: Terminal, ask: Ask) -> None:
    identity = ask("--derivative", "grade", "--consent", "C-17")
    listed = run("approvals", "list")
    assert "requested" in listed.out
    assert identity[:8] in listed.out
    (record,) = run("approvals", "list", "--json").json
    jsonschema.validate(record, SCHEMA)
    assert (record["kind"], record["status"]) == ("request", "requested")
    assert run("scan", CONCEPT, "--use", "trailer").code == 1

    assert answer(run, identity[:8], "--condition", "Credit the model").code == 0
    (record,) = run("approvals", "list", "--json").json
    assert (record["kind"], record["request_id"]) == ("approval", f"urn:uuid:{identity}")
    assert record["uses"] == ["trailer"]
    assert record["categories"] == ["key_creative"]
    assert (record["scope"]["title"], record["scope"]["territories"]) == ("Hafen", ["AT", "DE"])
    assert (record["derivatives"], record["consents"]) == (["grade"], ["C-17"])
    assert record["requester"] == {"name": "Ada", "role": "VFX", "organisation": None}
    assert "approved with conditions" in run("approvals", "show", identity).out
    where = ("--use", "trailer", "--title", "Hafen", "--territory", "DE")
    assert run("scan", CONCEPT, *where).code == 0


def test_a_denial_answers_it_and_opens_nothing(run: Terminal, ask: Ask) -> None:
    identity = ask()
    done = answer(run, identity, "--deny")
    assert done.code == 0
    assert "denial recorded: denied" in done.out
    assert "state       denied" in run("approvals", "show", identity).out
    assert run("scan", CONCEPT, "--use", "trailer", "--title", "Hafen").code == 1


def test_other_bytes_are_refused(run: Terminal, ask: Ask, tagged_show: Show) -> None:
    identity = ask()
    tagged_show.put("generated/concept.png", another_picture())
    done = run("approve", CONCEPT, "--request", identity, "--approver", "J", "--evidence", "re.eml")
    assert (done.code, done.out) == (2, "")
    assert "is not what request" in done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--use", "final-deliverable"), "final-deliverable was not asked for"),
        (("--category", "talent_replica"), "talent_replica was not asked for"),
        (("--derivative", "crop"), "crop was not asked for"),
        (("--title", "Insel"), "is for the title"),
        (("--territory", "GB"), "is for the territory"),
    ],
)
def test_an_answer_goes_no_further_than_the_request(
    words: tuple[str, str], says: str, run: Terminal, ask: Ask
) -> None:
    done = answer(run, ask(), *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--until", "2127-12-31"), "--until lies after 2126-12-31"),
        (("--from", "2126-01-31"), "--from lies before 2126-02-01"),
    ],
)
def test_an_answer_holds_no_longer_than_was_asked_for(
    words: tuple[str, str], says: str, run: Terminal, ask: Ask
) -> None:
    identity = ask("--from", "2126-02-01", "--until", "2126-12-31")
    done = answer(run, identity, *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    less = answer(run, identity, "--from", "2126-03-01", "--until", "2126-11-30")
    assert "approval recorded: not-yet-valid" in less.out


def test_an_answer_may_allow_less(run: Terminal, ask: Ask) -> None:
    identity = ask("--use", "poster")
    assert answer(run, identity, "--use", "trailer", "--territory", "DE", "--cut", "v7").code == 0
    (record,) = run("approvals", "list", "--json").json
    assert (record["uses"], record["scope"]["territories"]) == (["trailer"], ["DE"])
    assert record["scope"]["cut"] == "v7"


def test_an_answer_is_not_asked_for_in_the_past(run: Terminal, tagged_show: Show) -> None:
    late = run(
        *("request", CONCEPT, "--requester", "Ada", "--to", "a@b.example", "--output", "x.eml"),
        *("--answer-by", "2020-01-01"),
    )
    assert late.code == 2
    assert "--answer-by 2020-01-01 23:59 UTC lies in the past" in late.err
    assert not (tagged_show.home / "x.eml").exists()
    assert run("approvals", "list", "--json").json == []


@pytest.mark.parametrize("address", ["", "nobody", "a@b\nBcc: c@d", "a b@c", "x@"])
def test_what_is_no_address_is_refused(address: str, run: Terminal, tagged_show: Show) -> None:
    done = run(*("request", CONCEPT, "--requester", "Ada", "--to", address, "--output", "ask.eml"))
    assert (done.code, done.out) == (2, "")
    assert "is no mail address" in done.err
    assert not (tagged_show.home / "ask.eml").exists()


def test_another_production_answers_the_attached_file(
    run: Terminal,
    ask: Ask,
    tagged_show: Show,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = ask()
    _, attached = draft(tagged_show).iter_parts()
    studio = tmp_path_factory.mktemp("studio") / "legal"
    assert main(["init", str(studio)]) == 0
    monkeypatch.chdir(studio)
    Path("ask.dsse.json").write_bytes(attached.get_content())
    Path("re.eml").write_bytes(signed())
    stranger = answer(run, "ask.dsse.json")
    assert (stranger.code, stranger.out) == (3, "")
    assert "not in the trust list" in stranger.err

    theirs = tagged_show.home / ".provenance/trust.toml"
    assert run("keys", "import", theirs, "--all").code == 0
    shutil.copy(tagged_show.home / ".provenance/keys/approver.pem", studio / "their.pem")
    done = answer(run, "ask.dsse.json", "--key", "their.pem")
    assert done.code == 0, done.err
    exported = run("approvals", "export", "out")
    assert {Path(line).name.split("-")[0] for line in exported.out.splitlines()} == {
        "approval",
        "request",
    }
    monkeypatch.chdir(tagged_show.home)
    received = run("approvals", "import", studio / "out")
    assert received.code == 0
    assert "1 new approvals" in received.out
    assert "approved" in run("approvals", "show", identity).out
    edited = bytearray((studio / "ask.dsse.json").read_bytes())
    edited[len(edited) // 2] ^= 1
    (studio / "ask.dsse.json").write_bytes(edited)
    assert answer(run, studio / "ask.dsse.json").code != 0


class TestEvidence:
    """The mail behind an answer, and its DKIM signature."""

    @pytest.mark.parametrize(
        ("mail", "words", "outcome"),
        [
            (signed(), (), "not-checked"),
            (signed(), ("--dkim-key", "key.txt"), "pass"),
            (signed().replace(b"APPROVED", b"approved"), ("--dkim-key", "key.txt"), "fail"),
            (signed(domain=b"list.example"), ("--dkim-key", "key.txt"), "pass"),
        ],
        ids=["not checked", "right", "altered", "of a list"],
    )
    def test_its_outcome_is_kept_and_shown(
        self, mail: bytes, words: tuple[str, ...], outcome: str, run: Terminal, tagged_show: Show
    ) -> None:
        tagged_show.put("re.eml", mail)
        tagged_show.put("key.txt", f'"{RECORD}"\n'.encode())
        done = run("approve", CONCEPT, "--approver", "Jo", "--evidence", "re.eml", *words)
        assert done.code == 0
        (record,) = run("approvals", "list", "--json").json
        jsonschema.validate(record, SCHEMA)
        (evidence,) = record["evidence"]
        assert evidence["kind"] == "mail"
        assert evidence["mail"]["message_id"] == "<42@studio.example>"
        assert evidence["mail"]["dkim"] == outcome
        assert (evidence["mail"]["dkim_key"] == RECORD) is bool(words)
        listed = run("approvals", "list").words
        assert ("THE DKIM SIGNATURE OF re.eml IS WRONG" in listed) is (outcome == "fail")
        assert ("not the domain of its sender" in listed) is (b"list.example" in mail)
        assert f"DKIM {outcome}" in run("approvals", "show", record["approval_id"]).out
        assert run("scan", CONCEPT).code == 0

    def test_a_key_and_the_network_exclude_each_other(
        self, run: Terminal, tagged_show: Show
    ) -> None:
        tagged_show.put("re.eml", signed())
        tagged_show.put("key.txt", RECORD.encode())
        words = ("--dkim-online", "--dkim-key", "key.txt")
        done = run("approve", CONCEPT, "--approver", "J", "--evidence", "re.eml", *words)
        assert done.code == 2
        assert "exclude each other" in done.err
