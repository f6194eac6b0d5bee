"""What media is to be used for: by which scope an approval is asked to cover it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

FINAL_DELIVERABLE = "final-deliverable"
"""The use a gate asks for unless told otherwise."""

TEMPORARY = "temporary"
"""The use of material that is to be replaced before anything is delivered."""

WORLDWIDE = "worldwide"
"""The territory that holds every other."""

_USE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_use_term(text: str) -> bool:
    """Return whether the text is a use term: lower-case words joined by hyphens."""
    return _USE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Where a file is to go; what is empty was not said."""

    use: str
    """Use term."""
    title: str = ""
    """The production or series."""
    episode: str = ""
    """Season and episode, as the production writes it."""
    cut: str = ""
    """The cut or version."""
    territories: frozenset[str] = frozenset()
    """Where it will be shown: ISO 3166-1 alpha-2 codes or `worldwide`."""
    languages: frozenset[str] = frozenset()
    """The languages it is delivered in, BCP 47."""
    media: frozenset[str] = frozenset()
    """The media it is for, for example `svod`, `theatrical`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an approval is limited to; what is empty is not limited."""

    title: str = ""
    """One production or series."""
    episode: str = ""
    """One season or episode."""
    cut: str = ""
    """One cut or version."""
    territories: frozenset[str] = frozenset()
    """Only these territories, ISO 3166-1 alpha-2."""
    languages: frozenset[str] = frozenset()
    """Only these languages, BCP 47."""
    media: frozenset[str] = frozenset()
    """Only these media."""

    def objection(self, purpose: Purpose) -> str | None:
        """Return None if the purpose lies within, else the end of a sentence that says why not.

        A purpose that does not say where it goes does not lie within a limit.
        """
        one = (
            ("title", self.title, purpose.title),
            ("episode", self.episode, purpose.episode),
            ("cut", self.cut, purpose.cut),
        )
        for name, limit, asked in one:
            if limit and folded(limit) != folded(asked):
                return f"is for the {name} “{limit}”, not {_said(asked, name)}"
        some = (
            ("territory", self.territories, purpose.territories),
            ("language", self.languages, purpose.languages),
            ("medium", self.media, purpose.media),
        )
        for name, limits, wanted in some:
            beyond = {folded(each) for each in wanted} - {folded(each) for each in limits}
            if limits and WORLDWIDE not in limits and (beyond or not wanted):
                asked = ", ".join(sorted(each for each in wanted if folded(each) in beyond))
                return f"is for the {name} {_listed(limits)} only, not {_said(asked, name)}"
        return None


UNLIMITED = Scope()
"""The scope of an approval that is limited to nothing."""


def folded(text: str) -> str:
    """Return text as titles are compared: whatever its case and composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(sorted(texts))


def _said(asked: str, name: str) -> str:
    return f"“{asked}”" if asked else f"for an unnamed {name}: say which with --{name}"
