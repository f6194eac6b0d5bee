"""Messages are few, nothing is lost over an outage, and nobody waits for a service."""

import logging
import threading

import pytest

from provenance.daemon import courier as couriers_of
from provenance.daemon.courier import Courier, at_work, reporting_to
from provenance.daemon.notices import Message, Notice
from provenance.daemon.settings import NoticeKind
from provenance.errors import NotifyError
from tests.cli.running import wait_until


class Desk:
    """A service in memory; it may be down for a while."""

    label = "notify 1 (desk)"

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.attempts = 0
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise NotifyError("it is down")
        self.messages.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.messages]


class Hanging(Desk):
    """A service that takes a message and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.is_hanging = threading.Event()
        self.let_go = threading.Event()

    def send(self, message: Message) -> None:
        self.is_hanging.set()
        self.let_go.wait()
        super().send(message)


def courier_to(desk: Desk, *, every_seconds: float, gather_seconds: float = 0.05) -> Courier:
    return Courier(
        desk,
        production="S",
        on=frozenset({NoticeKind.BLOCKED}),
        every_seconds=every_seconds,
        gather_seconds=gather_seconds,
        retry_seconds=0.01,
    )


def blocked(number: int) -> Notice:
    return Notice(kind=NoticeKind.BLOCKED, name=f"a.{number}.png")


def test_the_first_is_sent_soon_and_what_follows_waits_for_one_message() -> None:
    desk, eager = Desk(), Desk()
    couriers = (courier_to(desk, every_seconds=3600), courier_to(eager, every_seconds=0.01))
    report = reporting_to(couriers)
    with at_work(couriers):
        report(blocked(0))
        wait_until(lambda: desk.titles == ["S: 1 blocked"], "the first message")
        for number in range(5):
            sent = len(eager.messages)
            report(blocked(number))
            wait_until(lambda told=sent: len(eager.messages) > told, "who has no limit to hear")
        assert desk.titles == ["S: 1 blocked"]
        report(Notice(kind=NoticeKind.ERROR, name="not asked for"))
    assert desk.titles == ["S: 1 blocked", "S: 5 blocked"]


def test_a_burst_is_one_message() -> None:
    desk = Desk()
    couriers = (courier_to(desk, every_seconds=3600, gather_seconds=3600),)
    with at_work(couriers):
        for number in range(3000):
            reporting_to(couriers)(blocked(number))
    assert desk.titles == ["S: 3,000 blocked"]


def test_after_an_outage_everything_is_told_and_the_outage_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(failures=4)
    couriers = (courier_to(desk, every_seconds=0.01),)
    with at_work(couriers):
        for number in range(4):
            reporting_to(couriers)(blocked(number))
            wait_until(lambda tried=number: desk.attempts > tried, "another attempt")
        wait_until(lambda: bool(desk.messages), "the message")
    assert sum(int(title.split()[1]) for title in desk.titles) == 4
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings == [
        "notify 1 (desk): it is down; it is tried again",
        "notify 1 (desk): messages are delivered again",
    ]
    assert all(record.levelno == logging.WARNING for record in caplog.records)


def test_nothing_to_tell_ends_at_once_and_sends_nothing() -> None:
    desk = Desk()
    with at_work((courier_to(desk, every_seconds=3600, gather_seconds=3600),)):
        pass
    assert desk.attempts == 0


def test_a_service_that_hangs_holds_up_neither_the_others_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(couriers_of, "_FLUSH_SECONDS", 0.2)
    hanging, desk = Hanging(), Desk()
    couriers = tuple(courier_to(one, every_seconds=3600) for one in (hanging, desk))
    with at_work(couriers):
        reporting_to(couriers)(blocked(1))
        assert hanging.is_hanging.wait(30)
        wait_until(lambda: len(desk.messages) == 1, "the other's message")
        reporting_to(couriers)(blocked(2))
    assert hanging.messages == []
    assert desk.titles == ["S: 1 blocked", "S: 1 blocked"]
    hanging.let_go.set()


def test_reporting_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers_of, "_FLUSH_SECONDS", 0.2)
    hanging = Hanging()
    couriers = (courier_to(hanging, every_seconds=3600),)
    report = reporting_to(couriers)
    with at_work(couriers):
        report(blocked(1))
        assert hanging.is_hanging.wait(30)
        for number in range(1000):  # with the service hanging; would never return
            report(blocked(number))
    hanging.let_go.set()
