"""Why a file is to be tagged."""

from dataclasses import dataclass

from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRequest:
    """Why a file is to be tagged."""

    declared_by: DeclaredBy
    """Zone, person, or the signals of the file itself."""
    reasons: tuple[str, ...] = ()
    """Why, in short."""
    source_type: DigitalSourceType | None = None
    """What is declared of the making; None takes what the file says, else fully generated."""
    generator: Generator | None = None
    """What made it; None takes what the file says."""
