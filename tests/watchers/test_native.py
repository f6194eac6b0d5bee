import json
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.observers.inotify import InotifyWatchGroup
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent

from tests.watchers.system import nobody, open_to_all
from watchers.loop import WatchLoop
from watchers.native import NativeSource
from watchers.options import WatchOptions

DEADLINE_SECONDS = 60.0


@contextmanager
def started(*roots, **options):
    before = set(threading.enumerate())
    source = NativeSource(roots, **options)
    source.start()
    try:
        yield source
    finally:
        source.stop()
    assert not source.is_alive
    assert set(threading.enumerate()) <= before


def eventually(condition):
    """Return the first true value of the condition, asked until the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    pace = threading.Event()
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        pace.wait(0.005)
    raise AssertionError("the deadline passed")


def hints_until(source, *expected):
    """Collect hinted paths until all expected ones are among them."""
    seen = set()

    def collect():
        seen.update(source.take().paths)
        return seen.issuperset(expected)

    eventually(collect)
    return seen


def overflow(source):
    """Do as if the kernel had said so."""
    source._reader.handle_event(InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b""))


def test_a_written_file_is_hinted(root):
    with started(root) as source:
        assert source.is_alive
        (root / "a.mov").write_bytes(b"media")
        hints_until(source, root / "a.mov")


def test_a_new_folder_and_the_files_in_it_are_hinted(root):
    with started(root) as source:
        (root / "day/scene").mkdir(parents=True)
        hints_until(source, root / "day")
        eventually(lambda: (root / "day/scene/a.mov").write_bytes(b"media"))
        hints_until(source, root / "day/scene/a.mov")


def test_both_ends_of_a_rename_are_hinted(root):
    (root / ".a.mov.x7Yz").write_bytes(b"media")
    with started(root) as source:
        (root / ".a.mov.x7Yz").rename(root / "a.mov")
        hints_until(source, root / ".a.mov.x7Yz", root / "a.mov")


def test_a_deleted_file_is_hinted(root):
    (root / "a.mov").write_bytes(b"media")
    with started(root) as source:
        (root / "a.mov").unlink()
        hints_until(source, root / "a.mov")


def test_reading_is_not_hinted(root):
    (root / "read.mov").write_bytes(b"media")
    with started(root) as source:
        (root / "read.mov").read_bytes()
        (root / "written.mov").write_bytes(b"media")
        assert root / "read.mov" not in hints_until(source, root / "written.mov")


def test_names_that_are_not_utf8_are_hinted(root):
    path = root / "caf\udce9.mov"
    with started(root) as source:
        path.write_bytes(b"media")
        hints_until(source, path)


def test_a_root_behind_a_link_is_hinted_under_its_own_name(root):
    link = root.with_name("share")
    link.symlink_to(root)
    with started(link) as source:
        (root / "a.mov").write_bytes(b"media")
        hints_until(source, link / "a.mov")


def test_hints_are_handed_out_once(root):
    with started(root) as source:
        (root / "a.mov").write_bytes(b"media")
        hints_until(source, root / "a.mov")
        (root / "b.mov").write_bytes(b"media")
        hints_until(source, root / "b.mov")
        assert source.take().rescan is False


def test_more_hints_than_there_is_room_for_become_a_rescan(root):
    with started(root, capacity=10) as source:
        for number in range(50):
            (root / f"{number}.mov").touch()
        eventually(lambda: source.take().rescan)


def test_an_overflow_asks_for_a_rescan(root):
    with started(root) as source:
        overflow(source)
        assert source.take().rescan
        assert not source.take().rescan
        assert source.is_alive


def test_a_rescan_is_asked_for_only_once_the_folders_are_watched_anew(root, monkeypatch):
    """What came before that was heard by nobody, and a walk might have been there already."""
    with started(root) as source:
        told = []
        add = InotifyWatchGroup._add_all_callbacks

        def watch_anew(*arguments):
            told.append(source.take().rescan)
            add(*arguments)

        monkeypatch.setattr(InotifyWatchGroup, "_add_all_callbacks", watch_anew)
        overflow(source)
        assert told == [False]
        assert source.take().rescan


def test_three_overflows_within_a_minute_stop_the_source(root, caplog):
    now = [0.0]
    with started(root, monotonic=lambda: now[0]) as source:
        for now[0] in (0.0, 20.0, 59.0):
            assert source.is_alive
            overflow(source)
        assert source.take().rescan
        assert not source.is_alive
        assert "overflows" in caplog.text
        assert not source.take().rescan


def test_overflows_far_apart_do_not(root):
    now = [0.0]
    with started(root, monotonic=lambda: now[0]) as source:
        for now[0] in (0.0, 20.0, 60.0):
            overflow(source)
            source.take()
        assert source.is_alive


def test_without_descriptors_it_says_so_and_stays_dead(root, caplog):
    """The real limit of the kernel, not an imitation."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    source = NativeSource((root,))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        source.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not source.is_alive
    assert "only polling" in caplog.text
    assert not source.take().paths
    source.stop()


def test_a_missing_root_leaves_the_others_watched_but_the_source_not_alive(root):
    with started(root, root.with_name("missing")) as source:
        assert not source.is_alive
        assert "No such file" in source.blind[root.with_name("missing")]
        (root / "a.mov").write_bytes(b"media")
        hints_until(source, root / "a.mov")


def test_a_deleted_root_makes_the_source_not_alive(root):
    with started(root) as source:
        shutil.rmtree(root)
        eventually(lambda: not source.is_alive)


class Tagger:
    """A handler that rewrites each file, as ours does, and counts."""

    def __init__(self):
        self.handled = Counter()
        self._changed = threading.Condition()

    def __call__(self, paths):
        for path in paths:
            self._tag(path)
        return {}

    def _tag(self, path):
        staging = path.with_name(f".{path.name}.staging")
        staging.write_bytes(b"tagged media")
        staging.replace(path)
        with self._changed:
            self.handled[path] += 1
            self._changed.notify_all()

    def has_handled(self, count):
        with self._changed:
            return self._changed.wait_for(lambda: len(self.handled) >= count, 90)


@contextmanager
def running(loop):
    stop = threading.Event()
    watching = threading.Thread(target=loop.run, args=(stop,))
    watching.start()
    try:
        eventually(lambda: loop.status.reconciled_at is not None)
        yield
    finally:
        stop.set()
        watching.join(DEADLINE_SECONDS)
    assert not watching.is_alive()


def test_two_thousand_files_in_a_burst_of_nested_folders_are_handled_once_each(root):
    """Folders are made and filled at once; only hints can find them, the next walk is far off."""
    tagger = Tagger()
    options = WatchOptions(settle_seconds=0.2, step_seconds=0.05, reconcile_seconds=3600)
    loop = WatchLoop((root,), tagger, is_complete=lambda _path: True, options=options)
    paths = {root / f"{n % 20}/{n % 100}/{n % 400}/{n}.mov" for n in range(2000)}
    last = root / "last.mov"
    with running(loop):
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"media")
        assert tagger.has_handled(2000)
        last.write_bytes(b"media")  # once it is through, so are the echoes of our own rewrites
        assert tagger.has_handled(2001)
        assert loop.status.is_source_alive
    assert set(tagger.handled) == {*paths, last}
    assert set(tagger.handled.values()) == {1}


def test_a_real_overflow_asks_for_a_rescan(root):
    """The kernel's own queue, filled while nobody reads it."""
    room = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text("ascii"))
    if room > 40_000:
        pytest.skip("the kernel's queue is too long to be filled in a test")
    with started(root) as source:
        with source._reader._lock:
            (root / "first.mov").touch()  # wakes the reader, which then waits for the lock
            for number in range(room):  # two events each; the reader may hold some already
                (root / f"{number}.mov").touch()
        eventually(lambda: source.take().rescan)
        assert source.is_alive
        (root / "last.mov").touch()
        hints_until(source, root / "last.mov")


def test_a_growing_file_is_hinted_when_it_is_closed_and_not_before(root):
    with started(root) as source, (root / "a.mov").open("wb") as writer:
        hints_until(source, root / "a.mov")
        for _ in range(100):
            writer.write(b"media")
            writer.flush()
        (root / "b.mov").touch()
        assert root / "a.mov" not in hints_until(source, root / "b.mov")
        writer.close()
        hints_until(source, root / "a.mov")


def placed_until(source, path):
    seen = set()

    def collect():
        hints = source.take()
        seen.update(hints.placed)
        return path in hints.paths

    eventually(collect)
    return seen


@pytest.mark.parametrize("name", [".a.mov.x7Yz", "a.mov.part"])
def test_a_rename_from_a_name_in_progress_is_told_as_such(root, name):
    (root / name).write_bytes(b"media")
    with started(root) as source:
        (root / name).rename(root / "a.mov")
        assert placed_until(source, root / "a.mov") == {root / "a.mov"}


def test_a_rename_from_an_ordinary_name_is_not(root):
    (root / "b.mov").write_bytes(b"media")
    with started(root) as source:
        (root / "b.mov").rename(root / "a.mov")
        assert placed_until(source, root / "a.mov") == set()


def test_a_folder_moved_in_and_one_moved_out_are_hinted(root):
    outside = root.with_name("outside")
    (outside / "day").mkdir(parents=True)
    (root / "old").mkdir()
    with started(root) as source:
        (outside / "day").rename(root / "day")
        (root / "old").rename(outside / "old")
        hints_until(source, root / "day", root / "old")
        eventually(lambda: (root / "day/a.mov").write_bytes(b"media"))
        hints_until(source, root / "day/a.mov")


def test_folders_beyond_the_limit_of_watches_are_blind(root):
    """A user namespace of its own has its own limit."""
    for number in range(30):
        (root / f"{number:02}").mkdir()
    limit = "echo 20 > /proc/sys/user/max_inotify_watches && exec"
    script = f'{limit} "$0" -m tests.watchers.blind_spots "$1"'
    program = shutil.which("unshare") or pytest.skip("there is no unshare program")
    command = [program, "--user", "--map-root-user", "sh", "-c", script, sys.executable, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("no user namespaces here")
    start, after = json.loads(done.stdout)
    assert len(start) == 31 - 20
    assert {"max_user_watches" in why for why in start.values()} == {True}
    assert "20 of 1000 folders" in after[str(root)]


def test_a_folder_that_may_not_be_watched_is_blind(root):
    """watchdog passes over it in silence."""
    open_to_all(root)
    (root / "closed").mkdir(mode=0o700)
    with nobody(), started(root) as source:
        assert set(source.blind) == {root / "closed"}


def test_the_kernel_is_asked_how_much_it_watches(root):
    (root / "day/scene").mkdir(parents=True)
    with started(root) as source:
        source.compare(3)
        source.compare(4)
        assert source.blind == {}
        source.compare(3)
        source.compare(4)
        assert source.blind == {}  # a folder that had just come
        source.compare(4)
        assert "3 of 4 folders" in source.blind[root]
