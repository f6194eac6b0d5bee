"""`provenance approve` and `provenance approvals`."""

import json
import shutil
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


@pytest.fixture
def approve(run: Terminal, tagged_show: Show) -> Callable[..., str]:
    """Return a function that records an approval of the concept and returns its id."""
    mail = tagged_show.put("mail.eml", b"fine")

    def approved(*words: str) -> str:
        done = run("approve", CONCEPT, "--approver", "Jo", "--evidence", mail, *words)
        assert done.code == 0, done.err
        return done.out.split("urn:uuid:")[1].split()[0]

    return approved


def test_an_empty_list_says_so(run: Terminal, show: Show) -> None:
    assert show
    assert run("approvals", "list").out == "no approvals are recorded\n"
    assert run("approvals", "list", "--json").json == []
    verified = run("approvals", "verify")
    assert (verified.code, verified.out) == (0, "no approvals are recorded\n")


def test_the_list_tells_state_and_terms(run: Terminal, approve: Callable[..., str]) -> None:
    first = approve("--until", "2126-03-31", "--use", "trailer", "--use", "poster")
    second = approve("--title", "Ep 1", "--condition", "background only")
    done = run("approvals", "list")
    assert done.code == 0
    assert all(len(line.rstrip()) <= 80 for line in done.out.splitlines())
    rows = [line.split() for line in done.out.splitlines()]
    (row,) = (row for row in rows if row[:1] == [first[:8]])
    for word in ("valid", "concept.png", "poster,", "Jo", "2126-03-31"):
        assert word in row
    (row,) = (row for row in rows if row[:1] == [second[:8]])
    assert {"valid", "with", "no", "end", "date"} <= set(done.words.split(second[:8])[1].split())
    records = run("approvals", "list", "--json").json
    assert [record["approval_id"] for record in records] == [
        f"urn:uuid:{first}",
        f"urn:uuid:{second}",
    ]
    record = records[1]
    for record in records:
        jsonschema.validate(record, SCHEMA)
    record = records[1]
    assert (record["state"], record["kind"]) == ("valid with conditions", "approval")
    assert (record["status"], record["uses"]) == ("valid", ["final-deliverable"])
    assert (record["title"], record["conditions"]) == ("Ep 1", ["background only"])
    (subject,) = record["subjects"]
    assert subject["path"] == "concept.png"
    assert subject["essence_digest"].startswith("sha256:")
    assert [evidence["name"] for evidence in record["evidence"]] == ["mail.eml"]


def test_one_approval_is_shown_whole_by_a_short_id(
    run: Terminal, approve: Callable[..., str]
) -> None:
    identity = approve("--condition", "background only")
    done = run("approvals", "show", identity[:6])
    assert done.code == 0
    for text in (
        f"urn:uuid:{identity}",
        "valid with conditions: ",
        "Jo",
        "background only",
        "mail.eml",
        "concept",
    ):
        assert text in done.out
    assert run("approvals", "show", "--json", f"urn:uuid:{identity}").json["approver"] == "Jo"


def test_an_id_of_nothing_or_of_several_is_a_usage_error(
    run: Terminal, approve: Callable[..., str]
) -> None:
    firsts: list[str] = []
    while len(firsts) == len(set(firsts)):  # there are sixteen digits, so not for long
        firsts.append(approve("--title", f"Ep {len(firsts)}")[0])
    for words in (("show",), ("verify",), ("revoke", "--reason", "x"), ("export", "sent")):
        assert "several approvals begin" in refused(run, *words, firsts[-1])
        assert "no approval begins" in refused(run, *words, "nothing")


def refused(run: Terminal, *words: str) -> str:
    done = run("approvals", *words)
    assert (done.code, done.out) == (2, "")
    return done.err


def test_a_suspended_approval_does_not_verify(run: Terminal, approve: Callable[..., str]) -> None:
    identity = approve()
    assert run("approvals", "verify", identity).code == 0
    done = run("approvals", "suspend", identity[:8], "--reason", "strike")
    assert done.code == 0
    assert done.out.startswith("suspended ")
    verified = run("approvals", "verify")
    assert verified.code == 1
    assert "strike" in run("approvals", "show", identity).out
    assert run("scan", CONCEPT).code == 1
    again = approve()
    assert run("approvals", "verify", again).code == 0
    assert run("scan", CONCEPT).code == 0


def test_taking_back_needs_a_reason(run: Terminal, approve: Callable[..., str]) -> None:
    assert "--reason" in refused(run, "revoke", approve())


def test_evidence_that_was_removed_breaks_the_approval(
    run: Terminal, approve: Callable[..., str], tagged_show: Show
) -> None:
    approve()
    shutil.rmtree(tagged_show.home / ".provenance/evidence")
    done = run("approvals", "verify")
    assert done.code == 1
    assert done.out.startswith("evidence-missing ")
    assert run("scan", CONCEPT).code == 1


def test_a_stranger_s_key_signs_but_does_not_count(
    run: Terminal, approve: Callable[..., str], tagged_show: Show
) -> None:
    identity = approve()
    key = tagged_show.home / "stranger.pem"
    create_key(key, "Stranger")
    mail = tagged_show.home / "mail.eml"
    done = run("approve", CONCEPT, "--approver", "S", "--evidence", mail, "--key", key)
    assert done.code == 1
    assert "It does not count yet" in done.out
    statuses = {record["status"] for record in run("approvals", "list", "--json").json}
    assert statuses == {"valid", "unknown-key"}
    assert run("scan", CONCEPT).code == 0
    mischief = run("approvals", "revoke", identity, "--reason", "mischief", "--key", key)
    assert mischief.code == 3
    assert "not in the trust list" in mischief.err
    assert run("approvals", "show", identity, "--json").json["status"] == "valid"


def test_a_key_that_is_missing_is_named(run: Terminal, approve: Callable[..., str]) -> None:
    assert "there is no key at nowhere.pem" in refused(
        *(run, "revoke", approve(), "--reason", "x", "--key", "nowhere.pem")
    )


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--approver", " "), 2, "'--approver': must say something"),
        (("--until", "soon"), 2, "is no date like"),
        (("--until", "2126-03-31T10:00"), 2, "has no time zone"),
        (("--until", "2001-01-01"), 2, "lies in the past"),
        (("--use", "Every Use"), 2, "is not a term like"),
        (("--evidence", "nowhere.pdf"), 3, "nowhere.pdf"),
        (("--evidence", "empty.txt"), 2, "an empty document is no evidence"),
    ],
)
def test_an_approval_that_could_not_hold_is_refused(
    run: Terminal, tagged_show: Show, words: tuple[str, ...], code: int, says: str
) -> None:
    tagged_show.put("mail.eml", b"fine")
    tagged_show.put("empty.txt", b"")
    given = {"--approver": "Jo", "--evidence": "mail.eml"}
    given.update(dict([words]))
    done = run("approve", CONCEPT, *(word for pair in given.items() for word in pair))
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert run("approvals", "list", "--json").json == []


def test_a_date_with_a_time_zone_is_kept_as_utc(run: Terminal, approve: Callable[..., str]) -> None:
    identity = approve("--until", "2126-03-31T10:00+02:00")
    record = run("approvals", "show", identity, "--json").json
    assert record["valid_until"] == "2126-03-31T08:00:00+00:00"


def test_a_folder_without_files_cannot_be_approved(run: Terminal, tagged_show: Show) -> None:
    tagged_show.put("mail.eml", b"fine")
    done = run("approve", "work", "--approver", "Jo", "--evidence", "mail.eml")
    assert (done.code, done.out) == (2, "")
    assert "no file below" in done.err


def test_a_folder_is_approved_file_by_file(run: Terminal, tagged_show: Show) -> None:
    tagged_show.put("mail.eml", b"fine")
    tagged_show.put("generated/other.png", another_picture())
    assert run("tag", "generated").code == 0
    done = run("approve", "generated", "--approver", "Jo", "--evidence", "mail.eml")
    assert done.code == 0
    assert "files       2: concept.png, other.png" in done.out
    assert run("scan", "generated").code == 0


def test_approvals_travel_as_files_and_count_as_far_as_they_are_trusted(
    run: Terminal,
    approve: Callable[..., str],
    tagged_show: Show,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity, taken_back = approve(), approve("--title", "Ep 1")
    run("approvals", "revoke", taken_back, "--reason", "x")
    sent = tmp_path_factory.mktemp("sent") / "deep"
    done = run("approvals", "export", sent)
    assert done.code == 0
    assert len(done.out.splitlines()) == 3
    assert all(Path(line).is_file() for line in done.out.splitlines())
    assert run("approvals", "export", sent, identity).code == 0  # the same bytes again

    other = tmp_path_factory.mktemp("other") / "vendor"
    assert main(["init", str(other)]) == 0
    monkeypatch.chdir(other)
    received = run("approvals", "import", sent)
    assert received.code == 1
    assert received.out.count("unknown-key ") == 2
    assert "0 new approvals" in received.out
    assert "not taken over: 3 records" in received.out
    assert run("approvals", "list", "--json").json == []

    theirs = tagged_show.home / ".provenance/trust.toml"
    assert run("keys", "import", theirs, "--all").code == 0
    again = run("approvals", "import", sent)
    assert again.code == 1  # one of them was revoked
    assert "2 new approvals, 1 other new records" in again.out
    states = {
        record["approval_id"][9:]: record["status"]
        for record in run("approvals", "list", "--json").json
    }
    assert states == {identity: "valid", taken_back: "revoked"}


def test_a_place_that_cannot_be_written_is_named(
    run: Terminal, approve: Callable[..., str]
) -> None:
    approve()
    done = run("approvals", "export", "/proc/nowhere")
    assert (done.code, done.out) == (3, "")
    assert "/proc/nowhere" in done.err
    assert "defect" not in done.err


def test_a_file_that_is_no_approval_is_refused(run: Terminal, show: Show) -> None:
    show.put("received/approval-1.dsse.json", b"{}")
    done = run("approvals", "import", "received")
    assert (done.code, done.out) == (3, "")
    assert run("approvals", "import", "nowhere").code == 2


def test_a_private_key_is_no_evidence(run: Terminal, tagged_show: Show) -> None:
    assert tagged_show
    key = ".provenance/keys/root.pem"
    done = run("approve", CONCEPT, "--approver", "Jo", "--evidence", key)
    assert (done.code, done.out) == (2, "")
    assert "holds a private key" in done.err
    kept = (tagged_show.home / ".provenance/evidence").rglob("*/*")
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in kept)
