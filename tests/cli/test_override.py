"""`provenance override` and `overrides`: an emergency, from the terminal."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture

WHY = ("--by", "Jo Lee, Post", "--reason", "Air date tonight")


@pytest.mark.usefixtures("tagged_show")
def test_an_override_from_making_to_revoking(run: Terminal) -> None:
    assert run("scan", "generated").code == 1
    done = run("override", "generated/concept.png", *WHY)
    assert done.code == 0
    assert "in-force" in done.out
    done = run("scan", "generated")
    assert done.code == 0
    assert "EMERGENCY OVERRIDE" in done.out
    assert "Air date tonight" in done.words
    assert done.out.splitlines()[-1].startswith("PASSED BY OVERRIDE: ")
    assert run("scan", "generated", "--format", "json").json["counts"]["overridden"] == 1
    status = run("status")
    assert "OVERRIDES    1 in force" in status.out
    assert run("status", "--json").json["registry"]["overrides_in_force"] == 1
    (listed,) = run("overrides", "list", "--json").json
    assert (listed["status"], listed["by"]) == ("in-force", "Jo Lee, Post")
    number = listed["override_id"].removeprefix("urn:uuid:")[:8]
    assert "concept.png" in run("overrides", "list").out
    assert run("overrides", "revoke", number, "--reason", "Approval came").code == 0
    assert run("scan", "generated").code == 1
    assert "OVERRIDES" not in run("status").out


@pytest.mark.usefixtures("tagged_show")
def test_a_delivery_by_override_is_loud(run: Terminal) -> None:
    assert run("overrides", "list").out == "no overrides are recorded\n"
    run("override", "generated/concept.png", *WHY)
    done = run("deliver", "generated/concept.png", "deliverables")
    assert done.code == 0
    assert "PASSED BY OVERRIDE" in done.err


@pytest.mark.usefixtures("tagged_show")
def test_a_receipt_by_override_is_loud(run: Terminal) -> None:
    run("override", "generated/concept.png", *WHY)
    assert run("scan", "generated", "--receipt", "receipt.json").code == 0
    done = run("receipt", "verify", "receipt.json", "generated")
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith("PASSED BY OVERRIDE: ")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--until", "2020-01-01"), "within the next 72 hours"),
        (("--until", "soon"), "is no date"),
        (("--use", "Not A Use"), "is not a term"),
        (("--key", "nowhere.pem"), "there is no key"),
    ],
)
def test_a_wrong_override_is_refused(
    show: Show, run: Terminal, words: tuple[str, ...], complaint: str
) -> None:
    show.put("work/a.png", another_picture())
    done = run("override", "work/a.png", *WHY, *words)
    assert (done.code, complaint in done.err) == (2, True)
    assert run("override", "generated", *WHY).code == 2


@pytest.mark.usefixtures("tagged_show")
def test_72_hours_are_the_most(run: Terminal) -> None:
    soon = datetime.now(UTC) + timedelta(hours=71)
    late = datetime.now(UTC) + timedelta(hours=73)
    name = "generated/concept.png"
    assert run("override", name, *WHY, "--until", soon.isoformat()).code == 0
    assert run("override", name, *WHY, "--until", late.isoformat()).code == 2


def test_a_key_for_something_else_makes_an_override_that_does_not_count(
    tagged_show: Show, run: Terminal
) -> None:
    gate = tagged_show.home / ".provenance/keys/gate.pem"
    done = run("override", "generated/concept.png", *WHY, "--key", gate)
    assert done.code == 1
    assert "may not sign as override" in done.words
    done = run("scan", "generated")
    assert done.code == 1
    assert "[override-does-not-hold]" in done.words
