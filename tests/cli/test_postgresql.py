"""A production whose registry is in PostgreSQL, by the command line."""

import psycopg
import pytest

from provenance.stores import CHECKPOINT_FILE
from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared


@pytest.fixture
def shared_show(show: Show, run: Terminal, postgres_url: str) -> Show:
    """Return a production that moved to an empty registry on a server."""
    (show.home / ".provenance" / CHECKPOINT_FILE).unlink()
    show.set("sqlite:///.provenance/registry.db", postgres_url.replace("@", ":secret@"))
    assert run("registry", "migrate").code == 0
    return show


def test_a_registry_on_a_server_serves_every_command(run: Terminal, shared_show: Show) -> None:
    shared_show.put("generated/new.png", declared())
    assert run("watch", "--once").code == 0
    assert run("scan", "generated").code == 1
    assert run("registry", "check").out.endswith(": sound\n")
    verified = run("log", "--verify")
    assert verified.code == 0, verified.out
    status = run("status", "--json")
    assert status.json["registry"]["temporary_assets"] == 1
    assert "provenance:***@" in status.json["registry"]["location"]
    assert "secret" not in status.out + status.err


def test_a_registry_in_use_moves_to_a_server(
    run: Terminal, tagged_show: Show, postgres_url: str
) -> None:
    before = run("log", "--json").json
    before.pop("registry")
    moved = run("registry", "move", postgres_url.replace("@", ":secret@"))
    assert moved.code == 0
    assert "secret" not in moved.out + moved.err
    assert 'registry = "postgresql://provenance:***@' in moved.out
    tagged_show.set("sqlite:///.provenance/registry.db", postgres_url)
    assert run("registry", "check").out.endswith(": sound\n")
    assert {**run("log", "--json").json, **before} == run("log", "--json").json
    assert run("log", "--verify").code == 0
    assert run("untag", "generated/concept.png").code == 0
    again = run("registry", "move", postgres_url)
    assert (again.code, again.out) == (2, "")


def test_an_edit_on_the_server_is_named(
    run: Terminal, shared_show: Show, postgres_url: str
) -> None:
    shared_show.put("generated/new.png", declared())
    assert run("watch", "--once").code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE assets SET media_type = 'text/plain'")
    verified = run("log", "--verify")
    assert verified.code == 1
    assert "record-asset" in verified.out
    assert "the row was altered" in verified.out


def test_a_server_out_of_reach_opens_no_gate(
    run: Terminal, shared_show: Show, postgres_url: str
) -> None:
    shared_show.set(postgres_url.partition("host=")[2], "%2Fnowhere")
    scanned = run("scan", "generated")
    assert (scanned.code, scanned.out) == (3, "")
    assert "postgresql://provenance:***@" in scanned.err
    assert "secret" not in scanned.err
