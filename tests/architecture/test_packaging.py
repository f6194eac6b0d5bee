"""The unit and the image start what there is: real options, real files, the address we serve."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from provenance.cli.main import cli
from provenance.daemon.settings import DEFAULT_LISTEN

ROOT = Path(__file__).parent.parent.parent
UNIT = ROOT / "packaging/systemd/provenance-watch@.service"
IMAGE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def settings() -> dict[str, str]:
    lines = UNIT.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def instruction(name: str) -> list[str]:
    """Return the arguments of every instruction of this name in the Dockerfile."""
    return re.findall(rf"^{name} +(.+)$", IMAGE, re.MULTILINE)


def require_accepted(words: list[str]) -> None:
    """Parse a command line as `provenance` would, without doing anything."""
    rest = words[2:] if words[0] == "--config" else words
    group = cli.make_context("provenance", [*words[: len(words) - len(rest)], *rest])
    name, command, left = cli.resolve_command(group, rest)
    assert command is not None
    assert name == "watch"
    command.make_context(name, left, parent=group)


def test_the_parser_refuses_what_there_is_not() -> None:
    with pytest.raises(click.NoSuchOption):
        require_accepted(["watch", "--log-fromat", "json"])


def test_the_unit_starts_a_watch_with_options_there_are() -> None:
    program, *words = shlex.split(settings()["ExecStart"].replace("%f", "/srv/show"))
    assert Path(program).name == "provenance"
    require_accepted(words)
    assert words[1] == "/srv/show/provenance.toml"


def test_the_unit_reloads_and_stops_as_the_watch_understands_it() -> None:
    unit = settings()
    assert unit["Type"] == "notify"
    assert unit["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert unit["KillMode"] == "mixed"  # a worker that is told to stop fails the file in hand
    assert unit["ReadWritePaths"] == "%f"


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    text = UNIT.read_text("utf-8")
    program = settings()["ExecStart"].split()[0]
    unit = tmp_path / "provenance-watch@srv-show.service"
    unit.write_text(text.replace(program, sys.executable), "utf-8")
    done = subprocess.run(
        [analyze, "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    about_ours = [line for line in done.stderr.splitlines() if unit.name in line]
    assert about_ours == []


def test_the_image_starts_a_watch_with_options_there_are() -> None:
    ((entry,), (command,)) = instruction("ENTRYPOINT"), instruction("CMD")
    assert json.loads(entry) == ["provenance"]
    require_accepted(json.loads(command))


def test_the_image_asks_for_health_where_it_is_served() -> None:
    (check,) = instruction("HEALTHCHECK")
    words = json.loads(check[check.index("[") :])
    compile(words[2], "healthcheck", "exec")
    assert f"http://{DEFAULT_LISTEN}/healthz" in words[2]


def test_the_image_is_made_of_files_there_are_and_runs_as_nobody_special() -> None:
    copied = [
        name
        for words in map(str.split, instruction("COPY"))
        for name in words[:-1]
        if not words[0].startswith("--from")
    ]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert instruction("USER") == ["10001:10001"]
