"""The chunk walker beneath WAV and WebP, on forms built by hand."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media._riff import (
    MAX_CHUNKS,
    Shape,
    count_steps,
    new_chunk,
    plan_form,
    read_form,
    read_payload,
    read_whole_form,
    walk_list,
)
from provenance.media.interface import MAX_STEPS, TextBudget
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange

SHAPE = Shape(magics=frozenset({b"RIFF"}), kind=b"TEST", essential=frozenset({b"data"}))
WIDE = Shape(magics=frozenset({b"RF64", b"BW64"}), kind=b"TEST", essential=frozenset({b"data"}))
UNKNOWN = 0xFFFFFFFF


class HoleySource:
    """A file of any size that holds the given runs, and NULs elsewhere."""

    def __init__(self, size, runs):
        self.size = size
        self.runs = runs

    def pread(self, offset, length):
        data = bytearray(min(length, max(0, self.size - offset)))
        for start, run in self.runs.items():
            for i, byte in enumerate(run):
                if offset <= start + i < offset + len(data):
                    data[start + i - offset] = byte
        return bytes(data)


def executed(source, plan):
    return b"".join(
        source.pread(part.offset, part.length) if isinstance(part, ByteRange) else part
        for part in plan
    )


def riff(*parts, size=None, trailing=b""):
    body = b"TEST" + b"".join(parts)
    size = len(body) if size is None else size
    return b"RIFF" + struct.pack("<I", size) + body + trailing


def rf64(*parts, ds64, narrow=UNKNOWN, magic=b"RF64"):
    return magic + struct.pack("<I", narrow) + b"TEST" + ds64 + b"".join(parts)


def ds64(form_size, data_size, *entries):
    table = b"".join(struct.pack("<4sQ", *entry) for entry in entries)
    sizes = struct.pack("<QQQI", form_size, data_size, 0, len(entries))
    return new_chunk(b"ds64", sizes + table)


def read(data, shape=SHAPE):
    return read_form(BytesSource(data), shape, count_steps())


def kinds(form):
    return [chunk.kind for chunk in form.chunks]


def replan(data, added=(), shape=SHAPE):
    source = BytesSource(data)
    form = read_whole_form(source, shape)
    kept = [chunk for chunk in form.chunks if chunk.kind != b"new "]
    return executed(source, plan_form(source, form, [*kept, *added]))


DATA = new_chunk(b"data", b"1234")
ODD = struct.pack("<4sI", b"odd ", 3) + b"abc"
NEW = new_chunk(b"new ", b"xyz")


def test_chunks_come_in_file_order_with_their_payloads():
    data = riff(new_chunk(b"fmt ", b"ab"), DATA, new_chunk(b"odd ", b"abc"))
    form = read(data)
    assert form.problem == ""
    assert kinds(form) == [b"fmt ", b"data", b"odd "]
    payloads = [executed(BytesSource(data), [chunk.payload]) for chunk in form.chunks]
    assert payloads == [b"ab", b"1234", b"abc"]
    assert form.end == len(data)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFX" + riff(DATA)[4:], b"\0" * 40])
def test_what_does_not_begin_like_the_form_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        read(data)


@pytest.mark.parametrize("size", [0, 3, UNKNOWN])
def test_a_header_that_was_never_finished_is_said_to_be(size):
    form = read(riff(new_chunk(b"fmt ", b"ab"), DATA, size=size))
    assert "never finished" in form.problem
    assert kinds(form) == [b"fmt ", b"data"]


def test_sound_behind_an_unfinished_data_chunk_is_not_taken_for_chunks():
    form = read(riff(new_chunk(b"fmt ", b"ab"), new_chunk(b"data", b""), ODD, size=0))
    assert kinds(form) == [b"fmt "]


def test_a_form_that_claims_more_than_the_file_has_is_not_whole():
    form = read(riff(DATA, size=1000))
    assert "984 bytes before" in form.problem
    assert kinds(form) == [b"data"]


def test_one_byte_is_forgiven_only_where_padding_is_due():
    assert "1 bytes before" in read(riff(DATA, size=4 + len(DATA) + 1)).problem


def test_a_chunk_that_leaves_the_form_is_not_returned():
    form = read(riff(DATA, struct.pack("<4sI", b"more", 5) + b"1234"))
    assert form.problem == "the file ends inside its more chunk"
    assert kinds(form) == [b"data"]


def test_bytes_that_are_no_chunk_end_the_walk():
    form = read(riff(DATA, b"\x01\x02\x03\x04\0\0\0\0", NEW))
    assert form.problem == "what stands at byte 24 is no chunk"
    assert kinds(form) == [b"data"]


def test_a_form_without_picture_or_sound_is_not_whole():
    assert "no picture or sound (data)" in read(riff(NEW)).problem


def test_a_form_of_too_many_chunks_is_damaged():
    source = BytesSource(riff(DATA * 3))
    assert len(read_form(source, SHAPE, iter(range(4))).chunks) == 3
    with pytest.raises(DamagedMediaError, match="more than"):
        read_form(source, SHAPE, iter(range(3)))


def test_walks_that_share_their_steps_share_the_limit():
    steps = iter(range(5))
    span = ByteRange(offset=0, length=2 * len(DATA))
    assert len(walk_list(BytesSource(DATA * 2), span, steps)[0]) == 2
    with pytest.raises(DamagedMediaError, match="more than"):
        walk_list(BytesSource(DATA * 2), span, steps)


def test_a_file_has_no_more_steps_than_the_seam_allows():
    assert sum(1 for _ in count_steps()) == MAX_CHUNKS <= MAX_STEPS


def test_a_last_chunk_without_its_padding_is_read():
    form = read(riff(DATA, ODD))
    assert form.problem == ""
    assert form.chunks[-1].lacks_padding


def test_padding_that_is_counted_but_missing_is_forgiven():
    data = riff(DATA, ODD, size=4 + len(DATA) + len(ODD) + 1)
    assert read(data).problem == ""
    assert replan(data, [NEW]) == riff(DATA, ODD + b"\0", NEW)


def test_padding_that_is_there_but_not_counted_belongs_to_the_form():
    data = riff(DATA, ODD, trailing=b"\0")
    assert replan(data, [NEW]) == riff(DATA, ODD + b"\0", NEW)


def test_a_form_of_odd_size_does_not_swallow_what_follows_it():
    assert replan(riff(DATA, ODD, trailing=b"TAG"), [NEW]) == riff(
        DATA, ODD + b"\0", NEW, trailing=b"TAG"
    )


def test_padding_missing_between_chunks_is_noticed():
    assert kinds(read(riff(ODD, DATA))) == [b"odd ", b"data"]


def test_padding_that_is_not_zero_is_still_padding():
    form = read(riff(ODD + b"x", DATA))
    assert kinds(form) == [b"odd ", b"data"]
    assert not form.chunks[0].lacks_padding


def test_missing_padding_is_added_when_the_form_is_planned():
    once = replan(riff(ODD, DATA), [NEW])
    assert once == riff(ODD + b"\0", DATA, NEW)
    assert replan(once, [NEW]) == once


def test_bytes_too_few_for_a_chunk_stay_behind_the_chunks():
    once = replan(riff(DATA, b"\0\0\0"), [NEW])
    assert once == riff(DATA, NEW, b"\0\0\0")
    assert replan(once, [NEW]) == once


def test_a_last_chunk_without_padding_does_not_swallow_what_follows_it_in_the_form():
    once = replan(riff(DATA, ODD, b"abcd", trailing=b"\0trailing"), [NEW])
    assert once == riff(DATA, ODD + b"\0", NEW, b"abcd", trailing=b"\0trailing")
    assert replan(once, [NEW]) == once


def test_bytes_too_few_for_a_chunk_do_not_hide_where_the_form_ends():
    once = replan(riff(ODD, DATA, b"12345", trailing=b"\0trailing"), [NEW])
    assert once == riff(ODD + b"\0", DATA, NEW, b"12345", trailing=b"\0trailing")
    assert replan(once, [NEW]) == once


def test_bytes_behind_the_form_stay_there():
    once = replan(riff(DATA, trailing=b"trailing"), [NEW])
    assert once == riff(DATA, NEW, trailing=b"trailing")
    assert replan(once) == riff(DATA, trailing=b"trailing")


def test_kept_neighbours_are_copied_in_one_run():
    source = BytesSource(riff(DATA, ODD + b"\0", DATA))
    form = read_whole_form(source, SHAPE)
    _, run, tail = plan_form(source, form, form.chunks)
    assert run == ByteRange(offset=12, length=source.size - 12)
    assert tail.length == 0


def test_a_form_that_is_not_whole_is_not_planned():
    with pytest.raises(DamagedMediaError, match="before its form does"):
        read_whole_form(BytesSource(riff(DATA, size=1000)), SHAPE)


def test_a_payload_beyond_the_budget_is_not_read():
    source = BytesSource(riff(DATA))
    chunk = read_whole_form(source, SHAPE).chunks[0]
    assert read_payload(source, chunk, TextBudget(4)) == b"1234"
    assert read_payload(source, chunk, TextBudget(3)) is None


def holey_riff(size_field):
    data_length = size_field - 12
    header = b"RIFF" + struct.pack("<I", size_field) + b"TEST"
    return HoleySource(size_field + 8, {0: header + struct.pack("<4sI", b"data", data_length)})


def test_a_riff_form_does_not_grow_beyond_four_gibibytes():
    room = 2**32 - 10
    source = holey_riff(room - len(NEW))
    form = read_whole_form(source, SHAPE)
    assert plan_form(source, form, [*form.chunks, NEW])[0][4:8] == struct.pack("<I", room)
    source = holey_riff(room - len(NEW) + 2)
    form = read_whole_form(source, SHAPE)
    with pytest.raises(CarrierError, match="4 GiB"):
        plan_form(source, form, [*form.chunks, NEW])


def test_a_riff_form_that_is_too_big_already_may_stay_so():
    source = holey_riff(2**32 - 2)
    form = read_whole_form(source, SHAPE)
    assert plan_form(source, form, form.chunks)[0][4:8] == struct.pack("<I", 2**32 - 2)


def test_sixty_four_bit_sizes_lead_past_four_gibibytes():
    sound = 5 * 2**30
    extra = 2**32 + 2
    head_size = 12 + len(ds64(0, 0, (b"big ", 0)))
    tail_at = head_size + 8 + sound + 8 + extra
    size = tail_at + len(NEW) - 8
    head = rf64(struct.pack("<4sI", b"data", UNKNOWN), ds64=ds64(size, sound, (b"big ", extra)))
    runs = {
        0: head,
        head_size + 8 + sound: struct.pack("<4sI", b"big ", UNKNOWN),
        tail_at: NEW,
    }
    source = HoleySource(tail_at + len(NEW), runs)
    form = read_whole_form(source, WIDE)
    assert [(chunk.kind, chunk.length) for chunk in form.chunks] == [
        (b"data", sound),
        (b"big ", extra),
        (b"new ", 3),
    ]
    plan = plan_form(source, form, [*form.chunks, NEW])
    grown = ds64(size + len(NEW), sound, (b"big ", extra))
    assert plan[0] + source.pread(plan[1].offset, plan[1].length) == rf64(ds64=grown)


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
def test_unknown_sizes_stay_unknown_when_the_form_is_planned(magic):
    sound = struct.pack("<4sI", b"data", UNKNOWN) + b"1234"
    before = rf64(sound, ds64=ds64(4 + 36 + 12, 4), magic=magic)
    after = rf64(sound, NEW, ds64=ds64(4 + 36 + 12 + len(NEW), 4), magic=magic)
    assert replan(before, [NEW], WIDE) == after
    assert replan(after, [], WIDE) == before


def test_a_size_given_twice_is_changed_twice():
    before = rf64(DATA, ds64=ds64(52, 4), narrow=52)
    after = rf64(DATA, NEW, ds64=ds64(52 + len(NEW), 4), narrow=52 + len(NEW))
    assert replan(before, [NEW], WIDE) == after


def test_a_narrow_size_becomes_unknown_when_it_no_longer_fits():
    size = 2**32 - 12
    head = rf64(ds64=ds64(size, size - 48), narrow=size)
    source = HoleySource(size + 8, {0: head + struct.pack("<4sI", b"data", size - 48)})
    form = read_whole_form(source, WIDE)
    plan = plan_form(source, form, [*form.chunks, NEW])
    assert plan[0] == rf64(ds64=ds64(size + len(NEW), 0))[:28]


@pytest.mark.parametrize("first", [b"", DATA, ds64(52, 4)[:20], b"ds64\x18\0"])
def test_a_wide_form_without_a_whole_ds64_chunk_is_not_whole(first):
    assert "ds64" in read(rf64(ds64=first, narrow=60), WIDE).problem


def test_a_wide_form_whose_size_is_not_known_yet_is_not_whole():
    assert "never finished" in read(rf64(DATA, ds64=ds64(0, 0)), WIDE).problem


def test_a_ds64_chunk_without_a_table_is_read():
    short = new_chunk(b"ds64", struct.pack("<QQQ", 48, 4, 0))
    assert read(rf64(DATA, ds64=short), WIDE).problem == ""


@pytest.mark.parametrize(
    ("chunk", "message"),
    [(new_chunk(b"ds64", bytes(23)), "23 bytes"), (ds64(10, 4), "ends inside")],
)
def test_a_ds64_chunk_that_makes_no_sense_is_damaged(chunk, message):
    with pytest.raises(DamagedMediaError, match=message):
        read(rf64(DATA, ds64=chunk), WIDE)


def test_a_table_that_claims_more_entries_than_it_has_is_read_as_far_as_it_goes():
    lying = new_chunk(b"ds64", struct.pack("<QQQI", 4 + 42 + 12, 4, 0, UNKNOWN) + b"123456")
    assert read(rf64(DATA, ds64=lying), WIDE).problem == ""


PARTS = st.lists(
    st.tuples(st.sampled_from([b"new ", b"data", b"LIST", b"abcd"]), st.binary(max_size=9)).map(
        lambda pair: new_chunk(*pair)
    ),
    max_size=6,
)


@settings(deadline=None)
@given(parts=PARTS, payload=st.binary(max_size=9), trailing=st.binary(max_size=9))
def test_any_form_survives_planning_twice(parts, payload, trailing):
    data = riff(*parts, DATA, trailing=trailing)
    addition = new_chunk(b"new ", payload)
    kept = [part for part in parts if part[:4] != b"new "]
    once = replan(data, [addition])
    assert once == riff(*kept, DATA, addition, trailing=trailing)
    assert replan(once, [addition]) == once
