"""What a glTF 2.0 document says of itself: its asset, names, extras and XMP packets."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media._json_members import JsonText, built
from provenance.media._xmp_json_ld import packet_from
from provenance.model.metadata import XmpPacket

LARGEST_DOCUMENT = 16 * 1024 * 1024
"""Bytes of JSON that are read."""
_MOST_FIELDS = 50_000
_PACKETS = frozenset({"KHR_xmp_json_ld", "KHR_xmp"})
_SPELLER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(slots=True, kw_only=True)
class GltfFound(Found):
    """What was collected of one document."""

    place: str
    """What the places of its fields begin with."""
    has_asset: bool = False
    """Whether it has the `asset` object that every document must have."""
    is_inline: bool = False
    """Whether buffers or images stand in the document itself, as `data:` URIs."""
    known: set[tuple[str, str, str]] = field(default_factory=set)
    """The fields found so far: a thousand nodes may say the same."""

    def add(self, place: str, key: str, value: str) -> None:
        """Add a field, once; of very many, the first."""
        said = (place, _clean(key), _clean(value))
        if said in self.known:
            return
        if len(self.known) == _MOST_FIELDS:
            self.report(f"the model has more than {_MOST_FIELDS} fields; the rest was not read")
            return
        self.known.add(said)
        # A dataclass with slots is another class than the one `super()` would look for.
        Found.add(self, *said)


def names_its_version(head: bytes) -> bool | None:
    """Return whether this is a glTF document; None if the head ends before it says so."""
    text = JsonText(head)
    first = ""
    try:
        for key, value in text.members(text.start):
            first = first or key
            if key == "asset":
                return any(
                    name == "version" and text.is_string(at) for name, at in text.members(value)
                )
    except DamagedMediaError:
        return None if first in _COLLECTORS or first in _OTHERS else False
    return False


def collect_document(data: bytes, found: GltfFound) -> None:
    """Collect what a document says of itself; raises DamagedMediaError if it makes no sense."""
    text = JsonText(data)
    if not text.is_object(text.start):
        raise DamagedMediaError("the model has no JSON object")
    if text.rest():
        found.report("something stands behind the JSON of the model; it was not read")
    for key, value in text.members(text.start):
        if key in _COLLECTORS:
            _COLLECTORS[key](text, value, (key, found))
    if not found.has_asset:
        raise DamagedMediaError("the JSON of the model has no asset object")


_Into = tuple[str, GltfFound]
"""The key something stands under, and what it is collected into."""


def _collect_asset(text: JsonText, start: int, into: _Into) -> None:
    key, found = into
    place = f"{found.place}/{key}"
    for name, value in text.members(start):
        if name == "extras":
            _collect_extras(text, value, (f"{key}/{name}", found))
        elif text.is_string(value):
            _collect_value(text, value, (place, name), found)
    found.has_asset = found.has_asset or text.is_object(start)


def _collect_extras(text: JsonText, start: int, into: _Into) -> None:
    """Collect the members; an extras that is no object is a text without key."""
    key, found = into
    place = f"{found.place}/{key}"
    if not text.is_object(start):
        _collect_value(text, start, (place, ""), found)
    for name, value in text.members(start):
        _collect_value(text, value, (place, name), found)


def _collect_parts(text: JsonText, start: int, into: _Into) -> None:
    """Collect the extras of each scene, node, mesh ..., and the names that are worth it."""
    key, found = into
    for element in text.elements(start):
        for name, value in text.members(element):
            if name == "extras":
                _collect_extras(text, value, (f"{key}/{name}", found))
            elif name == "name" and key in _NAMED and text.is_string(value):
                _collect_value(text, value, (f"{found.place}/{key}", name), found)
            elif name == "uri" and text.begins_with(value, b'"data:'):
                found.is_inline = True


def _collect_extensions(text: JsonText, start: int, into: _Into) -> None:
    _, found = into
    for name, value in text.members(start):
        raw = text.raw(value) if name in _PACKETS else b""
        if raw and _may_read(raw, found):
            _collect_packets(built(raw), f"{found.place}/{name}", found)


def _collect_packets(extension: object, place: str, found: GltfFound) -> None:
    if not isinstance(extension, Mapping):
        return
    packets = extension.get("packets")
    for document in packets if isinstance(packets, list) else ():
        if data := packet_from(document, extension.get("@context")):
            found.xmp.append(XmpPacket(place=place, data=data))


def _collect_value(text: JsonText, start: int, where: tuple[str, str], found: GltfFound) -> None:
    """Add a string as it is, anything else as JSON in one spelling; nothing for null."""
    place, key = where
    raw = text.raw(start)
    if raw == b"null" or not _may_read(raw, found):
        return
    try:
        value = built(raw)
    except DamagedMediaError as error:
        found.report(str(error))
        return
    found.add(place, key, value if isinstance(value, str) else _SPELLER.encode(value))


def _may_read(raw: bytes, found: GltfFound) -> bool:
    if found.budget.take(len(raw)):
        return True
    found.report(f"a text of {len(raw)} bytes was not read")
    return False


def _clean(text: str) -> str:
    """Return the text without halves of characters, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


_NAMED = frozenset({"meshes", "materials"})
"""Parts whose names are read; a plant has a name for each of a million nodes."""
_COLLECTORS: dict[str, Callable[[JsonText, int, _Into], None]] = {
    "asset": _collect_asset,
    "extras": _collect_extras,
    "extensions": _collect_extensions,
    **dict.fromkeys(
        ("scenes", "nodes", "meshes", "materials", "images", "buffers"), _collect_parts
    ),
}
_OTHERS = frozenset(
    {"accessors", "animations", "bufferViews", "cameras", "extensionsUsed", "extensionsRequired"}
    | {"samplers", "scene", "skins", "textures"}
)
"""Further members of the top level (glTF 2.0 §5.17)."""
