"""Which files are frames of image sequences, by their names."""

from pathlib import Path

from provenance.media.formats import FORMATS
from provenance.model.sequence import Frame, frame_named

OTHER_IMAGES = frozenset((".exr", ".dpx", ".cin", ".tga", ".bmp", ".jp2", ".hdr", ".sgi", ".ari"))
"""Images this version does not read; rendered and scanned as sequences more than any other."""
_STILLS = OTHER_IMAGES | {
    suffix for fmt in FORMATS if fmt.media_type.startswith("image/") for suffix in fmt.suffixes
}


def frame_of(path: Path) -> Frame | None:
    """Return the file as a frame of an image sequence, or None if its name is no frame's."""
    if path.suffix.lower() not in _STILLS:
        return None
    folder = str(path.parent) if path.parent.parts else ""
    return frame_named(folder, path.stem, path.suffix)
