"""The undo record leads back to the exact bytes, and to nothing else."""

import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import DamagedMediaError
from provenance.media import undo as undo_module
from provenance.media.interface import MediaFormat
from provenance.media.source import BytesSource
from provenance.media.undo import UndoRecord, plan_undo, undo_record
from provenance.model.digest import sha256_digest
from provenance.model.metadata import ByteRange
from tests.exhaustive import exhaustive
from tests.media_samples import carry_out, each_sample, exact_ranges, with_packet

MAGIC = b"provenance-undo 1\n"


def record_of(data: bytes, *essence: tuple[int, int]) -> UndoRecord | None:
    runs = [ByteRange(offset=offset, length=length) for offset, length in essence]
    return undo_record(BytesSource(data), runs, sha256_digest(data))


def stored(index: object, gaps: bytes = b"") -> bytes:
    head = json.dumps(index).encode()
    return MAGIC + struct.pack(">I", len(head)) + head + zlib.compress(gaps)


@exhaustive
@each_sample
def test_every_sound_file_comes_back_exactly(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    before = (fixtures_dir / path).read_bytes()
    source = BytesSource(before)
    record = undo_record(source, exact_ranges(fmt, source), sha256_digest(before))
    assert record is not None
    after = (
        with_packet(fmt, before, b"<x>" + b"tagged" * 300 + b"</x>") if fmt.xmp_place else before
    )
    kept = UndoRecord.from_bytes(record.to_bytes())
    assert kept == record
    restored = carry_out(plan_undo(kept, exact_ranges(fmt, BytesSource(after)), len(after)), after)
    assert restored == before
    assert sha256_digest(restored) == kept.file_digest


@given(
    parts=st.lists(st.tuples(st.binary(max_size=6), st.binary(max_size=6)), max_size=5),
    order=st.randoms(use_true_random=False),
    frame=st.binary(max_size=5),
)
def test_essence_that_moved_or_was_split_leads_back(parts, order, frame) -> None:
    data, runs = b"", []
    for gap, essence in parts:
        runs.append((len(data) + len(gap), len(essence)))
        data += gap + essence
    data += b"end"
    order.shuffle(runs)
    record = record_of(data, *runs)
    assert record is not None
    essence = b"".join(data[at : at + length] for at, length in runs)
    middle = len(essence) // 2
    tagged = frame + essence[:middle] + b"TAG" + essence[middle:]
    moved = [
        ByteRange(offset=len(frame), length=middle),
        ByteRange(offset=len(frame) + middle + 3, length=len(essence) - middle),
    ]
    assert carry_out(plan_undo(record, moved, len(tagged)), tagged) == data


def test_essence_that_overlaps_has_no_record() -> None:
    assert record_of(b"0123456789", (0, 5), (4, 2)) is None


def test_more_than_can_be_kept_has_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_module, "_LARGEST_GAPS", 5)
    assert record_of(b"0123456789", (0, 5)) is not None
    assert record_of(b"0123456789", (0, 4)) is None


def test_essence_that_grew_shorter_is_refused() -> None:
    record = record_of(b"0123456789", (2, 8))
    assert record is not None
    with pytest.raises(DamagedMediaError, match="shorter"):
        plan_undo(record, [ByteRange(offset=0, length=7)], 7)


DIGEST = sha256_digest(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"provenance-undo 2\n",
        MAGIC,
        MAGIC + struct.pack(">I", 5) + b"{",
        MAGIC + struct.pack(">I", 2) + b"{}" + b"no zlib",
        stored({}),
        stored([]),
        stored({"pieces": []}),
        stored({"file_digest": "md5", "pieces": []}),
        stored({"file_digest": 5, "pieces": []}),
        stored({"file_digest": DIGEST, "pieces": [[1]]}),
        stored({"file_digest": DIGEST, "pieces": [[1, "x"]]}),
        stored({"file_digest": DIGEST, "pieces": ["3"]}, b"abc"),
        stored({"file_digest": DIGEST, "pieces": [4]}, b"abc"),
        stored({"file_digest": DIGEST, "pieces": [2]}, b"abc"),
        stored({"file_digest": DIGEST, "pieces": [3]}, b"abc")[:-8],
    ],
)
def test_a_record_that_is_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedMediaError, match="undo record is damaged"):
        UndoRecord.from_bytes(data)


def test_a_sound_record_reads() -> None:
    record = UndoRecord.from_bytes(stored({"file_digest": DIGEST, "pieces": [3, [0, 9]]}, b"abc"))
    assert record.pieces == (b"abc", ByteRange(offset=0, length=9))


def test_what_was_tagged_in_place_counts_along_the_file() -> None:
    before, after = b"old head, sound, old end", b"NEW HEAD, sound, NEW END, and more"
    record = UndoRecord(
        file_digest=sha256_digest(before),
        pieces=(b"old head", ByteRange(offset=8, length=9), b"old end"),
        is_along_file=True,
    )
    kept = UndoRecord.from_bytes(record.to_bytes())
    assert kept == record
    essence = [ByteRange(offset=10, length=5)]
    assert carry_out(plan_undo(kept, essence, len(after)), after) == before
    with pytest.raises(DamagedMediaError):
        plan_undo(kept, essence, 16)
