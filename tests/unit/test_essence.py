"""Digests of files and of their essence, and which of both a file is known by."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import DamagedMediaError
from provenance.media.essence import digest_ranges, identify_bytes
from provenance.media.png import Png
from provenance.media.source import BytesSource
from provenance.model.digest import sha256_digest
from provenance.model.metadata import ByteRange, Contents


@given(data=st.binary(max_size=60), cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))))
def test_a_digest_is_over_the_runs_in_their_order(data: bytes, cuts: list[tuple[int, int]]) -> None:
    runs = [ByteRange(offset=o, length=n) for o, n in cuts if o + n <= len(data)]
    joined = b"".join(data[run.offset : run.end] for run in runs)
    assert digest_ranges(BytesSource(data), runs) == sha256_digest(joined)


def test_a_run_longer_than_the_file_is_damage() -> None:
    with pytest.raises(DamagedMediaError, match="inside its essence"):
        digest_ranges(BytesSource(b"12345"), [ByteRange(offset=3, length=3)])


def test_runs_larger_than_one_read_are_digested_whole() -> None:
    data = bytes(range(256)) * 10_000
    expected = hashlib.sha256(data[5:]).hexdigest()
    runs = [ByteRange(offset=5, length=len(data) - 5)]
    assert digest_ranges(BytesSource(data), runs) == f"sha256:{expected}"


def test_a_picture_is_known_by_its_essence(fixtures_dir: Path) -> None:
    fmt = Png()
    one, other = (
        BytesSource((fixtures_dir / f"media/png/sound/{name}.png").read_bytes())
        for name in ("rgb", "foreign_text")
    )
    first, second = (identify_bytes(it, fmt, fmt.read(it)) for it in (one, other))
    assert first.essence_digest == second.essence_digest
    assert first.file_digest != second.file_digest
    assert 0 < first.essence_length < one.size


@pytest.mark.parametrize(
    ("fmt", "contents"), [(None, None), (Png(), None), (None, Contents()), (Png(), Contents())]
)
def test_without_essence_the_file_digest_serves(fmt: Png | None, contents: Contents | None) -> None:
    identity = identify_bytes(BytesSource(b"a note"), fmt, contents)
    assert identity.essence_digest == identity.file_digest == sha256_digest(b"a note")
    assert identity.essence_length == 6
