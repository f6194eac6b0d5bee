"""Who looks into which folder next: in turns where many do, and folders swept before their turn."""

from collections.abc import Generator, Iterator

import pytest

from provenance.engines.crew import Crew
from provenance.sweep_ahead import Ahead, folders_at_once, in_turn
from provenance.sweep_folder import OpenFolder, Swept

ITEMS = range(100)
Folder = tuple[OpenFolder, range]


def folders(count: int, drawn: list[str], items: range = ITEMS) -> Iterator[Folder]:
    for name in map(str, range(count)):
        drawn.append(name)
        yield OpenFolder(swept=Swept(folder=name)), items


def parts_of(hands: int | None, count: int, items: range = ITEMS) -> list[tuple[str, list[int]]]:
    with Crew(hands) as crew:
        turns = in_turn(folders(count, [], items), crew)
        return [(one.swept.folder, list(part)) for one, part in turns]


@pytest.mark.parametrize("hands", [1, 4, 128, None])
@pytest.mark.parametrize("length", [1, 7, 1000])
def test_each_item_comes_once_and_those_of_a_folder_in_order(
    hands: int | None, length: int
) -> None:
    parts = parts_of(hands, 20, range(length))
    for name in map(str, range(20)):
        items = [item for folder, part in parts if folder == name for item in part]
        assert items == list(range(length))


def test_one_alone_goes_folder_by_folder_and_opens_none_before_it_has_to() -> None:
    drawn: list[str] = []
    with Crew(1) as crew:
        for one, _ in in_turn(folders(3, drawn), crew):
            assert drawn[-1] == one.swept.folder


def test_many_look_into_several_folders_and_no_more_are_open_than_that_takes() -> None:
    drawn: list[str] = []
    with Crew(32) as crew:
        turns, width = in_turn(folders(50, drawn), crew), folders_at_once(crew)
        assert [next(turns)[0].swept.folder for _ in range(width)] == list(map(str, range(width)))
        assert len(drawn) == width


def test_the_last_folders_are_done_at_the_same_time() -> None:
    width = folders_at_once(Crew(32))
    parts = parts_of(32, width + 1)
    late = [folder for folder, _ in parts[-2 * width :]]
    assert len(set(late)) > width // 2, "one folder is left over"
    assert {len(part) for _, part in parts[-width:]} == {1}


def test_a_crew_that_grows_takes_more_folders_in() -> None:
    drawn: list[str] = []
    now = [0.0]

    def slow(_: int) -> None:
        now[0] += 1.0

    with Crew(clock=lambda: now[0], busy_seconds=lambda: 0.0) as crew:
        turns = in_turn(folders(9, drawn), crew)
        next(turns)
        assert drawn == ["0"]
        list(crew.map(slow, [1], counts=int))
        assert crew.hands > 1
        next(turns)
        assert len(drawn) == 9


def swept(*names: str) -> Generator[Swept, None, None]:
    for name in names:
        yield Swept(folder=name)


def test_what_is_swept_ahead_waits_for_its_turn() -> None:
    ahead = Ahead()
    assert ahead.take("a") is None
    assert ahead.begin(["a", "b", "c"], swept("a", "b", "c")).folder == "a"
    assert ahead.take("a/below") is None
    assert ahead.has("b")
    assert ahead.begin(["a/below"], swept("a/below")).folder == "a/below"
    assert [one.folder for one in (ahead.take("b"), ahead.take("c")) if one] == ["b", "c"]


def test_a_wave_may_end_before_all_its_folders_are_swept() -> None:
    ahead = Ahead()
    ahead.begin(["a", "b", "c"], swept("a", "b"))
    assert ahead.take("c") is None
    assert ahead.take("b") is not None


def test_a_wave_that_is_left_is_closed() -> None:
    ahead, wave = Ahead(), swept("a", "b")
    ahead.begin(["a", "b"], wave)
    ahead.close()
    assert next(wave, None) is None
