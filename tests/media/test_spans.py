"""Runs of a file that are read like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.media._found import Found
from provenance.media._spans import Spans
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange

DATA = bytes(range(256)) * 64


@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 6000)), max_size=5),
    st.integers(-1, 20_000),
    st.integers(-1, 9000),
)
def test_runs_read_as_if_they_were_joined(runs, offset, length):
    ranges = [ByteRange(offset=start, length=size) for start, size in runs]
    joined = b"".join(DATA[run.offset : run.end] for run in ranges)
    spans = Spans(BytesSource(DATA), ranges)
    assert spans.size == len(joined)
    expected = joined[offset : offset + length] if offset >= 0 and length > 0 else b""
    assert spans.pread(offset, length) == expected
    assert spans.pread(offset, length) == expected


@pytest.mark.parametrize("read_before", [True, False])
@given(count=st.integers(0, 5000))
def test_the_rest_reads_as_if_the_first_bytes_were_not(read_before, count):
    runs = [ByteRange(offset=7, length=3), ByteRange(offset=100, length=6000)]
    joined = DATA[7:10] + DATA[100:6100]
    spans = Spans(BytesSource(DATA), runs)
    if read_before:
        spans.pread(0, 1)
    rest = spans.without(count)
    assert rest.size == len(joined) - count
    assert rest.pread(0, 9000) == joined[count:]
    assert rest.pread(rest.size, 9) == b""


def test_problems_are_told_once_and_not_endlessly():
    found = Found()
    for number in range(1000):
        found.report("the same")
        found.report(f"number {number}")
    assert found.problems.count("the same") == 1
    assert len(found.problems) == 64
