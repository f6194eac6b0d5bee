"""Bytes of a PDF's streams (ISO 32000-2 §7.4): as they are, or deflated, with PNG's predictors."""

import zlib
from collections.abc import Mapping
from itertools import accumulate

from provenance.errors import DamagedMediaError
from provenance.media._pdf_objects import PdfValue
from provenance.media.interface import ByteSource, TextBudget, read_exactly
from provenance.model.metadata import ByteRange

_DEFLATED = frozenset({"FlateDecode", "Fl"})
_UNTOUCHED = "Crypt"
"""A filter that changes nothing in a document that is not encrypted."""
_CHUNK = 64 << 10
_FIRST_PNG = 10
_NONE, _SUB, _UP = 0, 1, 2
_ROW_COST = 4
"""What a row takes from the budget besides its bytes: very many narrow ones take long."""


def decoded(
    source: ByteSource, run: ByteRange, entries: Mapping[str, PdfValue], budget: TextBudget
) -> bytes:
    """Return the bytes of the stream that lies in this run.

    Raises DamagedMediaError if they are damaged, too many, or kept in a way that is not read.
    """
    filters = _listed(entries.get("Filter"))
    parameters = _listed(entries.get("DecodeParms"))
    steps = [
        (kind, parameters[number] if number < len(parameters) else None)
        for number, kind in enumerate(filters)
        if kind != _UNTOUCHED
    ]
    if not steps:
        if not budget.take(run.length):
            raise DamagedMediaError(f"a stream of {run.length} bytes was not read")
        return read_exactly(source, run.offset, run.length)
    if len(steps) > 1 or steps[0][0] not in _DEFLATED:
        raise DamagedMediaError("a stream is encoded in a way that is not read")
    return _unpredicted(_inflated(source, run, budget), steps[0][1], budget)


def _listed(value: PdfValue) -> list[PdfValue]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _inflated(source: ByteSource, run: ByteRange, budget: TextBudget) -> bytes:
    stream, parts = zlib.decompressobj(), []
    for at in range(run.offset, run.end, _CHUNK):
        data = read_exactly(source, at, min(_CHUNK, run.end - at))
        try:
            # One more than allowed, since zlib takes a limit of 0 for none.
            part = stream.decompress(data, budget.left + 1)
        except zlib.error as error:
            raise DamagedMediaError(f"a stream is damaged: {error}") from error
        if not budget.take(len(part)) or not budget.take(len(data)):
            raise DamagedMediaError("a stream expands beyond what is read from one file")
        parts.append(part)
        if stream.eof:
            return b"".join(parts)
    raise DamagedMediaError("a stream is cut short")


def _unpredicted(data: bytes, parameters: PdfValue, budget: TextBudget) -> bytes:
    """Return the bytes behind the predictor (§7.4.4.4): each row differs from the one before."""
    if parameters is None:
        return data
    if not isinstance(parameters, dict):
        raise DamagedMediaError("the parameters of a stream are no dictionary")
    predictor, columns = parameters.get("Predictor", 1), parameters.get("Columns", 1)
    if predictor == 1:
        return data
    is_read = isinstance(predictor, int) and predictor >= _FIRST_PNG
    is_bytewise = parameters.get("Colors", 1) == 1 and parameters.get("BitsPerComponent", 8) == 8
    if not (is_read and is_bytewise and isinstance(columns, int) and columns > 0):
        raise DamagedMediaError("a stream has a predictor that is not read")
    if not budget.take(_ROW_COST * (len(data) // (columns + 1))):
        raise DamagedMediaError("a stream expands beyond what is read from one file")
    width, above, rows = columns + 1, bytes(min(columns, len(data))), bytearray()
    for at in range(0, len(data), width):
        above = _row(data[at], data[at + 1 : at + width], above)
        rows += above
    return bytes(rows)


def _row(kind: int, row: bytes, above: bytes) -> bytes:
    if kind == _UP:
        return bytes((one + other) & 0xFF for one, other in zip(row, above, strict=False))
    if kind == _SUB:
        return bytes(total & 0xFF for total in accumulate(row))
    if kind == _NONE:
        return row
    raise DamagedMediaError("a stream has a predictor that is not read")
