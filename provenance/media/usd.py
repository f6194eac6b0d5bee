"""Universal Scene Description: layers as text or crate, and packages of them (USDZ).

The essence is the whole file: no byte of a layer is less the model than another. Of a package only
its first layer is read, not what textures and further layers in it say of themselves.
"""

from provenance.errors import DamagedMediaError
from provenance.media import _usda_text, _usdc_crate
from provenance.media._found import Found
from provenance.media._read_only import ReadOnly
from provenance.media._spans import Spans
from provenance.media._usda_text import read_text_layer
from provenance.media._usdc_crate import read_crate
from provenance.media._zip_first import first_file, first_name
from provenance.media.interface import ByteSource
from provenance.model.metadata import ByteRange, Completeness, Contents

_LAYERS = (".usd", ".usda", ".usdc")


class Usd(ReadOnly):
    """A layer, as text or as crate."""

    name = "usd"
    media_type = "model/vnd.usd"
    suffixes = (".usda", ".usd", ".usdc")

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith((_usda_text.MAGIC, _usdc_crate.MAGIC)):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; text has no structure but its own, so all of it is read."""
        found = Found()
        return _contents(source, found, _read_layer(source, found))


class Usdz(ReadOnly):
    """A package: an archive of plain files that begins with a layer."""

    name = "usdz"
    media_type = "model/vnd.usdz+zip"
    suffixes = (".usdz",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if first_name(header).lower().endswith(_LAYERS):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = Found()
        try:
            lack = _read_package(source, found)
        except DamagedMediaError as error:
            lack = str(error)
        return _contents(source, found, lack)


def _read_package(source: ByteSource, found: Found) -> str:
    first = first_file(source)
    if not first.is_plain or not first.name.lower().endswith(_LAYERS):
        found.report("the package does not begin with a plain layer; it was not read")
        return ""
    return _read_layer(Spans(source, [first.body]), found)


def _read_layer(source: ByteSource, found: Found) -> str:
    """Collect what a layer says of itself; return why it is not whole, or nothing."""
    if source.pread(0, len(_usdc_crate.MAGIC)) != _usdc_crate.MAGIC:
        return read_text_layer(source, found)
    return read_crate(source, found)


def _contents(source: ByteSource, found: Found, lack: str) -> Contents:
    return Contents(
        fields=tuple(found.fields),
        essence=(ByteRange(offset=0, length=source.size),),
        completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
        problems=(*found.problems, lack) if lack else tuple(found.problems),
    )
