"""An index keeps what was found of folders in one state, and says nothing of any other."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.sweep_findings import Findings
from provenance.sweep_index import Index, Kept

FOUND = Findings.of_nothing(2)
KEPT = Kept(
    names=b"a.png/caf\xe9.db", listing=b"l" * 16, digest=b"d" * 16, findings=FOUND, telling=(1,)
)
BIG = replace(KEPT, findings=Findings.of_nothing(200_000))


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
    assert index.known("reel") is None
    index.keep("reel", KEPT)
    index.close()
    with closing(Index(path, "stamp")) as again:
        assert again.known("reel") == KEPT
        assert again.known("./other/../reel/") == KEPT
        assert again.known("other") is None


def test_of_a_folder_the_last_is_kept(index: Index) -> None:
    later = replace(KEPT, digest=b"e" * 16, names=b"", findings=Findings.of_nothing(0), telling=())
    for kept in (KEPT, later):
        index.keep("reel", kept)
        index.close()
        assert index.known("reel") == kept


def test_one_of_an_older_edition_is_begun_anew(index: Index, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "create table edition (stamp text primary key) without rowid;"
            "create table folders (path blob primary key, digest blob, found blob) without rowid;"
            "insert into edition values ('stamp'); pragma user_version = 2"
        )
    assert index.known("reel") is None
    index.keep("reel", KEPT)
    index.close()
    assert index.known("reel") == KEPT


def test_under_another_stamp_it_begins_anew(index: Index, path: Path) -> None:
    index.keep("reel", KEPT)
    index.close()
    with closing(Index(path, "other")) as other:
        assert other.known("reel") is None
    with closing(Index(path, "stamp")) as again:
        assert again.known("reel") is None


def test_much_is_written_before_it_is_closed(index: Index, path: Path) -> None:
    for number in range(4):
        index.keep(f"{number}", BIG)
    assert kept_in(path) >= 2


def test_several_may_ask_and_keep_at_the_same_time(index: Index) -> None:
    def work(number: int) -> None:
        for at in range(300):
            index.keep(f"{number}/{at}", KEPT)
            index.known(f"{number}/{at // 2}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index.close()
    assert all(index.known(f"{number}/{at}") == KEPT for number in range(4) for at in range(300))


def test_two_of_one_file_do_not_disturb_each_other(index: Index, path: Path) -> None:
    with closing(Index(path, "stamp")) as other:
        assert other.known("reel") is None
        index.keep("reel", KEPT)
        index.close()
        assert other.known("reel") == KEPT


def test_where_none_can_be_made_nothing_is_known(tmp_path: Path) -> None:
    with closing(Index(tmp_path / "no folder/index.sqlite", "stamp")) as index:
        index.keep("reel", KEPT)
        index.close()
        assert index.known("reel") is None
    assert not (tmp_path / "no folder").exists()


def test_one_that_may_not_be_written_is_read(index: Index, path: Path) -> None:
    index.keep("reel", KEPT)
    index.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("begin immediate")  # nobody else may write
        with closing(Index(path, "stamp")) as other:
            assert other.known("reel") == KEPT
            other.keep("more", KEPT)
            other.close()
            assert other.known("more") is None
    assert kept_in(path) == 1
