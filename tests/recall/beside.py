"""What one built file cannot show: tags as we write them, sidecars, signatures, stripped copies."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fixtures.build import MEDIA
from fixtures.packets import source_type_as_attribute, source_type_as_element
from provenance.config import KEYS_FOLDER
from provenance.media.formats import FORMATS
from provenance.model.outcome import Action
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.wiring import Production
from tests.benchmarks.marks import Mark
from tests.recall.cells import sample

AI_FOLDER, CLEAN_FOLDER = "ai", "clean"
"""Folders of what has to be blocked, and of what has to pass."""
_ROOT = Path(__file__).resolve().parents[2]
_REQUEST = TagRequest(declared_by=DeclaredBy.PERSON, reasons=("recall",))
_TAGGED = (Action.TAGGED, Action.DETACHED)
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_IEND = 12
_AI, _CAMERA = "trainedAlgorithmicMedia", "digitalCapture"


def write_beside(folder: Path, ours: Production, stranger: Production) -> None:
    """Write files into the folder's two; `ours` will judge them, `stranger` tags what it tags.

    Of the stripped copies `ours` knows the content.
    """
    places = folder / AI_FOLDER, folder / CLEAN_FOLDER
    for place in places:
        place.mkdir(exist_ok=True)
    _write_sidecars(*places)
    _write_signed(stranger.config.data / KEYS_FOLDER, *places)
    for fmt, suffix, (once, more) in _samples():
        _tag(places[0] / f"tagged_{fmt}{suffix}", sample(fmt), stranger)
        (places[1] / f"untagged_{fmt}{suffix}").write_bytes(sample(fmt))
        known = folder / f"known{suffix}"
        _tag(known, once, ours)
        (places[0] / f"stripped_{fmt}{suffix}").write_bytes(once)
        (places[1] / f"other_{fmt}{suffix}").write_bytes(more)


def _samples() -> Iterator[tuple[str, str, tuple[bytes, bytes]]]:
    for fmt in FORMATS:
        suffix = Path(next(iter(MEDIA[fmt.name].sound))).suffix
        once, more = (bake() for bake in MEDIA[fmt.name].long.values())
        yield fmt.name, suffix, (once, more)


def _tag(path: Path, data: bytes, production: Production) -> None:
    path.write_bytes(data)
    outcome = production.tagger.tag(path, _REQUEST)
    if outcome.action not in _TAGGED:
        raise ValueError(f"{path}: {outcome.detail}")


def _write_sidecars(*places: Path) -> None:
    for term, place in zip((_AI, _CAMERA), places, strict=True):
        for fmt in FORMATS:
            suffix = Path(next(iter(MEDIA[fmt.name].sound))).suffix
            for name in (f"whole_name_{fmt.name}{suffix}", f"stem_{fmt.name}"):
                is_whole = name.endswith(suffix)
                path = place / (name if is_whole else name + suffix)
                path.write_bytes(sample(fmt.name))
                write = source_type_as_element if is_whole else source_type_as_attribute
                (place / f"{name}.xmp").write_bytes(write(term))


def _write_signed(keys: Path, *places: Path) -> None:
    """Sign in a process of its own: the library may abort, and must not be imported here."""
    orders = ""
    for mark, place in zip((Mark.SIGNED_AI, Mark.SIGNED_CAMERA), places, strict=True):
        for fmt in FORMATS:
            if fmt.embeds_c2pa:
                path = place / f"signed_{fmt.name}{fmt.suffixes[0]}"
                path.write_bytes(sample(fmt.name))
                orders += f"{mark}\t{path}\n"
    command = [sys.executable, "-m", "tests.benchmarks.signing", str(keys)]
    subprocess.run(command, cwd=_ROOT, input=orders, text=True, check=True)
    for place in places:
        for name, move in {"signed_png.png": _png_store_last, "signed_mp4.mp4": _box_last}.items():
            (place / f"late_{name}").write_bytes(move((place / name).read_bytes()))


def _png_store_last(data: bytes) -> bytes:
    """Return a signed PNG with its store before IEND."""
    at = data.index(b"caBX") - 4
    end = at + 12 + int.from_bytes(data[at : at + 4])
    return data[:at] + data[end:-_IEND] + data[at:end] + data[-_IEND:]


def _box_last(data: bytes) -> bytes:
    """Return a signed movie with its store behind everything, free space in its old place."""
    at = data.index(_C2PA_UUID) - 8
    end = at + int.from_bytes(data[at : at + 4])
    return data[: at + 4] + b"free" + data[at + 8 :] + data[at:end]
