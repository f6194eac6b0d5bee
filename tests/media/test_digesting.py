"""Streams of a file, digested in one pass, have the digests they have by themselves."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import DamagedMediaError
from provenance.media.digesting import digest_of, digest_streams
from provenance.media.source import BytesSource
from provenance.model.digest import sha256_digest
from provenance.model.metadata import ByteRange
from tests.media_samples import carry_out

DATA = bytes(itertools.islice(itertools.cycle(range(251)), 1000))


def ranges():
    offsets = st.integers(min_value=0, max_value=len(DATA))
    pairs = st.tuples(offsets, offsets).map(sorted)
    return pairs.map(lambda pair: ByteRange(offset=pair[0], length=pair[1] - pair[0]))


streams = st.lists(st.one_of(ranges(), st.binary(max_size=9)), max_size=6)


@given(plans=st.lists(streams, max_size=4))
def test_each_stream_has_its_own_digest_in_whatever_order_it_goes(plans) -> None:
    states = digest_streams(BytesSource(DATA), plans)
    assert [digest_of(state) for state in states] == [
        sha256_digest(carry_out(plan, DATA)) for plan in plans
    ]


@given(first=streams, second=streams)
def test_a_stream_is_gone_on_with(first, second) -> None:
    begun = digest_streams(BytesSource(DATA), [first])
    (state,) = digest_streams(BytesSource(DATA), [second], begun=begun)
    assert digest_of(state) == sha256_digest(carry_out([*first, *second], DATA))


class Counting(BytesSource):
    """Counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.read = 0

    def pread(self, offset: int, length: int) -> bytes:
        data = super().pread(offset, length)
        self.read += len(data)
        return data


def test_a_large_file_is_read_once_for_all_streams() -> None:
    data = bytes(5 << 22) + b"the end"
    source = Counting(data)
    whole = [ByteRange(offset=0, length=len(data))]
    parts = [b"before", ByteRange(offset=9, length=(5 << 22) - 9), b"after"]
    states = digest_streams(source, [whole, parts])
    assert states[0].digest() == hashlib.sha256(data).digest()
    assert states[1].digest() == hashlib.sha256(carry_out(parts, data)).digest()
    assert source.read == len(data)


def test_only_what_a_stream_needs_is_read() -> None:
    source = Counting(bytes(9 << 22))
    digest_streams(source, [[ByteRange(offset=1 << 22, length=7)]])
    assert source.read == 7


@pytest.mark.parametrize("length", [1001, 20 << 20])
def test_a_file_that_ends_early_is_damaged(length: int) -> None:
    with pytest.raises(DamagedMediaError, match="ends at byte 1000"):
        digest_streams(BytesSource(DATA), [[ByteRange(offset=0, length=length)]])
