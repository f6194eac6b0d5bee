"""What every rule about signals fires on, said in files of formats that spell it in their own way.

The cells of the other rooms say few things in all places; these say all things in a few places.
"""

import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from fixtures import flac, gltf, jpeg, png
from fixtures.bmff import box
from provenance.model.metadata import Contents, MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.signals.kinds import SIGNAL_RULES, find_signals
from tests.builders import ebml, ogg
from tests.recall.cells import Cell, sample
from tests.recall.movies import listed, own_item, within
from tests.recall.sounds import frame, id3

_HARMLESS = "Morning light, frame 12"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_LONGEST_SEGMENT = 60_000

Fields = tuple[tuple[str, str], ...]
Properties = tuple[XmpProperty, ...]


def cells() -> Iterator[Cell]:
    """Yield a cell for each example of each rule, in each way it can be said.

    The twin says what the rule is known not to fire on, or something plain.
    """
    for rule in SIGNAL_RULES.values():
        for number, example in enumerate(rule.examples):
            lookalikes = rule.counterexamples[number:] + rule.counterexamples[:number]
            name = f"{rule.rule_id} {number}"
            yield from _of_fields(name, _fields(example), list(map(_fields, lookalikes)))
            yield from _of_properties(
                name, example.properties, [it.properties for it in lookalikes]
            )


def _of_fields(name: str, said: Fields, lookalikes: Sequence[Fields]) -> Iterator[Cell]:
    plain = tuple((key, _HARMLESS) for key, _ in said)
    for (fmt, place, suffix), (write, can_spell) in _FIELD_WAYS.items():
        spelt = [
            fields
            for fields in (said, *lookalikes, plain)
            if fields and all(can_spell(key, value) for key, value in fields)
        ]
        if said in spelt and _is_conclusive(_with_fields(fmt, said)):
            harmless = next(it for it in spelt if not _is_conclusive(_with_fields(fmt, it)))
            yield Cell(
                fmt=fmt,
                place=place,
                encoding=name,
                suffix=suffix,
                bear=lambda is_ai, w=write, h=harmless: w(said if is_ai else h),
            )


def _of_properties(name: str, said: Properties, lookalikes: Sequence[Properties]) -> Iterator[Cell]:
    if not said or not _is_conclusive(_with_properties(said)):
        return
    plain = tuple(replace(one, name="Headline", value=_HARMLESS) for one in said)
    others = (it for it in (*lookalikes, plain) if it)
    harmless = next(it for it in others if not _is_conclusive(_with_properties(it)))
    for encoding, write in {"element": _elements, "attribute": _attributes}.items():
        for (fmt, suffix), put in _PACKET_WAYS.items():
            yield Cell(
                fmt=fmt,
                place=f"packet {encoding}",
                encoding=name,
                suffix=suffix,
                bear=lambda is_ai, w=write, p=put: p(w(said if is_ai else harmless)),
            )


def _fields(reading: Reading) -> Fields:
    return tuple((field.key, field.value) for field in reading.contents.fields)


def _with_fields(fmt: str, said: Fields) -> Reading:
    """Return a reading of these fields where a format has them, and of nothing else."""
    fields = tuple(MetadataField(place=fmt, key=key, value=value) for key, value in said)
    return Reading(format_name=fmt, contents=Contents(fields=fields))


def _with_properties(said: Properties) -> Reading:
    return Reading(format_name="jpeg", properties=said)


def _is_conclusive(reading: Reading) -> bool:
    return any(signal.level.is_conclusive for signal in find_signals(reading))


def _elements(said: Properties) -> bytes:
    inner = "".join(
        f"<n:{one.name} xmlns:n={quoteattr(one.namespace)}>{escape(one.value)}</n:{one.name}>"
        for one in said
    )
    return _packet("", inner)


def _attributes(said: Properties) -> bytes:
    spaces = {one.namespace: f"n{number}" for number, one in enumerate(said)}
    declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for uri, prefix in spaces.items())
    values = {f"{spaces[one.namespace]}:{one.name}": one.value for one in said}
    return _packet(
        declared + "".join(f" {key}={_quoted(value)}" for key, value in values.items()), ""
    )


def _quoted(value: str) -> str:
    """Return a value as an attribute, whose line ends would else become spaces."""
    return quoteattr(value, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _packet(attributes: str, inner: str) -> bytes:
    described = f'<r:Description r:about=""{attributes}>{inner}</r:Description>'
    return f'<r:RDF xmlns:r="{_RDF}">{described}</r:RDF>'.encode()


def _png_texts(said: Fields) -> bytes:
    return png.with_chunks(
        *(png.chunk(b"iTXt", key.encode() + b"\0\0\0\0\0" + value.encode()) for key, value in said)
    )


def _packed_png_texts(said: Fields) -> bytes:
    return png.with_chunks(
        *(
            png.chunk(b"iTXt", key.encode() + b"\0\1\0\0\0" + zlib.compress(value.encode()))
            for key, value in said
        )
    )


def _id3_texts(said: Fields) -> bytes:
    frames = b"".join(
        frame(b"TXXX", b"\1" + f"{key}\0".encode("utf-16") + value.encode("utf-16"))
        for key, value in said
    )
    return id3(frames) + sample("mp3", "bare.mp3")


def _flac_comments(said: Fields) -> bytes:
    texts = [f"{key}={value}".encode() for key, value in said]
    return flac.with_block(flac.block(4, ogg.comments(*texts)), sample("flac"))


def _matroska_tags(said: Fields) -> bytes:
    entries = [ebml.simple(key.encode(), value.encode()) for key, value in said]
    return ebml.movie(ebml.MEDIA, ebml.tags(*entries))


def _movie_items(said: Fields) -> bytes:
    items = b"".join(own_item(value.encode(), key.encode()) for key, value in said)
    return within(sample("mp4"), b"moov", listed(items))


def _model_extras(said: Fields) -> bytes:
    model = gltf.mesh(9)
    model["asset"] = {"version": "2.0", "extras": dict(said)}
    return json.dumps(model).encode()


def _comments(said: Fields) -> bytes:
    segments = (jpeg.segment(0xFE, value.encode()) for _, value in said)
    return jpeg.with_segment(b"".join(segments), sample("jpeg"))


def _has_key(key: str, value: str) -> bool:
    return bool(key) and "\0" not in key + value


def _is_keyword(key: str, value: str) -> bool:
    return _has_key(key, value) and len(key.encode()) < 80 and not key.startswith("Raw profile")


def _is_plain(key: str, value: str) -> bool:
    return _has_key(key, value) and key.isascii() and "=" not in key


def _is_comment(key: str, value: str) -> bool:
    return not key and len(value.encode()) < _LONGEST_SEGMENT


def _is_text(key: str, value: str) -> bool:
    """Return whether a value of JSON is a text; where it looks like JSON, it is read as such."""
    return _has_key(key, value) and not value.lstrip().startswith(("{", "["))


def _is_name(key: str, value: str) -> bool:
    """Return whether a key can stand behind another one and a colon."""
    return _has_key(key, value) and ":" not in key


_FIELD_WAYS: Mapping[
    tuple[str, str, str], tuple[Callable[[Fields], bytes], Callable[[str, str], bool]]
] = {
    ("png", "iTXt of", ".png"): (_png_texts, _is_keyword),
    ("png", "packed iTXt of", ".png"): (_packed_png_texts, _is_keyword),
    ("mp3", "TXXX of", ".mp3"): (_id3_texts, _is_name),
    ("flac", "comment of", ".flac"): (_flac_comments, _is_plain),
    ("mkv", "tag of", ".mkv"): (_matroska_tags, _has_key),
    ("mp4", "item of", ".mp4"): (_movie_items, _is_name),
    ("gltf", "extras of", ".gltf"): (_model_extras, _is_text),
    ("jpeg", "COM of", ".jpg"): (_comments, _is_comment),
}


def _in_jpeg(packet: bytes) -> bytes:
    return jpeg.with_segment(jpeg.segment(0xE1, _XMP + packet), sample("jpeg"))


def _in_movie(packet: bytes) -> bytes:
    return sample("mov") + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + packet)


def _in_sound(packet: bytes) -> bytes:
    data = sample("wav")
    body = data[8:] + struct.pack("<4sI", b"_PMX", len(packet)) + packet + bytes(len(packet) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


_PACKET_WAYS: Mapping[tuple[str, str], Callable[[bytes], bytes]] = {
    ("jpeg", ".jpg"): _in_jpeg,
    ("mov", ".mov"): _in_movie,
    ("wav", ".wav"): _in_sound,
}
