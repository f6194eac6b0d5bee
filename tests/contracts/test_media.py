"""What every container format must do with the files that are as they should be."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.build import MEDIA
from provenance.errors import CarrierError, MediaError, UnsupportedMediaError
from provenance.media.essence import LEAD
from provenance.media.formats import FORMATS, SUFFIXES, identify
from provenance.media.interface import MediaFormat
from provenance.media.source import BytesSource
from provenance.model.metadata import Completeness
from tests.counting_source import CountingSource
from tests.exhaustive import exhaustive
from tests.media_samples import (
    carry_out,
    each_format,
    each_sample,
    essence_digest,
    is_sound,
    lead_before_reading,
    lead_of,
    packets_in_slot,
    with_packet,
)

HEADER = 8192
FIXED_READS = 128 << 10


KINDS = st.sampled_from([b"", b"ftyp", b"moov", b"mdat", b"free"])


@pytest.fixture(scope="module")
def heads(fixtures_dir: Path) -> list[bytes]:
    return [path.read_bytes()[:HEADER] for path in sorted(fixtures_dir.glob("media/*/*/*"))]


@exhaustive
@given(st.data())
@settings(max_examples=500)
def test_the_first_of_the_formats_that_know_the_bytes_best_has_the_file(
    heads: list[bytes], data: st.DataObject
) -> None:
    begin = data.draw(st.sampled_from(heads))[: data.draw(st.integers(1, 12))]
    rest = data.draw(st.sampled_from(heads))[data.draw(st.integers(0, 8)) :][:400]
    kind = data.draw(KINDS)
    head = begin[:4] + kind + begin[4 + len(kind) :] + rest
    suffix = data.draw(st.sampled_from(["", *sorted(SUFFIXES)]))
    best = max(FORMATS, key=lambda fmt: fmt.score(head, suffix))
    if best.score(head, suffix) < 2:
        with pytest.raises(UnsupportedMediaError):
            identify(head, suffix)
    else:
        assert identify(head, suffix) is best


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    text = draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=70))
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{escaped}</x:xmpmeta>'.encode()


@each_format
def test_a_format_has_samples_and_they_have_its_suffixes(fmt: MediaFormat) -> None:
    samples = MEDIA[fmt.name]
    for files in (samples.sound, samples.broken, samples.long):
        assert files
        assert {Path(file).suffix for file in files} <= set(fmt.suffixes)


@each_format
def test_a_format_claims_its_own_suffixes_but_garbage_under_them_is_refused(
    fmt: MediaFormat, fixtures_dir: Path
) -> None:
    for suffix in fmt.suffixes:
        assert fmt.score(b"", suffix) == 1
        assert fmt.score(b"", suffix.upper().lower()) == 1
        garbage = next((fixtures_dir / f"media/{fmt.name}/broken").glob("garbage.*")).read_bytes()
        with pytest.raises(MediaError):
            identify(garbage[:HEADER], suffix)


@each_sample
def test_the_bytes_outrank_the_suffix(fmt: MediaFormat, path: str, fixtures_dir: Path) -> None:
    header = (fixtures_dir / path).read_bytes()[:HEADER]
    for suffix in (*fmt.suffixes, "", ".dat", *(other.suffixes[0] for other in FORMATS)):
        assert identify(header, suffix) is fmt


@each_sample
def test_a_sound_file_is_whole_and_its_essence_lies_in_it(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    source = BytesSource((fixtures_dir / path).read_bytes())
    contents = fmt.read(source)
    assert contents.problems == ()
    assert contents.completeness is Completeness.WHOLE
    essence = fmt.exact_essence(source, contents)
    assert sum(part.length for part in essence) > 0
    assert all(0 <= part.offset <= part.end <= source.size for part in essence)


@each_sample
def test_foreign_metadata_is_seen(fmt: MediaFormat, path: str, fixtures_dir: Path) -> None:
    contents = fmt.read(BytesSource((fixtures_dir / path).read_bytes()))
    if "foreign_xmp" in path:
        assert [b"Harbour, take 2" in packet.data for packet in contents.xmp] == [True]
    if any(word in path for word in ("tags", "keys", "id3", "comment", "foreign_text", "bwf")):
        assert contents.fields


@exhaustive
@each_sample
@settings(max_examples=20, deadline=None)
@given(packet=packets(), other=packets())
def test_a_written_packet_reads_back_and_touches_no_essence(
    fmt: MediaFormat, path: str, *, fixtures_dir: Path, packet: bytes, other: bytes
) -> None:
    before = (fixtures_dir / path).read_bytes()
    if not fmt.xmp_place:
        with pytest.raises(CarrierError):
            fmt.plan_xmp(BytesSource(before), packet)
        return
    once = with_packet(fmt, before, packet)
    after = fmt.read(BytesSource(once))
    assert packets_in_slot(fmt, once) == [packet]
    assert is_sound(after)
    assert essence_digest(fmt, once) == essence_digest(fmt, before)
    assert fmt.decoding_map(BytesSource(once)) == fmt.decoding_map(BytesSource(before))
    assert after.fields == fmt.read(BytesSource(before)).fields
    assert with_packet(fmt, once, packet) == once
    replaced = with_packet(fmt, once, other)
    assert packets_in_slot(fmt, replaced) == [other]
    assert essence_digest(fmt, replaced) == essence_digest(fmt, before)


@each_sample
def test_a_removed_packet_leaves_the_essence_and_no_packet(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    before = (fixtures_dir / path).read_bytes()
    if not fmt.xmp_place:
        pytest.skip("the format has no slot for a packet")
    written = with_packet(fmt, before, b"<x>ours</x>")
    for data in (before, written):
        removed = with_packet(fmt, data, None)
        assert packets_in_slot(fmt, removed) == []
        assert is_sound(fmt.read(BytesSource(removed)))
        assert essence_digest(fmt, removed) == essence_digest(fmt, before)
        assert fmt.decoding_map(BytesSource(removed)) == fmt.decoding_map(BytesSource(before))
        assert with_packet(fmt, removed, None) == removed


@exhaustive
@each_sample
@settings(max_examples=10, deadline=None)
@given(packet=packets(), trailer=st.binary(max_size=80))
def test_tagged_and_stripped_copies_have_the_lead_of_the_original(
    fmt: MediaFormat, path: str, *, fixtures_dir: Path, packet: bytes, trailer: bytes
) -> None:
    before = (fixtures_dir / path).read_bytes()
    lead = lead_of(fmt, before)
    assert 0 < len(lead) <= LEAD
    copies = [before, carry_out(fmt.plan_without_c2pa(BytesSource(before)), before)]
    if fmt.xmp_place:
        copies += [with_packet(fmt, before, packet), with_packet(fmt, before, None)]
    for copy in copies:
        assert lead_of(fmt, copy) == lead
        assert lead_before_reading(fmt, copy).startswith(lead)
    if not fmt.read(BytesSource(before)).essence_exact:
        assert lead_of(fmt, before + trailer) == lead
        assert lead_before_reading(fmt, before + trailer).startswith(lead)


@each_sample
def test_a_file_decodes_to_the_same_with_and_without_a_packet(
    fmt: MediaFormat,
    path: str,
    *,
    fixtures_dir: Path,
    tmp_path: Path,
    decoded: Callable[[Path], str],
) -> None:
    before = (fixtures_dir / path).read_bytes()
    if not fmt.xmp_place:
        pytest.skip("the format has no slot for a packet")
    expected = decoded(fixtures_dir / path)
    written = with_packet(fmt, before, b"<x>" + b"ours" * 500 + b"</x>")
    for data in (written, with_packet(fmt, written, None)):
        copy = tmp_path / Path(path).name
        copy.write_bytes(data)
        assert decoded(copy) == expected


@each_sample
def test_a_file_without_a_manifest_store_loses_nothing_with_it(
    fmt: MediaFormat, path: str, fixtures_dir: Path
) -> None:
    before = (fixtures_dir / path).read_bytes()
    assert carry_out(fmt.plan_without_c2pa(BytesSource(before)), before) == before


@each_format
def test_ten_times_the_essence_is_read_with_the_same_few_bytes(
    fmt: MediaFormat, fixtures_dir: Path
) -> None:
    if fmt.name == "gif":
        pytest.skip("only a walk over its sub-blocks finds the end of a GIF picture")
    costs = {}
    for name in MEDIA[fmt.name].long:
        source = CountingSource((fixtures_dir / f"media/{fmt.name}/long/{name}").read_bytes())
        fmt.read(source)
        costs[Path(name).stem] = source.bytes_read
    assert costs["ten_times"] <= 2 * costs["once"] + FIXED_READS
