"""Bombs made of text: XML, JSON, and what is packed or repeated in text chunks."""

import zlib
from collections.abc import Mapping

from fixtures.jpeg import encode as jpeg
from fixtures.jpeg import segment, with_segment, with_xmp
from fixtures.packets import packet
from fixtures.png import chunk, encode, with_chunks
from fixtures.samples import Recipe
from provenance.media.interface import MAX_STEPS, MAX_TEXT
from tests.exif_samples import MAKE, UNDEFINED, USER_COMMENT, exif, text

_DEEP = 200_000
_NESTED_JSON = "[" * _DEEP + "]" * _DEEP
_XMP_CHUNK = b"XML:com.adobe.xmp\0\0\0\0\0"
_SVG = '<svg xmlns="http://www.w3.org/2000/svg">'


def _png(kind: bytes, payload: bytes) -> bytes:
    return with_chunks(chunk(kind, payload))


def _png_xmp(properties: str = "", attributes: str = "") -> bytes:
    return _png(b"iTXt", _XMP_CHUNK + packet(properties, attributes))


def _packed(size: int = 3 * MAX_TEXT) -> bytes:
    return zlib.compress(bytes(size), 9)


def _entities(levels: int = 10) -> bytes:
    laughs = ['<!ENTITY e0 "ha">']
    laughs += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels)]
    return f"<!DOCTYPE x [{''.join(laughs)}]><x>&e9;</x>".encode()


def _comment(value: str) -> bytes:
    block = exif(beneath=[text(USER_COMMENT, bytes(8) + value.encode(), UNDEFINED)])
    return _png(b"eXIf", block)


def _jpeg(addition: bytes, times: int) -> bytes:
    return with_segment(addition * times, jpeg())


def _svg(content: str, times: int, *, encoding: str = "utf-8") -> bytes:
    """Return a drawing that repeats this."""
    mark = "" if encoding == "utf-8" else "\ufeff"
    return f"{mark}{_SVG}{content * times}</svg>".encode(encoding)


def _properties(count: int) -> str:
    return "".join(f"<xmp:P{number}>x</xmp:P{number}>" for number in range(count))


def _attributes(count: int) -> str:
    return " ".join(f'xmp:P{number}="x"' for number in range(count))


BOMBS: Mapping[str, Recipe] = {
    "png/ztxt_inflates.png": lambda: _png(b"zTXt", b"Comment\0\0" + _packed()),
    "png/itxt_inflates.png": lambda: _png(b"iTXt", b"Comment\0\1\0\0\0" + _packed()),
    "png/xmp_inflates.png": lambda: _png(b"iTXt", _XMP_CHUNK[:17] + b"\0\1\0\0\0" + _packed()),
    "png/inflates_behind_the_end.png": lambda: (
        encode() + chunk(b"zTXt", b"Comment\0\0" + _packed())
    ),
    "png/chunks_behind_the_end.png": lambda: encode() + chunk(b"noTe", b"") * MAX_STEPS,
    "png/many_inflating.png": lambda: with_chunks(
        chunk(b"zTXt", b"Comment\0\0" + _packed(MAX_TEXT)) * 500
    ),
    "png/more_chunks_than_followed.png": lambda: with_chunks(chunk(b"noTe", b"") * MAX_STEPS),
    "png/many_exif_chunks.png": lambda: with_chunks(
        chunk(b"eXIf", exif(text(MAKE, b"Ab\0"))) * 20_000
    ),
    "png/xmp_entities.png": lambda: _png(b"iTXt", _XMP_CHUNK + _entities()),
    "png/xmp_nested.png": lambda: _png_xmp("<xmp:A>" * 100_000),
    "png/xmp_elements.png": lambda: _png_xmp("<xmp:A/>" * 210_000),
    "png/xmp_properties.png": lambda: _png_xmp(_properties(110_000)),
    "png/xmp_wide.png": lambda: _png(
        b"iTXt", _XMP_CHUNK + ("\ufeff<x>" + "\u0bf5" * (5 << 20)).encode("utf-16-le")
    ),
    "jpeg/xmp_entities.jpg": lambda: with_xmp(_entities()),
    "jpeg/many_exif.jpg": lambda: _jpeg(
        segment(0xE1, b"Exif\0\0" + exif(text(MAKE, b"Ab\0"))), 20_000
    ),
    "jpeg/many_segments.jpg": lambda: _jpeg(segment(0xEF, b""), MAX_STEPS + 1),
    "svg/elements.svg": lambda: _svg("<g/>", 210_000),
    "svg/comments.svg": lambda: _svg("<!---->", MAX_TEXT // 8),
    "svg/large.svg": lambda: _svg("x", MAX_TEXT),
    "svg/nested_metadata.svg": lambda: _svg("<metadata>" + "<g>" * 100_000, 1),
}
"""What must end in a finding."""

HONEST: Mapping[str, Recipe] = {
    "most_elements.svg": lambda: _svg("<g/>", 199_000),
    "most_bytes.svg": lambda: _svg(f"<!--{'x' * 2000}--><rect/>", MAX_TEXT // 2015 - 1),
    "path_data.svg": lambda: _svg(f'<path d="{"M0 0" * ((MAX_TEXT - 99) // 4)}"/>', 1),
    "most_bytes_wide.svg": lambda: _svg(
        f"<g>{'ü' * 80}</g><!---->", MAX_TEXT // 192, encoding="utf-16-le"
    ),
    "most_metadata.svg": lambda: _svg(f"<metadata>{'<t>c</t>' * 190_000}</metadata>", 1),
    "json_nested.png": lambda: with_chunks(
        *(chunk(b"tEXt", key + b"\0" + _NESTED_JSON.encode()) for key in (b"prompt", b"workflow"))
    ),
    "json_nested_objects.png": lambda: _png(b"tEXt", b"prompt\0" + b'{"a":' * _DEEP),
    "json_nested_comment.png": lambda: _comment(_NESTED_JSON),
    "json_nested_parameters.png": lambda: _comment("Steps: 20, " + _NESTED_JSON),
    "json_nested_xmp.png": lambda: _png_xmp(f"<xmp:CreatorTool>{_NESTED_JSON}</xmp:CreatorTool>"),
    "json_numbers.png": lambda: _png(b"tEXt", b"prompt\0[" + b"1," * (MAX_TEXT // 2 - 99) + b"1]"),
    "json_objects.png": lambda: _png(
        b"tEXt", b"prompt\0[" + b"{}," * (MAX_TEXT // 3 - 99) + b"{}]"
    ),
    "line_ends.png": lambda: _png(b"tEXt", b"Raw profile type exif\0" + b"\n" * (8 << 20)),
    "many_texts.png": lambda: with_chunks(chunk(b"tEXt", b"a\0b") * (MAX_STEPS - 99)),
    "most_text.png": lambda: _png(b"tEXt", b"parameters\0" + b"x, " * ((MAX_TEXT - 99) // 3)),
    "most_packed_text.png": lambda: _png(b"zTXt", b"parameters\0\0" + _packed(MAX_TEXT - 99_999)),
    "most_properties.png": lambda: _png_xmp(_properties(99_000)),
    "most_xmp.png": lambda: _png_xmp(f"<xmp:Label>{'x' * (MAX_TEXT - 9999)}</xmp:Label>"),
    "most_xmp_attributes.png": lambda: _png_xmp(attributes=_attributes(99_000)),
    "workflow_in_exif.png": lambda: _png(
        b"eXIf", exif(text(MAKE, b"workflow:" + b"[" * (12 << 20)))
    ),
    "comment_of_zeros.png": lambda: _comment("\0" * (8 << 20) + "x"),
    "long_segments.jpg": lambda: _jpeg(segment(0xFE, bytes(65_000)), 250),
}
"""What is heavy but sound, or a text that only is no JSON."""
