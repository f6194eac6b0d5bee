"""Any number of notices makes one short message that nobody's screen obeys."""

import pytest

from provenance.daemon.notices import Gathering, Notice, escaped
from provenance.daemon.settings import NoticeKind

BLOCKED, ERROR = NoticeKind.BLOCKED, NoticeKind.ERROR


def gathered(*notices: Notice) -> Gathering:
    gathering = Gathering()
    for notice in notices:
        gathering.add(notice)
    return gathering


def blocked(name: str) -> Notice:
    return Notice(kind=BLOCKED, name=name, detail=f"why {name}")


def test_nothing_gathered_is_nothing_to_send() -> None:
    assert not Gathering()
    assert gathered(blocked("a.png"))


def test_one_file_is_named_with_its_reason() -> None:
    message = gathered(blocked("deliverables/a.png")).message("My Show")
    assert message.title == "My Show: 1 blocked"
    assert "  deliverables/a.png - why deliverables/a.png" in message.body.splitlines()


def test_a_sequence_of_three_thousand_frames_is_one_line() -> None:
    frames = [blocked(f"deliverables/sh010/sh010.{n:04}.exr") for n in range(3000)]
    message = gathered(*frames, blocked("deliverables/sh010/notes_v2.pdf")).message("My Show")
    assert message.title == "My Show: 3,001 blocked"
    lines = message.body.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("  deliverables/sh010/sh010.#.exr (3,000 files) - why ")


def test_frames_that_are_told_together_keep_their_name_and_count_all() -> None:
    notice = Notice(kind=BLOCKED, name="sh010.[1-3000].exr", detail="why", files=3000)
    message = gathered(notice).message("S")
    assert message.title == "S: 3,000 blocked"
    assert message.body.splitlines()[1] == "  sh010.[1-3000].exr (3,000 files) - why"


def test_parts_of_a_sequence_are_one_line() -> None:
    parts = [
        Notice(kind=BLOCKED, name=f"sh010.[{n:04}-{n + 9:04}].exr", files=10)
        for n in range(0, 500, 10)
    ]
    message = gathered(*parts, Notice(kind=BLOCKED, name="sh010.0500.exr")).message("S")
    assert message.body.splitlines()[1:] == ["  sh010.#.exr (501 files)"]


def test_a_burst_of_different_files_names_the_first_and_counts_the_rest() -> None:
    names = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}.png" for n in range(500)]
    message = gathered(*map(blocked, names)).message("My Show")
    lines = message.body.splitlines()
    assert len(lines) == 12
    assert lines[1].startswith("  aa.png")
    assert lines[-1] == "  and 490 more"


def test_kinds_are_told_apart_the_gravest_first() -> None:
    message = gathered(Notice(kind=ERROR, name="x", detail="no room"), blocked("y")).message("S")
    assert message.title == "S: 1 blocked, 1 failed"
    assert message.body.index("y") < message.body.index("no room")


def test_what_was_gathered_meanwhile_is_absorbed() -> None:
    frames = [blocked(f"a.{n:04}.exr") for n in range(100)]
    first, later = gathered(*frames[:60]), gathered(*frames[60:], blocked("other"))
    first.absorb(later)
    assert first.message("S") == gathered(*frames, blocked("other")).message("S")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a_*b*.png", "a_*b*.png"),
        ("\x1b[31mred\n.png", "\\x1b[31mred\\x0a.png"),
        ("<!channel> @everyone", "\\x3c!channel\\x3e \\x40everyone"),
        ("`rm`&amp;", "\\x60rm\\x60\\x26amp;"),
        ("\udcff", "\\xdcff"),
        ("x" * 300, "x" * 197 + "..."),
    ],
)
def test_names_are_escaped(name: str, expected: str) -> None:
    assert escaped(name) == expected
    message = gathered(Notice(kind=BLOCKED, name=name, detail=name)).message(name)
    assert f"  {expected} - {expected}" in message.body
    assert message.title.startswith(expected)
