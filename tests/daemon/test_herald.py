"""The herald says how the watch is, feeds the watchdog while it lives, and survives outages."""

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from provenance.daemon.herald import Herald
from provenance.daemon.news import TroubleNews
from provenance.daemon.settings import NoticeKind
from provenance.daemon.state import Condition, WatchState
from provenance.daemon.state_file import read_states
from provenance.daemon.systemd import Notifier
from tests.cli.running import wait_until


class Seen:
    """A watch that a test changes; what the herald does is kept."""

    def __init__(self, state: WatchState, now: datetime, folder: Path) -> None:
        self.state = state
        self.asked = 0
        self.told: list[WatchState] = []
        self.news = threading.Event()
        self.folder = folder
        self._now = now

    def herald(self, manager: Notifier, refresh: Callable[[], None] = lambda: None) -> Herald:
        return Herald(
            lambda: self.state,
            refresh=refresh,
            folder=self.folder,
            manager=manager,
            clock=lambda: self._now,
            on_state=self.told.append,
            news=self.news,
        )


@pytest.fixture
def seen(state: WatchState, now: datetime, tmp_path: Path) -> Seen:
    return Seen(state, now, tmp_path / "watch")


def test_news_is_written_at_once_and_a_stop_at_the_end(seen: Seen) -> None:
    herald = seen.herald(Notifier({}))
    with herald.heralding():
        wait_until(lambda: read_states(seen.folder).states == (seen.state,), "the first state")
        seen.state = replace(seen.state, registry_trouble="away")
        seen.news.set()
        wait_until(lambda: read_states(seen.folder).states == (seen.state,), "the news")
        assert seen.told[-1] == seen.state
    herald.tell_stopped()
    (left,) = read_states(seen.folder).states
    assert left.stopped_at == seen.state.heartbeat_at


def test_the_watchdog_is_fed_while_the_watch_lives_and_no_longer(
    seen: Seen, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        with seen.herald(Notifier(variables)).heralding():
            assert manager.recv(4096) == b"WATCHDOG=1"
            assert manager.recv(4096).startswith(b"STATUS=ok, 3 files waiting")
            seen.state = replace(seen.state, is_stalled=True)
            while not manager.recv(4096).startswith(b"STATUS=stalled"):
                continue
            heard = {manager.recv(4096)[:8] for _ in range(3)}
    assert heard == {b"STATUS=s"}


def test_a_folder_that_cannot_be_written_is_told_once_and_is_no_end(
    seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    seen.folder.write_text("no folder")
    herald = seen.herald(Notifier({}))
    with herald.heralding():
        for count in range(3):
            wait_until(lambda told=count: len(seen.told) > told, "another state")
            seen.news.set()
        assert len(caplog.records) == 1
        assert "the state is not written" in caplog.text
        seen.folder.unlink()
        wait_until(lambda: read_states(seen.folder).states != (), "the state in the end")


def test_a_registry_that_keeps_us_waiting_does_not_hold_up_who_asks(seen: Seen) -> None:
    is_asked, is_answered = threading.Event(), threading.Event()

    def ask() -> None:
        is_asked.set()
        is_answered.wait()

    herald = seen.herald(Notifier({}), ask)
    with herald.heralding():
        assert is_asked.wait(30)
        assert herald.view()[0] == seen.state
        is_answered.set()


def test_people_hear_of_trouble_once_and_of_its_end(state: WatchState) -> None:
    told = []
    news = TroubleNews(told.append)
    first, *others = state.zones
    lost = replace(first, condition=Condition.LOST, trouble="went away")
    troubled = replace(state, zones=(lost, *others))
    for each in (state, troubled, troubled, replace(troubled, registry_trouble="away"), state):
        news.compare(each)
    assert [(notice.kind, notice.name) for notice in told[:2]] == [
        (NoticeKind.DEGRADED, first.path),
        (NoticeKind.DEGRADED, "registry"),
    ]
    assert {(notice.kind, notice.name) for notice in told[2:]} == {
        (NoticeKind.RECOVERED, first.path),
        (NoticeKind.RECOVERED, "registry"),
    }
    assert [notice.detail for notice in told[:2]] == ["went away", "away"]
    news.compare(replace(state, is_stalled=True))
    assert (told[-1].name, told[-1].kind) == ("the watch on edit-07", NoticeKind.DEGRADED)
