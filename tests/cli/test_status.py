"""`provenance status` and `provenance registry`: what is there, what is wrong."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared


def problems(run: Terminal) -> str:
    """Return what is wrong, after making sure that people and machines are told the same."""
    done = run("status", "--json")
    record = done.json
    assert (record["schema"], record["version"]) == ("provenance-status", 1)
    assert done.code == (3 if record["problems"] else 0)
    text = run("status")
    assert text.code == done.code
    assert text.out.count("PROBLEM ") == len(record["problems"])
    return "\n".join(record["problems"])


def test_a_sound_production_has_no_problem(run: Terminal, tagged_show: Show) -> None:
    assert problems(run) == ""
    record = run("status", "--json").json
    assert record["name"] == "My Show"
    assert [(zone["role"], zone["is_there"]) for zone in record["zones"]] == [
        ("generated", True),
        ("work", True),
        ("deliverable", True),
    ]
    assert record["registry"]["temporary_assets"] == 1
    assert record["registry"]["location"].startswith("sqlite:///")
    assert (record["registry"]["open_writes"], record["quarantined"]) == (0, 0)
    assert Path(record["config"]) == tagged_show.home / "provenance.toml"


def test_a_missing_zone_is_a_problem(run: Terminal, show: Show) -> None:
    shutil.rmtree(show.home / "work")
    assert "work: the zone is missing" in problems(run)
    assert "MISSING" in run("status").out


def test_a_zone_nobody_may_write_is_a_problem(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert show
    monkeypatch.setattr("os.access", lambda path, _: path.name != "work")  # root may everything
    assert "work: no permission" in problems(run)


def test_missing_keys_and_a_missing_trust_list_are_problems(run: Terminal, show: Show) -> None:
    shutil.rmtree(show.home / ".provenance/keys")
    (show.home / ".provenance/trust.toml").unlink()
    found = problems(run)
    assert "the signing chain cannot be read" in found
    assert "there is no trust list" in found


def test_an_unknown_policy_is_a_problem(run: Terminal, show: Show) -> None:
    show.set('policy = "house"', 'policy = "nobody"')
    assert "no policy pack 'nobody'" in problems(run)


def test_a_missing_registry_is_a_problem_told_once(run: Terminal, show: Show) -> None:
    for path in (show.home / ".provenance").glob("registry.db*"):
        path.unlink()
    assert "registry" in problems(run)
    record = run("status", "--json").json
    assert record["registry"]["temporary_assets"] is None
    assert len(record["problems"]) == len(set(record["problems"]))
    assert run("scan", "generated").code == 3


def test_a_registry_of_an_unknown_kind_is_a_problem(run: Terminal, show: Show) -> None:
    show.set("sqlite:///.provenance/registry.db", "oracle://scott:tiger@host/registry")
    found = problems(run)
    assert "oracle" in found
    assert "tiger" not in found + run("status").out


def test_what_lies_in_quarantine_is_counted(run: Terminal, show: Show) -> None:
    show.put("deliverables/ai.png", declared())
    assert run("watch", "--once").code == 1
    assert run("status", "--json").json["quarantined"] == 1


def test_a_rolled_back_registry_opens_no_gate_until_a_person_accepts_it(
    run: Terminal, show: Show
) -> None:
    data = show.home / ".provenance"
    shutil.copytree(data, show.home / "backup")
    show.put("work/plain.png", another_picture())
    run("tag", "work")
    run("untag", "work/plain.png")
    assert run("scan", "work").code == 1
    for path in data.glob("registry.db*"):
        path.unlink()
    shutil.copy(show.home / "backup/registry.db", data)

    assert "rolled back" in problems(run)
    scanned = run("scan", "work")
    assert (scanned.code, scanned.out) == (3, "")
    assert "rolled back" in scanned.err
    checked = run("registry", "check")
    assert checked.code == 3
    assert "rolled back" in checked.out

    accepted = run("registry", "check", "--accept")
    assert accepted.code == 0
    assert accepted.out.endswith("registry.db: sound\n")
    assert problems(run) == ""
    assert run("scan", "work").code == 0


def test_migrating_what_is_new_already_changes_nothing(run: Terminal, tagged_show: Show) -> None:
    assert tagged_show
    done = run("registry", "migrate")
    assert done.code == 0
    assert done.out.endswith("registry.db: up to date\n")
    assert run("registry", "check").code == 0
    assert run("scan", "generated").code == 1


def test_a_lost_registry_is_to_be_restored_and_not_made_anew(
    run: Terminal, tagged_show: Show
) -> None:
    database = tagged_show.home / ".provenance/registry.db"
    kept = database.rename(tagged_show.home / "kept.db")
    for words in (("scan", "generated"), ("status",), ("registry", "check")):
        done = run(*words)
        assert done.code == 3
        assert "restore registry.db from a backup" in done.words + done.err
        assert "registry migrate" not in done.out + done.err
    done = run("registry", "migrate")
    assert (done.code, done.out) == (3, "")
    assert "restore registry.db from a backup" in done.err
    assert not database.exists()
    kept.rename(database)
    assert run("registry", "check").code == 0


def test_a_lost_registry_may_be_made_anew_by_who_gives_it_up(run: Terminal, show: Show) -> None:
    for path in (show.home / ".provenance").glob("registry*"):
        path.unlink()
    assert run("registry", "migrate").code == 0
    assert run("scan", "work").code == 3
    assert run("status").code == 0


def test_lost_evidence_is_a_problem(run: Terminal, tagged_show: Show) -> None:
    mail = tagged_show.put("mail.eml", b"You may.")
    words = ("approve", "generated/concept.png", "--approver", "Jo", "--evidence", mail)
    assert run(*words).code == 0
    assert run("status").code == 0
    shutil.rmtree(tagged_show.home / ".provenance/evidence")
    assert "evidence that is no longer stored: mail.eml" in problems(run)


def test_an_approval_that_was_revoked_is_no_problem_of_the_production(
    run: Terminal, tagged_show: Show
) -> None:
    mail = tagged_show.put("mail.eml", b"You may.")
    run("approve", "generated/concept.png", "--approver", "Jo", "--evidence", mail)
    (entry,) = run("approvals", "list", "--json").json
    assert run("approvals", "revoke", entry["approval_id"], "--reason", "changed").code == 0
    assert problems(run) == ""


def test_who_only_looks_needs_no_private_key(run: Terminal, tagged_show: Show) -> None:
    for name in ("c2pa-key.pem", "approver.pem"):
        (tagged_show.home / ".provenance/keys" / name).unlink()
    assert run("scan", "generated").code == 1
    assert run("inspect", "generated").code == 0
    assert run("approvals", "list").code == 0
    assert run("tag", "generated").code == 2
    assert "the signing chain cannot be read" in problems(run)
