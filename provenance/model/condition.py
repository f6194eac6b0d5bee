"""A condition of an approval: in words, and where possible checked by the gate."""

import re
from dataclasses import dataclass
from enum import StrEnum

from provenance.model.ai_use import Prominence
from provenance.model.purpose import FINAL_DELIVERABLE


class ConditionKind(StrEnum):
    """Which conditions a gate can check."""

    TEXT = "text"
    BACKGROUND_ONLY = "background-only"
    MAX_SECONDS = "max-seconds"
    REPLACE_BEFORE_FINAL = "replace-before-final"


_MAX_SECONDS = re.compile(r"max-seconds=(\d{1,6}(?:\.\d{1,3})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a gate knows of the file a condition is asked of."""

    use: str
    """The use it is scanned for."""
    prominence: Prominence | None = None
    """How much is seen of it, as declared; None where nobody did."""
    seconds: float | None = None
    """How long it lasts; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition."""

    text: str
    """What the approver wrote; for a checked kind what it means."""
    kind: ConditionKind = ConditionKind.TEXT
    """Whether and how a gate checks it; a text is shown wherever the approval is."""
    seconds: float | None = None
    """The limit of `max-seconds`."""

    @classmethod
    def parse(cls, written: str) -> "Condition":
        """Return the condition as people write it: a kind, `max-seconds=3`, or free text.

        Raises ValueError for `max-seconds` without a number.
        """
        if written == ConditionKind.BACKGROUND_ONLY:
            return cls(text="in the background only", kind=ConditionKind.BACKGROUND_ONLY)
        if written == ConditionKind.REPLACE_BEFORE_FINAL:
            text = "to be replaced before the final"
            return cls(text=text, kind=ConditionKind.REPLACE_BEFORE_FINAL)
        if written.startswith(ConditionKind.MAX_SECONDS):
            found = _MAX_SECONDS.fullmatch(written)
            if found is None:
                raise ValueError(f"{written!r} is not max-seconds=NUMBER")
            limit = float(found[1])
            text = f"no longer than {limit:g} s"
            return cls(text=text, kind=ConditionKind.MAX_SECONDS, seconds=limit)
        return cls(text=written)

    def objection(self, known: Circumstances) -> str | None:
        """Return None if the condition is met or in words only, else why it is not met.

        What is not known counts as not met.
        """
        match self.kind:
            case ConditionKind.BACKGROUND_ONLY:
                return _seen(known.prominence)
            case ConditionKind.MAX_SECONDS:
                return _long(known.seconds, self.seconds or 0.0)
            case ConditionKind.REPLACE_BEFORE_FINAL if known.use == FINAL_DELIVERABLE:
                return "allows it only until it is replaced for the final"
            case _:
                return None


def _seen(prominence: Prominence | None) -> str | None:
    if prominence is None:
        return (
            "allows it in the background only, and nobody declared how much is seen of it:"
            " provenance declare FILE --prominence incidental"
        )
    if prominence is Prominence.STORY:
        return "allows it in the background only, and it is declared to contribute to the story"
    return None


def _long(seconds: float | None, limit: float) -> str | None:
    if seconds is None:
        return f"allows at most {limit:g} s of it, and its duration cannot be read"
    if seconds > limit:
        return f"allows at most {limit:g} s of it, and it lasts {seconds:g} s"
    return None
