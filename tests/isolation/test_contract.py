"""What every task runner does; each test runs on the worker process and on the unsafe runner."""

import os
import socket

import pytest

from provenance.errors import DamagedMediaError, IsolationError
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.worker_process import WorkerProcess

DIAGNOSTICS = "provenance.isolation.diagnostics"


@pytest.fixture(params=[WorkerProcess, UnsafeInProcessRunner])
def runner(request):
    with request.param(preload=[DIAGNOSTICS]) as runner:
        yield runner


@pytest.fixture
def letters(tmp_path):
    path = tmp_path / "letters"
    path.write_bytes(b"abc")
    return path


def run(runner, function, files=(), **arguments):
    return runner.run(f"{DIAGNOSTICS}:{function}", arguments, files)


@pytest.mark.parametrize(
    "value", [None, True, -1, 1.5, "ünï\ud800", [], {"a": [1, {"b": None}]}, "x" * 200_000]
)
def test_arguments_and_results_cross_unchanged(runner, value):
    assert run(runner, "echo", value=value)["arguments"] == {"value": value}


def test_a_task_reads_every_file_from_its_start(runner, letters):
    with letters.open("rb") as first, letters.open("rb") as second:
        first.read(2)
        assert run(runner, "sum_bytes", [first.fileno(), second.fileno()]) == [294, 294]


@pytest.mark.parametrize("mode", [os.O_WRONLY, os.O_RDWR])
def test_what_a_task_writes_is_in_the_file_when_it_returns(runner, letters, mode):
    descriptor = os.open(letters, mode)
    try:
        assert run(runner, "write_text", [descriptor], text="AB") == 2
    finally:
        os.close(descriptor)
    assert letters.read_bytes() == b"ABc"


def test_a_file_opened_for_reading_cannot_be_written(runner, letters):
    with letters.open("rb") as file, pytest.raises(IsolationError, match="write"):
        run(runner, "write_text", [file.fileno()], text="AB")
    assert letters.read_bytes() == b"abc"


def test_descriptors_stay_open_and_none_are_left_over(runner, letters, count_descriptors):
    with letters.open("rb") as file:
        run(runner, "sum_bytes", [file.fileno()])
        before = count_descriptors()
        for function in ("sum_bytes", "echo", "recurse"):
            try:
                run(runner, function, [file.fileno()])
            except IsolationError:
                assert function == "recurse"
        assert count_descriptors() == before
        assert os.fstat(file.fileno()).st_size == 3


def test_an_error_of_ours_arrives_as_itself(runner):
    with pytest.raises(DamagedMediaError, match=r"^chunk 3 ends early$"):
        run(runner, "raise_damaged", text="chunk 3 ends early")


def test_an_error_outside_our_tree_is_an_isolation_error(runner):
    with pytest.raises(IsolationError, match=f"^{DIAGNOSTICS}:raise_unlisted failed: new$"):
        run(runner, "raise_unlisted", text="new")


def test_a_foreign_error_tells_the_task_its_type_and_its_message(runner):
    expected = f"^{DIAGNOSTICS}:raise_foreign failed: ValueError: odd$"
    with pytest.raises(IsolationError, match=expected):
        run(runner, "raise_foreign", text="odd")


@pytest.mark.parametrize("function", ["raise_foreign", "raise_damaged"])
def test_an_error_text_as_long_as_a_file_is_cut(runner, function):
    with pytest.raises((IsolationError, DamagedMediaError)) as caught:
        run(runner, function, text="x" * 1_000_000)
    assert 450 < len(str(caught.value)) < 600


def test_endless_recursion_is_reported(runner):
    with pytest.raises(IsolationError, match="RecursionError"):
        run(runner, "recurse")


def test_a_result_that_is_not_json_is_reported(runner):
    with pytest.raises(IsolationError, match="TypeError: Object of type bytes"):
        run(runner, "return_bytes")


def test_a_result_beyond_the_largest_frame_is_reported(runner):
    with pytest.raises(IsolationError, match="are allowed"):
        run(runner, "return_text", size=65 << 20)


def test_a_module_that_was_not_preloaded_is_refused(runner):
    with pytest.raises(IsolationError, match=r"wsgiref\.validate was not preloaded"):
        runner.run("wsgiref.validate:validator", {})


def test_a_function_that_does_not_exist_is_refused(runner):
    with pytest.raises(IsolationError, match="has no such function"):
        run(runner, "nothing")


@pytest.mark.parametrize("is_used", [True, False])
def test_a_closed_runner_refuses(runner, is_used):
    if is_used:
        run(runner, "echo")
    runner.close()
    runner.close()
    with pytest.raises(IsolationError, match="closed"):
        run(runner, "echo")


def test_without_isolation_every_diagnosis_finds_a_way_out(tmp_path, capfd):
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        UnsafeInProcessRunner(preload=[DIAGNOSTICS]) as runner,
    ):
        run(runner, "open_path", path=str(tmp_path / "new"), mode="x")
        run(runner, "connect", port=listener.getsockname()[1])
        run(runner, "print_and_warn")
    assert (tmp_path / "new").exists()
    assert capfd.readouterr() == ("noise\n", "noise\n")


@pytest.mark.parametrize("runner", [UnsafeInProcessRunner], indirect=True)
def test_memory_that_cannot_be_had_is_reported_even_without_limits(runner):
    assert run(runner, "allocate", size=10) == 10
    with pytest.raises(IsolationError, match=r":allocate ran out of memory$"):
        run(runner, "allocate", size=1 << 60)


def test_the_unsafe_runner_warns_and_claims_no_protection(caplog):
    with UnsafeInProcessRunner(preload=[DIAGNOSTICS]) as runner:
        run(runner, "echo")
        assert runner.protections == ()
    assert "without isolation" in caplog.text
