"""The carrier that says the tag in the file's XMP packet."""

from provenance.carriers.interface import Draft
from provenance.carriers.xmp_packet import find_tag, packet_with, packet_without
from provenance.errors import CarrierError
from provenance.media.interface import MediaFormat
from provenance.media.source import FileSource
from provenance.model.metadata import XmpPacket
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag


class XmpCarrier:
    """The tag as XMP properties inside the container."""

    name = "xmp"

    def can_bear(self, fmt: MediaFormat) -> bool:
        """See `Carrier.can_bear`; MP3 keeps its packet in ID3, which the native carrier writes."""
        return bool(fmt.xmp_place)

    def find_tag(self, reading: Reading) -> ProvenanceTag | None:
        """See `Carrier.find_tag`."""
        return find_tag(reading.properties)

    def write(self, draft: Draft, tag: ProvenanceTag) -> None:
        """See `Carrier.write`."""
        self._rewrite(draft, packet_with(tag, packet_in(draft.reading, draft.fmt)))

    def remove(self, draft: Draft) -> None:
        """See `Carrier.remove`."""
        packet = packet_in(draft.reading, draft.fmt)
        if packet is not None:
            self._rewrite(draft, packet_without(packet))

    def _rewrite(self, draft: Draft, packet: bytes | None) -> None:
        with FileSource(draft.staging.path) as staged:
            draft.staging.write_plan(draft.fmt.plan_xmp(staged, packet), staged)


def packet_in(reading: Reading, fmt: MediaFormat) -> XmpPacket | None:
    """Return the packet that a new one takes the place of; raises CarrierError if several do."""
    packets = [one for one in reading.contents.xmp if one.place == fmt.xmp_place]
    if len(packets) > 1:
        raise CarrierError("it has several XMP packets, of which all but one would be lost")
    return packets[0] if packets else None
