"""What one full reading of a file found: all that judging it again takes, and no verdict."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from provenance.media.essence import Identity
from provenance.model.digest import Digest, parse_digest
from provenance.model.facts import Problem, ProblemKind
from provenance.model.known_essences import KnownEssences
from provenance.model.signal import Generator, Level, Signal
from provenance.model.tag import ProvenanceTag

UNKNOWN_TYPE = "application/octet-stream"
"""MIME type of bytes that no format claims."""
UNMEASURED = -1
"""Length of an essence that was not looked at: whether it is known takes a full reading."""
_LASTING = frozenset({ProblemKind.UNSUPPORTED, ProblemKind.EMPTY_FILE})
"""Problems that are there each time; others may pass, and are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was found in a file; valid for as long as it is as it was."""

    format_name: str
    """Name of its format; empty where none claims it."""
    media_type: str
    """MIME type of the format, or of bytes where none claims it."""
    is_complete: bool
    """Whether its container closes."""
    tag: ProvenanceTag | None
    """Our tag."""
    carriers: tuple[str, ...]
    """Names of the carriers that bear it."""
    signals: tuple[Signal, ...]
    """What it declares of its own making."""
    problems: tuple[Problem, ...]
    """What kept us from understanding it."""
    essence_length: int
    """Length of its essence, or a bound of it; `UNMEASURED` where nobody looked."""
    is_exact: bool
    """Whether that is the length itself."""
    essence_lead: bytes
    """How the essence begins. See `media.essence.essence_lead`."""
    essence_digest: Digest | None = None
    """Digest of the essence, where a verdict needed it once."""
    file_digest: Digest | None = None
    """Digest of all bytes, where a verdict needed it once."""

    @property
    def lasts(self) -> bool:
        """Whether looking again would find the same."""
        return all(problem.kind in _LASTING for problem in self.problems)

    @property
    def declares_ai(self) -> bool:
        """Whether a signal stronger than a hint was found."""
        return any(signal.level.is_conclusive for signal in self.signals)

    @property
    def says_something(self) -> bool:
        """Whether it bears our tag or declares itself."""
        return self.tag is not None or self.declares_ai

    def may_be_one_of(self, known: KnownEssences) -> bool:
        """Return whether the essence may be known."""
        if self.is_exact:
            return bool(known.lengths) and known.may_hold(self.essence_length, self.essence_lead)
        may_hold = known.may_hold_up_to(self.essence_length, self.essence_lead)
        return bool(known.lengths) and may_hold

    def is_same(self, other: "Observation") -> bool:
        """Return whether two looks found the same, digests apart."""
        return _undigested(self) == _undigested(other)

    @property
    def identity(self) -> Identity | None:
        """Its digests, if all were made."""
        if self.essence_digest is None or self.file_digest is None:
            return None
        return Identity(
            file_digest=self.file_digest,
            essence_digest=self.essence_digest,
            essence_length=self.essence_length,
            essence_lead=self.essence_lead,
        )

    def to_record(self) -> dict[str, Any]:
        """Return the observation as JSON values."""
        return {
            "format": self.format_name,
            "media_type": self.media_type,
            "complete": self.is_complete,
            "tag": self.tag.to_json() if self.tag else None,
            "carriers": list(self.carriers),
            "signals": [_signal_record(signal) for signal in self.signals],
            "problems": [[problem.kind.value, problem.detail] for problem in self.problems],
            "length": self.essence_length,
            "exact": self.is_exact,
            "lead": self.essence_lead.hex(),
            "digests": [self.essence_digest, self.file_digest],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the observation of a record; raises ValueError or KeyError if it is none."""
        essence_digest, file_digest = record["digests"]
        return cls(
            format_name=record["format"],
            media_type=record["media_type"],
            is_complete=record["complete"],
            tag=ProvenanceTag.from_json(record["tag"]) if record["tag"] else None,
            carriers=tuple(record["carriers"]),
            signals=tuple(map(_signal, record["signals"])),
            problems=tuple(
                Problem(kind=ProblemKind(kind), detail=detail)
                for kind, detail in record["problems"]
            ),
            essence_length=record["length"],
            is_exact=record["exact"],
            essence_lead=bytes.fromhex(record["lead"]),
            essence_digest=parse_digest(essence_digest) if essence_digest else None,
            file_digest=parse_digest(file_digest) if file_digest else None,
        )


def observations_to_json(observations: Sequence[Observation]) -> bytes:
    """Return observations as bytes."""
    records = [observation.to_record() for observation in observations]
    return json.dumps(records, separators=(",", ":")).encode()


def observations_from_json(data: bytes) -> list[Observation]:
    """Return observations of their bytes; raises ValueError if they are not any."""
    try:
        return [Observation.from_record(record) for record in json.loads(data)]
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"no observations: {error}") from error


def unread(problem: Problem) -> Observation:
    """Return what is observed of a file that no format reads, whatever it holds."""
    return Observation(
        format_name="",
        media_type=UNKNOWN_TYPE,
        is_complete=True,
        tag=None,
        carriers=(),
        signals=(),
        problems=(problem,),
        essence_length=UNMEASURED,
        is_exact=True,
        essence_lead=b"",
    )


def _undigested(one: Observation) -> Observation:
    # What digests were made of is told exactly with them, and in bounds without.
    return replace(one, essence_digest=None, file_digest=None, essence_length=0, is_exact=True)


def _signal_record(signal: Signal) -> list[Any]:
    made_by = signal.generator
    generator = [made_by.tool, made_by.model, made_by.version] if made_by else None
    return [signal.rule, signal.level.value, signal.place, signal.value, generator]


def _signal(record: list[Any]) -> Signal:
    rule, level, place, value, made_by = record
    generator = (
        Generator(tool=made_by[0], model=made_by[1], version=made_by[2]) if made_by else None
    )
    return Signal(rule=rule, level=Level(level), place=place, value=value, generator=generator)
