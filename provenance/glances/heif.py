"""Glances at HEIF and AVIF: the boxes of the file; the items are looked at in `heif_items`."""

from os import pread

from provenance.glances.heif_items import Items, read_items
from provenance.glances.interface import Plain
from provenance.glances.movie import Run, read_tracks
from provenance.glances.screen import Screen
from provenance.glances.top_boxes import content, top_boxes
from provenance.media.heif import AVIF, HEIF, Heif

_SUREST = 4
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_SEF_END = b"SEFT"
_DULL = frozenset({b"ftyp", b"free", b"skip", b"wide"})
_WHOLE = frozenset({b"meta", b"moov", b"uuid"})
"""Boxes that are taken into memory."""


class HeifGlance:
    """See `Glance`; of a general brand that turns out to be AV1 a file is read in full."""

    is_exact = True

    def __init__(self, fmt: Heif) -> None:
        """Make the glance at one family member."""
        self.format_name = fmt.name
        self._score = fmt.score
        self.magics = tuple((8, brand) for brand in sorted(fmt.brands))

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[4:8] != b"ftyp" or self._score(head, "") != _SUREST:
            return None
        media: list[Run] = []
        boxes: dict[bytes, tuple[bytes, int]] = {}
        for box in top_boxes(descriptor, head, size):
            kind, _, begin, end, start = box
            if kind == b"mdat":
                media.append((start + begin, start + end))
            elif kind in _WHOLE:
                data = content(descriptor, box)
                if not data or kind in boxes:
                    return None
                boxes[kind] = (data, start + begin)
            elif not kind:
                return _judged(descriptor, size, boxes, media, screen)
            elif kind not in _DULL:
                return None
        return None


def _judged(
    descriptor: int,
    size: int,
    boxes: dict[bytes, tuple[bytes, int]],
    media: list[Run],
    screen: Screen,
) -> Plain | None:
    packet, _ = boxes.get(b"uuid", (b"", 0))
    if packet and not (
        packet.startswith(_XMP_UUID) and screen.is_dull_packet(packet[len(_XMP_UUID) :])
    ):
        return None
    movie, _ = boxes.get(b"moov", (b"", 0))
    if movie and read_tracks(movie, media, screen) is None:
        return None
    items = Items()
    if b"meta" in boxes:
        found = read_items(*boxes[b"meta"])
        if found is None:
            return None
        items = found
    elif not movie:
        return None
    # Frames of a movie could lie where an item says metadata does: then nothing is taken out.
    areas = items.places_among(media, is_movie=bool(movie))
    # A gallery may have appended texts of its own.
    if not areas or pread(descriptor, 4, size - 4) == _SEF_END:
        return None
    if not items.are_dull(descriptor, size, screen):
        return None
    begin = areas[0][0] if len(areas) == 1 else -1
    return sum(end - first for first, end in areas), begin


GLANCES = (HeifGlance(HEIF), HeifGlance(AVIF))
"""One for each family member."""
