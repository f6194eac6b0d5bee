import pytest

from tests.watchers.system import chmod_as_owner, mount, mounted, nobody, open_to_all, unmount
from watchers.options import WatchOptions


@pytest.fixture
def watch_often(watch):
    watch.options = WatchOptions(reconcile_seconds=10)
    return watch


def degraded(watch, clock, *seconds):
    """Note the degraded roots at these seconds."""
    seen = {}
    for second in seconds:
        clock.at(second, lambda at=second: seen.update({at: watch.loop.status.degraded_roots}))
    return seen


def test_a_root_that_vanishes_is_degraded_and_recovers_with_nothing_taken_twice(
    watch_often, clock, root
):
    clock.write(root / "a.mov")
    away = root.with_name("away")
    clock.at(20.5, lambda: root.rename(away))
    clock.at(45.5, lambda: away.rename(root))
    seen = degraded(watch_often, clock, 15, 35, 55)
    watch_often.run(until=60)
    assert seen == {15: (), 35: (root,), 55: ()}
    assert watch_often.handled == [root / "a.mov"]
    assert {each.path for each in watch_often.problems} == {root}
    assert "No such file" in watch_often.problems[0].message


def test_a_root_that_recovers_gets_a_new_source(watch_often, clock, source, root):
    """The old one is blind: its watches belong to what went away."""
    away = root.with_name("away")
    clock.at(5, lambda: root.rename(away))
    clock.at(15, lambda: away.rename(root))
    watch_often.run(until=40)
    assert source.starts == 2


def test_pending_files_of_a_vanished_root_are_kept_and_taken_when_it_is_back(
    watch_often, clock, root
):
    clock.write(root / "a.mov")
    away = root.with_name("away")
    clock.at(2, lambda: root.rename(away))
    clock.at(33, lambda: away.rename(root))
    seen = degraded(watch_often, clock, 6)
    pending = []
    clock.at(25, lambda: pending.append(watch_often.loop.status.pending_count))
    watch_often.run(until=60)
    assert seen == {6: (root,)}
    assert pending == [1]
    assert watch_often.handled == [root / "a.mov"]
    assert "went away" in watch_often.problems[0].message


def test_an_empty_folder_in_place_of_the_root_stays_refused(watch_often, clock, root):
    """The mount point of a share that went away."""
    clock.write(root / "a.mov")
    away = root.with_name("away")

    def unmount():
        root.rename(away)
        root.mkdir()

    def mount():
        root.rmdir()
        away.rename(root)

    clock.at(15, unmount)
    clock.at(75, mount)
    seen = degraded(watch_often, clock, 25, 72, 85)
    watch_often.run(until=90)
    assert seen == {25: (root,), 72: (root,), 85: ()}
    assert watch_often.handled == [root / "a.mov"]
    assert "another folder" in watch_often.problems[0].message


def test_a_newcomer_with_files_in_it_is_accepted_at_the_second_meeting(watch_often, clock, root):
    """A share that came back under another device number."""
    clock.at(15, lambda: root.rename(root.with_name("away")))
    clock.at(15.5, root.mkdir)
    clock.at(15.6, lambda: clock.write(root / "b.mov"))
    seen = degraded(watch_often, clock, 25, 35)
    watch_often.run(until=50)
    assert seen == {25: (root,), 35: ()}
    assert watch_often.handled == [root / "b.mov"]
    assert watch_often.handled_at == [30.0]


def test_hints_below_a_lost_root_are_not_followed(watch_often, clock, source, root):
    def replace():
        root.rename(root.with_name("away"))
        root.mkdir()

    clock.at(5, replace)
    clock.at(12, lambda: clock.write(root / "b.mov"))
    clock.at(12, lambda: source.hint(root / "b.mov"))
    watch_often.run(until=19)
    assert watch_often.loop.status.pending_count == 0


def test_a_root_that_is_no_folder_is_degraded(watch, root):
    root.rmdir()
    root.write_bytes(b"")
    watch.run(until=5)
    assert watch.loop.status.degraded_roots == (root,)
    assert watch.problems[0].message == "cannot be read: Not a directory"


def test_an_unreadable_folder_degrades_the_root_but_its_other_files_are_taken(
    watch_often, clock, root, unreadable_folder
):
    clock.write(root / "a.mov")
    unreadable_folder(root)
    clock.at(25, lambda: (root / "n").rename(root.with_name("deep")))
    seen = degraded(watch_often, clock, 15, 35)
    watch_often.run(until=40)
    assert seen == {15: (root,), 35: ()}
    assert watch_often.handled == [root / "a.mov"]
    assert "512 folders deep" in watch_often.problems[0].message


def test_nothing_is_forgotten_while_a_folder_is_unreadable(watch, clock, root, unreadable_folder):
    """Moving its folder keeps the state of a file: only the memory tells whether it is new."""
    day, away = root / "day", root.with_name("away")
    day.mkdir()
    clock.write(day / "a.mov")
    clock.at(19, lambda: unreadable_folder(root))
    clock.at(20, lambda: day.rename(away))
    clock.at(20, watch.source.rescan)
    clock.at(30, lambda: away.rename(day))
    clock.at(30, watch.source.rescan)
    watch.run(until=40)
    assert watch.handled == [day / "a.mov"]


def test_a_hinted_folder_that_cannot_be_walked_brings_the_next_walk_forward(
    watch, clock, root, unreadable_folder
):
    def arrive():
        unreadable_folder(root)
        watch.source.hint(root / "n")

    clock.at(10, arrive)
    watch.run(until=20)
    assert watch.loop.status.degraded_roots == (root,)


def test_a_root_that_goes_away_during_the_walk_is_degraded(watch, clock, source, root):
    for name in ("a.mov", "b.mov"):
        clock.write(root / name)
    watch.run(until=10)
    monotonic, calls = clock.monotonic, []

    def rename_at_the_first_file():
        calls.append(monotonic())
        if len(calls) == 2:  # the first is before the walk
            root.rename(root.with_name("away"))
        return monotonic()

    clock.monotonic = rename_at_the_first_file
    watch.run(until=11)
    assert watch.loop.status.degraded_roots == (root,)
    assert [each.message for each in watch.problems] == ["went away during the walk"]
    root.with_name("away").rename(root)
    source.rescan()
    watch.run(until=30)
    assert len(watch.handled) == 2
    assert watch.loop.status.degraded_roots == ()


def test_a_root_that_fails_its_test_is_not_looked_at(watch_often, clock, root):
    clock.write(root / "a.mov")
    trouble = ["its marker is missing"]
    watch_often.root_test = lambda path: trouble[0] if path == root else "no root of ours"
    clock.at(25, lambda: trouble.__setitem__(0, ""))
    seen = degraded(watch_often, clock, 15, 35)
    watch_often.run(until=40)
    assert seen == {15: (root,), 35: ()}
    assert watch_often.handled_at == [25.0]  # as soon as it passes
    assert {each.message for each in watch_often.problems} == {"its marker is missing"}


def test_the_status_says_what_ails_a_root_and_counts_problems(watch_often, root):
    watch_often.root_test = lambda _path: "its marker is missing"
    watch_often.run(until=25)
    (status,) = watch_often.loop.status.roots
    assert (status.path, status.trouble) == (root, "its marker is missing")
    assert watch_often.loop.status.problem_counts == {"root": 3}


def test_a_share_below_a_root_that_is_unmounted_is_never_empty(watch, clock, root):
    """Its files are known when it is back, under another device number."""
    share, store = root / "share", root.with_name("store")
    share.mkdir()
    store.mkdir()
    with mounted(store, "-t", "tmpfs", "tmpfs"):
        mount(share, "--bind", str(store))
        try:
            clock.write(share / "a.mov")
            clock.at(20, lambda: unmount(share))
            seen = degraded(watch, clock, 30, 50)
            clock.at(40, lambda: mount(share, "--bind", str(store)))
            watch.run(until=60)
        finally:
            unmount(share)
    assert seen == {30: (root,), 50: ()}
    assert watch.handled == [share / "a.mov"]
    (problem,) = watch.problems
    assert problem.path == share
    assert "mount it again" in problem.message


def test_a_mount_at_a_root_is_noticed_without_waiting_for_the_next_walk(watch, clock, root):
    """inotify says nothing of it, and stays blind for what was mounted."""
    watch.options = WatchOptions(reconcile_seconds=100)
    clock.at(20, lambda: mount(root, "-t", "tmpfs", "tmpfs"))
    clock.at(21, lambda: clock.write(root / "a.mov"))
    seen = degraded(watch, clock, 25, 130)
    try:
        watch.run(until=150)
    finally:
        unmount(root)
    assert seen == {25: (root,), 130: ()}
    assert watch.handled == [root / "a.mov"]
    assert watch.source.starts == 2


def test_a_root_that_is_unmounted_and_mounted_again_is_noticed_at_once(watch, clock, root):
    store = root.with_name("store")
    store.mkdir()
    with mounted(store, "-t", "tmpfs", "tmpfs"):
        mount(root, "--bind", str(store))
        try:
            clock.write(root / "a.mov")
            clock.at(20, lambda: unmount(root))
            clock.at(40, lambda: mount(root, "--bind", str(store)))
            clock.at(40, lambda: clock.write(root / "b.mov"))
            seen = degraded(watch, clock, 22, 42)
            watch.run(until=60)
        finally:
            unmount(root)
    assert seen == {22: (root,), 42: ()}
    assert watch.handled == [root / "a.mov", root / "b.mov"]
    assert watch.source.starts == 2


def test_a_mount_elsewhere_changes_nothing(watch, clock, source, root):
    other = root.with_name("other")
    other.mkdir()
    clock.at(20, lambda: mount(other, "-t", "tmpfs", "tmpfs"))
    clock.at(30, lambda: unmount(other))
    watch.run(until=40)
    assert source.starts == 1


def test_rights_that_are_taken_away_degrade_and_given_back_heal(watch_often, clock, root):
    day = root / "day"
    day.mkdir()
    clock.write(day / "a.mov")
    open_to_all(root)
    clock.at(15, lambda: chmod_as_owner(day, 0o000))
    clock.at(35, lambda: chmod_as_owner(day, 0o755))
    seen = degraded(watch_often, clock, 12, 25, 45)
    with nobody():
        watch_often.run(until=50)
    assert seen == {12: (), 25: (root,), 45: ()}
    assert watch_often.handled == [day / "a.mov"]
    assert "Permission denied" in watch_often.problems[0].message
