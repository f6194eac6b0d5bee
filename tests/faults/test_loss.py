"""Nothing is missed, doubled or harmed while files arrive and the watch is killed."""

from tests.benchmarks import loss
from tests.cli.running import Show


def test_a_watch_that_is_killed_misses_doubles_and_harms_nothing(show: Show) -> None:
    loss.make_hasty(show.home)
    wrong = loss.torment(show.home, files=300, kills=2, queue=0, seed=7)
    assert wrong == []
