"""What every container format must do with files that were cut, flipped, or lie."""

import contextlib
import random
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.build import MEDIA
from provenance.errors import CarrierError, MediaError, UnreadableError
from provenance.media.formats import FORMATS
from provenance.media.interface import MAX_STEPS, MAX_TEXT, MediaFormat
from provenance.media.source import BytesSource
from provenance.model.metadata import Completeness
from tests.builders.hand_made import HandMade, each_hand_made, shapes_of
from tests.exhaustive import exhaustive
from tests.media_samples import (
    carry_out,
    each_broken,
    each_format,
    each_sample,
    essence_of,
    exact_ranges,
    is_sound,
    operations,
    with_packet,
)

EVERY_LENGTH_BELOW = 3000
SPREAD_LENGTHS = 400
EDGES = 8
FLIPS = 200
FAILURES = 60
MEMORY_OF_A_CLAIM = 32 << 20
MEMORY_OF_A_BOMB = 4 * MAX_TEXT
READS_A_STEP = 3
pytestmark = [exhaustive, pytest.mark.timeout(60)]

ENDLESS = frozenset(
    {"fragmented.mp4", "open_mdat.mp4", "no_xing.mp3"}
    | {"comments.flac", "picture.flac", "bare.flac"}
    | {"live.mkv", "tags_first.mkv", "live.webm", "tags_first.webm"}
    | {"updated.pdf"}
)
"""Nothing in these says where they end: cut between two frames, fragments or revisions they are
shorter."""

each_operation = pytest.mark.parametrize("operation", list(operations(FORMATS[0])))


class FailingSource:
    """Counts the reads, and fails at one of them if told so."""

    def __init__(self, data: bytes, fails_at: int | None = None) -> None:
        self.size = len(data)
        self.reads = 0
        self._inner = BytesSource(data)
        self._fails_at = fails_at

    def pread(self, offset: int, length: int) -> bytes:
        if self.reads == self._fails_at:
            raise UnreadableError("the storage went away")
        self.reads += 1
        return self._inner.pread(offset, length)


class SparseSource:
    """A file of several GiB that has nothing but zeros behind its beginning."""

    size = 6 << 30

    def __init__(self, data: bytes) -> None:
        self.largest_read = 0
        self.reads = 0
        self._data = data

    def pread(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        self.reads += 1
        self.largest_read = max(self.largest_read, length)
        return self._data[offset : offset + length].ljust(length, b"\0")


@each_sample
def test_a_cut_file_is_damaged_truncated_or_has_all_its_essence(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    data = (fixtures_dir / path).read_bytes()
    whole = essence_of(fmt, data)
    lost = []
    for length in cut_lengths(fmt, data):
        cut = data[:length]
        try:
            contents = fmt.read(BytesSource(cut))
            essence = essence_of(fmt, cut)
        except MediaError:
            continue
        if contents.completeness is Completeness.TRUNCATED or essence == whole:
            continue
        if not (Path(path).name in ENDLESS and essence and whole.startswith(essence)):
            lost.append(length)
    assert lost == [], f"{len(data)} bytes, called whole when cut at these lengths"


@each_sample
def test_a_cut_file_is_not_rewritten_with_less_essence(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    data = (fixtures_dir / path).read_bytes()
    if not fmt.xmp_place:
        pytest.skip("the format has no slot for a packet")
    for length in cut_lengths(fmt, data):
        cut = data[:length]
        try:
            is_whole = fmt.read(BytesSource(cut)).completeness is Completeness.WHOLE
        except MediaError:
            is_whole = False
        if not is_whole:
            with pytest.raises(MediaError):
                fmt.plan_xmp(BytesSource(cut), b"<x/>")


@each_sample
def test_flipped_bytes_raise_only_media_errors(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    data = (fixtures_dir / path).read_bytes()
    for flipped in flips(data, path):
        source = BytesSource(flipped)
        for name, operation in operations(fmt).items():
            try:
                operation(source)
            except MediaError:
                continue
            except CarrierError:
                assert name.startswith("plan_")


@each_sample
def test_flipped_bytes_never_let_a_rewrite_lose_essence(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    data = (fixtures_dir / path).read_bytes()
    for flipped in flips(data, path):
        try:
            plan = fmt.plan_xmp(BytesSource(flipped), b"<x/>")
            before = essence_of(fmt, flipped)
        except (MediaError, CarrierError):
            continue
        assert essence_of(fmt, carry_out(plan, flipped)) == before


@each_hand_made
def test_a_hand_made_file_cut_anywhere_is_never_called_whole(
    fmt: MediaFormat, made: HandMade
) -> None:
    for data in (*made.files, *made.open_files):
        assert fmt.read(BytesSource(data)).problems == ()
        for length in range(len(data)):
            survive(fmt, data[:length])
    for data in made.files:
        for length in set(range(made.cut_from, len(data))) - made.whole_at:
            contents = fmt.read(BytesSource(data[:length]))
            assert contents.completeness is Completeness.TRUNCATED, length


@each_hand_made
@settings(max_examples=300, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_of_a_hand_made_file_are_survived(
    fmt: MediaFormat, made: HandMade, flips: list[tuple[int, int]]
) -> None:
    for data in (*made.files, *made.open_files):
        mutable = bytearray(data)
        for at, value in flips:
            mutable[at % len(data)] = value
        survive(fmt, bytes(mutable))


@each_format
@settings(max_examples=200, deadline=None)
@given(rest=st.binary(max_size=200), body=st.binary(max_size=100))
def test_random_bytes_behind_the_beginning_of_a_file_are_survived(
    fmt: MediaFormat, rest: bytes, body: bytes
) -> None:
    for shape in shapes_of(fmt):
        survive(fmt, shape(rest, body))


@each_operation
@each_sample
def test_a_read_that_fails_ends_in_a_media_error(
    fmt: MediaFormat, path: str, operation: str, fixtures_dir: Path
) -> None:
    data = (fixtures_dir / path).read_bytes()
    run = operations(fmt)[operation]
    counting = FailingSource(data)
    try:
        run(counting)
    except CarrierError:
        assert not fmt.xmp_place
    for number in range(0, counting.reads, max(1, counting.reads // FAILURES)):
        with pytest.raises(MediaError):
            run(FailingSource(data, fails_at=number))


@each_broken
def test_a_broken_file_is_done_with_quickly_and_in_little_memory(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    source = BytesSource((fixtures_dir / path).read_bytes())
    for operation in operations(fmt).values():
        memory = MEMORY_OF_A_CLAIM if "claims" in path else MEMORY_OF_A_BOMB
        stay_within(memory, partial(operation, source))


@each_broken
def test_what_was_cut_or_is_no_media_at_all_is_never_called_sound(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    if Path(path).stem not in ("empty", "half", "one_short", "garbage"):
        pytest.skip("lies, but may be whole")
    try:
        contents = fmt.read(BytesSource((fixtures_dir / path).read_bytes()))
    except MediaError:
        return
    assert not is_sound(contents) or ENDLESS.intersection(MEDIA[fmt.name].sound)


@each_broken
def test_a_claim_of_gibibytes_costs_little_even_where_the_file_has_them(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    if "claims" not in path:
        pytest.skip("claims no more than it has")
    source = SparseSource((fixtures_dir / path).read_bytes())
    _try(partial(fmt.read, source))
    assert source.reads <= READS_A_STEP * MAX_STEPS
    assert source.largest_read <= MAX_TEXT


def survive(fmt: MediaFormat, data: bytes) -> None:
    """Fail on any error but the foreseen ones, and on any plan that moves or loses essence."""
    source = BytesSource(data)
    fmt.score(data, fmt.suffixes[0])
    plans = []
    try:
        contents = fmt.read(source)
        runs = (*contents.essence, *contents.c2pa)
        assert all(0 <= run.offset <= run.end <= len(data) for run in runs)
        plans.append(fmt.plan_without_c2pa(source))
        plans += [fmt.plan_xmp(source, packet) for packet in (None, b"<x/>")]
    except (MediaError, CarrierError):
        pass
    for plan in plans:
        after = carry_out(plan, data)
        assert contents.completeness is Completeness.WHOLE
        assert fmt.read(BytesSource(after)).completeness is Completeness.WHOLE
        assert essence_of(fmt, after) == essence_of(fmt, data)
        assert fmt.decoding_map(BytesSource(after)) == fmt.decoding_map(source)
    if len(plans) == 3:
        once = carry_out(plans[-1], data)
        assert with_packet(fmt, once, b"<x/>") == once


def cut_lengths(fmt: MediaFormat, data: bytes) -> list[int]:
    """Return every length of a short file; of a longer one those around its essence, and more."""
    if len(data) < EVERY_LENGTH_BELOW:
        return list(range(len(data)))
    essence = exact_ranges(fmt, BytesSource(data))
    edges = {edge for part in essence[:EDGES] for edge in (part.offset, part.end)}
    near = {edge + distance for edge in edges for distance in range(-20, 9)}
    spread = set(range(0, len(data), len(data) // SPREAD_LENGTHS))
    return sorted(length for length in near | spread if 0 <= length < len(data))


def flips(data: bytes, seed: str) -> Iterator[bytes]:
    """Yield copies with up to four bytes changed, half of them near one end of the file."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    for _ in range(FLIPS):
        changed = bytearray(data)
        reach = chance.choice([len(data), min(512, len(data))])
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(reach)
            at = len(data) - 1 - at if chance.random() < 0.5 else at
            changed[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        yield bytes(changed)


def stay_within(memory: int, operation: Callable[[], object]) -> None:
    """Fail if the operation, on a second run, takes more memory than this."""
    _try(operation)
    tracemalloc.start()
    try:
        _try(operation)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < memory


def _try(operation: Callable[[], object]) -> None:
    with contextlib.suppress(MediaError, CarrierError):
        operation()
