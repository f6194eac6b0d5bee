"""What is written into a file in place is there whole, or can be taken back from any half of it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from provenance.errors import ChangedMeanwhileError, NotWritableError
from provenance.media.amendment import Amended
from provenance.media.in_place import take_back, write_in_place
from provenance.media.source import BytesSource, FileSource
from provenance.model.metadata import ByteRange
from tests.media_samples import carry_out

OLD = bytes(range(200)) * 50
PLAN = (
    ByteRange(offset=0, length=4),
    b"size",
    ByteRange(offset=8, length=len(OLD) - 8 - 300),
    b"new tail " * 900,
)
NEW = carry_out(PLAN, OLD)
AMENDMENT = Amended(BytesSource(OLD)).rewritten(PLAN).amendment
SAVED = 1_700_000_000_123_456_789


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "master.wav"
    put(file, OLD)
    return file


def put(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    os.utime(file, ns=(SAVED, SAVED))


def test_it_is_written_and_taken_back(path: Path) -> None:
    with FileSource(path) as source:
        write_in_place(source, AMENDMENT)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (NEW, SAVED)
    take_back(path, AMENDMENT, SAVED)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (OLD, SAVED)
    take_back(path, AMENDMENT, SAVED)
    assert path.read_bytes() == OLD


def test_the_way_back_is_written_and_taken_back(path: Path) -> None:
    put(path, NEW)
    back = Amended(BytesSource(NEW)).rewritten(AMENDMENT.plan_back()).amendment
    with FileSource(path) as source:
        write_in_place(source, back)
    assert path.read_bytes() == OLD
    take_back(path, back, SAVED)
    assert path.read_bytes() == NEW


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_part_of_it_was_written_is_taken_back(path: Path, data: st.DataObject) -> None:
    """A crash may leave any bytes of it written, the length in between, and holes."""
    size = data.draw(st.integers(len(OLD), len(NEW)))
    torn = bytearray(OLD.ljust(size, b"\0"))
    for patch in AMENDMENT.patches:
        begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(patch.new))] * 2)))
        end = min(end, size - patch.offset)
        if begin < end:
            torn[patch.offset + begin : patch.offset + end] = patch.new[begin:end]
    path.write_bytes(torn)
    take_back(path, AMENDMENT, SAVED)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (OLD, SAVED)


@pytest.mark.parametrize(
    "work",
    [
        OLD[:100],
        NEW + b"more",
        OLD[:4] + b"SIZE" + OLD[8:],
        NEW[:-1] + b"!",
        b"",
    ],
    ids=["shorter", "longer", "written over", "other end", "emptied"],
)
def test_somebodys_work_is_left(path: Path, work: bytes) -> None:
    path.write_bytes(work)
    saved = path.stat().st_mtime_ns
    take_back(path, AMENDMENT, SAVED)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (work, saved)


def test_a_file_that_is_gone_stays_so(tmp_path: Path) -> None:
    take_back(tmp_path / "gone.wav", AMENDMENT, SAVED)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_its_place_is_not_followed(path: Path) -> None:
    other = path.with_name("other.wav")
    path.rename(other)
    path.symlink_to(other)
    other.write_bytes(NEW)
    with pytest.raises(OSError, match="symbolic links"):
        take_back(path, AMENDMENT, SAVED)
    assert other.read_bytes() == NEW


def test_a_file_somebody_wrote_is_not_touched(path: Path) -> None:
    with FileSource(path) as source:
        put(path, OLD[::-1])
        with pytest.raises(ChangedMeanwhileError):
            write_in_place(source, AMENDMENT)
    assert path.read_bytes() == OLD[::-1]


def test_another_file_in_its_place_is_not_touched(path: Path) -> None:
    with FileSource(path) as source:
        path.rename(path.with_name("moved.wav"))
        put(path, OLD)
        with pytest.raises(ChangedMeanwhileError):
            write_in_place(source, AMENDMENT)
    assert path.read_bytes() == path.with_name("moved.wav").read_bytes() == OLD


def test_a_file_open_for_writing_is_not_touched(path: Path) -> None:
    refused = pytest.raises(NotWritableError, match="open for writing")
    with FileSource(path) as source, path.open("r+b"), refused:
        write_in_place(source, AMENDMENT)
    assert path.read_bytes() == OLD
