"""What only a process of its own can do: be limited, die and be replaced."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provenance.errors import IsolationError
from provenance.isolation.interface import Limits
from provenance.isolation.worker_process import WorkerProcess

DIAGNOSTICS = "provenance.isolation.diagnostics"
ROOT = Path(__file__).parents[2]
DEADLINE = 30.0


@pytest.fixture
def runner():
    with WorkerProcess(preload=[DIAGNOSTICS]) as runner:
        yield runner


@pytest.fixture
def files(tmp_path):
    with (tmp_path / "letters").open("w+b") as file:
        file.write(b"abc")
        file.flush()
        yield [file.fileno()]


def run(runner, function, files=(), *, wall_seconds=None, **arguments):
    return runner.run(f"{DIAGNOSTICS}:{function}", arguments, files, wall_seconds)


def worker_id(runner):
    return run(runner, "echo")["process"]


def test_a_task_beyond_its_time_is_killed(runner):
    first = worker_id(runner)
    with pytest.raises(IsolationError, match=r":spin ran out of time \(0\.2 s\)$"):
        run(runner, "spin", wall_seconds=0.2)
    assert not Path(f"/proc/{first}").exists()
    assert worker_id(runner) != first


def test_the_time_limit_of_the_runner_holds_without_one_of_the_task():
    limits = Limits(wall_seconds=0.2)
    with (
        WorkerProcess(preload=[DIAGNOSTICS], limits=limits) as runner,
        pytest.raises(IsolationError, match=r"0\.2 s"),
    ):
        run(runner, "spin")


def test_a_worker_that_aborts_is_reported_and_replaced(runner):
    first = worker_id(runner)
    with pytest.raises(IsolationError, match=r":abort failed: the worker died \(signal 6\)$"):
        run(runner, "abort")
    assert worker_id(runner) != first


def test_a_worker_that_leaves_is_reported_with_its_status(runner):
    with pytest.raises(IsolationError, match=r"the worker ended \(status 3\)"):
        run(runner, "leave", status=3)


def test_a_worker_that_hangs_up_and_lives_on_is_killed(runner):
    first = worker_id(runner)
    with pytest.raises(IsolationError, match="the worker closed its connection"):
        run(runner, "hang_up")
    assert not Path(f"/proc/{first}").exists()


def test_a_task_beyond_its_memory_is_reported_and_its_worker_replaced():
    limits = Limits(memory_bytes=512 << 20)
    with WorkerProcess(preload=[DIAGNOSTICS], limits=limits) as runner:
        assert run(runner, "allocate", size=16 << 20) == 16 << 20
        first = worker_id(runner)
        with pytest.raises(IsolationError, match=r":allocate ran out of memory$"):
            run(runner, "allocate", size=600 << 20)
        assert worker_id(runner) != first


def test_other_errors_leave_the_worker_in_place(runner):
    first = worker_id(runner)
    for function in ("raise_foreign", "raise_unlisted"):
        with pytest.raises(IsolationError):
            run(runner, function, text="x")
    assert worker_id(runner) == first


def test_a_worker_retires_after_its_share_of_tasks():
    with WorkerProcess(preload=[DIAGNOSTICS], tasks_per_worker=2) as runner:
        ids = [worker_id(runner) for _ in range(4)]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_a_worker_killed_while_idle_costs_no_task(runner):
    first = worker_id(runner)
    watch = os.pidfd_open(first)
    os.kill(first, signal.SIGKILL)
    assert select.select([watch], [], [], DEADLINE)[0]
    os.close(watch)
    assert worker_id(runner) != first


def test_killed_workers_leave_neither_descriptors_nor_zombies(runner, count_descriptors):
    others = children()
    worker_id(runner)
    before = count_descriptors()
    for _ in range(50):
        with pytest.raises(IsolationError, match="signal 6"):
            run(runner, "abort")
    worker_id(runner)
    assert count_descriptors() == before
    assert len(children() - others) == 1
    runner.close()
    assert children() == others


def children():
    """Return the numbers of this process's children, dead ones that nobody buried among them."""
    lists = Path("/proc/self/task").glob("*/children")
    return {number for each in lists for number in each.read_text().split()}


def test_no_path_can_be_opened_or_made(runner, tmp_path):
    for path, mode in ((ROOT / "pyproject.toml", "r"), (tmp_path / "new", "x")):
        with pytest.raises(IsolationError, match="PermissionError"):
            run(runner, "open_path", path=str(path), mode=mode)
    assert "landlock" in runner.protections
    assert not (tmp_path / "new").exists()


def test_only_what_is_below_scratch_can_be_opened_and_made(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    limits = Limits(scratch=scratch)
    with WorkerProcess(preload=[DIAGNOSTICS], limits=limits) as runner:
        run(runner, "open_path", path=str(scratch / "new"), mode="x")
        with pytest.raises(IsolationError, match="PermissionError"):
            run(runner, "open_path", path=str(tmp_path / "new"), mode="x")
    assert [path.name for path in scratch.iterdir()] == ["new"]


def test_no_port_can_be_reached(runner):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(IsolationError, match="Error"):
            run(runner, "connect", port=listener.getsockname()[1])
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_protections_are_known_after_the_first_use(runner):
    assert runner.protections == ()
    run(runner, "echo")
    assert runner.protections[0] == "memory"
    assert set(runner.protections) <= {"memory", "network-namespace", "landlock", "landlock-tcp"}


def test_the_environment_is_not_handed_on(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVENANCE_REGISTRY", "postgresql://user:word@host/name")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    limits = Limits(scratch=tmp_path)
    with WorkerProcess(preload=[DIAGNOSTICS], limits=limits) as runner:
        environment = Path(f"/proc/{worker_id(runner)}/environ").read_bytes().split(b"\0")
    expected = {b"", b"LANG=C.UTF-8", b"LC_CTYPE=C.UTF-8", b"LD_LIBRARY_PATH=/nowhere"}
    assert set(environment) <= expected | {f"TMPDIR={tmp_path}".encode()}
    assert f"TMPDIR={tmp_path}".encode() in environment


def test_what_a_task_prints_goes_nowhere(runner, capfd):
    assert run(runner, "print_and_warn") == [6, 6]
    assert capfd.readouterr() == ("", "")


def test_a_descriptor_that_is_not_open_is_reported(runner):
    with pytest.raises(IsolationError, match=r":echo could not be handed over: .*Bad file"):
        run(runner, "echo", [999_999])
    assert run(runner, "echo")["files"] == 0


def test_more_files_than_a_message_may_bear_are_refused(runner, files):
    with pytest.raises(IsolationError, match="33 files are too much"):
        run(runner, "sum_bytes", files * 33)
    assert run(runner, "echo", files * 32)["files"] == 32


def test_a_module_that_cannot_be_preloaded_is_named():
    with WorkerProcess(preload=["provenance.missing"]) as runner:
        for _ in range(2):
            with pytest.raises(IsolationError, match=r"No module named 'provenance\.missing'"):
                run(runner, "echo")


def test_an_interpreter_that_is_not_there_is_reported(runner, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(IsolationError, match="no worker can be started"):
        run(runner, "echo")


def test_a_worker_that_ends_before_it_says_hello_is_reported(runner, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(IsolationError, match=r"did not start: it ended \(status 1\)"):
        run(runner, "echo")


def test_threads_take_turns(runner):
    results = []

    def work(number):
        results.extend(run(runner, "echo", n=number)["arguments"]["n"] for _ in range(20))

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([0, 1, 2, 3] * 20)


def test_a_worker_outlives_the_thread_that_started_it(runner):
    started = []
    thread = threading.Thread(target=lambda: started.append(worker_id(runner)))
    thread.start()
    thread.join()
    assert {worker_id(runner) for _ in range(50)} == set(started)


def test_a_fork_starts_a_worker_of_its_own(runner):
    first = worker_id(runner)
    reader, writer = os.pipe()
    fork = os.fork()
    if fork == 0:
        os.write(writer, str(worker_id(runner)).encode())
        runner.close()
        os._exit(0)
    os.close(writer)
    os.waitpid(fork, 0)
    with os.fdopen(reader) as answer:
        assert answer.read() not in {"", str(first)}
    assert worker_id(runner) == first


def test_a_disowned_worker_ends_by_itself(runner):
    runner._disown()  # there is none yet
    first = worker_id(runner)
    runner._disown()
    assert os.waitpid(first, 0) == (first, 0)
    assert worker_id(runner) != first


def script(body):
    code = (
        "import sys; from provenance.isolation.worker_process import WorkerProcess\n"
        f"runner = WorkerProcess(preload=['{DIAGNOSTICS}'])\n"
        f"print(runner.run('{DIAGNOSTICS}:echo', {{}})['process'], flush=True)\n{body}"
    )
    return subprocess.Popen(  # our own interpreter and code
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_program_that_ends_takes_its_worker_with_it():
    with script("") as program:
        output, _ = program.communicate(timeout=DEADLINE)
    assert program.returncode == 0
    assert not Path(f"/proc/{int(output)}").exists()


def test_a_program_that_is_killed_takes_even_a_stuck_worker_with_it():
    with script("sys.stdin.read()") as program:
        worker = int(program.stdout.readline())
        watch = os.pidfd_open(worker)
        os.kill(worker, signal.SIGSTOP)  # it cannot notice that the connection is gone
        program.kill()
        program.wait()
    ended, _, _ = select.select([watch], [], [], DEADLINE)
    os.close(watch)
    assert ended
