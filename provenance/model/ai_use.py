"""The AI-use record: how generative AI was used for an asset, as its makers declare it.

The codes are those the Netflix guidance of November 2025 suggests by its use case matrix and its
text; they are data in records and packs and are spelled verbatim.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from provenance.model.digest import Digest
from provenance.model.subject import Subject

_T = TypeVar("_T")


class UseCategory(StrEnum):
    """What generative AI was used for."""

    IDEATION = "ideation"
    BACKGROUND_INCIDENTAL = "background_incidental"
    BACKGROUND_STORY = "background_story"
    KEY_CREATIVE = "key_creative"
    TALENT_REPLICA = "talent_replica"
    TALENT_ALTERATION = "talent_alteration"
    VISUAL_ADR = "visual_adr"
    UNOWNED_TRAINING_DATA = "unowned_training_data"
    PROPRIETARY_INPUT = "proprietary_input"
    PERSONAL_DATA = "personal_data"
    ON_SCREEN_TEXT_OR_DOCUMENT = "on_screen_text_or_document"
    MISLEADING_REAL_EVENT = "misleading_real_event"
    UNION_WORK = "union_work"

    @property
    def concerns_talent(self) -> bool:
        """Whether a performer's consent has to be on record."""
        return self in (self.TALENT_REPLICA, self.TALENT_ALTERATION, self.VISUAL_ADR)


class Prominence(StrEnum):
    """How much of it an audience sees or hears."""

    IDEATION = "ideation"
    INCIDENTAL = "incidental"
    STORY = "story"


_HOW_MUCH = tuple(Prominence)


class Answer(StrEnum):
    """An answer somebody stands for."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Transform(StrEnum):
    """How a derivative was made from approved material."""

    GRADE = "grade"
    CROP = "crop"
    COMP = "comp"
    RETIME = "retime"
    RE_ENCODE = "re-encode"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """A generative tool and the terms it was used under."""

    name: str
    """The product, for example `Firefly`."""
    version: str = ""
    """Its version or model, where known."""
    plan: str = ""
    """The plan or licence tier, for example `Enterprise`."""
    is_enterprise_secured: Answer = Answer.UNSURE
    """Whether its terms keep inputs and outputs from being stored, reused or trained on."""
    terms: str = ""
    """Reference to the terms as they stood, for example a URL or a document id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputMaterial:
    """Something that was put into a tool."""

    what: str
    """In words, for example `own matte painting`; no names of people."""
    is_owned: Answer
    """Whether it was owned or cleared for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What an asset was made from, when that was approved material."""

    essence_digest: Digest
    """Digest of the essence it was made from."""
    transforms: frozenset[Transform]
    """What was done to it; never empty."""
    is_vouched: bool = True
    """Whether somebody says so who could have approved it: only then its approvals count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AiUse:
    """How generative AI was used for some assets, as somebody declares it."""

    record_id: str
    """`urn:uuid:...`."""
    subjects: tuple[Subject, ...]
    """The assets; never empty."""
    declared_by: str
    """Who declares it."""
    declared_at: datetime
    """When, aware UTC."""
    tools: tuple[ToolUse, ...] = ()
    """The tools."""
    inputs: tuple[InputMaterial, ...] = ()
    """What went in."""
    principles: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}))
    """Answers to a pack's guiding principles, by their id; what is missing is unsure."""
    categories: frozenset[UseCategory] = frozenset()
    """What it was used for."""
    prominence: Prominence | None = None
    """How much is seen or heard of it; None where nobody said."""
    performers: tuple[str, ...] = ()
    """Opaque ids of performers whose voice or likeness is concerned; never names."""
    consents: tuple[str, ...] = ()
    """Opaque ids of their consents on record."""
    human_contribution: str = ""
    """What people added, in words."""
    derived_from: tuple[Derivation, ...] = ()
    """Approved material these assets were made from."""
    unvouched_consents: tuple[str, ...] = ()
    """Consents that only somebody names who could not approve such a use: they show nothing."""
    withdrawn_consents: tuple[str, ...] = ()
    """Consents it names that were taken back."""


def inheriting(own: AiUse, parents: Iterable[AiUse]) -> AiUse:
    """Return a record with what those of the material it was made from say besides.

    A grade of a replica is a replica: categories, tools, inputs and talent add up, the gravest
    prominence counts, and of two answers to a principle the one further from yes.
    """
    made = own
    for parent in parents:
        doubts = {
            name: answer
            for name, answer in parent.principles.items()
            if answer is not Answer.YES and made.principles.get(name, Answer.YES) is Answer.YES
        }
        made = replace(
            made,
            tools=_joined(made.tools, parent.tools),
            inputs=_joined(made.inputs, parent.inputs),
            principles=MappingProxyType(dict(made.principles) | doubts),
            categories=made.categories | parent.categories,
            prominence=_gravest(made.prominence, parent.prominence),
            performers=_joined(made.performers, parent.performers),
            consents=_joined(made.consents, parent.consents),
            unvouched_consents=_joined(made.unvouched_consents, parent.unvouched_consents),
        )
    return made


def amending(earlier: AiUse, later: AiUse) -> AiUse:
    """Return a later record of the same assets with what an earlier one says besides."""
    whole = inheriting(later, [earlier])
    return replace(whole, derived_from=_joined(later.derived_from, earlier.derived_from))


def _gravest(one: Prominence | None, other: Prominence | None) -> Prominence | None:
    """Return the graver of two; what nobody said could be any."""
    if one is None or other is None:
        return None
    return max(one, other, key=_HOW_MUCH.index)


def _joined(own: tuple[_T, ...], more: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*own, *more)))
