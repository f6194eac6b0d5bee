"""An index keeps what was found of folders in one state, and says nothing of any other."""

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provenance.screening import stamp_of
from provenance.sweep_findings import Findings
from provenance.sweep_index import Index, State, digest_of

STATES: list[State] = [("a.png", 11, 100, 5, 6), ("b.png", 12, 200, 7, 8)]
FOUND = Findings.of_nothing(2)
BIG = Findings.of_nothing(200_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


@pytest.fixture
def index(path: Path) -> Iterator[Index]:
    with closing(Index(path, "stamp")) as opened:
        yield opened


def kept_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from folders").fetchone()[0])


def test_what_was_kept_is_there_when_it_is_opened_again(index: Index, path: Path) -> None:
    digest = digest_of(STATES)
    assert index.findings("reel", digest) is None
    index.keep("reel", digest, FOUND)
    index.close()
    with closing(Index(path, "stamp")) as again:
        assert again.findings("reel", digest) == FOUND
        assert again.findings("./other/../reel/", digest) == FOUND
        assert again.findings("other", digest) is None


@pytest.mark.parametrize("at", range(5))
def test_whatever_is_another_of_one_file_is_another_state(at: int, index: Index) -> None:
    index.keep("reel", digest_of(STATES), FOUND)
    index.close()
    for by in (1, -1):  # a clock may go back
        changed = list(STATES[1])
        changed[at] = f"{changed[at]}x" if at == 0 else int(changed[at]) + by
        now = [STATES[0], tuple(changed)]
        assert index.findings("reel", digest_of(now)) is None
    assert index.findings("reel", digest_of(STATES)) == FOUND


def test_the_same_state_has_the_same_digest_whoever_else_holds_its_values() -> None:
    name, number = sys.intern("a" + STATES[0][0][1:]), int("11")
    again: list[State] = [(name, number, 100, 5, 6), ("b.png", 12, 200, 7, 8)]
    assert digest_of(again) == digest_of(STATES) == digest_of([*STATES])
    assert digest_of(STATES[::-1]) != digest_of(STATES)
    assert digest_of([]) != digest_of(STATES[:1])


def test_under_another_stamp_it_begins_anew(index: Index, path: Path) -> None:
    digest = digest_of(STATES)
    index.keep("reel", digest, FOUND)
    index.close()
    with closing(Index(path, "other")) as other:
        assert other.findings("reel", digest) is None
    with closing(Index(path, "stamp")) as again:
        assert again.findings("reel", digest) is None


def test_another_root_makes_another_stamp() -> None:
    assert stamp_of((), "one") == stamp_of((), "one") != stamp_of((), "two")


def test_much_is_written_before_it_is_closed(index: Index, path: Path) -> None:
    for number in range(4):
        index.keep(f"{number}", bytes(16), BIG)
    assert kept_in(path) >= 2


def test_several_may_ask_and_keep_at_the_same_time(index: Index) -> None:
    digest = digest_of(STATES)

    def work(number: int) -> None:
        for at in range(300):
            index.keep(f"{number}/{at}", digest, FOUND)
            index.findings(f"{number}/{at // 2}", digest)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index.close()
    assert all(
        index.findings(f"{number}/{at}", digest) == FOUND
        for number in range(4)
        for at in range(300)
    )


def test_two_of_one_file_do_not_disturb_each_other(index: Index, path: Path) -> None:
    digest = digest_of(STATES)
    with closing(Index(path, "stamp")) as other:
        assert other.findings("reel", digest) is None
        index.keep("reel", digest, FOUND)
        index.close()
        assert other.findings("reel", digest) == FOUND


def test_where_none_can_be_made_nothing_is_known(tmp_path: Path) -> None:
    with closing(Index(tmp_path / "no folder/index.sqlite", "stamp")) as index:
        index.keep("reel", bytes(16), FOUND)
        index.close()
        assert index.findings("reel", bytes(16)) is None
    assert not (tmp_path / "no folder").exists()


def test_one_that_may_not_be_written_is_read(index: Index, path: Path) -> None:
    digest = digest_of(STATES)
    index.keep("reel", digest, FOUND)
    index.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("begin immediate")  # nobody else may write
        with closing(Index(path, "stamp")) as other:
            assert other.findings("reel", digest) == FOUND
            other.keep("more", digest, FOUND)
            other.close()
            assert other.findings("more", digest) is None
    assert kept_in(path) == 1
