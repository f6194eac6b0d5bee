"""Folders without change events: seen by their times, at little cost."""

import os
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.exhaustive import exhaustive
from tests.watchers.system import mount, unmount
from watchers.listing import Lister
from watchers.loop import spread_evenly
from watchers.options import SourceKind, WatchOptions
from watchers.survey import Survey


@pytest.fixture
def polled(watch):
    """A watch that is polled every 10 seconds and as good as never walked."""
    watch.options = WatchOptions(
        reconcile_seconds=100_000, poll_seconds=10, source=SourceKind.POLLING
    )
    return watch


def status_at(watch, clock, second):
    """Return a list that will hold what the watch says of its root then."""
    seen = []
    clock.at(second, lambda: seen.append(watch.loop.status.roots[0]))
    return seen


def test_a_polled_root_needs_no_source(polled, clock, source):
    seen = status_at(polled, clock, 20)
    polled.run(until=50)
    assert source.starts == 0
    assert [(each.source, each.why_polled) for each in seen] == [
        (SourceKind.POLLING, "as configured")
    ]


def test_an_arrival_is_seen_long_before_the_next_walk(polled, clock, root):
    (root / "day/scene").mkdir(parents=True)
    clock.at(95, lambda: clock.write(root / "day/scene/a.mov"))
    polled.run(until=120)
    assert polled.handled == [root / "day/scene/a.mov"]


def test_a_new_folder_is_walked_with_all_below(polled, clock, root):
    def arrive():
        (root / "day/scene/take").mkdir(parents=True)
        clock.write(root / "day/scene/take/a.mov")

    clock.at(95, arrive)
    polled.run(until=120)
    assert polled.handled == [root / "day/scene/take/a.mov"]


def test_a_rename_and_a_replacement_are_seen(polled, clock, root):
    clock.write(root / "a.mov")
    clock.write(root / "b.mov")

    def change():
        (root / "a.mov").rename(root / "c.mov")
        clock.write(root / ".b.mov.x7Yz", b"another take")
        (root / ".b.mov.x7Yz").replace(root / "b.mov")

    clock.at(95, change)
    polled.run(until=120)
    assert sorted(polled.handled[2:]) == [root / "b.mov", root / "c.mov"]


def test_a_rewrite_in_place_is_left_to_the_next_walk(polled, clock, root):
    polled.options = replace(polled.options, reconcile_seconds=300)
    day = root / "day"
    day.mkdir()
    clock.write(day / "a.mov")
    os.utime(day, (1000, 1000))  # long ago, so that it is not racy

    def rewrite():
        with (day / "a.mov").open("r+b") as file:
            file.write(b"MEDIA")

    clock.at(95, rewrite)
    polled.run(until=320)
    assert polled.handled == [day / "a.mov"] * 2
    assert polled.handled_at[1] >= 300


def test_only_folders_that_moved_are_listed_again(polled, clock, root, monkeypatch):
    """Counts what is opened: that is what costs on a share."""
    for number in range(20):
        (root / f"{number}").mkdir()
        os.utime(root / f"{number}", (1000, 1000))
    os.utime(root, (1000, 1000))
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: listed.append(place) or scandir(place))
    clock.at(50, listed.clear)
    clock.at(95, lambda: clock.write(root / "7/a.mov"))
    polled.run(until=112)
    assert len(listed) == 1


@pytest.fixture
def listed(clock, monkeypatch):
    """When folders were listed, by name: that is what costs on a share."""
    seconds = {}
    enter = Lister.list

    def note(lister, trail):
        seconds.setdefault(trail.folder, []).append(clock.elapsed)
        return enter(lister, trail)

    monkeypatch.setattr(Lister, "list", note)
    return seconds


def test_a_racy_folder_is_listed_at_every_poll_until_its_time_is_old(polled, clock, root, listed):
    """Something may have come within the tick of the clock in which it was listed last."""
    for name, second in (("old", -100), ("racy", 35)):
        (root / name).mkdir()
        os.utime(root / name, (clock.time() + second, clock.time() + second))
    clock.at(2, listed.clear)
    polled.run(until=100)
    assert listed["racy"] == [11, 21, 31, 41]  # the last one sees it 6 seconds old
    assert "old" not in listed


def test_a_folder_that_vanishes_is_no_problem(polled, clock, root):
    (root / "day").mkdir()
    clock.write(root / "day/a.mov")
    clock.at(50, lambda: (root / "day").rename(root.with_name("away")))
    polled.run(until=100)
    assert polled.problems == []
    assert polled.handled == [root / "day/a.mov"]


def test_a_root_that_vanishes_is_degraded_by_the_next_poll(polled, clock, root):
    clock.at(50, lambda: root.rename(root.with_name("away")))
    polled.run(until=70)
    assert polled.loop.status.degraded_roots == (root,)


def test_a_folder_that_cannot_be_read_is_told_of_once(polled, clock, root, unreadable_folder):
    clock.at(50, lambda: unreadable_folder(root))
    polled.run(until=200)
    assert polled.loop.status.degraded_roots == (root,)
    assert len(polled.problems) == 1


def test_a_share_that_went_away_below_a_root_is_told_of_once(polled, clock, root):
    share = root / "share"
    share.mkdir()
    mount(share, "-t", "tmpfs", "tmpfs")
    clock.write(share / "a.mov")
    clock.at(50, lambda: unmount(share))
    polled.run(until=200)
    assert [each.path for each in polled.problems] == [share]
    assert polled.loop.status.degraded_roots == (root,)


def test_everything_is_polled_while_the_source_is_dead(watch, clock, source, root):
    watch.options = WatchOptions(reconcile_seconds=100_000, poll_seconds=10)
    clock.at(50, lambda: setattr(source, "is_alive", False))
    clock.at(95, lambda: clock.write(root / "a.mov"))
    watch.run(until=120)
    assert watch.handled == [root / "a.mov"]


def test_only_the_folders_a_source_is_blind_for_are_polled(watch, clock, source, root, caplog):
    watch.options = WatchOptions(reconcile_seconds=100_000, poll_seconds=10)
    for name in ("seen", "blind/below", "blindfold"):
        (root / name).mkdir(parents=True)
    source.blind = {root / "blind": "the limit of watches is reached"}

    def arrive():
        for name in ("seen", "blind/below", "blindfold"):
            clock.write(root / name / "a.mov")

    clock.at(95, arrive)
    seen = status_at(watch, clock, 50)
    watch.run(until=120)
    assert watch.handled == [root / "blind/below/a.mov"]
    assert caplog.text.count("the limit of watches is reached") == 1
    assert [(each.source, each.why_polled) for each in seen] == [
        (SourceKind.NATIVE, "the limit of watches is reached")
    ]


def test_a_blind_source_is_replaced_at_the_next_walk(watch, clock, source, root):
    watch.options = WatchOptions(reconcile_seconds=60)
    clock.at(10, lambda: source.blind.update({root: "no event of its probe came back"}))
    clock.at(61, source.blind.clear)
    watch.run(until=200)
    assert source.starts == 2


def test_the_source_is_told_how_many_folders_there_are(watch, source, root):
    (root / "day/scene").mkdir(parents=True)
    watch.run(until=5)
    assert source.folder_counts == [3]


def test_a_slow_poll_is_put_off_the_longer(polled, clock, monkeypatch):
    """On a slow share the passes must not fill all the time there is."""
    polls = []
    look = Survey._poll_root

    def look_slowly(*arguments):
        polls.append(clock.elapsed)
        clock.elapsed += 30
        look(*arguments)

    monkeypatch.setattr(Survey, "_poll_root", look_slowly)
    polled.run(until=1000)
    pauses = [later - earlier for earlier, later in pairwise(polls)]
    assert min(pauses) >= 330


def test_by_default_walks_are_spread_in_time():
    assert {75.0 <= spread_evenly(100.0) <= 125.0 for _ in range(200)} == {True}
    assert len({spread_evenly(100.0) for _ in range(10)}) > 1


@exhaustive
def test_memory_does_not_grow_with_what_comes_and_goes(polled, clock, root):
    """A week of arrivals that are taken away again leaves nothing behind but the last walk's."""
    polled.options = replace(polled.options, reconcile_seconds=100)
    for second in range(5, 2000, 5):
        path = root / f"{second}.mov"
        clock.at(second, lambda path=path: clock.write(path))
        clock.at(second + 50, lambda path=path: path.unlink())
    polled.run(until=2200)
    (known,) = polled.loop._roots[0].memory.folders.values()
    assert len(polled.handled) > 300
    assert len(known.files) <= 100
