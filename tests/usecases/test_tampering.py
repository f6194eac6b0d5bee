"""What is done to a temporary file never makes the gate let it through."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.model.finding import Verdict
from tests.media_samples import with_packet
from tests.usecases.studio import Studio
from tests.usecases.tampering import (
    SAMPLES,
    Sample,
    Tampering,
    append_bytes,
    change_suffix,
    claim_another_format,
    copy_streams,
    each_kind,
    format_of,
    other_of,
    rename,
    strip_c2pa,
    strip_everything,
    strip_fields,
    tagged,
)

TAMPERINGS: tuple[Tampering, ...] = (
    strip_c2pa,
    strip_fields,
    strip_everything,
    rename,
    change_suffix,
    claim_another_format,
    append_bytes,
)
each_tampering = pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)


@each_kind
@each_tampering
def test_a_temporary_file_that_was_tampered_with_does_not_pass(
    kind: str, tamper: Tampering, studio: Studio, sample: Sample
) -> None:
    file = tamper(tagged(studio, sample, kind))
    result = next(iter(studio.scan(file).results))
    assert result.verdict is not Verdict.PASS
    if tamper not in (append_bytes, claim_another_format, change_suffix):
        assert result.verdict is Verdict.BLOCK, [f.message for f in result.findings]


@each_kind
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (strip_everything, rename),
        (rename, strip_everything),
        (strip_everything, change_suffix),
        (strip_fields, strip_c2pa),
    ],
    ids=lambda tamper: tamper.__name__,
)
def test_two_ways_one_after_the_other_help_no_more(
    kind: str, first: Tampering, second: Tampering, studio: Studio, sample: Sample
) -> None:
    file = second(first(tagged(studio, sample, kind)))
    assert studio.verdict(file) is not Verdict.PASS


@each_kind
def test_stripping_takes_out_what_it_says(kind: str, studio: Studio, sample: Sample) -> None:
    file = tagged(studio, sample, kind)
    with studio.examined(strip_fields(file)) as examined:
        assert examined.carriers == ("c2pa",)
    strip_c2pa(file)
    with studio.examined(file) as examined:
        assert examined.carriers == ()


@each_kind
def test_a_stripped_file_bears_no_trace_and_is_known_by_its_content(
    kind: str, studio: Studio, sample: Sample, decoded: Callable[[Path], str]
) -> None:
    file = strip_everything(tagged(studio, sample, kind))
    with studio.examined(file) as examined:
        assert (examined.tag, examined.signals, examined.reading.credentials) == (None, (), None)
        assert examined.is_whole
    assert decoded(file) == decoded(sample(SAMPLES[kind]))
    assert studio.rules(file) == {"known-by-content"}


@pytest.mark.parametrize("kind", ["mp4", "wav", "mp3"])
def test_streams_copied_into_a_new_container_are_known(
    kind: str, studio: Studio, sample: Sample
) -> None:
    file = tagged(studio, sample, kind)
    with studio.examined(file) as examined:
        before = examined.identity.essence_digest
    copy_streams(file)
    with studio.examined(file) as examined:
        assert examined.tag is None
        is_same = examined.identity.essence_digest == before
    assert is_same is (kind != "mp3"), "an Info header is a frame of its own"
    if is_same:
        assert studio.rules(file) == {"known-by-content"}


@each_kind
def test_an_approved_file_opens_no_door_for_another(
    kind: str, studio: Studio, sample: Sample
) -> None:
    approved = tagged(studio, sample, kind)
    studio.approve(approved)
    assert studio.verdict(approved) is Verdict.PASS
    other = studio.put(other_of(sample, kind), f"other{approved.suffix}")
    studio.tag(other)
    for tamper in TAMPERINGS:
        folder = studio.home / tamper.__name__
        folder.mkdir()
        copy = Path(shutil.copyfile(other, folder / other.name))
        assert studio.verdict(tamper(copy)) is not Verdict.PASS, tamper.__name__


@pytest.mark.parametrize("kind", ["png", "jpeg", "mp4", "wav"])
def test_the_packet_of_an_approved_file_in_another_file_blocks(
    kind: str, studio: Studio, sample: Sample
) -> None:
    approved = tagged(studio, sample, kind)
    studio.approve(approved)
    with studio.examined(approved) as examined:
        packet = examined.reading.contents.xmp[-1].data
    other = studio.put(other_of(sample, kind), f"other{approved.suffix}")
    assert studio.verdict(other) is Verdict.PASS, "nobody ever declared it"
    other.write_bytes(with_packet(format_of(other), other.read_bytes(), packet))
    assert studio.verdict(other) is Verdict.BLOCK
    assert "copied-tag" in studio.rules(other)


def test_the_frames_of_an_approved_mp3_in_another_block(studio: Studio, sample: Sample) -> None:
    approved = tagged(studio, sample, "mp3")
    studio.approve(approved)
    data = approved.read_bytes()
    with studio.examined(approved) as examined:
        start = examined.reading.contents.essence[0].offset
    other = studio.put(data[:start] + other_of(sample, "mp3").read_bytes(), "other.mp3")
    assert studio.verdict(other) is Verdict.BLOCK
    assert "copied-tag" in studio.rules(other)


@each_kind
def test_a_sidecar_of_an_approved_file_beside_another_blocks(
    kind: str, studio: Studio, sample: Sample
) -> None:
    approved = tagged(studio, sample, kind)
    studio.approve(approved)
    with studio.examined(approved) as examined:
        packets = examined.reading.contents.xmp
    other = studio.put(other_of(sample, kind), f"other{approved.suffix}")
    other.with_name(f"{other.name}.xmp").write_bytes(packets[-1].data)
    assert studio.verdict(other) is Verdict.BLOCK
    assert "copied-tag" in studio.rules(other)


@each_kind
def test_a_file_that_is_swapped_after_its_approval_blocks(
    kind: str, studio: Studio, sample: Sample
) -> None:
    approved = tagged(studio, sample, kind)
    studio.approve(approved)
    other = studio.put(other_of(sample, kind), f"other{approved.suffix}")
    studio.tag(other)
    other.replace(approved)
    assert studio.verdict(approved) is Verdict.BLOCK


@each_kind
def test_an_approval_follows_the_content_through_all_that_leaves_it_as_it_is(
    kind: str, studio: Studio, sample: Sample
) -> None:
    file = tagged(studio, sample, kind)
    studio.approve(file)
    assert studio.verdict(strip_everything(rename(file))) is Verdict.PASS


@each_kind
def test_a_withdrawn_asset_passes_only_after_its_withdrawal(
    kind: str, studio: Studio, sample: Sample
) -> None:
    file = tagged(studio, sample, kind)
    untagger = studio.production.untagger
    asset_id = untagger.untag(file).asset_id
    assert studio.rules(file) == {"known-by-content"}
    untagger.withdraw(asset_id, "It was shot on the day after all.")
    assert studio.verdict(file) is Verdict.PASS
    studio.tag(file)
    assert studio.verdict(file) is Verdict.BLOCK
