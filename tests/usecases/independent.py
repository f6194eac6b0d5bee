"""Readers that share no line with ours: Pillow, expat over raw bytes, mutagen."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from mutagen.flac import FLAC
from PIL import Image

IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
XMP = "http://ns.adobe.com/xap/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_PACKET = re.compile(rb"<x:xmpmeta\b.*?</x:xmpmeta>", re.DOTALL)
_READ_BY_PILLOW = frozenset({".png", ".jpg", ".webp", ".tif"})


def seen_by_others(path: Path) -> dict[str, set[str]]:
    """Return what another program reads as source type, label and instructions."""
    if path.suffix == ".flac":
        return {"PROVENANCE": set(FLAC(path)["PROVENANCE"])}
    found = _by_pillow(path) if path.suffix in _READ_BY_PILLOW else _by_expat(path)
    seen: dict[str, set[str]] = {}
    for name, value in found:
        seen.setdefault(name, set()).add(value)
    return seen


def _by_pillow(path: Path) -> Iterator[tuple[str, str]]:
    with Image.open(path) as image:
        image.load()
        descriptions = image.getxmp()["xmpmeta"]["RDF"]["Description"]
    for description in descriptions if isinstance(descriptions, list) else [descriptions]:
        yield from ((name, str(value)) for name, value in description.items())


def _by_expat(path: Path) -> Iterator[tuple[str, str]]:
    for packet in _PACKET.findall(path.read_bytes()):
        found: dict[str, str] = {}
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda _name, attributes, found=found: found.update(attributes)
        parser.Parse(packet, True)  # noqa: FBT003  (its second argument has no name)
        for key, value in found.items():
            namespace, _, name = key.rpartition(" ")
            if namespace in (IPTC, XMP, PHOTOSHOP):
                yield name, value
