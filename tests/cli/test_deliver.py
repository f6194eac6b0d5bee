"""`provenance deliver`: through the gate, all of it or nothing."""

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, plain, sample


@pytest.fixture
def ready(tagged_show: Show) -> Show:
    """Stand in a production with clean files beside the tagged one."""
    tagged_show.put("final/ep1.png", another_picture())
    tagged_show.put("final/sound/ep1.wav", sample("wav"))
    return tagged_show


def test_what_passes_is_copied_byte_for_byte(run: Terminal, ready: Show) -> None:
    done = run("deliver", "final/ep1.png", "final/sound", "deliverables")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "delivered        deliverables/ep1.png",
        "delivered        deliverables/sound/ep1.wav",
    ]
    assert ready.listing("deliverables") == {
        "deliverables/ep1.png": another_picture(),
        "deliverables/sound/ep1.wav": sample("wav"),
    }


def test_one_blocked_file_keeps_all_of_them_back(run: Terminal, ready: Show) -> None:
    done = run("deliver", "final/ep1.png", "generated/concept.png", "deliverables")
    assert done.code == 1
    assert "BLOCKED    " in done.out
    assert "Nothing was delivered." in done.err
    assert ready.listing("deliverables") == {}


def test_one_undecided_file_keeps_all_of_them_back(run: Terminal, ready: Show) -> None:
    ready.put("final/notes.txt", b"no media")
    done = run("deliver", "final", "deliverables")
    assert done.code == 3
    assert ready.listing("deliverables") == {}


def test_an_approval_opens_the_gate_for_its_use_only(run: Terminal, ready: Show) -> None:
    ready.put("mail.eml", b"fine")
    concept = "generated/concept.png"
    run("approve", concept, "--approver", "Jo", "--evidence", "mail.eml", "--use", "trailer")
    assert run("deliver", concept, "deliverables").code == 1
    assert run("deliver", concept, "deliverables", "--use", "trailer").code == 0
    assert (ready.home / "deliverables/concept.png").read_bytes() == (
        ready.home / concept
    ).read_bytes()


def test_nothing_is_overwritten_and_no_folder_is_made_up(run: Terminal, ready: Show) -> None:
    there = ready.put("deliverables/ep1.png", plain())
    done = run("deliver", "final/ep1.png", "deliverables")
    assert (done.code, done.out) == (2, "")
    assert "ep1.png would be overwritten" in done.err
    assert there.read_bytes() == plain()
    assert run("deliver", "final/ep1.png", "nowhere").code == 2
    assert run("deliver", "final/ep1.png").code == 2


def test_what_is_ignored_is_delivered_and_told(run: Terminal, show: Show) -> None:
    show.set("ignore = []", 'ignore = ["*.txt"]')
    show.put("final/a.png", another_picture())
    show.put("final/notes.txt", b"for the client")
    done = run("deliver", "final", "deliverables")
    assert done.code == 0
    assert "ignored          final/notes.txt: copied, not judged" in done.out
    assert (show.home / "deliverables/final/notes.txt").exists()


def test_paths_are_told_as_they_were_typed(run: Terminal, show: Show) -> None:
    show.put("final/ai.png", declared())
    done = run("deliver", "final", "deliverables")
    assert done.code == 1
    assert "BLOCKED    final/ai.png" in done.out
    assert run("deliver", "nope", "deliverables").code == 2
    (show.home / "final/ai.png").write_bytes(another_picture())
    assert run("deliver", "final/.", "deliverables").code == 0


def test_a_missing_destination_is_told_before_anything_is_judged(run: Terminal, show: Show) -> None:
    show.put("final/ai.png", declared())
    done = run("deliver", "final", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert "nowhere: is no folder; make it first" in done.err
