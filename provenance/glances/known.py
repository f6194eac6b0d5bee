"""The one list of glances, and what is derived from it."""

from provenance.glances import bmff, ebml, heif, riff
from provenance.glances.flac import FlacGlance
from provenance.glances.gif import GifGlance
from provenance.glances.interface import Glance
from provenance.glances.jpeg import JpegGlance
from provenance.glances.mp3 import Mp3Glance
from provenance.glances.png import PngGlance
from provenance.glances.psd import PsdGlance
from provenance.glances.svg import SvgGlance
from provenance.glances.tiff import TiffGlance

GLANCES: tuple[Glance, ...] = (
    JpegGlance(),
    PngGlance(),
    TiffGlance(),
    GifGlance(),
    *heif.GLANCES,
    *bmff.GLANCES,
    *riff.GLANCES,
    *ebml.GLANCES,
    Mp3Glance(),
    FlacGlance(),
    PsdGlance(),
    SvgGlance(),
)
"""Every glance; to add one, write its file and name it here."""


def _at(offset: int) -> dict[bytes, Glance]:
    return {magic: one for one in GLANCES for where, magic in one.magics if where == offset}


_AT_0, _AT_8, _AT_4 = _at(0), _at(8), _at(4)


def glance_for(head: bytes) -> Glance | None:
    """Return the glance at a file that begins so, or None: then it is read in full."""
    return _AT_0.get(head[:4]) or _AT_8.get(head[8:12]) or _AT_4.get(head[4:8])
