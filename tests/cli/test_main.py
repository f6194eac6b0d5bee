"""Finding commands and productions, help, exit codes, and failures that stay readable."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provenance.cli import main as main_module
from provenance.cli.main import cli
from tests.cli.conftest import Terminal
from tests.cli.running import Show, plain, spawn

_WIDTH = 80
ROOT = Path(__file__).parent.parent.parent


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and subcommand."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, part) for part in command.list_commands(context))


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_help_fits_the_terminal_and_shows_an_example(run: Terminal, words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert (done.code, done.err) == (0, "")
    example = f"  provenance {' '.join(words)}".rstrip()
    assert any(line.strip().startswith(example.strip()) for line in done.out.splitlines()[1:])
    assert [line for line in done.out.splitlines() if len(line) > _WIDTH] == []


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_an_example_names_only_options_that_exist(words: tuple[str, ...]) -> None:
    context = click.Context(cli)
    command: click.Command | None = cli
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(context, word)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    if isinstance(command, click.Group):
        of_commands = (each.params for each in command.commands.values())
        known |= {option for params in of_commands for each in params for option in each.opts}
    examples = (command.help or "").partition("Example")[2].split("|")[0]
    assert set(re.findall(r"(?<= )--[a-z-]+", examples)) <= known


def test_every_command_is_in_the_help_with_a_line_of_its_own(run: Terminal) -> None:
    lines = run("--help").out.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    told = dict(line.split(maxsplit=1) for line in lines)
    assert list(told) == [words[0] for words in commands() if len(words) == 1]
    assert len(set(told.values())) == len(told)


def test_no_command_at_all_shows_the_help_and_is_a_usage_error(run: Terminal) -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert "Usage: provenance" in done.err


@pytest.mark.parametrize("words", [("frobnicate",), ("scan", "--frobnicate", "."), ("scan",)])
def test_what_cannot_be_asked_exits_2_and_names_the_help(
    run: Terminal, words: tuple[str, ...]
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "--help' for help" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("scan", "."),
        ("tag", "x"),
        ("untag", "x"),
        ("watch",),
        ("approvals", "list"),
        ("quarantine", "list"),
        ("registry", "check"),
        ("deliver", "x", "."),
        ("approve", ".", "--approver", "x", "--evidence", "x"),
    ],
    ids=" ".join,
)
def test_outside_a_production_the_remedy_is_named(
    run: Terminal, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("x")
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "provenance init" in done.err
    assert "PROVENANCE_CONFIG" in done.err


def test_a_production_is_found_from_a_folder_below(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(show.home / "work")
    assert run("status").code == 0


def test_a_production_is_found_by_the_environment_and_by_option_first(
    run: Terminal, show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = show.home / "provenance.toml"
    monkeypatch.setenv("PROVENANCE_CONFIG", str(settings))
    assert run("status").code == 0
    assert run("inspect", settings).err == ""
    monkeypatch.setenv("PROVENANCE_CONFIG", str(tmp_path / "nowhere.toml"))
    lost = run("status")
    assert lost.code == 2
    assert "nowhere.toml" in lost.err
    assert run("--config", settings, "status").code == 0


def test_a_named_configuration_must_be_there_even_to_inspect(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    assert run("--config", "nowhere.toml", "inspect", path).code == 2
    assert run("--config", show.home / "provenance.toml", "inspect", path).code == 0


def test_wrong_settings_are_named(run: Terminal, show: Show) -> None:
    show.set("settle_seconds", "setle_seconds")
    done = run("status")
    assert done.code == 2
    assert "watch.setle_seconds is no setting" in done.err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(main_module._COMMANDS, "failing", ("tests.cli.failing", "Fail."))


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("defect", "a defect: ZeroDivisionError: division\\x1b[31m by zero; please report it"),
        ("storage", "the system refused: [Errno 28] No space left on device: 'disk'"),
        ("registry", "the registry is\\x1b[31m gone"),
    ],
)
def test_a_failure_is_one_line_and_never_a_pass(run: Terminal, way: str, says: str) -> None:
    done = run("failing", way)
    assert (done.code, done.out, done.err) == (3, "", f"provenance: {says}\n")


@pytest.mark.usefixtures("failing")
def test_an_interrupt_exits_130(run: Terminal) -> None:
    done = run("failing", "interrupt")
    assert (done.code, done.out) == (130, "")
    assert "Traceback" not in done.err


def test_ctrl_c_in_a_real_process_exits_130(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = (
        "import signal, sys; from provenance.cli.main import _COMMANDS, main;"
        # A job in the background begins with Ctrl-C ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "_COMMANDS['failing'] = ('tests.cli.failing', ''); sys.exit(main(['failing', sys.argv[1]]))"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", code, str(fifo)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        ) as process,
        fifo.open("w"),  # returns once the command reads
    ):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip() == "provenance: interrupted; no verdict was reached"


@pytest.mark.parametrize("words", [("explain",), ("inspect", "work"), ("approvals", "list")])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_is_no_verdict(
    words: tuple[str, ...], unbuffered: str, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    show.put("work/plain.png", plain())
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "provenance", *words],
            cwd=show.home,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.parametrize("word", ["explain", "--version"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_is_full_is_no_verdict(
    word: str, unbuffered: str, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)  # what was not written fails twice, or once
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "provenance", word],
            cwd=show.home,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
        )
    assert done.returncode == 3
    assert done.stderr == "provenance: the system refused: [Errno 28] No space left on device\n"


def test_a_terminal_that_cannot_spell_a_name_is_no_failure(show: Show) -> None:
    path = show.put("work/日本.png", plain())
    done = spawn("inspect", path.relative_to(show.home), cwd=show.home, PYTHONIOENCODING="latin-1")
    assert done.code == 0
    assert done.out.startswith("work/\\u65e5\\u672c.png\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_names_the_command(run: Terminal, shell: str) -> None:
    done = run("completion", shell)
    assert done.code == 0
    assert "_PROVENANCE_COMPLETE" in done.out
    assert re.search(r"\bprovenance\b", done.out)


def test_completion_is_for_known_shells_only(run: Terminal) -> None:
    assert run("completion", "tcsh").code == 2


def test_the_console_script_exits_with_the_code_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, code in ((["explain"], 0), (["explain", "nothing"], 2)):
        monkeypatch.setattr("sys.argv", ["provenance", *words])
        with pytest.raises(SystemExit) as left:
            main_module.run()
        assert left.value.code == code
    assert "could-not-decide" in capsys.readouterr().out


def test_completing_a_word_works_and_exits_0(
    run: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_PROVENANCE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "provenance app")
    monkeypatch.setenv("COMP_CWORD", "1")
    done = run()
    assert done.code == 0
    assert done.out.split() == ["plain,approve", "plain,approvals"]


def test_the_nearest_command_is_offered(run: Terminal) -> None:
    done = run("statu")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'status'?" in done.err
    assert "Did you mean" not in run("frobnicate").err


def test_the_nearest_setting_is_offered_and_all_are_listed_in_words(
    run: Terminal, show: Show
) -> None:
    show.set('policy = "house"', 'polcy = "house"')
    done = run("status")
    assert done.code == 2
    assert "scan.polcy is no setting; did you mean scan.policy?" in done.err
    assert (
        "(there are: cut, episode, ignore, languages, media, policy, territories, title, use)"
        in done.err
    )
