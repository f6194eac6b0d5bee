"""What a walk over one file has collected so far."""

from dataclasses import dataclass, field

from provenance.media.interface import TextBudget
from provenance.model.metadata import MetadataField, XmpPacket

_MAX_PROBLEMS = 64


@dataclass(slots=True)
class Found:
    """What a walk over one file has collected so far, and how much it may still collect."""

    fields: list[MetadataField] = field(default_factory=list)
    xmp: list[XmpPacket] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    budget: TextBudget = field(default_factory=TextBudget)

    def add(self, place: str, key: str, value: str) -> None:
        """Add a field."""
        self.fields.append(MetadataField(place=place, key=key, value=value))

    def report(self, problem: str) -> None:
        """Add a problem, once; of very many, the first."""
        if len(self.problems) < _MAX_PROBLEMS and problem not in self.problems:
            self.problems.append(problem)
