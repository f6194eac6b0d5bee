"""What became of a file that was to be tagged or untagged."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Action(StrEnum):
    """What was done with a file."""

    TAGGED = "tagged"
    ALREADY = "already-tagged"
    DETACHED = "tagged-beside"
    REGISTERED = "registered-only"
    NOTHING_DECLARED = "nothing-declared"
    WOULD_TAG = "would-tag"
    WITHDRAWN = "withdrawn"
    UNTAGGED = "untagged"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOutcome:
    """What became of one file."""

    path: Path
    """The file."""
    action: Action
    """What was done."""
    detail: str
    """One sentence for a person."""
    carriers: tuple[str, ...] = ()
    """Where the tag now stands."""
    asset_id: str = ""
    """The asset."""
