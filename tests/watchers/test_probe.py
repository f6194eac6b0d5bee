"""The file that proves a watch alive: written only where it should be, and taken away."""

import threading
import time

import pytest

from tests.watchers.system import mounted
from watchers.native import NativeSource
from watchers.probe import CONTENT, LifeProof, Probe

NAME = ".watch-probe-host"


def eventually(condition):
    deadline = time.monotonic() + 30
    pace = threading.Event()
    while time.monotonic() < deadline:
        if condition():
            return
        pace.wait(0.005)
    raise AssertionError("the deadline passed")


@pytest.fixture
def native(root):
    """Make sources with a probe; the clock of the first is the first item."""
    now = [0.0]
    sources = []

    def make(*roots):
        source = NativeSource(roots or (root,), probe_name=NAME, monotonic=lambda: now[0])
        sources.append(source)
        source.start()
        return source

    yield now, make
    for source in sources:
        source.stop()


def test_a_living_watch_answers_and_the_probe_is_no_arrival(root, native):
    now, make = native
    source = make()
    hints = set(source.take().paths)
    assert (root / NAME).read_bytes() == CONTENT
    for now[0] in (20.0, 31.0, 50.0, 62.0, 80.0):
        eventually(lambda: source._proofs[root]._is_answered)
        hints |= source.take().paths
    assert source.blind == {}
    assert hints == set()
    source.stop()
    assert list(root.iterdir()) == []


def test_a_watch_whose_events_do_not_come_is_blind(root, native):
    now, make = native
    source = make()
    source._observer.unschedule_all()  # the thread lives on, and hears nothing any more
    source.take()
    now[0] = 14.0
    source.take()
    assert source.blind == {}
    now[0] = 15.0
    source.take()
    assert source.blind == {root: "no event of its probe file came back"}


def test_each_root_is_proved_by_itself(root, native):
    now, make = native
    other = root.with_name("other")
    other.mkdir()
    source = make(root, other)
    source.take()
    assert (root / NAME).exists()
    assert (other / NAME).exists()
    eventually(lambda: all(proof._is_answered for proof in source._proofs.values()))
    now[0] = 20.0
    source.take()
    assert source.blind == {}


def test_a_folder_that_may_not_be_written_is_blind(root, native):
    _now, make = native
    with mounted(root, "-t", "tmpfs", "-o", "ro", "tmpfs"):
        source = make()
        source.take()
        why = "no probe file can be written in it: Read-only file system"
        assert source.blind == {root: why}
        source.stop()


def test_nothing_is_written_where_another_folder_has_taken_its_place(root):
    """The bare mount point of a share that went away must go on looking empty."""
    probe = Probe(root, NAME)
    root.rename(root.with_name("away"))
    root.mkdir()
    with pytest.raises(OSError, match="another folder"):
        probe.write()
    probe.remove()
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("content", [b"somebody's notes", CONTENT + b"more", b"x" * len(CONTENT)])
def test_a_file_of_that_name_that_is_no_probe_is_left_alone(root, content):
    (root / NAME).write_bytes(content)
    probe = Probe(root, NAME)
    with pytest.raises(FileExistsError):
        probe.write()
    probe.remove()
    assert (root / NAME).read_bytes() == content


def test_neither_a_link_nor_a_shared_file_is_written(root):
    probe = Probe(root, NAME)
    target = root / "target"
    target.write_bytes(b"")
    (root / NAME).symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        probe.write()
    (root / NAME).unlink()
    (root / NAME).hardlink_to(target)
    with pytest.raises(FileExistsError):
        probe.write()
    assert target.read_bytes() == b""


@pytest.mark.parametrize("left", [b"", CONTENT[:10], CONTENT])
def test_what_a_killed_watch_left_is_used_and_taken_away(root, left):
    (root / NAME).write_bytes(left)
    probe = Probe(root, NAME)
    probe.write()
    assert (root / NAME).read_bytes() == CONTENT
    probe.remove()
    assert list(root.iterdir()) == []


def test_a_proof_asks_no_oftener_than_needed(root):
    now = [0.0]
    proof = LifeProof(Probe(root, NAME), lambda: now[0])
    assert proof.find_trouble() == ""
    proof.answer()
    (root / NAME).unlink()
    now[0] = 29.0
    assert proof.find_trouble() == ""
    assert not (root / NAME).exists()
    now[0] = 30.0
    assert proof.find_trouble() == ""
    assert (root / NAME).exists()


def test_a_root_with_nothing_but_a_probe_counts_as_empty(watch, clock, root):
    """Else a bare mount point with a probe in it would be taken for the share."""
    watch.options = type(watch.options)(reconcile_seconds=10, probe_name=NAME)

    def unmount():
        root.rename(root.with_name("away"))
        root.mkdir()
        (root / NAME).write_bytes(CONTENT)

    clock.at(15, unmount)
    watch.run(until=60)
    assert watch.loop.status.degraded_roots == (root,)
