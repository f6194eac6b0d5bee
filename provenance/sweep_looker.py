"""What looks at files in a glance, made when one has to be looked at.

All formats are imported for it: where nothing changed nobody needs them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from provenance.engines.crew import Crew
from provenance.model.known_essences import KnownEssences
from provenance.sweep_findings import Findings

if TYPE_CHECKING:
    from provenance.glances.screen import Screen


class Looker:
    """Looks at files; without a screen it clears none of them."""

    def __init__(
        self, make_screen: "Callable[[], Screen] | None", wanted: frozenset[int] = frozenset()
    ) -> None:
        """For both see `SweepTerms`."""
        self._make_screen = make_screen
        self._wanted = wanted
        self._look: Callable[[int, Sequence[str]], Findings] = _look_at_nothing
        self._may_be_known: Callable[[str, KnownEssences], bool] = _may_be_anything

    def prepare(self, crew: Crew) -> None:
        """Make what looks, before several do so, and best before folders are open."""
        if self._make_screen is None:
            return
        from provenance.sweep_glance import look_at, may_be_known  # noqa: PLC0415  (see above)

        screen, self._make_screen = self._make_screen(), None
        self._look = partial(look_at, screen=screen, wanted=self._wanted)
        self._may_be_known = partial(may_be_known, screen=screen)
        crew.begin_anew()

    def look_at(self, folder: int, names: Sequence[str]) -> Findings:
        """Look at files of an open folder, if it is prepared. See `sweep_glance.look_at`."""
        return self._look(folder, names)

    def may_be_known(self, path: str, known: KnownEssences) -> bool:
        """Return whether the file there, which was cleared, may be known content."""
        return self._may_be_known(path, known)


def cleared_formats() -> Sequence[str]:
    """Return the names of the formats of cleared files; code 1 is the first."""
    from provenance.sweep_glance import CLEARED  # noqa: PLC0415  (see above)

    return CLEARED


def _look_at_nothing(_folder: int, names: Sequence[str]) -> Findings:
    return Findings.of_nothing(len(names))


def _may_be_anything(_path: str, _known: KnownEssences) -> bool:
    return True
