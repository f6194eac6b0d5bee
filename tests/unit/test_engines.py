"""Crews and hires do everything once, in order, and leave nobody behind."""

import errno
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path

import pytest

from provenance.engines.crew import MOST_HANDS, Crew
from provenance.engines.hands import Hands
from provenance.engines.hires import Hires, HiresGoneError, usable_processors

ROOT = Path(__file__).resolve().parents[2]
HANDS = pytest.mark.parametrize("hands", [1, 2, 7, None])


class Storage:
    """A clock, and work that moves it: so long waited and so long computed for each item."""

    def __init__(self, waited: float, computed: float, *, most: int = MOST_HANDS) -> None:
        self.now = self.busy = 0.0
        self.crew = Crew(clock=lambda: self.now, busy_seconds=lambda: self.busy)
        self._waited, self._computed, self._most = waited, computed, most
        self._lock = threading.Lock()

    def read(self, item: int) -> int:
        with self._lock:
            # As many as there are hands wait at the same time, as far as storage can do that.
            self.now += self._waited / min(self.crew.hands, self._most) + self._computed
            self.busy += self._computed
        return item

    def hands_after(self, items: int) -> int:
        with self.crew as crew:
            assert list(crew.map(self.read, range(items), counts=lambda _: 1)) == list(range(items))
            return crew.hands


@HANDS
def test_results_come_in_the_order_of_the_items(hands: int | None) -> None:
    with Crew(hands) as crew:
        assert list(crew.map(str, range(300))) == list(map(str, range(300)))
        assert list(crew.map(str, ())) == []


@HANDS
def test_what_one_item_raises_comes_out_in_its_turn(hands: int | None) -> None:
    def invert(number: int) -> float:
        return 1 / number

    with Crew(hands) as crew:
        results = crew.map(invert, (1, 2, 0, 4))
        assert [next(results), next(results)] == [1, 0.5]
        with pytest.raises(ZeroDivisionError):
            next(results)
        assert list(crew.map(invert, (4,))) == [0.25]


def test_hands_work_at_the_same_time() -> None:
    everybody = threading.Barrier(3, timeout=30)
    with Crew(3) as crew:
        assert len(list(crew.map(lambda _: everybody.wait(), range(3)))) == 3


@pytest.mark.parametrize("room", [0, 1, 3, 20])
def test_a_crew_makes_do_with_the_threads_there_can_be(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def scarce(thread: threading.Thread) -> None:
        if len(started) >= room:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    with Crew(128) as crew:
        assert list(crew.map(str, range(300))) == list(map(str, range(300)))
    assert len(started) <= room
    assert not any(one.is_alive() for one in started)


def test_hands_of_whom_more_are_to_go_than_there_are_still_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def scarce(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    hands = Hands()
    hands.become(40)
    hands.become(2)
    assert [hands.submit(abs, -one).result(30) for one in range(100)] == list(range(100))
    hands.close()


def test_a_crew_that_is_left_in_the_middle_lets_everybody_go() -> None:
    before = threading.active_count()
    with Crew(4) as crew:
        assert next(crew.map(abs, range(100))) == 0
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_one_works_alone_where_computing_takes_the_time() -> None:
    storage = Storage(waited=0.01, computed=0.02)
    assert storage.hands_after(400) == 1
    assert storage.crew.is_computing


def test_a_crew_grows_for_as_long_as_storage_is_faster_by_it() -> None:
    assert Storage(waited=1.0, computed=0.0001).hands_after(400) == MOST_HANDS
    narrow = Storage(waited=1.0, computed=0.0001, most=1)
    assert narrow.hands_after(4000) == 1, "many are no faster than one"


def test_what_else_takes_time_does_not_count_for_storage() -> None:
    storage = Storage(waited=1.0, computed=0.0001)

    def items() -> Iterator[int]:
        for item in range(4000):
            if item % 8 == 0:
                storage.now += 1000
                storage.crew.begin_anew()
            yield item

    with storage.crew as crew:
        assert len([*crew.map(storage.read, items(), counts=lambda _: 1)]) == 4000
        assert crew.hands > 4


def test_a_crew_is_no_larger_than_files_may_be_open() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    try:
        assert Storage(waited=1.0, computed=0.0001).hands_after(400) == 32
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_crew_takes_on_at_once_what_the_first_wait_promises() -> None:
    assert Storage(waited=0.1, computed=0.01).hands_after(1) == 4 * 11


def test_a_crew_tries_no_more_hands_where_those_it_has_are_idle() -> None:
    assert Storage(waited=0.1, computed=0.01).hands_after(4000) == 4 * 11


def test_hands_that_are_hardly_faster_than_one_are_let_go() -> None:
    assert Storage(waited=0.4, computed=0.1, most=1).hands_after(4000) == 1


def test_what_an_item_consists_of_is_counted() -> None:
    narrow = Storage(waited=1.0, computed=0.0001, most=1)
    with narrow.crew as crew:
        # One alone reads ten at a time, many read one: more items, but no more files.
        sizes = [10] + [1] * 4000
        reads = crew.map(lambda size: [narrow.read(size) for _ in range(size)], sizes, counts=int)
        assert [len(read) for read in reads] == sizes
        assert crew.hands == 1


def test_many_begin_before_anybody_asks_and_one_alone_does_not() -> None:
    everybody = threading.Barrier(4, timeout=30)

    def meet(item: int) -> int:
        everybody.wait()
        return item

    with Crew(3) as crew:
        results = crew.begin(meet, range(3))
        everybody.wait()
        assert list(results) == [0, 1, 2]
    begun: list[int] = []
    with Crew(1) as crew:
        nothing = crew.begin(begun.append, range(3))
        assert begun == []
        next(nothing)
        assert begun == [0]


def test_more_than_is_at_hand_is_begun_as_results_are_taken() -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            drawn.append(item)
            yield item

    with Crew(2) as crew:
        results = crew.begin(abs, items())
        assert len(drawn) == crew.at_hand
        assert list(results) == list(range(100))


def test_hands_can_become_more_and_fewer_while_they_work() -> None:
    with closing(Hands()) as hands:
        for count in (1, 40, 2, 3):
            hands.become(count)
            everybody = threading.Barrier(count, timeout=30)
            done = [hands.submit(everybody.wait, 30) for _ in range(count)]
            assert sorted(one.result() for one in done) == list(range(count))


def test_what_nobody_began_is_cancelled_when_hands_are_let_go() -> None:
    hands, begun, release = Hands(), threading.Event(), threading.Event()

    def hold(_: int) -> bool:
        begun.set()
        return release.wait(30)

    hands.become(1)
    first, second = hands.submit(hold, 1), hands.submit(hold, 2)
    begun.wait(30)
    leaving = threading.Thread(target=hands.close)
    leaving.start()
    with pytest.raises(CancelledError):
        second.result(30)
    release.set()
    leaving.join(30)
    assert not leaving.is_alive()
    assert first.result(30)


def test_work_that_tells_nothing_of_storage_makes_no_crew_grow() -> None:
    storage = Storage(waited=1.0, computed=0.0001)
    with storage.crew as crew:
        assert len(list(crew.map(storage.read, range(200)))) == 200
        assert crew.hands == 1


def test_a_crew_of_a_given_size_keeps_it() -> None:
    with Crew(1) as crew:
        list(crew.map(abs, range(100), counts=lambda _: 1))
        assert (crew.hands, crew.is_computing) == (1, False)


def make_worker() -> Callable[[int], int]:
    return follow


def follow(order: int) -> int:
    if order < 0:
        os._exit(3)
    if order == 0:
        raise LookupError("nothing to divide by")
    return os.getpid() * 1000 + order


def make_nobody() -> Callable[[int], int]:
    raise LookupError("nobody there")


@pytest.fixture
def hires() -> Iterator[Hires[int, int]]:
    with closing(Hires(make_worker, 2)) as made:
        yield made


def test_orders_are_followed_by_others_whatever_is_asked_first(hires: Hires[int, int]) -> None:
    for order in (1, 2, 3, 3):
        hires.order(order)
    results = [hires.result(order) for order in (3, 1, 4, 2)]
    assert [result % 1000 for result in results] == [3, 1, 4, 2]
    assert os.getpid() not in {result // 1000 for result in results}


def make_teller() -> Callable[[int], bytes]:
    return bytes


def test_much_is_told_by_all_of_them_before_anybody_asks() -> None:
    orders = range(1 << 20, (1 << 20) + 60)
    with closing(Hires(make_teller, 2)) as hires:
        for order in orders:
            hires.order(order)
        assert hires.ordered == 60
        assert [len(hires.result(order)) for order in reversed(orders)] == [*reversed(orders)]
        assert hires.ordered == 0


def test_what_one_of_them_raises_comes_out(hires: Hires[int, int]) -> None:
    with pytest.raises(LookupError, match="divide"):
        hires.result(0)
    assert hires.result(1) % 1000 == 1


def test_their_death_is_told_to_who_asks_and_to_who_orders(hires: Hires[int, int]) -> None:
    hires.order(5)
    with pytest.raises(HiresGoneError):
        hires.result(-1)
    with pytest.raises(HiresGoneError):
        hires.order(6)
    with pytest.raises(HiresGoneError):
        hires.result(7)


def test_what_is_typed_at_a_terminal_does_not_end_them() -> None:
    with closing(Hires(make_worker, 1)) as hires:
        one = hires.result(1) // 1000
        os.kill(one, signal.SIGINT)
        assert [hires.result(order) // 1000 for order in (2, 3)] == [one, one]


def test_those_who_cannot_begin_are_gone() -> None:
    with closing(Hires(make_nobody, 1)) as hires, pytest.raises(HiresGoneError):
        hires.result(1)


def test_where_threads_are_nobody_is_copied() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        with closing(Hires(make_worker, 1)) as hires:
            assert hires.result(1) // 1000 != os.getpid()
    finally:
        release.set()
        thread.join()


def test_one_that_does_not_listen_is_let_go_all_the_same() -> None:
    before = set(multiprocessing.active_children())
    hires = Hires(make_worker, 2)
    made = sorted(set(multiprocessing.active_children()) - before, key=lambda one: one.pid or 0)
    os.kill(made[0].pid or 0, signal.SIGSTOP)
    pids = [one.pid for one in made]
    hires.close()
    assert [Path(f"/proc/{pid}").exists() for pid in pids] == [False, False]


def test_where_there_can_be_no_process_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, forked = os.fork, list[int]()

    def scarce() -> int:
        if forked:
            raise BlockingIOError(errno.EAGAIN, "no more processes")
        forked.append(pid := fork())
        return pid

    monkeypatch.setattr(os, "fork", scarce)
    with pytest.raises(HiresGoneError):
        Hires(make_worker, 2)
    assert not Path(f"/proc/{forked[0]}").exists()


def test_they_end_with_the_process_that_hired_them(tmp_path: Path) -> None:
    script = tmp_path / "hiring.py"
    script.write_text(
        "import os, signal\n"
        "from tests.unit.test_engines import make_worker\n"
        "from provenance.engines.hires import Hires\n"
        "hires = Hires(make_worker, 2)\n"
        "hires.result(1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # They hold the pipe open for as long as one of them is there.
    done = subprocess.run(
        [sys.executable, script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL


def test_there_is_a_processor_to_use() -> None:
    assert 1 <= usable_processors() <= len(os.sched_getaffinity(0))
