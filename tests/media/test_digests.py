"""Digests of a file and of its essence: the same ones, however the essence lies in the file."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import DamagedMediaError
from provenance.media.essence import LEAD, identify_bytes
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Contents
from tests.counting_source import CountingSource
from tests.exhaustive import exhaustive
from tests.formats import FORMAT_NAMED

# A TIFF says where its strips lie, in any order.
FORMAT = FORMAT_NAMED["tiff"]
MIB = 1 << 20
DATA = bytes(range(251)) * (3 * MIB // 251)


def identified(source: BytesSource, *runs: tuple[int, int]):
    parts = tuple(ByteRange(offset=begin, length=end - begin) for begin, end in runs)
    return identify_bytes(source, FORMAT, replace(Contents(), essence=parts))


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


places = st.one_of(
    st.integers(0, len(DATA)), st.sampled_from([0, MIB - 1, MIB, MIB + 1, 2 * MIB, len(DATA)])
)


runs_in_any_order = st.lists(st.tuples(places, places).map(sorted).map(tuple), max_size=6)


@exhaustive
@given(runs_in_any_order | runs_in_any_order.map(sorted))
def test_both_digests_are_those_of_the_bytes(runs: list[tuple[int, int]]) -> None:
    found = identified(BytesSource(DATA), *runs)
    inner = b"".join(DATA[begin:end] for begin, end in runs)
    assert found.file_digest == sha256(DATA)
    assert found.essence_digest == sha256(inner or DATA)
    assert found.essence_length == len(inner or DATA)


def test_a_file_whose_essence_lies_in_order_is_read_once() -> None:
    source = CountingSource(DATA)
    identified(source, (5, MIB), (MIB, MIB + 9), (2 * MIB, 2 * MIB + 7))
    assert source.bytes_read <= len(DATA) + LEAD


def test_essence_that_a_file_does_not_reach_is_damage() -> None:
    with pytest.raises(DamagedMediaError, match="inside its essence"):
        identified(BytesSource(DATA), (5, len(DATA) + 1))
