"""The worker's side, served here in a thread, with a lockdown that only notes what was asked."""

import json
import os
import socket
import sys
import threading

import pytest

from provenance.isolation import worker
from provenance.isolation.framing import receive_frame, send_frame

DIAGNOSTICS = "provenance.isolation.diagnostics"
SETUP = {"preload": [DIAGNOSTICS], "memory_bytes": 1, "scratch": None, "die_with_parent": False}


class Served:
    """A worker in a thread, and what it did to itself."""

    def __init__(self, connection):
        self.alarms = []
        self.locked = []
        self.thread = threading.Thread(target=self._serve, args=[connection])
        self.thread.start()

    def _serve(self, connection):
        with connection:
            worker.serve(connection, lock_down=self._lock_down, set_alarm=self.alarms.append)

    def _lock_down(self, *arguments, **named):
        self.locked.append((*arguments, named))
        return ("pretended",)


@pytest.fixture
def connection():
    ours, theirs = socket.socketpair()
    with ours:
        served = Served(theirs)
        yield ours, served
    served.thread.join()


def ask(connection, request, files=()):
    send_frame(connection, json.dumps(request).encode(), files)
    return json.loads(receive_frame(connection))


def request(function, files=0, **arguments):
    task = f"{DIAGNOSTICS}:{function}"
    return {"task": task, "arguments": arguments, "files": files, "wall_seconds": 2}


def test_a_worker_locks_down_as_told_and_says_what_holds(connection, tmp_path):
    ours, served = connection
    setup = SETUP | {"scratch": str(tmp_path)}
    assert ask(ours, setup) == {"result": ["pretended"]}
    assert served.locked == [(1, tmp_path, {"die_with_parent": False})]


def test_a_worker_serves_task_after_task(connection, tmp_path):
    ours, _ = connection
    (tmp_path / "file").write_bytes(b"abc")
    ask(ours, SETUP)
    with (tmp_path / "file").open("rb") as file:
        for _ in range(3):
            reply = ask(ours, request("sum_bytes", files=1), [file.fileno()])
            assert reply == {"result": [294]}


def test_a_worker_sets_its_alarm_beyond_the_time_of_each_task(connection):
    ours, served = connection
    ask(ours, SETUP)
    for _ in range(2):
        ask(ours, request("echo"))
    ours.shutdown(socket.SHUT_WR)
    served.thread.join()
    assert served.alarms == [7, 0, 7, 0]


def test_a_file_that_did_not_arrive_is_reported(connection):
    ours, _ = connection
    ask(ours, SETUP)
    reply = ask(ours, request("echo", files=1))
    assert reply == {"error": "IsolationError", "text": "only 0 of 1 files reached the worker"}


def test_a_worker_that_cannot_preload_says_why_and_ends(connection):
    ours, served = connection
    reply = ask(ours, SETUP | {"preload": ["provenance.missing"]})
    assert reply["text"] == "ModuleNotFoundError: No module named 'provenance.missing'"
    served.thread.join()
    assert served.locked == []


def test_the_worker_program_serves_on_the_socket_it_is_given(monkeypatch):
    # The real lockdown would hold for these tests as well.
    monkeypatch.setattr(worker, "lock_down", lambda *_, **__: ())
    ours, theirs = socket.socketpair()
    descriptor = os.dup(theirs.fileno())
    theirs.close()
    thread = threading.Thread(target=worker.main, args=[[str(descriptor)]])
    thread.start()
    with ours:
        reply = ask(ours, SETUP)
    thread.join()
    assert reply == {"result": []}
    assert sys.modules[DIAGNOSTICS].__name__ == DIAGNOSTICS
