"""`provenance log`: every deed stands in it, and no edit of it goes unnoticed."""

import json
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

import provenance.reports
from provenance.attestation.signers import create_key
from tests.cli.conftest import Terminal
from tests.cli.running import Result, Show, another_picture, declared, plain

SCHEMA = json.loads(
    (Path(provenance.reports.__file__).parent / "schemas/log-1.json").read_text("utf-8")
)


def read(run: Terminal, *words: str | Path, code: int = 0) -> dict:
    """Return the log as JSON, which keeps to its schema."""
    done = run("log", "--json", *words)
    assert done.code == code, done.err
    jsonschema.Draft202012Validator(SCHEMA).validate(done.json)
    return done.json


def actions(run: Terminal) -> list[str]:
    return [one["action"] for one in read(run)["entries"] if one["action"] != "add-trust"]


def test_a_scan_by_a_pack_of_ones_own_does_not_write_down_its_folder(
    run: Terminal, show: Show
) -> None:
    house = resources.files("provenance.policy").joinpath("packs/house.toml").read_bytes()
    pack = show.put("jo.lee secret/p.toml", house)
    show.put("deliverables/made.png", plain())
    assert run("scan", "deliverables", "--policy", str(pack)).code == 0
    log = run("log", "--json").out
    assert "own file p.toml" in log
    assert "jo.lee" not in log


def sql(show: Show, statement: str) -> None:
    """Do to the database what somebody without our code would do."""
    with closing(sqlite3.connect(show.home / ".provenance/registry.db")) as database, database:
        assert database.execute(statement).rowcount


def approve(run: Terminal, show: Show, path: Path) -> Result:
    mail = show.put("mail.eml", b"You may.")
    done = run("approve", path, "--approver", "Jo Lee, Legal", "--evidence", mail)
    assert done.code == 0
    return done


def test_the_schema_is_a_schema_and_refuses_what_is_not_in_it(run: Terminal, show: Show) -> None:
    assert show
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    record = read(run, "--verify", code=3)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert not validator.is_valid({**record, "more": 1})
    assert not validator.is_valid({**record, "verification": {"is_sound": True}})


def test_the_log_of_a_new_production_holds_its_trust_list_only(run: Terminal, show: Show) -> None:
    assert show
    assert [one["action"] for one in read(run)["entries"]] == ["add-trust"]
    done = run("log", "--verify")
    assert (done.code, done.out) == (
        3,
        "1 entries, all as they were written\nnothing is signed\n",
    )
    assert not read(run, "--verify", code=3)["verification"]["is_sound"]
    assert run("status").code == 0


def test_a_whole_new_log_without_a_signature_is_no_sound_one(run: Terminal, show: Show) -> None:
    """The registry is made anew, and its beginning is all that is unsigned in it."""
    show.put("work/ai.png", declared())
    key = show.home / ".provenance/keys/gate.pem"
    kept = key.rename(show.home / "gate.pem")
    assert run("scan", "work").code == 1
    kept.rename(key)
    done = run("log", "--verify")
    assert done.code == 3
    assert "this may be another log" in " ".join(done.err.split())
    status = run("status")
    assert status.code == 3
    assert "nothing in the log is signed" in status.words
    assert run("scan", "work").code == 1
    assert run("log", "--verify").code == 0
    assert run("status").code == 0


def test_a_scan_is_one_entry_with_its_verdict_and_is_signed(run: Terminal, show: Show) -> None:
    show.put("work/plain.png", another_picture())
    show.put("work/ai.png", declared())
    assert run("scan", "work", "--use", "trailer").code == 1
    *_, scan, signed = read(run)["entries"]
    assert (scan["action"], signed["action"]) == ("scan", "sign-checkpoint")
    detail = scan["event"]["detail"]
    assert {name: detail[name] for name in detail if name != "results"} == {
        "verdict": "block",
        "policy": "house",
        "use": "trailer",
        "files": 2,
        "blocked": 1,
        "undecided": 0,
        "passed": 1,
        "ignored": 0,
    }
    assert detail["results"].startswith("sha256:")
    assert read(run, "--verify")["verification"] == {
        "is_sound": True,
        "entries": signed["sequence"],
        "signed_until": scan["sequence"],
        "flaws": [],
    }


def test_two_scans_of_the_same_have_one_digest_and_of_other_content_another(
    run: Terminal, show: Show
) -> None:
    path = show.put("work/ai.png", declared())
    digests = []
    for data in (declared(), declared(), declared("graphs.png")):
        path.write_bytes(data)
        run("scan", "work")
        entries = [one for one in read(run)["entries"] if one["action"] == "scan"]
        digests.append(entries[-1]["event"]["detail"]["results"])
    assert digests[0] == digests[1] != digests[2]


def test_each_deed_stands_in_the_log_in_its_order(run: Terminal, show: Show) -> None:
    poster = show.put("deliverables/poster.png", declared())
    assert run("watch", "--once").code == 1
    assert run("quarantine", "restore", ".quarantine/deliverables/poster.png").code == 0
    approved = approve(run, show, poster)
    assert run("scan", "deliverables").code == 0
    (show.home / "out").mkdir()
    assert run("deliver", poster, "out").code == 0
    approval_id = approved.out.split("id      ")[1].split()[0]
    about = {entry["action"]: entry["subject_id"] for entry in read(run)["entries"]}
    assert about["add-approval"] == approval_id
    assert run("approvals", "revoke", approval_id, "--reason", "withdrawn").code == 0
    done = [action for action in actions(run) if action != "sign-checkpoint"]
    assert done == [
        *("record-asset", "record-sighting", "quarantine", "restore", "add-approval"),
        *("scan", "scan", "delivery", "add-revocation"),
    ]
    assert run("log", "--verify").code == 0
    (delivery,) = (one for one in read(run)["entries"] if one["action"] == "delivery")
    assert delivery["event"]["detail"]["files"] == 1


def test_a_passed_arrival_leaves_no_entry_and_a_dry_run_none_at_all(
    run: Terminal, show: Show
) -> None:
    show.put("deliverables/plain.png", plain())
    assert run("watch", "--once").code == 0
    assert set(actions(run)) <= {"sign-checkpoint"}  # over the entry of init
    show.put("deliverables/poster.png", declared())
    assert run("watch", "--once", "--dry-run").code == 1
    assert set(actions(run)) <= {"sign-checkpoint"}


def test_no_path_and_no_name_stands_in_the_log(run: Terminal, show: Show) -> None:
    poster = show.put("deliverables/poster.png", declared())
    run("watch", "--once")
    run("quarantine", "restore", ".quarantine/deliverables/poster.png")
    approve(run, show, poster)
    text = json.dumps(read(run)["entries"])
    assert "poster" not in text
    assert "Jo Lee" not in text


def test_the_table_shows_the_newest_last_in_eighty_columns(
    run: Terminal, tagged_show: Show
) -> None:
    assert tagged_show
    for _ in range(3):
        run("scan", "generated")
    lines = run("log", "--limit", "2").out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if line[:3].strip().isdigit()]
    assert len(rows) == 2
    assert int(rows[0][0]) + 1 == int(rows[1][0])
    assert "scan: block, 1 file, final-deliverable" in lines[-3] + lines[-2]
    assert len(read(run, "--limit", "1")["entries"]) == 1


def test_an_edited_verdict_is_named_and_no_entry_is_shown_as_true(
    run: Terminal, tagged_show: Show
) -> None:
    assert run("scan", "generated").code == 1
    sequence = next(one["sequence"] for one in read(run)["entries"] if one["action"] == "scan")
    sql(tagged_show, "UPDATE events SET detail = replace(detail, 'block', 'pass')")
    done = run("log", "--verify")
    assert done.code == 1
    assert f"ALTERED  entry {sequence}: scan urn:uuid:" in done.out
    record = read(run, "--verify", code=1)
    assert record["entries"] == []
    assert [flaw["sequence"] for flaw in record["verification"]["flaws"]] == [sequence]
    assert run("registry", "check").code == 3
    assert f"entry {sequence}: scan" in run("status").out


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_checkpoints",
        "DELETE FROM events",
        "UPDATE head SET chain_hash = 'x'",
        "DELETE FROM head",
        "DELETE FROM journal WHERE sequence = (SELECT max(sequence) FROM journal)",
        "UPDATE sightings SET path = X'2F61'",
    ],
)
def test_an_edit_or_a_removal_ends_in_one(run: Terminal, tagged_show: Show, statement: str) -> None:
    run("scan", "generated")
    assert run("log", "--verify").code == 0
    sql(tagged_show, statement)
    assert run("log", "--verify").code == 1


def test_what_cannot_be_logged_passes_no_gate(run: Terminal, show: Show) -> None:
    plain_file = show.put("work/plain.png", plain())
    (show.home / "out").mkdir()
    assert run("scan", "work").code == 0
    with closing(sqlite3.connect(show.home / ".provenance/registry.db")) as database, database:
        database.execute("DROP TABLE events")
    scanned = run("scan", "work")
    assert (scanned.code, scanned.out) == (3, "")
    assert run("deliver", plain_file, "out").code == 3
    assert list((show.home / "out").iterdir()) == []


def test_a_delivery_that_was_refused_leaves_its_verdict(run: Terminal, show: Show) -> None:
    (show.home / "out").mkdir()
    assert run("deliver", show.put("work/ai.png", declared()), "out").code == 1
    done = [one for one in read(run)["entries"] if one["action"] in ("scan", "delivery")]
    assert [one["event"]["detail"]["verdict"] for one in done] == ["block"]


def test_a_watch_signs_what_it_did(run: Terminal, show: Show) -> None:
    show.put("generated/concept.png", plain())
    assert run("watch", "--once").code == 0
    record = read(run, "--verify")
    assert record["entries"][-1]["action"] == "sign-checkpoint"
    assert record["verification"]["signed_until"] == len(record["entries"]) - 1
    assert run("watch", "--once").code == 0
    assert read(run)["entries"] == record["entries"]


def test_a_registry_that_cannot_be_asked_is_undecided(run: Terminal, show: Show) -> None:
    for path in (show.home / ".provenance").glob("registry.db*"):
        path.unlink()
    assert run("log", "--verify").code == 3
    assert run("log").code == 3


def test_a_checkpoint_that_was_handed_out_finds_a_log_that_was_made_anew(
    run: Terminal, show: Show, tmp_path: Path
) -> None:
    show.put("work/ai.png", declared())
    run("scan", "work")
    handed = tmp_path / "handed.json"
    assert "vouches for entries 1 to 4" in run("log", "--checkpoint", handed).out
    assert run("log", "--verify", "--against", handed).code == 0
    run("scan", "work")
    assert run("log", "--against", handed).code == 0

    for path in (show.home / ".provenance").glob("registry*"):
        path.unlink()
    assert run("registry", "migrate").code == 0
    for _ in range(3):
        run("scan", "work")
    assert run("log", "--verify").code == 0
    done = run("log", "--verify", "--against", handed)
    assert done.code == 1
    assert "entry 4: the log was rewritten: this is not the entry that was signed" in done.out


def test_a_log_that_ends_before_the_checkpoint_is_found(
    run: Terminal, show: Show, tmp_path: Path
) -> None:
    handed = tmp_path / "handed.json"
    show.put("work/ai.png", declared())
    run("scan", "work")
    run("log", "--checkpoint", handed)
    for path in (show.home / ".provenance").glob("registry*"):
        path.unlink()
    run("registry", "migrate")
    done = run("log", "--verify", "--against", handed)
    assert done.code == 1
    assert "entry 4: it was signed on" in done.out
    assert "and is gone" in done.out


@pytest.mark.parametrize("data", [b"", b"{}", b"x" * (1 << 21)], ids=["empty", "none", "huge"])
def test_what_is_no_checkpoint_decides_nothing(run: Terminal, show: Show, data: bytes) -> None:
    file = show.put("handed.json", data)
    assert run("log", "--verify", "--against", file).code == 3
    assert run("log", "--verify", "--against", show.home / "missing.json").code == 3


def test_a_checkpoint_of_another_production_decides_nothing(
    run: Terminal, show: Show, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert run("init", other, "--name", "Other").code == 0
    config = other / "provenance.toml"
    assert run("--config", config, "scan", show.home / "work").code == 3
    assert run("--config", config, "log", "--checkpoint", tmp_path / "other.json").code == 0
    done = run("log", "--verify", "--against", tmp_path / "other.json")
    assert done.code == 3
    assert "not in the trust list" in done.err


@pytest.mark.parametrize("is_there", [True, False], ids=["needs a passphrase", "is missing"])
def test_without_a_key_nothing_is_signed_and_status_says_so(
    run: Terminal, show: Show, tmp_path: Path, *, is_there: bool
) -> None:
    key = show.home / ".provenance/keys/gate.pem"
    key.unlink()
    if is_there:
        create_key(key, "Jo Lee", passphrase=b"open")
    show.put("work/plain.png", plain())
    assert run("scan", "work").code == 0
    assert actions(run) == ["scan"]
    status = run("status", "--json")
    assert status.code == 0
    assert sum("the log is not signed" in text for text in status.json["notes"]) == 1
    assert "NOTE " in run("status").out
    handed_out = run("log", "--checkpoint", tmp_path / "handed.json")
    assert handed_out.code == 2
    assert not (tmp_path / "handed.json").exists()


def test_accepting_a_registry_stands_in_the_log(run: Terminal, tagged_show: Show) -> None:
    (tagged_show.home / ".provenance/registry.checkpoint.json").unlink()
    assert run("scan", "generated").code == 3
    assert run("registry", "check", "--accept").code == 0
    entry = next(one for one in read(run)["entries"] if one["action"] == "registry-accepted")
    assert entry["event"]["detail"]["accepted"] == entry["sequence"] - 1


def test_a_checkpoint_is_handed_out_or_verified_not_both(run: Terminal, show: Show) -> None:
    assert run("log", "--verify", "--checkpoint", show.home / "x.json").code == 2
    assert run("log", "--limit", "0").code == 2
