"""Samples of every registered format, and what the suites do with them."""

from collections.abc import Callable

import pytest

from fixtures.build import MEDIA, recipes
from provenance.media.essence import digest_ranges, essence_lead, identify_bytes
from provenance.media.formats import FORMATS
from provenance.media.interface import ByteSource, MediaFormat, Plan
from provenance.media.source import BytesSource
from provenance.model.digest import Digest
from provenance.model.metadata import ByteRange, Completeness, Contents
from tests.formats import FORMAT_NAMED


def is_written(fmt: MediaFormat) -> bool:
    """Return whether a tag goes into files of this format, not only beside them."""
    return bool(fmt.xmp_place) or fmt.embeds_c2pa


def _each(
    kind: str, include: Callable[[MediaFormat], bool] = lambda _: True
) -> pytest.MarkDecorator:
    names = [fmt.name for fmt in FORMATS if fmt.name in MEDIA and include(fmt)]
    samples = [(name, file) for name in names for file in recipes()[f"media/{name}/{kind}"]]
    return pytest.mark.parametrize(
        ("fmt", "path"),
        [(FORMAT_NAMED[name], f"media/{name}/{kind}/{file}") for name, file in samples],
        ids=[f"{name}-{file}" for name, file in samples],
    )


each_sample = _each("sound")
"""Run a test on every sound file, as `fmt` and `path` under `fixtures_dir`."""
each_written_sample = _each("sound", is_written)
"""Run a test on every sound file of the formats that are written."""
each_read_only_sample = _each("sound", lambda fmt: not is_written(fmt))
"""Run a test on every sound file of the formats that are never written."""
each_broken = _each("broken")
"""Run a test on every broken file."""
each_format = pytest.mark.parametrize("fmt", FORMATS, ids=lambda fmt: fmt.name)
"""Run a test on every format."""


def carry_out(plan: Plan, data: bytes) -> bytes:
    """Return the file that the plan makes of this one."""
    return b"".join(
        piece if isinstance(piece, bytes) else data[piece.offset : piece.end] for piece in plan
    )


def with_packet(fmt: MediaFormat, data: bytes, packet: bytes | None) -> bytes:
    """Return the file with this packet in its slot."""
    return carry_out(fmt.plan_xmp(BytesSource(data), packet), data)


def packets_in_slot(fmt: MediaFormat, data: bytes) -> list[bytes]:
    """Return the packets that stand where the format writes them."""
    contents = fmt.read(BytesSource(data))
    return [packet.data for packet in contents.xmp if packet.place == fmt.xmp_place]


def exact_ranges(fmt: MediaFormat, source: ByteSource) -> tuple[ByteRange, ...]:
    """Return the essence ranges, exact."""
    return fmt.exact_essence(source, fmt.read(source))


def essence_of(fmt: MediaFormat, data: bytes) -> bytes:
    """Return the essence bytes."""
    return b"".join(data[run.offset : run.end] for run in exact_ranges(fmt, BytesSource(data)))


def essence_digest(fmt: MediaFormat, data: bytes) -> Digest:
    """Return the digest under which a registry knows the file."""
    source = BytesSource(data)
    return digest_ranges(source, exact_ranges(fmt, source))


def lead_of(fmt: MediaFormat, data: bytes) -> bytes:
    """Return the lead that a registry keeps of the file."""
    source = BytesSource(data)
    return identify_bytes(source, fmt, fmt.read(source)).essence_lead


def lead_before_reading(fmt: MediaFormat, data: bytes) -> bytes:
    """Return the lead as it is told where the end of the essence was not looked for."""
    source = BytesSource(data)
    contents = fmt.read(source)
    return essence_lead(source, contents.essence, begins_last_range=not contents.essence_exact)


def is_sound(contents: Contents) -> bool:
    """Return whether a gate would take the file for whole."""
    return contents.completeness is Completeness.WHOLE and not contents.problems


def operations(fmt: MediaFormat) -> dict[str, Callable[[ByteSource], object]]:
    """Return everything a format does with a file, by name."""
    return {
        "read": fmt.read,
        "exact_essence": lambda source: exact_ranges(fmt, source),
        "plan_xmp": lambda source: fmt.plan_xmp(source, b"<x/>"),
        "plan_without_c2pa": fmt.plan_without_c2pa,
        "decoding_map": fmt.decoding_map,
    }
