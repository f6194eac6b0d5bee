"""What glances found of the files of one folder, in a form that is small to keep and to send."""

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from provenance.media.essence import LEAD
from provenance.registry.records import KnownEssences

_COUNTS = struct.Struct("<II")
_LEAD = struct.Struct(f"<IB{LEAD}s")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, file by file in the order of their names."""

    codes: bytes
    """0 for a file that has to be read in full, else the code of its format."""
    lengths: "array[int]"
    """Length of the essence of each cleared file, or an upper bound of it."""
    leads: dict[int, bytes]
    """How the essence of those begins whose length is only a bound, by their place."""

    def perhaps_known(self, known: KnownEssences) -> list[int]:
        """Return the places of cleared files that may be content the registry knows."""
        if known.holds_none(self.lengths, self.leads.values()):
            return []
        places = []
        for at, code in enumerate(self.codes):
            length, lead = self.lengths[at], self.leads.get(at)
            if code and (
                length in known.lengths if lead is None else known.may_hold_up_to(length, lead)
            ):
                places.append(at)
        return places

    def to_bytes(self) -> bytes:
        """Return the findings as bytes."""
        leads = [_LEAD.pack(at, len(lead), lead) for at, lead in self.leads.items()]
        head = _COUNTS.pack(len(self.codes), len(leads))
        return b"".join((head, self.codes, self.lengths.tobytes(), *leads))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Findings | None":
        """Return findings from their bytes on the same machine, or None if these are not any."""
        if len(data) < _COUNTS.size:
            return None
        files, leads = _COUNTS.unpack_from(data)
        lengths = array("Q")
        numbers = _COUNTS.size + files
        end = numbers + files * lengths.itemsize
        if len(data) != end + leads * _LEAD.size:
            return None
        lengths.frombytes(data[numbers:end])
        return cls(
            codes=data[_COUNTS.size : numbers],
            lengths=lengths,
            leads={at: lead[:size] for at, size, lead in _LEAD.iter_unpack(data[end:])},
        )


def joined(parts: Sequence[Findings]) -> Findings:
    """Return the findings of consecutive files as one."""
    if len(parts) == 1:
        return parts[0]
    lengths = array("Q")
    leads: dict[int, bytes] = {}
    for part in parts:
        leads.update((len(lengths) + at, lead) for at, lead in part.leads.items())
        lengths += part.lengths
    return Findings(b"".join(part.codes for part in parts), lengths, leads)
