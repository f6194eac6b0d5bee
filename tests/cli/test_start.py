"""What a command imports: nothing slow that it does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provenance import __version__
from provenance.media.formats import FORMATS
from tests.cli.conftest import Terminal
from tests.cli.running import Show, plain, sample

_AFTER = """
import atexit, sys
started = []
sys.addaudithook(lambda event, _: started.append(event) if event == "subprocess.Popen" else None)
atexit.register(lambda: print(*sorted(sys.modules), *started, file=sys.stderr))
from provenance.cli.entry import run
run()
"""
_LATER = f"""
import time
now = time.time_ns
time.time_ns = lambda: now() + 10_000_000_000
{_AFTER}
"""
"""The same ten seconds later, when files just written may no longer change unnoticed."""
_WORKING = """
import gc, sys
def note(event, _):
    if event == "sqlite3.connect":
        print(gc.isenabled(), file=sys.stderr)
sys.addaudithook(note)
from provenance.cli.entry import run
run()
"""
_OF_A_HIT = {
    "PIL", "brotli", "c2pa", "cryptography.x509", "dkim", "dns", "mutagen", "pymediainfo",
}  # fmt: skip
"""What is needed for files that carry something, if at all; most of it in a worker only."""
_OF_OTHERS = {
    "alembic", "http.client", "prometheus_client", "psycopg", "rich", "sqlalchemy.orm",
    "sqlalchemy.dialects.postgresql", "watchdog", "watchers", "provenance.approving",
    "provenance.declaring", "provenance.disclosing", "provenance.exchanging", "provenance.gating",
    "provenance.offline", "provenance.receipting", "provenance.tagging", "provenance.zoning",
}  # fmt: skip
"""What other commands need."""
_OF_A_PRODUCTION = {"cryptography", "securesystemslib", "sqlalchemy", "provenance.registry"}
_OF_MEDIA = {"provenance.media.formats", "provenance.model.facts"}
_HEAVY = _OF_A_HIT | _OF_OTHERS | _OF_A_PRODUCTION | _OF_MEDIA


def imported(
    *words: str, cwd: Path, script: str = _AFTER, **variables: str
) -> tuple[str, set[str]]:
    """Return the output of a command in a new interpreter, and what it imported and started."""
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
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


def test_a_scan_of_a_clean_folder_comes_without_what_a_hit_needs(show: Show) -> None:
    for fmt in FORMATS:
        show.put(f"deliverables/plain{min(fmt.suffixes)}", sample(fmt.name))
    out, modules = imported("scan", "deliverables", cwd=show.home)
    assert f"{len(FORMATS)} passed" in out
    assert "provenance.media.formats" in modules
    assert modules & (_OF_A_HIT | _OF_OTHERS | {"subprocess.Popen"}) == set()


def test_a_scan_of_what_did_not_change_comes_without_any_format(show: Show) -> None:
    show.put("elsewhere/known.exr", b"\x76\x2f\x31\x01 and more")
    imported("tag", "elsewhere", cwd=show.home)  # what is so short leaves it open for longer ones
    for fmt in FORMATS:
        show.put(f"deliverables/plain{min(fmt.suffixes)}", sample(fmt.name))
    imported("scan", "deliverables", cwd=show.home, script=_LATER)
    out, modules = imported("scan", "deliverables", cwd=show.home, script=_LATER)
    assert f"{len(FORMATS)} passed" in out
    of_reading = {"provenance.examining", "provenance.glances.known", "provenance.signals.kinds"}
    assert modules & (_OF_A_HIT | _OF_OTHERS | of_reading | {"provenance.media.formats"}) == set()


def test_rubbish_is_looked_for_as_soon_as_a_command_works(show: Show) -> None:
    show.put("deliverables/plain.png", plain())
    _, are_enabled = imported("scan", "deliverables", cwd=show.home, script=_WORKING)
    assert are_enabled == {"True"}


def test_an_inspection_outside_a_production_comes_without_a_registry(tmp_path: Path) -> None:
    (tmp_path / "plain.png").write_bytes(plain())
    out, modules = imported("inspect", "plain.png", cwd=tmp_path)
    assert "NO AI DECLARATION FOUND" in out
    assert "provenance.media.formats" in modules
    assert modules & (_OF_A_HIT | _OF_OTHERS | _OF_A_PRODUCTION) == set()
