"""Texts that are packed with zlib (RFC 1950), unpacked no further than the budget goes."""

import zlib

from provenance.media.interface import TextBudget


def inflate(data: bytes, budget: TextBudget) -> bytes | None:
    """Return the text, paid for; None if it is cut short or more than is left.

    Raises ValueError if this is no zlib stream.
    """
    most = budget.unpackable
    stream = zlib.decompressobj()
    try:
        # One more than allowed, since zlib takes a limit of 0 for none.
        text = stream.decompress(data, most + 1)
    except zlib.error as error:
        budget.spoil(most)
        raise ValueError(f"does not decompress: {error}") from error
    if not stream.eof or len(text) > most:
        budget.spoil(len(text))
        return None
    budget.take(len(text))
    return text
