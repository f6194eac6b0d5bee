"""Glances at MP4, M4V, M4A and QuickTime movies."""

from os import pread
from struct import Struct

from provenance.glances.interface import Plain
from provenance.glances.movie import Run, read_tracks
from provenance.glances.movie_video import is_dull_video
from provenance.glances.screen import Screen
from provenance.media.bmff import M4A, M4V, MOV, MP4, Bmff
from provenance.media.heif import AVIF, HEIF

_HEADER = Struct(">I4s")
_MORE = 4096
_LARGEST = 1 << 17
"""Bytes of a `moov` or packet that is still glanced at."""
_MOST = 64
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
        data, start, at, limit = head, 0, 0, len(head) - 16
        movie = b""
        media: list[Run] = []
        for _ in range(_MOST):
            if at > limit:
                start += at
                if start == size:
                    return _judged(descriptor, head, movie, media, screen)
                data, at = pread(descriptor, _MORE, start), 0
                limit = len(data) - 16
                if len(data) < 8:
                    return None
            length, kind = _HEADER.unpack_from(data, at)
            body = at + 8
            if length == 1:
                length, body = int.from_bytes(data[body : at + 16]), at + 16
            end = at + length
            if end < body or start + end > size:
                return None
            if kind == b"mdat":
                # An empty one is a run of essence too.
                if end == body:
                    return None
                media.append((start + body, start + end))
            elif kind == b"moov":
                movie = _content(descriptor, data, body, end, start) if not movie else b""
                if not movie:
                    return None
            elif kind == b"uuid":
                if not _is_dull(_content(descriptor, data, body, end, start), screen):
                    return None
            elif kind not in _DULL:
                return None
            at = end
        return None

    def _claims(self, head: bytes) -> bool:
        brand = head[8:12]
        return brand in self._brands or (brand not in _PICTURES and self._score(head, "") > 0)


def _is_dull(box: bytes, screen: Screen) -> bool:
    """Return whether what a `uuid` box holds is sound and says nothing of interest."""
    if box.startswith(_XMP_UUID):
        return screen.is_dull_packet(box[len(_XMP_UUID) :])
    return len(box) > len(_XMP_UUID) and not box.startswith(_C2PA_UUID)


def _content(descriptor: int, data: bytes, begin: int, end: int, start: int) -> bytes:
    """Return what these bytes of `data` hold, which begins at `start`; nothing if it is large."""
    if end <= len(data):
        return data[begin:end]
    return pread(descriptor, end - begin, start + begin) if end - begin <= _LARGEST else b""


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
