"""Tell an editor what one file is: status, why, credentials, approvals, technical data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import IsolationError, MediaError, UnreadableError
from provenance.examining import Examined, Examiner
from provenance.isolation.interface import TaskRunner
from provenance.media.frames import sequence_around
from provenance.media.technical import technical_data
from provenance.model.credential import Credentials
from provenance.model.facts import AssetFacts, JudgedApproval, Problem, ProblemKind
from provenance.model.purpose import Purpose
from provenance.model.requirement import Requirement
from provenance.model.signal import Level
from provenance.path_text import shown
from provenance.policy.engine import weigh
from provenance.policy.pack import PolicyPack
from provenance.policy.requirement import requirement

if TYPE_CHECKING:
    from provenance.gathering import Gatherer

_LARGEST_VALIDATED = 2 * 1024**3
"""Above this the hash of a C2PA manifest is not checked by an inspection: it takes seconds."""


class Status(StrEnum):
    """What a file is, at one glance."""

    TEMPORARY = "temporary"
    APPROVED = "approved"
    AI_UNTAGGED = "ai-untagged"
    HINT = "hint"
    NO_DECLARATION = "no-declaration"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Everything there is to say of one file."""

    path: Path
    """The file."""
    media_type: str
    """MIME type; empty where no format claims it."""
    facts: AssetFacts
    """What policy would decide on."""
    credentials: Credentials | None
    """Its C2PA manifest store."""
    technical: Mapping[str, str]
    """Duration, raster, codec and the like."""
    sequence: str = ""
    """The frames in its folder that it is one of, as one name; empty if of none."""
    requirement: Requirement | None = None
    """What the policy pack requires of its declared use; None where nobody declared one."""

    @property
    def approval(self) -> JudgedApproval | None:
        """An approval that holds and covers, if there is one."""
        return next((judged for judged in self.facts.approvals if judged.sets_aside), None)

    @property
    def status(self) -> Status:
        """The one glance; evidence outranks trouble, trouble outranks silence."""
        facts = self.facts
        remembered = facts.remembered is not None and not facts.remembered.is_withdrawn
        is_ai = facts.ai_level is not None and facts.ai_level.is_conclusive
        if self.approval is not None:
            return Status.APPROVED
        if facts.tag is not None or remembered:
            return Status.TEMPORARY
        if is_ai:
            return Status.AI_UNTAGGED
        if facts.problems:
            return Status.UNREADABLE
        return Status.HINT if facts.ai_level is Level.HINT else Status.NO_DECLARATION


class Inspector:
    """Inspects single files, inside a production or outside of any."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        runner: TaskRunner,
        gatherer: "Gatherer | None" = None,
        pack_at: Callable[[Path], PolicyPack] | None = None,
    ) -> None:
        self._examiner = examiner
        self._runner = runner
        self._gatherer = gatherer
        self._pack_at = pack_at

    def inspect(self, path: Path, purpose: Purpose) -> Inspection:
        """Return what the file is; trouble becomes a problem of its facts, never an error."""
        try:
            validate = path.stat().st_size <= _LARGEST_VALIDATED
        except OSError:
            validate = False
        try:
            with self._examiner.examine(path, validate=validate) as examined:
                return self._inspect(examined, purpose)
        except UnreadableError as error:
            problem = Problem(kind=ProblemKind.UNREADABLE, detail=str(error))
            return Inspection(
                path=path,
                media_type="",
                facts=AssetFacts(path=shown(path), problems=(problem,)),
                credentials=None,
                technical={},
            )

    def _inspect(self, examined: Examined, purpose: Purpose) -> Inspection:
        if self._gatherer is not None:
            self._gatherer.refresh()
            facts = self._gatherer.facts(examined, purpose)
        else:
            facts = _own_facts(examined)
        required = None
        if self._pack_at is not None and facts.ai_use is not None:
            pack = self._pack_at(examined.path)
            required = requirement(facts.ai_use, pack, purpose.use)
            facts = weigh(facts, pack)
        return Inspection(
            path=examined.path,
            media_type=examined.fmt.media_type if examined.fmt else "",
            facts=facts,
            credentials=examined.reading.credentials,
            technical=self._technical(examined),
            sequence=sequence_around(examined.path),
            requirement=required,
        )

    def _technical(self, examined: Examined) -> Mapping[str, str]:
        if any(problem.kind is ProblemKind.DAMAGED for problem in examined.problems):
            return {}
        try:
            return technical_data(self._runner, examined.source.descriptor)
        except (IsolationError, MediaError) as error:
            return {"unknown": str(error)}


def _own_facts(examined: Examined) -> AssetFacts:
    """Return what the file alone says, for an inspection outside any production."""
    facts = AssetFacts(
        path=shown(examined.path),
        format_name=examined.reading.format_name,
        tag=examined.tag,
        carriers=examined.carriers,
        signals=examined.signals,
        problems=examined.problems,
    )
    if examined.tag is None:
        return facts
    try:
        identity = examined.identity
    except MediaError:
        return facts
    return replace(facts, file_digest=identity.file_digest, essence_digest=identity.essence_digest)
