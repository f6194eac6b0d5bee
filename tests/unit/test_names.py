"""Names kept as one text are those they were made of."""

import pickle

import pytest

from provenance.sweep_names import Names

SOME = ["a.png", "b b.wav", "caf\udce9", "é.tif"]


@pytest.mark.parametrize("names", [[], ["one"], SOME])
def test_they_are_the_names_they_were_made_of(names: list[str]) -> None:
    made = Names.of(names)
    for kept in (made, pickle.loads(pickle.dumps(made))):  # noqa: S301  (our own)
        assert [*kept] == names
        assert (len(kept), kept.joined) == (len(names), "/".join(names))
        assert [*kept[:]] == [*kept[0 : len(names)]] == names
        assert [*kept[1:3]] == names[1:3]
        assert [kept[at] for at in range(len(names))] == names
        assert [*kept[::-1]] == names[::-1]


def test_beyond_the_last_there_is_none() -> None:
    for names in (Names(), Names.of(SOME)):
        with pytest.raises(IndexError):
            names[len(names)]
