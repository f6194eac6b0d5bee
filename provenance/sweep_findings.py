"""What was found of the files of one folder, in a form that is small to keep and to send."""

import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from provenance.media.essence import LEAD
from provenance.model.known_essences import KnownEssences
from provenance.observation import Observation, observations_from_json, observations_to_json

_COUNTS = struct.Struct("<IIH")
_LEAD = struct.Struct(f"<IB{LEAD}s")
_MOST_OBSERVATIONS = 65535


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, file by file in the order of their names."""

    codes: bytes
    """0 for a file that has to be read in full, else the code of its format."""
    lengths: "array[int]"
    """Length of the essence of each file that needs no reading, or a bound of it; 0 of others."""
    leads: dict[int, bytes] = field(default_factory=dict)
    """Leads by their place: of all whose length is only a bound, and of others as was asked for."""
    told: "array[int]" = field(default_factory=lambda: array("H"))
    """For each file which of the observations was made of it, 1 for the first; 0 for none."""
    observations: tuple[Observation, ...] = ()
    """What full readings found, each once."""

    @classmethod
    def of_nothing(cls, files: int) -> "Findings":
        """Return the findings where nothing was looked at: all is to be read in full."""
        return cls(bytes(files), array("Q", bytes(8 * files)))

    def perhaps_known(self, known: KnownEssences) -> list[int]:
        """Return the places of cleared files that may be content the registry knows."""
        if known.holds_none(self.lengths, self.leads.values()):
            return []
        places = []
        for at, length in enumerate(self.lengths):
            lead = self.leads.get(at)
            if lead is None:
                is_perhaps = length > 0 and length in known.lengths
            else:
                # Whatever the last holds possible the first does too, and it asks for no format.
                is_perhaps = known.may_hold_up_to(length, lead) and (
                    self.codes[at] in _bounded() or known.may_hold(length, lead)
                )
            if is_perhaps:
                places.append(at)
        return places

    def observed(self, at: int) -> Observation | None:
        """Return what a full reading found of the file at this place, or None."""
        number = self.told[at] if self.told else 0
        return self.observations[number - 1] if number else None

    def with_observations(self, made: Mapping[int, Observation]) -> "Findings":
        """Return the findings with what full readings found, by place; equal ones are kept once."""
        numbers: dict[object, int] = {}
        kept: list[Observation] = []
        told = array("H", bytes(2 * len(self.codes)))
        for at, observation in made.items():
            # No two files bear the same tag, and a tag cannot be looked up.
            number = numbers.get(at if observation.tag else observation)
            if number is None and len(kept) < _MOST_OBSERVATIONS:
                kept.append(observation)
                number = numbers[at if observation.tag else observation] = len(kept)
            told[at] = number or 0
        return replace(self, told=told, observations=tuple(kept))

    def to_bytes(self) -> bytes:
        """Return the findings as bytes."""
        leads = [_LEAD.pack(at, len(lead), lead) for at, lead in self.leads.items()]
        head = _COUNTS.pack(len(self.codes), len(leads), len(self.observations))
        more = (self.told.tobytes(), observations_to_json(self.observations))
        told = more if self.observations else ()
        return b"".join((head, self.codes, self.lengths.tobytes(), *leads, *told))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Findings":
        """Return findings from their bytes; raises ValueError if these are none of this machine."""
        if len(data) < _COUNTS.size:
            raise ValueError("no findings")
        files, leads, observations = _COUNTS.unpack_from(data)
        lengths, told = array("Q"), array("H")
        numbers = _COUNTS.size + files
        begin = numbers + files * lengths.itemsize
        end = begin + leads * _LEAD.size
        last = end + files * told.itemsize if observations else end
        if len(data) < last or (not observations and len(data) != end):
            raise ValueError("findings cut short")
        lengths.frombytes(data[numbers:begin])
        told.frombytes(data[end:last])
        made = tuple(observations_from_json(data[last:])) if observations else ()
        if len(made) != observations or max(told, default=0) > observations:
            raise ValueError("findings without their observations")
        return cls(
            codes=data[_COUNTS.size : numbers],
            lengths=lengths,
            leads={at: lead[:size] for at, size, lead in _LEAD.iter_unpack(data[begin:end])},
            told=told,
            observations=made,
        )


@cache
def _bounded() -> frozenset[int]:
    """Return the codes of the formats whose length is only a bound."""
    from provenance.glances.known import GLANCES  # noqa: PLC0415  (seldom needed, and slow)

    return frozenset(code for code, one in enumerate(GLANCES, 1) if not one.is_exact)


def joined(parts: Sequence[Findings]) -> Findings:
    """Return the findings of consecutive files as one."""
    if len(parts) == 1:
        return parts[0]
    lengths = array("Q")
    leads: dict[int, bytes] = {}
    made: dict[int, Observation] = {}
    for part in parts:
        begin = len(lengths)
        leads.update((begin + at, lead) for at, lead in part.leads.items())
        made.update((begin + at, one) for at in range(len(part.told)) if (one := part.observed(at)))
        lengths += part.lengths
    found = Findings(b"".join(part.codes for part in parts), lengths, leads)
    return found.with_observations(made) if made else found
