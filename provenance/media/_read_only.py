"""What containers have in common that are read and never written."""

from abc import ABC, abstractmethod

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media.interface import ByteSource, Plan
from provenance.model.metadata import ByteRange, Completeness, Contents


class ReadOnly(ABC):
    """A container without a slot for a packet or a manifest store: its tag stands beside it."""

    name: str
    xmp_place = ""
    embeds_c2pa = False

    @abstractmethod
    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""

    def exact_essence(self, source: ByteSource, contents: Contents) -> tuple[ByteRange, ...]:
        """See `MediaFormat.exact_essence`."""
        del source
        return contents.essence

    def plan_xmp(self, source: ByteSource, packet: bytes | None) -> Plan:
        """See `MediaFormat.plan_xmp`; there is no place for one."""
        del source, packet
        raise CarrierError(f"a file of the format {self.name} is never written")

    def plan_without_c2pa(self, source: ByteSource) -> Plan:
        """See `MediaFormat.plan_without_c2pa`: the file as it is."""
        contents = self.read(source)
        if contents.completeness is Completeness.TRUNCATED:
            raise DamagedMediaError("; ".join(contents.problems))
        return [ByteRange(offset=0, length=source.size)]

    def decoding_map(self, source: ByteSource) -> bytes:
        """See `MediaFormat.decoding_map`."""
        del source
        return b""
