"""When a file counts as finished: by its size, by a rename, and at what cost while it grows."""

import os

import pytest

from tests.exhaustive import exhaustive
from watchers.options import WatchOptions

GIB = 1024**3


def make_sparse(path, gib, clock):
    path.touch()
    os.truncate(path, gib * GIB)
    os.utime(path, (clock.time(), clock.time()))


@pytest.mark.parametrize(("gib", "seconds"), [(0, 5.0), (3, 8.0), (20, 25.0), (300, 60.0)])
def test_a_big_file_has_to_lie_still_for_longer(watch, clock, root, gib, seconds):
    path = root / "master.mov"
    try:
        make_sparse(path, gib, clock) if gib else clock.write(path)
    except OSError:
        pytest.skip("the file system of the test folder takes no file of that size")
    watch.run(until=100)
    assert watch.handled_at == [seconds]


def test_a_pass_waits_as_long_as_its_biggest_fresh_file_needs(watch, clock, root):
    make_sparse(root / "master.mov", 3, clock)
    clock.write(root / "a.mov")
    assert len(watch.loop.run_once().handled) == 2
    assert clock.elapsed == 8.0


@exhaustive
def test_a_file_that_grows_for_hours_is_looked_at_ever_more_seldom(watch, clock, root, monkeypatch):
    path = root / "a.mov"
    clock.write(path)
    watch.options = WatchOptions(reconcile_seconds=100_000)
    for second in range(3, 7200, 3):
        clock.at(second, lambda second=second: clock.write(path, b"x" * second))
    asked, looks = [], []
    watch.is_complete = lambda path: asked.append(path) or True
    lstat = type(path).lstat

    def count(self):
        if self.name == path.name:
            looks.append(clock.elapsed)
        return lstat(self)

    monkeypatch.setattr(type(path), "lstat", count)
    watch.run(until=7198)
    assert asked == []
    assert watch.handled == []
    assert len(looks) < 7200 / 50
    watch.run(until=7400)
    assert watch.handled == [path]


def test_a_hint_ends_the_long_pauses_once_a_file_is_closed(watch, clock, source, root):
    path = root / "a.mov"
    clock.write(path)
    for second in range(3, 600, 3):
        clock.at(second, lambda second=second: clock.write(path, b"x" * second))
    clock.at(600, lambda: source.hint(path))
    watch.run(until=700)
    assert watch.handled_at == [605.0]


def test_what_the_kernel_says_was_renamed_into_place_is_taken_at_once(watch, clock, source, root):
    def arrive():
        clock.write(root / "a.mov")
        source.place(root / "a.mov")

    clock.at(10, arrive)
    watch.run(until=30)
    assert watch.handled_at == [10.0]


def test_even_then_it_must_be_complete(watch, clock, source, root):
    def arrive():
        clock.write(root / "a.mov")
        source.place(root / "a.mov")

    clock.at(10, arrive)
    watch.is_complete = lambda _path: clock.elapsed > 12
    watch.run(until=30)
    assert watch.handled_at == [15.0]


@pytest.mark.parametrize("name", [".a.mov.x7Yz", "a.mov.part", "a.mov.partial"])
def test_what_a_walk_knew_under_a_name_in_progress_is_taken_at_once(
    watch, clock, source, root, name
):
    clock.write(root / name)
    clock.at(2, lambda: (root / name).rename(root / "a.mov"))
    clock.at(2, source.rescan)
    watch.run(until=30)
    assert watch.handled_at == [2.0]


def test_unless_it_went_on_growing_since(watch, clock, source, root):
    clock.write(root / "a.mov.part")
    clock.at(1, lambda: clock.write(root / "a.mov.part", b"more media"))
    clock.at(2, lambda: (root / "a.mov.part").rename(root / "a.mov"))
    clock.at(2, source.rescan)
    watch.run(until=30)
    assert watch.handled_at == [7.0]


def test_an_ordinary_rename_of_a_growing_file_is_no_sign_that_it_is_done(
    watch, clock, source, root
):
    clock.at(8, lambda: clock.write(root / "a.mov"))
    clock.at(9, lambda: (root / "a.mov").rename(root / "b.mov"))
    clock.at(9, lambda: source.hint(root / "a.mov", root / "b.mov"))
    watch.run(until=30)
    assert watch.handled_at == [14.0]


def test_the_lag_is_the_wait_of_the_oldest_file_that_is_ready(watch, clock, root):
    clock.write(root / "a.mov")
    lags = []

    def refuse(_path):
        lags.append(watch.loop.status.lag_seconds)
        raise RuntimeError("registry away")

    watch.handle = refuse
    clock.at(60, lambda: lags.append(watch.loop.status.lag_seconds))
    watch.run(until=61)
    assert lags[:4] == [0.0, 2.0, 6.0, 14.0]
    assert watch.loop.status.given_up_count == 1
    assert lags[-1] == 0.0  # given up, and counted as such


def test_files_behind_a_slow_handler_lag(watch, clock, root):
    for name in ("a.mov", "b.mov", "c.mov"):
        clock.write(root / name)
    lags = []

    def work(_path):
        clock.elapsed += 100
        lags.append(watch.loop.status.lag_seconds)

    watch.handle = work
    watch.run(until=1000)
    assert lags == [100.0, 200.0, 300.0]


def test_nothing_lags_while_everything_settles(watch, clock, root):
    clock.write(root / "a.mov")
    clock.at(3, lambda: clock.write(root / "a.mov", b"more"))
    lags = []
    clock.at(4, lambda: lags.append(watch.loop.status.lag_seconds))
    watch.run(until=6)
    assert lags == [0.0]
