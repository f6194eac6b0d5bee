"""Reading one file: what a damaged, crowded or interrupted one leaves."""

import re
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from fixtures.heif import box
from fixtures.jxl import boxed, codestream
from fixtures.waveform import assemble, pcm
from provenance.errors import DamagedMediaError, ProvenanceError
from provenance.media.interface import MediaFormat
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from tests.exhaustive import exhaustive
from tests.media_samples import each_broken
from tests.usecases.meddling import MeddlingRunner
from tests.usecases.studio import Studio, listing

Sample = Callable[[str], Path]
WHOLE_ENOUGH = {
    "claims_4gib.jpg": "only a packet of XMP says that it is longer than it is",
    "one_short.flac": "FLAC has no end that could be missing",
    "loop.usdz": "its directory names the one file it holds again and again",
    "bomb.avi": "its nested lists hold nothing and are not walked; its movie is whole",
}


@exhaustive
@each_broken
def test_a_broken_file_neither_passes_nor_is_written(
    fmt: MediaFormat, path: str, fixtures_dir: Path, studio: Studio
) -> None:
    file = studio.put(fixtures_dir / path)
    data = file.read_bytes()
    if file.name in WHOLE_ENOUGH:
        pytest.skip(WHOLE_ENOUGH[file.name])
    assert studio.verdict(file) is not Verdict.PASS, fmt.name
    if file.name.startswith("garbage"):
        # Bytes that no format claims are tagged beside.
        assert studio.tag(file).action is Action.DETACHED
    else:
        with pytest.raises(DamagedMediaError, match=re.escape(file.name)):
            studio.tag(file)
    assert listing(file.parent)[file.name] == data
    assert studio.verdict(file) is not Verdict.PASS


def test_a_file_without_any_sound_is_undecided(studio: Studio) -> None:
    silent = studio.put(assemble(*pcm(b"")), "silent.wav")
    assert studio.verdict(silent) is Verdict.UNDECIDED
    assert "it holds no picture or sound" in studio.messages(silent)


def test_a_second_file_behind_the_end_of_the_first_is_not_passed_over(
    studio: Studio, sample: Sample
) -> None:
    both = sample("png/rgb.png").read_bytes() + sample("png/deep.png").read_bytes()
    file = studio.put(both, "both.png")
    assert studio.verdict(file) is Verdict.UNDECIDED
    assert "another file (png) follows its end" in studio.messages(file)


@pytest.mark.parametrize(
    ("kind", "content", "verdict"),
    [
        (b"comf", b'prompt\0{"3": {"class_type": "KSampler", "inputs": {}}}', Verdict.BLOCK),
        (b"comf", b"note\0harbour", Verdict.PASS),
        (b"jumb", box(b"jumd", b"c2pa\0\x11\0\x10", bytes(8)), Verdict.UNDECIDED),
        (b"xml ", bytes(64 << 20), Verdict.UNDECIDED),
    ],
)
def test_compressed_metadata_of_a_picture_is_judged(
    studio: Studio, kind: bytes, content: bytes, verdict: Verdict
) -> None:
    packed = box(b"brob", kind, brotli.compress(content, quality=3))
    file = studio.put(boxed(packed, box(b"jxlc", codestream())), "packed.jxl")
    assert studio.verdict(file) is verdict


_ANY_TEXT = """
[[signals]]
id = "any-{key}"
level = "declares"
title = "Says anything"
key = "{key}"
"""


@pytest.mark.parametrize("path", ["mp3/bare.mp3", "flac/bare.flac", "mp4/faststart.mp4"])
def test_our_own_text_never_proves_itself_by_a_rule_of_the_production(
    studio: Studio, sample: Sample, path: str
) -> None:
    studio.configure(_ANY_TEXT.format(key="comment") + _ANY_TEXT.format(key="provenance"))
    file = studio.put(sample(path))
    studio.tag(file)
    with studio.examined(file) as examined:
        assert {"native", "c2pa"} <= set(examined.carriers)
        assert examined.signals == ()


def test_what_others_wrote_beside_our_tag_still_counts(studio: Studio, sample: Sample) -> None:
    studio.configure(_ANY_TEXT.format(key="comment"))
    file = studio.put(sample("mp4/itunes_tags.mp4"))
    studio.tag(file)
    with studio.examined(file) as examined:
        assert [(signal.rule, signal.value) for signal in examined.signals] == [
            ("any-comment", "take_2")
        ]


def test_a_file_is_closed_when_its_reading_is_interrupted(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)

    def interrupt() -> None:
        raise KeyboardInterrupt

    studio.runner = MeddlingRunner(runner=studio.runner, task="read_store", before=interrupt)
    studio.reopen()
    with pytest.raises(KeyboardInterrupt):
        studio.verdict(file)
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert file not in {link.readlink() for link in links}


def test_manifests_inside_and_beside_are_both_read(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)
    other = studio.put(sample("rf64/pcm16.rf64"))
    studio.tag(other)
    other.with_name(f"{other.name}.c2pa").rename(file.with_name(f"{file.name}.c2pa"))
    with studio.examined(file) as examined:
        credentials = examined.reading.credentials
        assert credentials is not None
        assert len(credentials.manifests) == 2
        assert not examined.has_foreign_store_beside
    assert studio.verdict(file) is Verdict.BLOCK


def test_a_manifest_in_a_drawing_is_read(corpus: Path, studio: Studio) -> None:
    file = studio.put(corpus / "c2pa/cards.svg")
    with studio.examined(file) as examined:
        credentials = examined.reading.credentials
        assert credentials is not None
        assert len(credentials.manifests) == 1
        assert credentials.manifests[0].claim_generator
        assert examined.is_whole
    broken = studio.put(corpus / "c2pa/broken_c2pa.svg")
    assert studio.verdict(broken) is Verdict.UNDECIDED


def test_a_store_of_another_beside_a_file_keeps_its_bytes(
    corpus: Path, studio: Studio, sample: Sample
) -> None:
    """A detached manifest binds the bytes as they are; writing into them would break it."""
    file = studio.put(sample("png/rgb.png"))
    store = studio.put(corpus / "c2pa/sidecar_manifest.c2pa", f"{file.name}.c2pa")
    before = store.read_bytes()
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "another's C2PA store lies beside it" in outcome.detail
    assert file.read_bytes() == sample("png/rgb.png").read_bytes()
    assert store.read_bytes() == before


def test_a_store_beside_a_file_that_nobody_can_read_makes_it_undecided(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.put(b"\0\0\0\x18jumbgarbage", f"{file.name}.c2pa")
    assert studio.verdict(file) is Verdict.UNDECIDED
    with pytest.raises(ProvenanceError, match="not written"):
        studio.tag(file)
