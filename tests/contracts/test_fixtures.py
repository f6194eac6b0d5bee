"""The fixtures build the same everywhere, and tests cannot reach what is not theirs."""

import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_two_builds_are_byte_identical(fixtures_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "fixtures/build.py"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)  # our own
    assert _files(tmp_path) == _files(fixtures_dir)


def test_the_home_of_a_test_is_not_the_home_of_the_user() -> None:
    assert Path.home() != Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert list(Path.home().iterdir()) == []


def test_a_test_cannot_reach_the_network() -> None:
    with socket.socket() as connection, pytest.raises(pytest.fail.Exception, match="network"):
        connection.connect(("192.0.2.1", 80))


def test_a_test_may_talk_to_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as connection:
        assert connection.connect_ex(server.getsockname()) == 0


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
