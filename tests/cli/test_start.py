"""What a command imports: nothing slow that it does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provenance import __version__
from tests.cli.conftest import Terminal

_AFTER = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
from provenance.cli.entry import run
run()
"""
_HEAVY = {
    "PIL", "alembic", "brotli", "c2pa", "cryptography", "dkim", "email", "jinja2", "mutagen",
    "prometheus_client", "provenance.media.formats", "provenance.model.facts", "psycopg",
    "pymediainfo", "rich", "securesystemslib", "sqlalchemy", "ssl", "watchdog",
}  # fmt: skip


def imported(*words: str, cwd: Path, **variables: str) -> tuple[str, set[str]]:
    """Return the output of a command in a new interpreter, and all modules it ends with."""
    done = subprocess.run(
        [sys.executable, "-c", _AFTER, *words],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout, set(done.stderr.splitlines()[-1].split())


def test_the_version_comes_without_the_commands(run: Terminal, tmp_path: Path) -> None:
    out, modules = imported("--version", cwd=tmp_path)
    assert out == f"provenance {__version__}\n"
    assert {name for name in modules if name.startswith("provenance")} == {
        "provenance",
        "provenance.cli",
        "provenance.cli.entry",
    }
    assert "click" not in modules
    assert run("--version").out == out


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_help_comes_without_any_command(word: str, tmp_path: Path) -> None:
    out, modules = imported(word, cwd=tmp_path)
    assert "\n  scan " in out
    assert modules & _HEAVY == set()
    assert (
        modules & {"provenance.cli.scan", "provenance.cli.tag", "provenance.cli.context"} == set()
    )


def test_the_name_of_a_command_is_completed_without_any_command(tmp_path: Path) -> None:
    variables = {"COMP_WORDS": "provenance ins", "COMP_CWORD": "ins"}
    out, modules = imported(cwd=tmp_path, _PROVENANCE_COMPLETE="fish_complete", **variables)
    assert "Say what a file is" in out
    assert modules & _HEAVY == set()
    assert "provenance.cli.inspect" not in modules
