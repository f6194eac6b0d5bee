from watchers.change import Hints
from watchers.polling import PollingSource


def test_a_rescan_is_asked_for_once_an_interval(clock, root):
    source = PollingSource((root,), interval_seconds=10, clock=clock)
    assert not source.is_alive
    source.start()
    assert source.is_alive
    assert source.take() == Hints()
    clock.elapsed = 10
    assert source.take() == Hints(rescan=True)
    assert source.take() == Hints()
    clock.elapsed = 20
    assert source.take() == Hints(rescan=True)


def test_a_stopped_source_asks_for_nothing(clock, root):
    source = PollingSource((root,), interval_seconds=10, clock=clock)
    source.start()
    source.stop()
    clock.elapsed = 100
    assert not source.is_alive
    assert source.take() == Hints()


def test_by_default_it_goes_by_the_clock_of_the_machine(root):
    source = PollingSource((root,), interval_seconds=0)
    source.start()
    assert source.take().rescan
