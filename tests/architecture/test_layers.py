"""The rooms import each other only as pyproject.toml allows."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def test_every_import_contract_is_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LINT, "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS['contracts'])} kept, 0 broken" in done.stdout


def test_every_room_has_its_layer() -> None:
    (layered,) = (one for one in CONTRACTS["contracts"] if one["type"] == "layers")
    assert layered["exhaustive"]
    named = {room.strip() for layer in layered["layers"] for room in layer.split("|")}
    there = {path.stem for path in (ROOT / "provenance").iterdir() if path.suffix == ".py"}
    there |= {path.parent.name for path in (ROOT / "provenance").glob("*/__init__.py")}
    assert there - {"__init__", "__main__"} == named


def test_no_module_is_called_after_nothing_in_particular() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
    stems = {path.stem for room in ("provenance", "watchers") for path in (ROOT / room).rglob("*")}
    assert not stems & nothing
