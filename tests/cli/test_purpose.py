"""Where files go: by flags, by zone, by the production; and approvals limited to that."""

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture

ZONE = 'path = "deliverables"\nrole = "deliverable"'
WHERE = (
    *("--title", "Hafen", "--episode", "S01E02", "--cut", "v7"),
    *("--territory", "DE", "--territory", "AT", "--language", "de", "--media", "svod"),
)
SETTINGS = (
    'title = "Hafen"\nepisode = "S01E02"\ncut = "v7"\nterritories = ["DE"]\n'
    'languages = ["de"]\nmedia = ["svod"]'
)


@pytest.fixture
def limited(run: Terminal, show: Show) -> Show:
    """Stand in a production with a tagged deliverable whose approval has every limit."""
    show.put("mail.eml", b"fine")
    show.put("deliverables/a.png", another_picture())
    assert run("tag", "deliverables/a.png").code == 0
    done = run("approve", "deliverables/a.png", "--approver", "J", "--evidence", "mail.eml", *WHERE)
    assert done.code == 0, done.err
    return show


def test_flags_say_where_a_file_goes(run: Terminal, limited: Show) -> None:
    assert limited
    assert run("scan", "deliverables").code == 1
    assert run("scan", "deliverables", *WHERE).code == 0
    for flag, other in zip(WHERE[::2], WHERE[1::2], strict=True):
        elsewhere = "GB" if flag == "--territory" else f"not {other}"
        assert run("scan", "deliverables", *WHERE, flag, elsewhere).code == 1


def test_a_zone_says_it_for_the_watcher_the_gate_and_the_editor(
    run: Terminal, limited: Show
) -> None:
    limited.set(ZONE, f"{ZONE}\n{SETTINGS}")
    assert run("watch", "--once").code == 0
    assert run("scan", "deliverables").code == 0
    assert run("inspect", "--json", "deliverables/a.png").json[0]["status"] == "approved"
    assert run("scan", "deliverables", "--episode", "S01E03").code == 1


def test_what_lies_in_no_such_zone_is_judged_by_the_production(
    run: Terminal, limited: Show
) -> None:
    limited.set(ZONE, f"{ZONE}\n{SETTINGS}")
    limited.put("elsewhere/a.png", another_picture())
    assert run("scan", "elsewhere").code == 1
    limited.set("ignore = []", f"{SETTINGS}\nignore = []")
    assert run("scan", "elsewhere").code == 0


def test_a_delivery_is_judged_for_where_it_goes(run: Terminal, limited: Show) -> None:
    limited.set(ZONE, f"{ZONE}\n{SETTINGS}")
    limited.put("work/b.png", another_picture())
    (limited.home / "elsewhere").mkdir()
    assert run("deliver", "work/b.png", "elsewhere").code == 1
    assert run("deliver", "work/b.png", "deliverables").code == 0


def test_a_watcher_without_the_title_keeps_it_out(run: Terminal, limited: Show) -> None:
    assert limited
    done = run("watch", "--once")
    assert done.code == 1
    assert "is for the title" in " ".join(done.out.split())
