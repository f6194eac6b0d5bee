"""The README is true: its tables are what the code says, its commands run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provenance.carriers.order import carriers_in_order
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.media.formats import FORMATS
from provenance.reports.known import REPORTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
_COMMAND = re.compile(r"^\$ (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BLOCKED = 1


def commands() -> list[list[str]]:
    """Return the commands of each console block."""
    return [_COMMAND.findall(block) for block in _BLOCK.findall(README)]


def formats_table() -> str:
    runner = UnsafeInProcessRunner(preload=())
    carriers = carriers_in_order(runner, None)
    names = [carrier.name for carrier in carriers]
    rows = [f"| format | suffixes | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for fmt in FORMATS:
        bears = ["yes" if carrier.can_bear(fmt) else "-" for carrier in carriers]
        if fmt.name == "mp3":
            bears[names.index("xmp")] = "in ID3"
        if not fmt.embeds_c2pa:
            bears[names.index("c2pa")] = "beside"
        suffixes = " ".join(f"`{suffix}`" for suffix in fmt.suffixes)
        rows.append(f"| {fmt.name} | {suffixes} | {' | '.join(bears)} |")
    return "\n".join(rows)


def test_the_table_of_formats_is_what_the_lists_say() -> None:
    between = README.split("<!-- table: formats x carriers -->")[1]
    assert between.split("<!-- end of table -->")[0].strip() == formats_table()


def test_every_report_is_described() -> None:
    section = README.split("### Reports")[1].split("###")[0]
    assert re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE) == [
        report.name for report in REPORTS
    ]


def test_every_make_target_it_names_is_there() -> None:
    named = {words.split()[1] for block in commands() for words in block if "make " in words}
    named |= set(re.findall(r"`make ([a-z]+)`", README))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_provenance_command_in_it_runs(tmp_path: Path, fixtures_dir: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy2(fixtures_dir / "ai" / _a_png(fixtures_dir), home / "concept.png")
    (home / "approval.eml").write_text("From: jo@example.com\n\nApproved.\n", "utf-8")
    environment = {
        **os.environ,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
    }
    folder = tmp_path
    codes = {}
    for block in commands():
        for line in block:
            if line.startswith("make "):
                continue
            for command in line.split(" && "):
                if command.startswith("cd "):
                    folder /= command.removeprefix("cd ")
                    continue
                codes.setdefault(command, []).append(_run(command, folder, environment))
                if command.startswith("provenance init"):
                    _settle_quickly(tmp_path / "show" / "provenance.toml")
    assert codes.pop("provenance scan deliverables") == [_BLOCKED, 0]
    assert {command: code for command, code in codes.items() if code != [0]} == {}


def _run(command: str, folder: Path, environment: dict[str, str]) -> int:
    words = [word.replace("~", environment["HOME"]) for word in shlex.split(command)]
    done = subprocess.run(
        words, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    sys.stdout.write(f"$ {command}\n{done.stdout}{done.stderr}")
    return done.returncode


def _settle_quickly(settings: Path) -> None:
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("settle_seconds = 5", "settle_seconds = 0.2"), "utf-8")


def _a_png(fixtures_dir: Path) -> str:
    names = sorted(path.name for path in (fixtures_dir / "ai").glob("*.png"))
    if not names:
        pytest.fail("the fixtures have no AI picture")
    return names[0]


if __name__ == "__main__":
    sys.stdout.write(formats_table() + "\n")
