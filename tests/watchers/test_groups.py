"""Files that belong together are handed over together, without waiting for ever."""

import pytest

from watchers.interface import NotYetError
from watchers.options import WatchOptions


@pytest.fixture
def grouped(watch):
    """A watch that groups files by what stands before the first dot."""
    watch.options = WatchOptions(reconcile_seconds=1000.0, group_seconds=60.0)
    watch.group_of = lambda path: path.name.partition(".")[0]
    return watch


def arrive(watch, clock, root, name, *, at):
    def write():
        clock.write(root / name)
        watch.source.hint(root / name)

    clock.at(at, write)
    return root / name


def test_frames_that_are_there_together_are_handed_over_together(grouped, clock, root):
    frames = [root / f"shot.{number:04}.exr" for number in range(20)]
    for frame in frames:
        clock.write(frame)
    clock.write(root / "other.mov")
    grouped.run(until=30)
    assert sorted(grouped.batches) == [(root / "other.mov",), tuple(frames)]
    assert set(grouped.handled_at) == {5.0}


def test_a_long_group_is_handed_over_in_batches_and_stops_between_them(grouped, clock, root):
    grouped.options = WatchOptions(reconcile_seconds=1000.0, batch_size=4)
    frames = [root / f"shot.{number:04}.exr" for number in range(10)]
    for frame in frames:
        clock.write(frame)
    grouped.handle = lambda path: path == frames[5] and grouped.stop.set()
    grouped.run(until=30)
    assert grouped.batches == [tuple(frames[:4]), tuple(frames[4:8])]


def test_finished_frames_wait_for_those_that_still_arrive(grouped, clock, root):
    paths = tuple(arrive(grouped, clock, root, f"a.{at}.exr", at=at) for at in (10, 13, 17, 20))
    grouped.run(until=60)
    assert grouped.batches == [paths]
    assert grouped.handled_at[0] == 25.0


def test_they_do_not_wait_longer_than_the_bound(grouped, clock, root):
    """Frames every three seconds for five minutes: there is always one that still arrives."""
    paths = [arrive(grouped, clock, root, f"a.{at:04}.exr", at=at) for at in range(10, 310, 3)]
    grouped.run(until=400)
    assert grouped.handled == paths
    waits = [
        at - int(path.suffixes[0][1:]) for path, at in zip(paths, grouped.handled_at, strict=True)
    ]
    assert max(waits) <= 5 + 60 + 3
    assert len(grouped.batches) < 10


def test_a_frame_that_changes_while_it_waits_is_not_handed_over(grouped, clock, root):
    paths = [arrive(grouped, clock, root, f"a.{at}.exr", at=at) for at in (10, 14)]
    clock.at(17, lambda: clock.write(paths[0], b"rendered again"))
    grouped.run(until=80)
    assert grouped.batches == [(paths[1],), (paths[0],)]


def test_a_frame_that_never_closes_holds_the_others_up_only_so_long(grouped, clock, root):
    paths = [arrive(grouped, clock, root, f"a.{at}.exr", at=at) for at in (10, 11, 12)]
    grouped.is_complete = lambda path: path != paths[0]
    grouped.run(until=200)
    assert grouped.batches == [tuple(paths[1:])]
    assert 75 <= grouped.handled_at[0] <= 77


def test_a_frame_that_failed_is_tried_again_by_itself(grouped, clock, root):
    paths = [arrive(grouped, clock, root, f"a.{at}.exr", at=10) for at in (1, 2, 3)]

    def refuse_once(path):
        if path == paths[1] and grouped.handled.count(path) == 1:
            raise RuntimeError("registry away")

    grouped.handle = refuse_once
    grouped.run(until=60)
    assert grouped.batches == [tuple(paths), (paths[1],)]
    assert grouped.loop.status.handled_count == 3


def test_a_frame_wanted_later_is_not_handed_over_before(grouped, clock, root):
    paths = [arrive(grouped, clock, root, f"a.{at}.exr", at=at) for at in (10, 21)]

    def put_off_twice(_path):
        if len(grouped.batches) < 3:
            raise NotYetError

    grouped.handle = put_off_twice
    grouped.run(until=60)
    assert grouped.batches == [(paths[0],), (paths[0],), tuple(paths)]
    assert grouped.handled_at == [15.0, 20.0, 30.0, 30.0]


def test_a_file_on_which_the_handler_raises_spoils_no_other(grouped, clock, root, caplog):
    paths = [arrive(grouped, clock, root, f"a.{at}.exr", at=10) for at in (1, 2, 3)]
    take = grouped._take

    def raise_on_the_second(batch):
        failures = take(batch)
        if paths[1] in batch and len(grouped.batches) < 4:
            raise ValueError("a defect")
        return failures

    grouped._take = raise_on_the_second
    grouped.run(until=60)
    assert grouped.batches[:4] == [tuple(paths), *((path,) for path in paths[:2]), (paths[2],)]
    assert grouped.batches[4:] == [(paths[1],)]
    assert grouped.loop.status.handled_count == 3
    assert "a defect" in caplog.text


def test_files_by_themselves_are_handed_over_in_batches(watch, clock, root):
    watch.options = WatchOptions(reconcile_seconds=1000.0, batch_size=3, batch_bytes=100)
    names = ("a.mov", "b.mov", "c.mov", "d.mov", "big.mov", "small.mov")
    for number, name in enumerate(names):
        size = 500 if name == "big.mov" else 10
        clock.at(number / 10, lambda name=name, size=size: clock.write(root / name, bytes(size)))
    clock.at(1, watch.source.rescan)
    watch.run(until=60)
    assert sorted(map(len, watch.batches)) == [1, 2, 3]
    assert (root / "big.mov",) in watch.batches
    assert sorted(watch.handled) == sorted(root / name for name in names)


def test_a_pass_hands_over_what_is_finished_of_a_group(grouped, clock, root):
    clock.write(root / "a.1.exr")
    clock.write(root / "a.2.exr")
    clock.at(3, lambda: clock.write(root / "a.2.exr", b"more media"))
    summary = grouped.loop.run_once()
    assert summary.handled == (root / "a.1.exr",)
    assert summary.pending == (root / "a.2.exr",)


def test_a_pass_waits_for_nobody_where_all_is_old(grouped, clock, root):
    clock.write(root / "a.1.exr")
    clock.write(root / "a.2.exr")
    clock.elapsed = 100.0
    grouped.is_complete = lambda path: path.name == "a.1.exr"
    assert grouped.loop.run_once().handled == (root / "a.1.exr",)
    assert clock.elapsed == 100.0


def test_two_groups_do_not_wait_for_each_other(grouped, clock, root):
    arrive(grouped, clock, root, "a.1.exr", at=10)
    arrive(grouped, clock, root, "b.1.exr", at=12)
    grouped.run(until=60)
    assert grouped.handled_at == [15.0, 17.0]


def test_a_frame_that_vanishes_while_it_waits_is_left_out(grouped, clock, root):
    paths = [arrive(grouped, clock, root, f"a.{at}.exr", at=at) for at in (10, 14)]
    clock.at(17, paths[0].unlink)
    grouped.run(until=80)
    assert grouped.batches == [(paths[1],)]
    assert grouped.problems == []
    assert grouped.loop.status.pending_count == 0
