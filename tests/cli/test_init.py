"""`provenance init`: everything is made, nothing is overwritten."""

import stat
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_production_is_set_up_and_sound(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("init", "deep/show", "--name", 'My "Show"\\1')
    assert (done.code, done.err) == (0, "")
    assert "provenance watch --once" in done.out
    home = tmp_path / "deep/show"
    assert {path.name for path in home.iterdir()} == {
        *("provenance.toml", ".provenance", "generated", "work", "deliverables")
    }
    settings = tomllib.loads((home / "provenance.toml").read_text("utf-8"))
    assert settings["name"] == 'My "Show"\\1'
    monkeypatch.chdir(home)
    status = run("status")
    assert status.code == 0
    assert "all of it is there" in status.out


def test_private_keys_are_their_owner_s_alone(show: Show) -> None:
    keys = show.home / ".provenance/keys"
    assert (mode(show.home / ".provenance"), mode(keys)) == (0o700, 0o700)
    secrets = [path for path in keys.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert len(secrets) == 4
    assert {mode(path) for path in secrets} == {0o600}


def test_a_second_init_changes_no_byte(run: Terminal, show: Show) -> None:
    before = show.listing(".")
    done = run("init", ".", "--name", "Another")
    assert (done.code, done.out) == (2, "")
    assert "provenance.toml: is there already; nothing was changed" in done.err
    assert show.listing(".") == before


def test_keys_of_a_lost_configuration_are_never_overwritten(run: Terminal, show: Show) -> None:
    (show.home / "provenance.toml").unlink()
    before = show.listing(".")
    done = run("init")
    assert done.code == 2
    assert ".provenance: is there already" in done.err
    assert show.listing(".") == before


def test_a_dangling_link_counts_as_something_there(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "provenance.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert run("init").code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["provenance.toml"]


def test_folders_that_are_there_are_taken_with_what_lies_in_them(
    run: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/plate.exr").write_bytes(b"plate")
    assert run("init", tmp_path).code == 0
    assert (tmp_path / "work/plate.exr").read_bytes() == b"plate"


def test_a_file_in_the_way_is_named_and_no_key_is_made(run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "work").write_text("in the way")
    done = run("init", tmp_path)
    assert done.code == 2
    assert f"{tmp_path}/work: cannot be made: File exists" in done.err
    assert not (tmp_path / ".provenance").exists()


@pytest.mark.parametrize("name", ["two\nlines", "\udcff", " ", "\x1b[31m"])
def test_a_name_that_is_no_text_is_refused_before_anything_is_made(
    run: Terminal, tmp_path: Path, name: str
) -> None:
    done = run("init", tmp_path / "show", "--name", name)
    assert done.code == 2
    assert "--name" in done.err
    assert "\x1b" not in done.err
    assert not (tmp_path / "show").exists()


def test_a_folder_whose_name_is_no_text_needs_a_name(run: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "sh\udcffow"
    assert run("init", folder).code == 2
    done = run("init", folder, "--name", "Show")
    assert done.code == 0
    assert "sh\\xffow" in done.out
    assert run("--config", folder / "provenance.toml", "status").code == 0


def test_a_long_name_is_no_hindrance(run: Terminal, tmp_path: Path) -> None:
    assert run("init", tmp_path, "--name", "n" * 300).code == 0
    picture = tmp_path / "work/plain.png"
    picture.write_bytes(b"no picture")
    assert run("--config", tmp_path / "provenance.toml", "tag", picture).code == 0


def test_an_empty_name_is_no_name(run: Terminal, tmp_path: Path) -> None:
    done = run("init", tmp_path / "show", "--name", "")
    assert (done.code, done.out) == (2, "")
    assert not (tmp_path / "show").exists()
