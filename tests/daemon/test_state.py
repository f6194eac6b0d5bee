"""The state of a watch: its record keeps everything, its file is whole, old ones go."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from provenance.daemon.state import Condition, WatchState, from_record, to_record
from provenance.daemon.state_file import drop_old_states, read_states, write_state

SCHEMA = json.loads(
    resources.files("provenance.reports").joinpath("schemas", "watch-1.json").read_text("utf-8")
)


def test_a_record_keeps_everything_and_follows_its_schema(state: WatchState) -> None:
    first, *others = state.zones
    lost = replace(first, condition=Condition.LOST, trouble="gone", reconciled_at=None)
    for each in (
        state,
        replace(state, stopped_at=state.heartbeat_at, is_stalled=True),
        replace(state, zones=(lost, *others), registry_trouble="away"),
    ):
        record = json.loads(json.dumps(to_record(each)))
        jsonschema.validate(record, SCHEMA)
        assert from_record(record) == each


def test_every_host_has_its_file_and_a_later_state_takes_its_place(
    tmp_path: Path, state: WatchState
) -> None:
    folder = tmp_path / "watch"
    other = replace(state, host="../farm/..ü")
    write_state(folder, state)
    write_state(folder, other)
    later = replace(state, heartbeat_at=state.heartbeat_at + timedelta(seconds=5))
    write_state(folder, later)
    assert sorted(read_states(folder).states, key=lambda one: one.host) == [other, later]
    assert all(path.parent == folder and path.suffix == ".json" for path in folder.iterdir())
    assert list(tmp_path.iterdir()) == [folder]


def test_where_nobody_ever_watched_there_is_no_state_and_no_problem(tmp_path: Path) -> None:
    found = read_states(tmp_path / "watch")
    assert (found.states, found.problems) == ((), ())


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "watch").write_text("no folder")
    found = read_states(tmp_path / "watch")
    assert found.states == ()
    assert "the states of watches cannot be listed: Not a directory" in found.problems[0]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"schema": "provenance-watch", "version": 2}', b"[" * 100_000],
)
def test_a_file_that_is_no_state_is_named_and_the_others_are_read(
    tmp_path: Path, state: WatchState, data: bytes
) -> None:
    write_state(tmp_path, state)
    (tmp_path / "broken.json").write_bytes(data)
    (tmp_path / "pipe.json").symlink_to(tmp_path / "edit-07.json")
    found = read_states(tmp_path)
    assert found.states == (state,)
    assert len(found.problems) == 2
    assert "broken.json: no state of a watch; remove it" in found.problems[0]


def test_a_pipe_in_the_folder_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "edit-07.json")
    assert read_states(tmp_path).states == ()


def test_states_nobody_wrote_for_a_month_go(tmp_path: Path, state: WatchState) -> None:
    write_state(tmp_path, replace(state, host="container"))
    os.utime(tmp_path / "container.json", (0, 0))
    write_state(tmp_path, state)
    drop_old_states(tmp_path)
    assert read_states(tmp_path).states == (state,)
