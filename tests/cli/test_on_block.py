"""A deliverable zone that reports what is blocked: nothing is moved, nothing passes."""

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared


def test_a_zone_that_only_reports_moves_nothing_and_does_not_pass(
    run: Terminal, show: Show
) -> None:
    show.set('role = "deliverable"', 'role = "deliverable"\non_block = "report"')
    show.put("deliverables/ai.png", declared())
    show.put("deliverables/clean.png", another_picture())
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 1
    assert "blocked deliverables/ai.png (left where it is: " in done.words
    assert "a1111-parameters" in done.words
    assert show.listing("deliverables") == before
    assert not (show.home / ".quarantine").exists()
    assert "blocked" in run("log").out
    assert run("watch", "--once").code == 1  # as long as it lies there


def test_a_dry_run_reports_and_writes_no_entry(run: Terminal, show: Show) -> None:
    show.set('role = "deliverable"', 'role = "deliverable"\non_block = "report"')
    show.put("deliverables/ai.png", declared())
    before = run("log", "--json").json["entries"]
    done = run("watch", "--once", "--dry-run")
    assert done.code == 1
    assert "blocked deliverables/ai.png" in done.words
    assert run("log", "--json").json["entries"] == before
