"""An amendment makes the file a plan describes, shows it beforehand, and leads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import CarrierError
from provenance.media.amendment import LARGEST, Amended, Amendment
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange
from tests.media_samples import carry_out


def runs(data: bytes):
    """Return a strategy of pieces of a plan on this file."""
    offsets = st.integers(min_value=0, max_value=len(data))
    pairs = st.tuples(offsets, offsets).map(sorted)
    ranges = pairs.map(lambda pair: ByteRange(offset=pair[0], length=pair[1] - pair[0]))
    return st.lists(st.one_of(ranges, st.binary(max_size=20)), max_size=6)


def written(amendment: Amendment, data: bytes) -> bytes:
    """Return the file after the amendment was written into it."""
    file = bytearray(data.ljust(amendment.size_after, b"\0")[: amendment.size_after])
    for patch in amendment.patches:
        assert data[patch.offset : patch.offset + len(patch.old)] == patch.old
        file[patch.offset : patch.offset + len(patch.new)] = patch.new
    return bytes(file)


def whole(source: Amended) -> bytes:
    return source.pread(0, source.size + 1)


@given(data=st.data(), old=st.binary(max_size=60))
def test_plan_upon_plan_is_written_shown_and_taken_back(data: st.DataObject, old: bytes) -> None:
    amended, expected = Amended(BytesSource(old)), old
    for _ in range(2):
        plan = data.draw(runs(expected))
        amended, expected = amended.rewritten(plan), carry_out(plan, expected)
    kept = Amendment.from_record(amended.amendment.to_record())
    assert kept == amended.amendment
    assert whole(amended) == expected
    assert written(kept, old) == expected
    assert carry_out(kept.plan_back(), expected) == old
    assert kept.only_appends == expected.startswith(old)
    offset, length = data.draw(st.tuples(st.integers(0, 80), st.integers(0, 80)))
    assert amended.pread(offset, length) == expected[offset : offset + length]


def test_what_stands_there_already_is_not_written() -> None:
    old = bytes(range(256)) * 100
    amended = Amended(BytesSource(old)).rewritten(
        [old[:5000], b"X", ByteRange(offset=5001, length=9)]
    )
    (first, cut) = amended.amendment.patches
    assert (first.offset, first.old, first.new) == (5000, old[5000:5001], b"X")
    assert (cut.offset, cut.old, cut.new) == (5010, old[5010:], b"")


@pytest.mark.parametrize(
    "plan",
    [
        [b"in front", ByteRange(offset=0, length=2 * LARGEST)],
        [bytes(2 * LARGEST)],
        [ByteRange(offset=0, length=1)],
    ],
    ids=["moved", "rewritten", "cut"],
)
def test_what_takes_much_writing_is_not_done_in_place(plan) -> None:
    source = BytesSource(b"\1" * (2 * LARGEST))
    with pytest.raises(CarrierError, match="more than is done in place"):
        Amended(source).rewritten(plan)
