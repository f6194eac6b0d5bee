"""Places in SVG, PDF, glTF and USD."""

import json
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

from fixtures import gltf, pdf, usd
from fixtures.usd_crate import crate
from tests.recall.cells import Bear, Cell, Packet, Slot, packets, texts
from tests.recall.pictures import is_short
from tests.recall.wordings import AI_TEXT, HARMLESS_TEXT

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
_SQUARE = '<rect width="8" height="8"/>'
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_DST = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def cells() -> Iterator[Cell]:
    """Yield every cell of these formats."""
    for yield_cells in (_svg, _pdf, _gltf, _usd):
        yield from yield_cells()


def _own(fmt: str, place: str, suffix: str, bear: Bear) -> Cell:
    return Cell(fmt=fmt, place=place, encoding="", suffix=suffix, bear=bear)


def _words(is_ai: bool) -> str:  # noqa: FBT001  (as `Cell.bear`)
    return AI_TEXT if is_ai else HARMLESS_TEXT


def _is_inner(one: Packet) -> bool:
    return one.is_utf_8 and one.name != "UTF-8 with a mark"


def _svg() -> Iterator[Cell]:
    def inner(data: bytes) -> str:
        text = data.decode()
        return text[text.index("<", text.find("?>") + 1) : text.rindex(">", 0, len(text)) + 1]

    def drawing(data: bytes, encoding: str = "utf-8", where: str = "front") -> bytes:
        said = f"<metadata>{inner(data)}</metadata>"
        parts = (said, _SQUARE * 400) if where == "front" else (_SQUARE * 400, said)
        mark = "\ufeff" if encoding != "utf-8" else ""
        return (mark + _SVG + "".join(parts) + "</svg>").encode(encoding)

    for place, put in {
        "metadata": drawing,
        "metadata behind": lambda data: drawing(data, where="behind"),
        "metadata in UTF-16 LE": lambda data: drawing(data, "utf-16-le"),
        "metadata in UTF-16 BE": lambda data: drawing(data, "utf-16-be"),
    }.items():
        slot = Slot(fmt="svg", place=place, suffix=".svg", put=put)
        is_all = place == "metadata"
        yield from packets(
            slot, among=lambda one, a=is_all: _is_inner(one) and (a or is_short(one))
        )
    told = Slot(
        fmt="svg",
        place="text of metadata",
        suffix=".svg",
        put=lambda data: (
            f"{_SVG}<metadata>{escape(data.decode())}</metadata>{_SQUARE}</svg>".encode()
        ),
    )
    yield from texts(told, "plain")


def _pdf() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="pdf", place=place, suffix=".pdf", put=put)

    def told(data: bytes, *, deflated: bool = False) -> dict[int, bytes]:
        packet = pdf.stream(data, b"/Type/Metadata/Subtype/XML", deflated=deflated)
        return {1: pdf.TOLD, 7: packet}

    def packed(data: bytes) -> bytes:
        drawn = pdf.page()
        own = {4: drawn[4], 5: drawn[5], 7: told(data, deflated=True)[7]}
        return pdf.rows(own, {1: pdf.TOLD, 2: drawn[2], 3: drawn[3], 6: pdf.INFORMATION})

    def informed(data: bytes) -> bytes:
        return pdf.table({**pdf.page(), 6: b"<</parameters<%s>>>" % data.hex().encode()})

    def escaped(data: bytes) -> bytes:
        octal = b"".join(b"\\%03o" % byte for byte in data)
        return pdf.table({**pdf.page(), 6: b"<</p#61rameters(%s)>>" % octal})

    trailer = b"/Root 1 0 R"
    yield from packets(
        slot("Metadata", lambda data: pdf.table({**pdf.page(), **told(data)}, trailer))
    )
    for place, put in {
        "packed Metadata": lambda data: pdf.table(
            {**pdf.page(), **told(data, deflated=True)}, trailer
        ),
        "Metadata of an object stream": packed,
        "Metadata of an update": lambda data: pdf.updated(
            pdf.table(pdf.page(), trailer), told(data), trailer
        ),
    }.items():
        yield from packets(slot(place, put), among=is_short)
    yield from texts(slot("Info", informed), "plain")
    yield from texts(slot("Info with escapes", escaped), "plain")
    yield from texts(slot("Info in UTF-16", informed), "UTF-16 BE with a mark")


def _gltf() -> Iterator[Cell]:
    def packet(is_ai: bool) -> dict[str, object]:  # noqa: FBT001  (as `Cell.bear`)
        term = _DST + ("trainedAlgorithmicMedia" if is_ai else "digitalCapture")
        return {"@context": {"i": _IPTC}, "i:DigitalSourceType": term}

    def with_packet(is_ai: bool) -> dict[str, object]:  # noqa: FBT001  (as `Cell.bear`)
        return gltf.mesh(9, extensions={"KHR_xmp_json_ld": {"packets": [packet(is_ai)]}})

    def with_extras(is_ai: bool) -> dict[str, object]:  # noqa: FBT001  (as `Cell.bear`)
        model = gltf.mesh(9)
        model["asset"] = {"version": "2.0", "extras": {"parameters": _words(is_ai)}}
        return model

    def escaped(is_ai: bool) -> bytes:  # noqa: FBT001  (as `Cell.bear`)
        """Return a document in which nothing can be searched for."""
        text = json.dumps(with_packet(is_ai))
        value = json.dumps(packet(is_ai)["i:DigitalSourceType"])
        hidden = "".join(f"\\u{ord(letter):04x}" for letter in value.strip('"'))
        return text.replace(value, f'"{hidden}"').encode()

    corners = gltf.corners(9)
    for place, model in {"packet": with_packet, "extras": with_extras}.items():
        yield _own("gltf", place, ".gltf", lambda is_ai, m=model: json.dumps(m(is_ai)).encode())
        yield _own("glb", place, ".glb", lambda is_ai, m=model: gltf.glb(m(is_ai), corners))
    yield _own("gltf", "escaped packet", ".gltf", escaped)


def _usd() -> Iterator[Cell]:
    def metadata(is_ai: bool) -> str:  # noqa: FBT001  (as `Cell.bear`)
        words = _words(is_ai).replace("\n", "\\n")
        return f'    customLayerData = {{\n        string parameters = "{words}"\n    }}\n'

    def layer(is_ai: bool) -> bytes:  # noqa: FBT001  (as `Cell.bear`)
        return usd.layer(metadata=metadata(is_ai))

    def binary(is_ai: bool) -> bytes:  # noqa: FBT001  (as `Cell.bear`)
        return crate({"customLayerData": {"parameters": _words(is_ai)}})

    yield _own("usd", "customLayerData", ".usda", layer)
    yield _own("usd", "customLayerData of a crate", ".usdc", binary)
    for place, first in {"layer": layer, "crate": binary}.items():
        name = "harbour.usda" if first is layer else "harbour.usdc"
        yield _own(
            "usdz", place, ".usdz", lambda is_ai, f=first, n=name: usd.package((n, f(is_ai)))
        )
