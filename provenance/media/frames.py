"""Which files are frames of image sequences, by their names."""

from collections.abc import Sequence
from pathlib import Path

from provenance.media.formats import FORMATS
from provenance.model.sequence import Frame, frame_named, written

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


def named_together(paths: Sequence[Path]) -> Path:
    """Return the one name of some frames of a sequence, `shot.[0001-0100].exr`."""
    frames = [frame for frame in map(frame_of, paths) if frame is not None]
    return Path(written(frames)) if len(paths) > 1 else paths[0]
