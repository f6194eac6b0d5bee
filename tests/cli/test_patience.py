"""What cannot be done now is put off, without a word for each file."""

import pytest

from provenance.cli.patience import Patience
from provenance.errors import (
    ChangedMeanwhileError,
    LeaseHeldError,
    LeaseLostError,
    NotWritableError,
    OutOfReachError,
    RegistryError,
)
from watchers.interface import NotYetError


class Bench:
    """A patience with a clock to wind, and what it said."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.tried_at: list[float] = []
        self.patience = Patience(self.said.append, clock=lambda: self.now)

    def attempt(self, error: Exception | None = None) -> None:
        with self.patience.trying():
            self.tried_at.append(self.now)
            if error is not None:
                raise error


@pytest.mark.parametrize("kind", [LeaseHeldError, LeaseLostError, ChangedMeanwhileError])
def test_a_file_that_another_has_is_put_off_and_the_next_one_is_not(kind: type[Exception]) -> None:
    bench = Bench()
    with pytest.raises(NotYetError):
        bench.attempt(kind("busy"))
    bench.attempt()
    assert bench.tried_at == [0.0, 0.0]
    assert bench.said == []


def test_while_the_registry_is_away_it_is_asked_less_and_less_often() -> None:
    bench = Bench()
    while bench.now < 300:
        with pytest.raises(NotYetError):
            bench.attempt(OutOfReachError("no answer"))
        assert bench.patience.is_waiting
        bench.now += 0.5
    assert bench.tried_at == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0, 183.0, 243.0]
    bench.now = 303.0
    bench.attempt()
    bench.attempt()
    assert not bench.patience.is_waiting
    (away, back) = bench.said
    assert away.startswith("no answer; nothing is tagged and nothing passes a gate")
    assert back == "the registry answers again"


def test_some_files_that_met_no_registry_are_one_refusal_and_no_answer() -> None:
    bench = Bench()
    away = OutOfReachError("no answer")
    for _ in range(3):
        with bench.patience.trying():
            put_off = [bench.patience.put_off(away) for _ in range(5)]
        assert [type(error) for error in put_off] == [NotYetError] * 5
        bench.now += 5
    assert bench.patience.is_waiting
    assert len(bench.said) == 1
    with pytest.raises(NotYetError):
        bench.attempt(away)
    bench.now += 60
    bench.attempt()
    assert bench.said[1:] == ["the registry answers again"]


@pytest.mark.parametrize("error", [NotWritableError("no"), RegistryError("rolled back")])
def test_what_waiting_does_not_mend_is_an_error(error: Exception) -> None:
    bench = Bench()
    with pytest.raises(type(error)):
        bench.attempt(error)
    assert (bench.said, bench.patience.is_waiting) == ([], False)
