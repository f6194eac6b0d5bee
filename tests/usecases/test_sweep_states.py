"""A sweep knows a folder again by the names and states of all that is in it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from fixtures.build import recipes
from provenance.engines.crew import Crew
from provenance.sweep_folder import Swept
from provenance.sweep_index import Index, Kept
from provenance.sweeping import Sweeper, SweepTerms
from tests.usecases.later import hours_later
from tests.usecases.studio import Studio

HANDS = pytest.mark.parametrize("hands", [1, 4])
NAMES = ["a.png", "b b.png", "caf\udce9.png", "e.png.xmp", "é.png"]


@dataclass(slots=True)
class Desk:
    """A folder, and an index of it."""

    folder: Path
    terms: SweepTerms

    def swept(self, hands: int = 1) -> list[Swept]:
        """Sweep it, keep what was found."""
        with Crew(hands) as crew, closing(Sweeper(self.terms)) as sweeper:
            swept = [*sweeper.sweep(str(self.folder), crew)]
            for one in swept:
                if one.findings is not None and one.digest and one.findings is not one.kept:
                    assert sweeper.index is not None
                    sweeper.index.keep(one.folder, one.to_keep(one.findings))
        return swept

    def index(self) -> Index:
        assert self.terms.make_index is not None
        return self.terms.make_index()


@pytest.fixture
def desk(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    png = recipes()["media/png/sound"]["rgb.png"]()
    for name in (*NAMES, *(f"sub/{number:03}.png" for number in range(40)), "sub.d/a.png"):
        studio.put(png, name)
    make_index = partial(Index, studio.home / "own.sqlite", "stamp")
    terms = SweepTerms(make_screen=studio.production.make_screen, make_index=make_index)
    hours_later(monkeypatch, 1)
    return Desk(studio.home / "work", terms)


def known(swept: list[Swept]) -> list[bool]:
    return [one.kept is not None for one in swept]


@HANDS
def test_what_is_as_it_was_is_known_with_its_names(hands: int, desk: Desk) -> None:
    first = desk.swept(hands)
    assert known(first) == [False] * 3
    again = desk.swept(hands)
    assert known(again) == [True] * 3
    for one, before in zip(again, first, strict=True):
        assert (one.folder, [*one.names], one.codes) == (
            before.folder,
            [*before.names],
            before.codes,
        )
        assert (one.special, [*one.folders]) == (before.special, [*before.folders])
    assert [*again[0].names] == NAMES
    assert again[0].folders == ["sub", "sub.d"]
    assert {NAMES[at] for at in again[0].special} == {"e.png.xmp"}


@HANDS
def test_a_folder_that_is_listed_in_another_order_is_as_it_was(hands: int, desk: Desk) -> None:
    first = desk.swept()
    with closing(desk.index()) as index:
        kept = index.known(str(desk.folder))
        assert kept is not None
        index.keep(str(desk.folder), replace(kept, listing=bytes(16)))
    again = desk.swept(hands)
    assert known(again) == [True] * 3
    assert [[*one.names] for one in again] == [[*one.names] for one in first]


@pytest.mark.parametrize("changed", [{"digest": bytes(16)}, {"names": b"a.png/sub"}])
def test_a_folder_of_other_states_or_names_is_looked_at_anew(
    changed: dict[str, bytes], desk: Desk
) -> None:
    first = desk.swept()
    with closing(desk.index()) as index:
        kept = index.known(str(desk.folder))
        assert kept is not None
        index.keep(str(desk.folder), replace(kept, listing=bytes(16), **changed))
    again = desk.swept()
    assert known(again) == [False, True, True]
    assert [[*one.names] for one in again] == [[*one.names] for one in first]


@HANDS
def test_a_sidecar_tells_by_its_name_as_soon_as_it_is_there(hands: int, desk: Desk) -> None:
    desk.swept()
    (desk.folder / "sub/007.xmp").write_bytes(b"words")
    swept = desk.swept(hands)[1]
    assert {swept.names[at] for at in swept.special} == {"007.png", "007.xmp"}
    (desk.folder / "sub/007.xmp").unlink()
    assert not desk.swept(hands)[1].special


class _Taking(Index):
    """Sees a file go as soon as its folder was listed."""

    def known(self, folder: str) -> Kept | None:
        for number in (7, 39):
            Path(folder, f"{number:03}.png").unlink(missing_ok=True)
        return super().known(folder)


@HANDS
def test_what_goes_meanwhile_is_no_longer_listed_and_nothing_is_kept(
    hands: int, studio: Studio, desk: Desk
) -> None:
    desk.swept()
    taking = partial(_Taking, studio.home / "own.sqlite", "stamp")
    swept = Desk(desk.folder, replace(desk.terms, make_index=taking)).swept(hands)
    assert known(swept) == [True, False, True]
    assert [*swept[1].names] == [f"{at:03}.png" for at in range(40) if at not in (7, 39)]
    assert all(swept[1].codes)
    assert not swept[1].digest
    assert not swept[1].problem
