"""Pictures, movies and documents that a hasty look would clear; see `test_glances`."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.declared import GRAPH
from fixtures.heif import TIFF, Part, box, exif, still, xmp
from fixtures.packets import labelled, packet
from provenance.glances.screen import Screen
from tests.glancing import look_at, make_examiner, make_screen, objections

PROMPT = json.dumps(GRAPH).encode()
AI = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DECLARING = packet(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{AI.decode()}"/>')
PICTURE = Part(kind=b"hvc1", data=bytes(range(256)))
ASKED = (
    b"MM\0*"
    + struct.pack(">IHHHII", 8, 1, 0x9286, 7, 8 + len(PROMPT), 26)
    + bytes(4)
    + b"ASCII\0\0\0"
    + PROMPT
)


@pytest.fixture(scope="module")
def screen() -> Screen:
    return make_screen()


def _overlapping() -> bytes:
    """Return a picture that lies where the packet does."""
    data = still(PICTURE, xmp(labelled()))
    at = data.index(b"iloc") + 4 + 8 + 8
    return data[:at] + data[at + 16 : at + 24] + data[at + 8 :]


PLAIN: dict[str, Callable[[], bytes]] = {
    "a picture": lambda: still(PICTURE),
    "a picture of a phone": lambda: still(
        *[PICTURE] * 48, exif(prefix=b"Exif\0\0"), xmp(labelled()), version=1
    ),
    "a block without a distance": lambda: still(Part(kind=b"Exif", data=TIFF), PICTURE),
    "a packet between pictures": lambda: still(PICTURE, xmp(labelled()), PICTURE),
    "a packet in a box": lambda: still(
        PICTURE, front=box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), labelled())
    ),
}
TRAPS: dict[str, Callable[[], bytes]] = {
    "a prompt in an item": lambda: still(exif(ASKED, b"Exif\0\0"), PICTURE),
    "a packet in an item": lambda: still(PICTURE, xmp(DECLARING)),
    "a packet inside": lambda: still(PICTURE, xmp(DECLARING, method=1)),
    "a packet in a uuid box": lambda: still(
        PICTURE, front=box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), DECLARING)
    ),
    "a compressed packet": lambda: still(
        PICTURE, Part(kind=b"mime", data=bytes(9), more=b"application/rdf+xml\0deflate\0")
    ),
    "a packet of another item": lambda: still(
        PICTURE, Part(kind=b"mime", data=b"", more=b"application/rdf+xml\0", method=2)
    ),
    "a picture in another file": lambda: still(Part(kind=b"hvc1", data=b"x" * 9, reference=1)),
    "a picture behind the end": lambda: still(PICTURE)[:-1],
    "a picture among the packets": _overlapping,
    "no picture": still,
    "a trailer of a gallery": lambda: still(PICTURE) + box(b"free", b"SEFHxxxx", b"SEFT"),
}


@pytest.mark.parametrize("made", PLAIN.values(), ids=PLAIN)
def test_a_plain_file_is_cleared_rightly(
    made: Callable[[], bytes], screen: Screen, tmp_path: Path
) -> None:
    cleared = look_at(made(), screen)
    assert cleared is not None
    path = tmp_path / "sample"
    path.write_bytes(made())
    assert objections(path, cleared, make_examiner(), lambda _: True) == []


@pytest.mark.parametrize("made", TRAPS.values(), ids=TRAPS)
def test_a_file_that_says_something_is_not_cleared(
    made: Callable[[], bytes], screen: Screen, tmp_path: Path
) -> None:
    assert look_at(made(), screen) is None
    path = tmp_path / "sample"
    path.write_bytes(made())
    with make_examiner().examine(path) as examined:
        assert examined.problems or examined.signals
