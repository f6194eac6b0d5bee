"""What `approve` and `approvals` tell people: terms, repeats, consents, countersignatures."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from provenance.attestation.signers import create_key
from provenance.cli.main import main
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture

CONCEPT = "generated/concept.png"
SCHEMA = json.loads(files("provenance.reports").joinpath("schemas/approvals-1.json").read_bytes())
ALL = (
    *("--organisation", "Studio", "--role", "Legal", "--authority", "Delegation of 2026-01-02"),
    *(
        "--requester",
        "Ada",
        "--recorder",
        "jo",
        "--category",
        "key_creative",
        "--episode",
        "S01E02",
    ),
    *("--cut", "v7", "--territory", "DE", "--language", "de", "--media", "svod"),
    *("--from", "2026-01-01", "--until", "2126-03-31", "--condition", "background-only"),
    *("--condition", "max-seconds=3", "--condition", "Credit the model", "--derivative", "grade"),
    *("--consent", "C-17", "--title", "Hafen"),
)
Approve = Callable[..., str]


@pytest.fixture
def approve(run: Terminal, tagged_show: Show) -> Approve:
    tagged_show.put("mail.eml", b"fine")

    def approved(*words: str, path: str = CONCEPT) -> str:
        done = run("approve", path, "--approver", "Jo", "--evidence", "mail.eml", *words)
        assert done.code == 0, done.err
        return done.out.split("urn:uuid:")[1].split()[0]

    return approved


def test_every_term_is_kept_shown_and_in_the_schema(run: Terminal, approve: Approve) -> None:
    identity = approve(*ALL)
    record = run("approvals", "show", identity, "--json").json
    jsonschema.validate(record, SCHEMA)
    assert record["approver_party"] == {"name": "Jo", "organisation": "Studio", "role": "Legal"}
    assert (record["requester"]["name"], record["recorder"]) == ("Ada", "jo")
    assert record["authority"] == "Delegation of 2026-01-02"
    assert record["categories"] == ["key_creative"]
    assert record["scope"] == {
        "title": "Hafen",
        "episode": "S01E02",
        "cut": "v7",
        "territories": ["DE"],
        "languages": ["de"],
        "media": ["svod"],
    }
    kinds = [(one["kind"], one["seconds"]) for one in record["checked_conditions"]]
    assert kinds == [("background-only", None), ("max-seconds", 3.0), ("text", None)]
    assert (record["derivatives"], record["consents"]) == (["grade"], ["C-17"])
    assert record["valid_from"] == "2026-01-01T00:00:00+00:00"
    assert record["valid_until"] == "2126-03-31T23:59:59+00:00"
    shown = run("approvals", "show", identity)
    for text in (
        *("Jo (Legal, Studio)", "Delegation of 2026-01-02", "Ada", "key_creative", "Hafen"),
        *("S01E02", "v7", "DE", "svod", "no longer than 3 s", "in the background only", "grade"),
        *("Credit the model", "C-17", "2126-03-31 23:59 UTC", "2026-01-01 00:00 UTC"),
    ):
        assert text in shown.out
    assert "Jo is approver and recorder" in shown.words
    assert "Jo is approver and recorder" in run("approvals", "list").words
    for done in (shown, run("approvals", "list"), run("approvals", "verify")):
        assert all(len(line.rstrip()) <= 80 for line in done.out.splitlines())


def test_no_end_date_is_called_so_everywhere(run: Terminal, approve: Approve) -> None:
    identity = approve()
    for words in (("approvals", "list"), ("approvals", "show", identity)):
        assert "no end date" in run(*words).words
    assert "until: no end date" in run("scan", CONCEPT).words


def test_the_same_approval_twice_is_recorded_once(run: Terminal, approve: Approve) -> None:
    identity = approve()
    words = ("approve", CONCEPT, "--approver", "Jo", "--evidence", "mail.eml")
    done = run(*words)
    assert done.code == 0
    assert "recorded already; nothing was recorded" in done.out
    assert identity in done.out
    assert len(run("approvals", "list", "--json").json) == 1
    assert run(*words, "--title", "Hafen").code == 0
    assert run("approvals", "revoke", identity, "--reason", "x").code == 0
    assert "approval recorded" in run(*words).out


def test_an_approval_of_a_clean_file_says_that_it_was_not_needed(
    run: Terminal, approve: Approve, tagged_show: Show
) -> None:
    tagged_show.put("work/other.png", another_picture())
    done = run("approve", "work/other.png", "--approver", "Jo", "--evidence", "mail.eml")
    assert done.code == 0
    assert "work/other.png: needed no approval" in done.err
    approve()
    done = run("approve", CONCEPT, "--approver", "Jo", "--evidence", "mail.eml", "--title", "x")
    assert done.err == ""


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("approve", CONCEPT, "--approver", "J", "--evidence", "m", "--use", ""), "--use"),
        (("approve", CONCEPT, "--approver", "J", "--evidence", "m", "--consent", " "), "--consent"),
        (
            ("approve", CONCEPT, "--approver", "J", "--evidence", "m", "--category", "x"),
            "--category",
        ),
        (("approve", CONCEPT, "--approver", "J", "--evidence", "m", "--from", "soon"), "--from"),
        (("approvals", "revoke", "1", "--reason", ""), "--reason"),
        (("approvals", "suspend", "--reason", "x"), "--consent"),
        (("approvals", "suspend", "1", "--consent", "C", "--reason", "x"), "--consent"),
    ],
)
def test_what_is_missing_names_its_option(
    words: tuple[str, ...], option: str, run: Terminal, tagged_show: Show
) -> None:
    assert tagged_show
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert option in done.err
    assert "predicate" not in done.err


def test_taking_back_twice_records_nothing(run: Terminal, approve: Approve) -> None:
    identity = approve()
    for command in ("suspend", "revoke"):
        words = ("approvals", command, identity, "--reason", "x")
        assert run(*words).code == 0
        again = run(*words)
        kind = {"suspend": "suspended", "revoke": "revoked"}[command]
        assert (again.code, again.out) == (0, f"already {kind}; nothing was recorded\n")


def test_a_suspension_is_lifted_and_an_id_stands_once(run: Terminal, approve: Approve) -> None:
    identity = approve()
    assert run("approvals", "suspend", identity, "--reason", "strike").code == 0
    assert run("scan", CONCEPT).code == 1
    done = run("approvals", "reinstate", identity, "--reason", "it is over")
    assert (done.code, done.out.count(identity[:8])) == (0, 1)
    assert run("scan", CONCEPT).code == 0
    assert run("approvals", "suspend", identity, "--reason", "strike").code == 0
    assert run("approvals", "reinstate", identity, "--reason", "over again").code == 0
    assert run("scan", CONCEPT).code == 0
    nothing = run("approvals", "reinstate", identity, "--reason", "again")
    assert nothing.code == 2
    assert "nothing is suspended" in nothing.err


def test_a_consent_takes_every_approval_on_it_along(run: Terminal, approve: Approve) -> None:
    identity, other = approve("--consent", "C-17"), approve("--title", "Hafen")
    done = run("approvals", "suspend", "--consent", "C-17", "--reason", "strike")
    assert done.code == 0
    assert identity[:8] in done.out
    assert other[:8] not in done.out
    assert run("scan", CONCEPT).code == 1
    assert run("approvals", "reinstate", "--consent", "C-17", "--reason", "over").code == 0
    assert run("scan", CONCEPT).code == 0
    assert run("approvals", "revoke", "--consent", "C-17", "--reason", "no").code == 0
    assert run("scan", CONCEPT).code == 1


def test_another_signature_is_added(run: Terminal, approve: Approve, tagged_show: Show) -> None:
    identity = approve()
    key = tagged_show.home / "stranger.pem"
    create_key(key, "Stranger")
    done = run("approvals", "sign", identity, "--key", key)
    assert done.code == 0
    assert "local approver signed it" in done.words
    assert run("approvals", "sign", identity).code == 2


def test_an_approval_takes_the_place_of_another(run: Terminal, approve: Approve) -> None:
    first = approve()
    approve("--supersedes", first[:8], "--use", "trailer")
    assert "was superseded by approval" in run("approvals", "show", first).words
    assert run("scan", CONCEPT).code == 1


def test_an_import_says_how_to_trust_and_an_empty_folder_is_refused(
    run: Terminal,
    approve: Approve,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = approve("--consent", "C-17")
    run("approvals", "suspend", "--consent", "C-17", "--reason", "strike")
    sent = tmp_path_factory.mktemp("sent")
    exported = run("approvals", "export", sent)
    assert exported.code == 0
    other = tmp_path_factory.mktemp("other") / "vendor"
    assert main(["init", str(other)]) == 0
    monkeypatch.chdir(other)
    done = run("approvals", "import", sent)
    assert done.code == 1
    (key,) = sent.glob("signer-*.pem")
    assert f"provenance keys add {key} --holder NAME" in done.words
    assert "0 new approvals" in done.out
    assert "not taken over: 2 records" in done.out
    assert re.search(rf"unknown-key +Approval {identity[:8]}", done.out)

    Path("empty").mkdir()
    for folder in ("empty", other):
        refused = run("approvals", "import", folder)
        assert (refused.code, refused.out) == (2, "")
        assert "holds no approvals" in refused.err
