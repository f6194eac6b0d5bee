"""Image sequences on the command line: one line, one asset, one approval for the range."""

from pathlib import Path

import pytest

from fixtures.png import encode
from fixtures.raster import picture
from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared

RANGE = "shot.[0001-0004].png"


def put_frames(show: Show, folder: str, *numbers: int) -> list[Path]:
    return [
        show.put(f"{folder}/shot.{number:04d}.png", encode(picture(number, width=16, height=12)))
        for number in numbers
    ]


def evidence(show: Show) -> tuple[str, Path]:
    return "--evidence", show.put("mail.eml", b"From: legal@studio.example\n\nYes.\n")


def approve(run: Terminal, show: Show, *paths: str | Path) -> str:
    """Approve and return the id."""
    done = run("approve", *paths, "--approver", "Jo Lee", *evidence(show))
    assert done.code == 0, done.err
    return next(line.split()[1] for line in done.out.splitlines() if line.startswith("  id "))


def test_a_tagged_folder_is_one_line_and_a_bad_frame_another(run: Terminal, show: Show) -> None:
    paths = put_frames(show, "work", 1, 2, 3, 4, 5)
    paths[4].write_bytes(paths[4].read_bytes()[:-30])
    done = run("tag", "work")
    assert done.code == 3
    (line,) = done.out.splitlines()
    assert line.split()[:4] == ["tagged", f"work/{RANGE}", "(4", "frames:"]
    assert "shot.0005.png" in done.err
    assert run("status", "--json").json["registry"]["temporary_assets"] == 1


def test_tagging_says_the_range_in_json_too(run: Terminal, show: Show) -> None:
    put_frames(show, "work", 1, 2, 3, 4)
    record = run("tag", "--json", "work").json
    assert [one["action"] for one in record["files"]] == ["tagged"] * 4
    (sequence,) = record["sequences"]
    assert (sequence["path"], sequence["frames"]) == (f"work/{RANGE}", 4)
    assert {one["asset_id"] for one in record["files"]} == set(sequence["asset_ids"])
    assert len(sequence["asset_ids"]) == 1


@pytest.mark.parametrize(
    "pattern",
    [RANGE, "shot.[0001-0002,0003-0004].png", "shot.%04d.png", "shot.####.png", "shot.#.png"],
)
def test_one_approval_over_a_pattern_covers_every_frame(
    run: Terminal, show: Show, pattern: str
) -> None:
    put_frames(show, "work", 1, 2, 3, 4)
    run("tag", "work")
    before = run("scan", "work")
    assert before.code == 1
    assert before.out.count("BLOCKED  ") == 1
    assert f"work/{RANGE}" in before.out
    approve(run, show, f"work/{pattern}")
    after = run("scan", "work")
    assert after.code == 0, after.out
    assert "4 files: 0 blocked, 0 undecided, 4 passed (4 approved)" in after.words
    assert after.out.count("approved  ") == 1


def test_an_approval_is_one_line_with_its_range(run: Terminal, show: Show) -> None:
    put_frames(show, "work", 1, 2, 3, 4)
    run("tag", "work")
    number = approve(run, show, "work")
    listed = run("approvals", "list")
    assert "shot.[0001-0004" in listed.words  # the table breaks it
    assert "+" not in listed.words
    shown = run("approvals", "show", number)
    assert f"{RANGE} (4 frames; --json lists their digests)" in shown.words
    record = run("approvals", "show", number, "--json").json
    assert len({one["essence_digest"] for one in record["subjects"]}) == 4


def test_a_frame_that_was_not_approved_is_a_line_of_its_own(run: Terminal, show: Show) -> None:
    put_frames(show, "work", 1, 2, 3, 4, 5)
    run("tag", "work")
    approve(run, show, "work/shot.[0001-0004].png")
    done = run("scan", "work")
    assert done.code == 1
    lines = [line for line in done.out.splitlines() if line.startswith(("BLOCKED ", "approved "))]
    assert [line.split() for line in lines] == [
        ["BLOCKED", "work/shot.0005.png"],
        ["approved", f"work/{RANGE}"],
    ]
    record = run("scan", "work", "--format", "json").json
    assert (record["counts"]["files"], record["counts"]["assets"]) == (5, 2)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("shot.[0001-0006].png", "2, the first is 0005"),
        ("other.####.png", "no such frame"),
        ("shot.%05d.png", "no such frame"),
        ("shot.[0004-].png", "'0004-' is no range of frames"),
        ("shot.[1-999999999].png", "are no sequence"),
        ("take.####.wav", "no such file"),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused(
    run: Terminal, show: Show, pattern: str, message: str
) -> None:
    put_frames(show, "work", 1, 2, 3, 4)
    done = run("approve", f"work/{pattern}", "--approver", "Jo Lee", *evidence(show))
    assert done.code == 2
    assert message in done.err
    assert run("approvals", "list", "--json").json == []


def test_a_file_with_the_name_of_a_pattern_is_that_file(run: Terminal, show: Show) -> None:
    put_frames(show, "work", 1, 2, 3)
    literal = show.put("work/shot.####.png", declared())
    run("tag", literal)
    assert [one["path"] for one in run("inspect", "--json", "work/shot.####.png").json] == [
        "work/shot.####.png"
    ]


def test_a_frame_says_of_which_sequence_it_is(run: Terminal, show: Show) -> None:
    put_frames(show, "work", 1, 2, 3, 4)
    run("tag", "work")
    done = run("inspect", "work/shot.0002.png")
    assert f"frame of {RANGE}" in done.words
    (record,) = run("inspect", "--json", "work/shot.0002.png").json
    assert record["sequence"] == f"work/{RANGE}"
    show.put("alone/shot.0002.png", encode(picture(9)))
    assert run("inspect", "--json", "alone").json[0]["sequence"] is None


def test_frames_are_untagged_and_withdrawn_by_pattern(run: Terminal, show: Show) -> None:
    paths = put_frames(show, "work", 1, 2, 3, 4)
    before = [path.read_bytes() for path in paths]
    run("tag", "work")
    one = run("untag", "--withdraw", "--reason", "a plate", "work/shot.0002.png")
    assert one.code == 0
    assert run("scan", "work/shot.0002.png").code == 0
    assert run("scan", "work").code == 1
    told = run("log").out
    assert "frames of the image sequence recorded" in told
    assert "declaration withdrawn, of one frame" in told
    assert run("log", "--verify").code == 0
    assert run("untag", "--withdraw", "--reason", "plates", "work/shot.####.png").code == 0
    assert [path.read_bytes() for path in paths] == before
    assert run("scan", "work").code == 0
    assert run("status", "--json").json["registry"]["temporary_assets"] == 0


def test_a_watch_takes_a_sequence_into_one_asset_and_keeps_it_out(
    run: Terminal, show: Show
) -> None:
    put_frames(show, "generated", 1, 2, 3, 4)
    assert run("watch", "--once").code == 0
    assert run("status", "--json").json["registry"]["temporary_assets"] == 1
    for path in sorted((show.home / "generated").iterdir()):
        show.put(f"deliverables/{path.name}", path.read_bytes())
    assert run("watch", "--once").code == 1
    assert not list((show.home / "deliverables").glob("*.png"))
    assert "shot.[0001-0004].png" in run("quarantine", "list").out
