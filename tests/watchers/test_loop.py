import logging
import threading

import pytest

from watchers.loop import WatchLoop
from watchers.options import WatchOptions
from watchers.writers import has_open_writer


def test_a_file_written_while_down_is_taken_at_start(watch, clock, root):
    clock.write(root / "a.mov")
    clock.elapsed = 100.0
    watch.run(until=101)
    assert watch.handled == [root / "a.mov"]
    assert watch.handled_at == [100.0]


def test_a_fresh_file_is_taken_once_it_is_still(watch, clock, root):
    clock.write(root / "a.mov")
    watch.run(until=30)
    assert watch.handled == [root / "a.mov"]
    assert watch.handled_at == [5.0]


def test_a_hinted_file_is_taken_long_before_the_next_walk(watch, clock, source, root):
    def arrive():
        clock.write(root / "a.mov")
        source.hint(root / "a.mov")

    clock.at(10, arrive)
    watch.run(until=30)
    assert watch.handled_at == [15.0]


def test_a_growing_file_is_not_taken_until_it_is_still(watch, clock, source, root):
    path = root / "a.mov"

    def grow(size):
        clock.write(path, b"x" * size)
        source.hint(path)

    for second in range(10, 30, 3):
        clock.at(second, lambda second=second: grow(second))
    watch.run(until=60)
    assert watch.handled_at == [33.0]


def test_a_file_that_grows_without_hints_is_not_taken_either(watch, clock, root):
    path = root / "a.mov"
    clock.write(path)
    clock.at(4, lambda: clock.write(path, b"more media"))
    watch.run(until=60)
    assert watch.handled_at == [10.0]  # noticed at 5, still at 10


def test_an_incomplete_container_waits(watch, clock, root):
    clock.write(root / "a.mov", b"half")
    clock.at(100, lambda: clock.write(root / "a.mov", b"half and half"))
    watch.is_complete = lambda path: path.read_bytes() == b"half and half"
    watch.run(until=400)
    assert watch.handled == [root / "a.mov"]
    assert watch.handled_at[0] > 100


def test_an_incomplete_file_is_asked_less_and_less_often(watch, clock, root):
    asked = []
    watch.is_complete = lambda _path: asked.append(clock.elapsed)
    clock.write(root / "a.mov")
    watch.run(until=200)
    assert asked == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0]
    assert watch.handled == []


def test_a_hint_asks_an_incomplete_file_at_once(watch, clock, source, root):
    asked = []
    watch.is_complete = lambda _path: asked.append(clock.elapsed)
    clock.write(root / "a.mov")
    clock.at(100, lambda: source.hint(root / "a.mov"))
    watch.run(until=110)
    assert asked == [5.0, 10.0, 20.0, 40.0, 80.0, 100.0]


def test_an_empty_file_is_pending_and_never_taken(watch, root):
    (root / "a.mov").touch()
    watch.run(until=500)
    assert watch.handled == []
    assert watch.loop.status.pending_count == 1


def test_a_file_that_is_open_for_writing_waits(watch, clock, root):
    path = root / "a.mov"
    clock.write(path)
    writer = path.open("ab")
    if not has_open_writer(path):
        writer.close()
        pytest.skip("the file system of the test folder grants no leases")
    clock.at(50, writer.close)
    watch.run(until=100)
    assert watch.handled_at == [80.0]


def test_the_rewrite_of_the_handler_is_no_arrival(watch, clock, source, root):
    def rewrite(path):
        staging = path.with_name(path.name + ".tmp")
        clock.write(staging, b"tagged media")
        staging.replace(path)
        source.hint(path, staging)

    watch.handle = rewrite
    clock.write(root / "a.mov")
    clock.at(20, source.rescan)
    watch.run(until=100)
    assert watch.handled == [root / "a.mov"]
    assert watch.loop.status.pending_count == 0


def test_a_later_change_is_taken_again(watch, clock, source, root):
    clock.write(root / "a.mov")

    def change():
        clock.write(root / "a.mov", b"another take")
        source.hint(root / "a.mov")

    clock.at(20, change)
    watch.run(until=100)
    assert watch.handled_at == [5.0, 25.0]


def test_a_file_renamed_into_place_is_taken(watch, clock, source, root):
    clock.write(root / ".a.mov.x7Yz", b"media")

    def rename():
        (root / ".a.mov.x7Yz").rename(root / "a.mov")
        source.hint(root / ".a.mov.x7Yz", root / "a.mov")

    clock.at(2, rename)
    watch.run(until=20)
    assert watch.handled == [root / "a.mov"]


def test_a_folder_that_came_with_its_files_is_walked(watch, clock, source, root):
    def arrive():
        (root / "day 1/scene").mkdir(parents=True)
        clock.write(root / "day 1/scene/a.mov")
        source.hint(root / "day 1", root / "day 1/scene")

    clock.at(10, arrive)
    watch.run(until=30)
    assert watch.handled == [root / "day 1/scene/a.mov"]


def test_a_file_the_handler_takes_away_is_forgotten_and_may_come_back(watch, clock, source, root):
    path = root / "a.mov"
    watch.handle = lambda path: path.unlink()
    clock.write(path)

    def come_back():
        clock.write(path)
        source.hint(path)

    clock.at(20, come_back)
    watch.run(until=40)
    assert watch.handled == [path, path]
    assert watch.loop.status.pending_count == 0
    assert watch.problems == []


def test_a_file_that_vanishes_before_it_is_still_is_no_problem(watch, clock, root):
    clock.write(root / "a.mov")
    clock.at(2, (root / "a.mov").unlink)
    watch.run(until=20)
    assert watch.handled == []
    assert watch.problems == []
    assert watch.loop.status.pending_count == 0


def test_hints_outside_every_root_are_passed_over(watch, clock, source, root):
    outside = root.parent / "outside.mov"
    clock.write(outside)
    clock.at(2, lambda: source.hint(outside))
    watch.run(until=30)
    assert watch.handled == []


def test_the_status_tells_of_the_watch(watch, clock, root):
    assert watch.loop.status.reconciled_at is None
    assert not watch.loop.status.is_source_alive
    clock.write(root / "a.mov")
    (root / "empty.mov").touch()
    seen = []
    clock.at(20, lambda: seen.append(watch.loop.status))
    watch.run(until=21)
    (status,) = seen
    assert status.handled_count == 1
    assert status.pending_count == 1
    assert status.degraded_roots == ()
    assert status.is_source_alive
    assert status.reconciled_at == pytest.approx(clock.time() - 21)


def test_what_a_walk_no_longer_sees_is_not_remembered_for_ever(watch, clock, source, root):
    """Moving its folder keeps the state of a file: only the memory tells whether it is new."""
    day, away = root / "day", root.with_name("away")
    day.mkdir()
    clock.write(day / "a.mov")
    clock.at(20, lambda: day.rename(away))
    clock.at(20, source.rescan)
    clock.at(30, lambda: away.rename(day))
    clock.at(30, source.rescan)
    watch.run(until=40)
    assert watch.handled == [day / "a.mov", day / "a.mov"]


def test_names_that_are_not_utf8_are_taken_and_logged(watch, clock, root, caplog):
    def refuse(_path):
        raise RuntimeError("no")

    watch.options = WatchOptions(max_attempts=1, reconcile_seconds=1000)
    watch.handle = refuse
    path = root / "caf\udce9.mov"
    clock.write(path)
    with caplog.at_level(logging.WARNING):
        watch.run(until=20)
    assert watch.handled == [path]
    assert r"caf\udce9.mov" in caplog.text
    caplog.text.encode("utf-8")


def test_a_file_in_nested_roots_is_taken_once(watch, clock, source, root):
    inner = root / ".review"
    (inner / "day").mkdir(parents=True)
    watch.roots = (root, inner, root)
    clock.write(inner / "day/a.mov")
    clock.write(root / "b.mov")
    clock.at(20, source.rescan)
    watch.run(until=40)
    assert sorted(watch.handled) == [inner / "day/a.mov", root / "b.mov"]


def test_without_a_listener_problems_are_logged(clock, root, caplog):
    root.rmdir()
    WatchLoop((root,), print, is_complete=lambda _path: True, clock=clock).run_once()
    assert "No such file" in caplog.text


def test_a_real_watch_takes_a_file_and_stops(root):
    """The loop with its own clock and source, as a caller gets it."""
    taken, stop = threading.Event(), threading.Event()
    options = WatchOptions(settle_seconds=0.05, step_seconds=0.02)

    def take(_paths):
        taken.set()
        return {}

    loop = WatchLoop((root,), take, is_complete=lambda _path: True, options=options)
    watching = threading.Thread(target=loop.run, args=(stop,))
    watching.start()
    try:
        (root / "a.mov").write_bytes(b"media")
        assert taken.wait(20)
    finally:
        stop.set()
        watching.join(20)
    assert not watching.is_alive()


def test_whoever_asks_is_told_of_each_reconcile_before_it_looks(watch, clock, root):
    watch.options = WatchOptions(reconcile_seconds=100.0)
    clock.write(root / "a.mov")
    watch.run(until=250)
    assert watch.reconciled_at == [0.0, 100.0, 200.0]
