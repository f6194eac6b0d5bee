"""Lockdowns bind the thread that asks for them, so each is tried in a thread of its own."""

import errno
import os
import resource
import socket
import subprocess
import threading

import pytest

from provenance.isolation import landlock
from provenance.isolation.landlock import restrict_to
from provenance.isolation.lockdown import lock_down

REFUSED = -1


def in_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def attempt(action):
    try:
        action()
    except OSError as error:
        return error.errno
    return 0


def lock_thread(scratch, limits=None, memory_bytes=1 << 40, *, die_with_parent=True):
    limits = [] if limits is None else limits
    return lock_down(
        memory_bytes,
        scratch,
        die_with_parent=die_with_parent,
        set_limit=lambda *limit: limits.append(limit),
    )


def test_a_locked_down_thread_opens_nothing_outside_scratch(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").touch()

    def locked():
        assert "landlock" in lock_thread(tmp_path / "inside")
        return [
            attempt(lambda: (tmp_path / "inside" / "new").write_text("x")),
            attempt((tmp_path / "inside" / "new").read_text),
            attempt((tmp_path / "outside").read_text),
            attempt((tmp_path / "made").touch),
            attempt((tmp_path / "outside").unlink),
        ]

    assert in_thread(locked) == [0, 0, errno.EACCES, errno.EACCES, errno.EACCES]


def test_a_locked_down_thread_without_scratch_runs_no_program_and_reaches_no_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def locked():
            lock_thread(None)
            return [
                attempt(lambda: subprocess.run(["/bin/true"], check=True)),
                attempt(lambda: socket.create_connection(("127.0.0.1", port)).close()),
            ]

        assert in_thread(locked) == [errno.EACCES, errno.EACCES]


def test_limits_are_set_for_memory_files_and_cores():
    limits = []
    in_thread(lambda: lock_thread(None, limits, memory_bytes=1 << 30))
    assert dict(limits) == {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_AS: (1 << 30, 1 << 30),
    }


def test_a_limit_that_is_lower_already_stays(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 20))
    limits = []
    in_thread(lambda: lock_thread(None, limits, die_with_parent=False))
    assert dict(limits)[resource.RLIMIT_NOFILE] == (20, 20)


def kernel(version=4, ruleset=None, **refused):
    """A kernel whose answers are given; `ruleset` is what creating one returns."""

    def call(number, *arguments):
        if number == 444 and arguments[0] is None:
            return version
        if number == 444:
            return os.open("/dev/null", os.O_RDONLY) if ruleset is None else ruleset
        return REFUSED if str(number) in refused.get("numbers", ()) else 0

    return call


@pytest.mark.parametrize(
    "answers",
    [
        kernel(version=REFUSED),
        kernel(version=0),
        kernel(ruleset=REFUSED),
        kernel(numbers=["446"]),
    ],
)
def test_where_the_kernel_refuses_no_protection_is_claimed(answers):
    assert restrict_to(None, answers) == ()


def test_an_old_kernel_protects_files_but_not_ports():
    assert restrict_to(None, kernel(version=3)) == ("landlock",)
    assert restrict_to(None, kernel(version=4)) == ("landlock", "landlock-tcp")


def test_a_scratch_directory_that_is_refused_is_an_error(tmp_path, count_descriptors):
    before = count_descriptors()
    with pytest.raises(OSError, match="refuses the scratch"):
        restrict_to(tmp_path, kernel(numbers=["445"]))
    assert count_descriptors() == before


@pytest.mark.parametrize(
    ("version", "files", "ports", "scopes"),
    [(1, 13, 0, 0), (2, 14, 0, 0), (3, 15, 0, 0), (4, 15, 2, 0), (5, 16, 2, 0), (6, 16, 2, 2)],
)
def test_no_right_is_handled_that_a_version_does_not_know(version, files, ports, scopes):
    assert landlock._rights(version) == tuple((1 << n) - 1 for n in (files, ports, scopes))
