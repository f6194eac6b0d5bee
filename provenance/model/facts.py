"""The facts about one file that policy decides on: gathered elsewhere, judged without I/O."""

from dataclasses import dataclass
from enum import StrEnum

from provenance.model.ai_use import AiUse
from provenance.model.approval import CheckedApproval
from provenance.model.digest import Digest
from provenance.model.override import JudgedOverride
from provenance.model.signal import Level, Signal, strongest
from provenance.model.tag import ProvenanceTag


class ProblemKind(StrEnum):
    """Why a file could not be judged."""

    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    TRAILING_FILE = "trailing-file"
    DAMAGED = "damaged"
    EMPTY_FILE = "empty-file"
    EMPTY_TARGET = "empty-target"
    LOST_ROOT = "lost-root"
    CHANGED = "changed-while-read"
    REGISTRY = "registry-unavailable"
    RECORD = "record-unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that kept us from judging a file."""

    kind: ProblemKind
    """What sort of problem."""
    detail: str
    """What happened, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the registry knows of this essence."""

    asset_id: str
    """The asset."""
    reasons: tuple[str, ...]
    """Why it was declared AI-made."""
    is_withdrawn: bool
    """Whether a person withdrew the declaration."""
    withdrawn_reason: str = ""
    """Why, if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedApproval:
    """A verified approval and whether it covers this file for this use."""

    checked: CheckedApproval
    """The approval and the outcome of verifying it."""
    not_covering: str | None
    """Why it does not cover this file and use; None if it does."""

    @property
    def sets_aside(self) -> bool:
        """Whether it holds and covers: then it waives what it may waive."""
        return self.checked.status.holds and self.not_covering is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFacts:
    """Everything known about one file."""

    path: str
    """The file, as reports name it."""
    format_name: str = ""
    """Name of its format; empty where none claims it."""
    file_digest: Digest | None = None
    """Digest of all bytes, where a verdict needed it."""
    essence_digest: Digest | None = None
    """Digest of the essence, where a verdict needed it."""
    tag: ProvenanceTag | None = None
    """Our tag, from whichever carrier bears it."""
    carriers: tuple[str, ...] = ()
    """Names of the carriers that bear it."""
    signals: tuple[Signal, ...] = ()
    """What the file declares of its own making, our tag left out."""
    remembered: Remembered | None = None
    """What the registry knows of these bytes."""
    ai_use: AiUse | None = None
    """How AI was used for it, as a trusted recorder declared."""
    approvals: tuple[JudgedApproval, ...] = ()
    """Approvals that name this essence, verified."""
    overrides: tuple[JudgedOverride, ...] = ()
    """Emergency overrides that name this essence, verified."""
    problems: tuple[Problem, ...] = ()
    """What kept us from judging."""

    @property
    def ai_level(self) -> Level | None:
        """The strongest level among its signals."""
        return strongest(self.signals)

    @property
    def is_marked(self) -> bool:
        """Whether the file itself says, for machines, that it is AI media."""
        return self.tag is not None or (self.ai_level is not None and self.ai_level.is_conclusive)

    @property
    def is_ai(self) -> bool:
        """Whether it is AI media by what it says or by what is known; a withdrawal counts."""
        if self.remembered is not None and not self.remembered.is_withdrawn:
            return True
        # Of a format that is not read an approval says only that a person looked at it.
        is_known = self.ai_use is not None or bool(self.approvals and self.format_name)
        return self.is_marked or (is_known and self.remembered is None)

    @property
    def asset_id(self) -> str | None:
        """Id of the asset, remembered or tagged."""
        if self.remembered is not None:
            return self.remembered.asset_id
        return self.tag.asset_id if self.tag else None
