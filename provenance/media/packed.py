"""Metadata of JPEG XL that is compressed with Brotli (ISO/IEC 18181-2, `brob` boxes).

Brotli is native code, so `unpack` runs as a task in a worker, and only for a file that has such
boxes. What it returns is read here by the same bounded readers as boxes that are not compressed.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from provenance.errors import DamagedMediaError, IsolationError, MediaError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media._found import Found
from provenance.media._jxl_metadata import collect_text, is_c2pa
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Contents

PRELOAD = ("provenance.media.packed",)
"""The modules a runner must preload for `read_packed`."""

_TASK = "provenance.media.packed:unpack"
_KIND = 4
_MOST = 8 << 20
"""Bytes that all the boxes of one file may unpack to."""


def read_packed(runner: TaskRunner, descriptor: int, contents: Contents) -> Contents:
    """Return the contents of an opened file with what its packed boxes say, or why that is unknown.

    A box that could not be unpacked becomes a problem.
    """
    if not contents.packed:
        return contents
    found = Found()
    runs = [[run.offset, run.length] for run in contents.packed]
    stores = []
    try:
        answer = runner.run(_TASK, {"runs": runs}, (descriptor,))
        boxes = _boxes(answer)
        if len(boxes) != len(runs):
            raise DamagedMediaError("too few answers")
        for run, box in zip(contents.packed, boxes, strict=True):
            stores += [run] if _collect(box, found) else []
    except (MediaError, IsolationError) as error:
        found.report(f"its compressed metadata was not read: {error}")
    return replace(
        contents,
        fields=(*contents.fields, *found.fields),
        xmp=(*contents.xmp, *found.xmp),
        c2pa=(*contents.c2pa, *stores),
        problems=(*contents.problems, *found.problems),
    )


def preload() -> None:
    """Load Brotli, which a locked-down worker could not."""
    import brotli  # noqa: F401, PLC0415  # a native library: only in the worker


def unpack(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Unpack the boxes of the first file, in order; the task behind `read_packed`.

    From the first box that cannot be unpacked on, the answer is that problem.
    """
    answers: list[dict[str, str]] = []
    left = _MOST
    for offset, length in arguments["runs"]:
        files[0].seek(offset)
        kind = files[0].read(_KIND).decode("latin-1")
        try:
            data = _unpacked(files[0].read(length - _KIND), left)
        except DamagedMediaError as error:
            rest = len(arguments["runs"]) - len(answers)
            return [*answers, *[{"problem": str(error)}] * rest]
        left -= len(data)
        answers.append({"kind": kind, "data": base64.b64encode(data).decode()})
    return answers


def _unpacked(data: bytes, limit: int) -> bytes:
    import brotli  # noqa: PLC0415  # a native library: only in the worker

    decoder = brotli.Decompressor()
    try:
        text: bytes = decoder.process(data, output_buffer_limit=limit + 1)
    except brotli.error as error:
        raise DamagedMediaError("a compressed metadata box is damaged") from error
    if len(text) > limit:
        raise DamagedMediaError(f"its compressed metadata unpacks to more than {_MOST} bytes")
    if not decoder.is_finished():
        raise DamagedMediaError("a compressed metadata box ends early")
    return text


def _boxes(answer: Json) -> list[Mapping[str, Json]]:
    boxes = answer if isinstance(answer, Sequence) else ()
    return [box for box in boxes if isinstance(box, Mapping)]


def _collect(box: Mapping[str, Json], found: Found) -> bool:
    """Collect what an unpacked box says; return whether it is a C2PA manifest store."""
    if "problem" in box:
        found.report(str(box["problem"]))
        return False
    kind = str(box["kind"]).encode("latin-1")
    source = BytesSource(base64.b64decode(str(box["data"])))
    whole = ByteRange(offset=0, length=source.size)
    collect_text(source, kind, whole, found)
    return kind == b"jumb" and is_c2pa(source, whole)
