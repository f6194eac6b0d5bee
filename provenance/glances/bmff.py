"""Glances at MP4, M4V, M4A and QuickTime movies."""

from provenance.glances.interface import Plain
from provenance.glances.movie import Run, read_tracks
from provenance.glances.movie_video import is_dull_video
from provenance.glances.screen import Screen
from provenance.glances.top_boxes import content, top_boxes
from provenance.media.bmff import M4A, M4V, MOV, MP4, Bmff
from provenance.media.heif import AVIF, HEIF

_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_PICTURES = HEIF.brands | AVIF.brands
_DULL = frozenset({b"ftyp", b"free", b"skip", b"wide", b"pnot"})


class BmffGlance:
    """See `Glance`; movies in fragments are read in full."""

    is_exact = True

    def __init__(self, fmt: Bmff, *more: tuple[int, bytes]) -> None:
        """Make the glance at one family member."""
        self.format_name = fmt.name
        self._score, self._brands = fmt.score, fmt.brands
        self.magics = (*((8, brand) for brand in sorted(fmt.brands)), *more)
        self._firsts = frozenset({b"ftyp", *(kind for _, kind in more)})

    def look(self, descriptor: int, size: int, head: bytes, screen: Screen) -> Plain | None:
        """See `Glance.look`."""
        if head[4:8] not in self._firsts or not self._claims(head):
            return None
        movie = b""
        media: list[Run] = []
        for box in top_boxes(descriptor, head, size):
            kind, _, begin, end, start = box
            if kind == b"mdat":
                # An empty one is a run of essence too.
                if end == begin:
                    return None
                media.append((start + begin, start + end))
            elif kind == b"moov":
                movie = content(descriptor, box) if not movie else b""
                if not movie:
                    return None
            elif kind == b"uuid":
                if not _is_dull(content(descriptor, box), screen):
                    return None
            elif not kind:
                return _judged(descriptor, head, movie, media, screen)
            elif kind not in _DULL:
                return None
        return None

    def _claims(self, head: bytes) -> bool:
        brand = head[8:12]
        return brand in self._brands or (brand not in _PICTURES and self._score(head, "") > 0)


def _is_dull(box: bytes, screen: Screen) -> bool:
    """Return whether what a `uuid` box holds is sound and says nothing of interest."""
    if box.startswith(_XMP_UUID):
        return screen.is_dull_packet(box[len(_XMP_UUID) :])
    return len(box) > len(_XMP_UUID) and not box.startswith(_C2PA_UUID)


def _judged(
    descriptor: int, head: bytes, movie: bytes, media: list[Run], screen: Screen
) -> Plain | None:
    if not movie or not media:
        return None
    tracks = read_tracks(movie, media, screen)
    if tracks is None:
        return None
    for tables in tracks:
        looked = is_dull_video(descriptor, head, movie, tables, screen)
        if looked is not None:
            if not looked:
                return None
            break
    if len(media) == 1:
        return media[0][1] - media[0][0], media[0][0]
    return sum(end - begin for begin, end in media), -1


GLANCES = (
    BmffGlance(MP4, (4, b"ftyp")),
    BmffGlance(MOV, (4, b"moov"), (4, b"mdat"), (4, b"wide"), (4, b"free"), (4, b"skip")),
    BmffGlance(M4V),
    BmffGlance(M4A),
)
"""One for each family member; a brand that nobody claims is that of some MP4."""
