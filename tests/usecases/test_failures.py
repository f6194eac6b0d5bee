"""What tagging does when a carrier, a worker or the storage fails it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.carriers.interface import Carrier
from provenance.carriers.signing_chain import load_chain
from provenance.carriers.xmp import XmpCarrier
from provenance.config import DATA_FOLDER, KEYS_FOLDER
from provenance.errors import RegistryError, TaggingError
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from provenance.tagging import Tagger
from tests.usecases.meddling import MeddlingRunner, SpoilingCarrier, give_up, no_room
from tests.usecases.studio import BY_PERSON, Studio, listing

Sample = Callable[[str], Path]
OTHERS_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>'


def refuse(studio: Studio, *tasks: str) -> None:
    """Have the worker give up on these tasks."""
    for task in tasks:
        studio.runner = MeddlingRunner(runner=studio.runner, task=task, before=give_up)
    studio.reopen()


def tagger_with(studio: Studio, *carriers: Carrier) -> Tagger:
    production = studio.production
    return Tagger(
        examiner=production.examiner,
        carriers=carriers,
        registry=production.registry,
        leases=production.leases,
        blobs=production.blobs,
        chain=load_chain(studio.home / DATA_FOLDER / KEYS_FOLDER),
        runner=production.runner,
        clock=studio.clock,
        embed_limit=1 << 30,
    )


def test_what_one_carrier_cannot_the_others_can(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    refuse(studio, "sign", "sign_bound")
    outcome = studio.tag(file)
    assert (outcome.action, outcome.carriers) == (Action.TAGGED, ("xmp",))
    assert "left out: c2pa: the worker died" in outcome.detail
    assert listing(file.parent).keys() == {file.name}
    assert studio.verdict(file) is Verdict.BLOCK


def test_a_manifest_that_is_missing_is_made_up_for_at_the_next_tagging(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    willing = studio.runner
    refuse(studio, "sign", "sign_bound")
    studio.tag(file)
    before = file.read_bytes()
    assert studio.tag(file).action is Action.ALREADY
    assert listing(file.parent).keys() == {file.name}
    studio.runner = willing
    studio.reopen()
    assert studio.production.tagger.tag(file, BY_PERSON, dry_run=True).action is Action.ALREADY
    assert listing(file.parent).keys() == {file.name}
    outcome = studio.tag(file)
    assert outcome.action is Action.ALREADY
    assert "now lies beside it" in outcome.detail
    assert file.read_bytes() == before
    with studio.examined(file) as examined:
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.is_ours


def test_where_no_carrier_works_the_tag_lies_beside(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("flac/bare.flac"))
    refuse(studio, "sign", "sign_bound", "write_tag")
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "native: the worker died" in outcome.detail
    assert "left out: c2pa sidecar: the worker died" in outcome.detail
    assert file.read_bytes() == sample("flac/bare.flac").read_bytes()
    assert listing(file.parent).keys() == {file.name, f"{file.name}.xmp"}
    assert studio.verdict(file) is Verdict.BLOCK


def test_a_credential_that_could_not_be_kept_is_not_written_over(
    studio: Studio, sample: Sample
) -> None:
    """The tag in it speaks of other sound, so a new one is due; signing fails."""
    file = studio.put(sample("wav/pcm24.wav"))
    studio.tag(file)
    with studio.examined(file) as examined:
        at = examined.reading.contents.essence[0].offset + 100
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    refuse(studio, "sign", "sign_bound")
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "its own credentials could not be kept" in outcome.detail
    assert listing(file.parent).keys() == {file.name, f"{file.name}.xmp"}
    assert file.read_bytes() == data
    assert "copied-tag" in studio.rules(file)


@pytest.mark.parametrize("kind", ["garbage", "a folder"])
def test_where_the_sidecar_is_taken_the_registry_alone_knows(kind: str, studio: Studio) -> None:
    file = studio.put(b"a format nobody here reads", "take.bin")
    sidecar = file.with_name("take.bin.xmp")
    if kind == "garbage":
        sidecar.write_text("<not closed")
    else:
        sidecar.mkdir()
    before = listing(file.parent)
    outcome = studio.tag(file)
    assert outcome.action is Action.REGISTERED
    assert "the registry knows it" in outcome.detail
    assert listing(file.parent) == before
    assert studio.verdict(file) is Verdict.BLOCK
    assert "known-by-content" in studio.rules(file)


def test_a_sidecar_of_others_keeps_what_it_says(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    file.chmod(0o444)
    sidecar = studio.put(OTHERS_XMP, "rgb.png.xmp")
    assert studio.tag(file).action is Action.DETACHED
    assert sidecar.read_bytes() != OTHERS_XMP
    (file.parent / "rgb.png.c2pa").unlink()
    with pytest.raises(TaggingError, match="also holds others' metadata"):
        studio.production.untagger.untag(file)
    assert b"prov:Record" in sidecar.read_bytes()


SPOILS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "is no wav any more": ("wav/pcm16.wav", lambda _: b"something else"),
    "is no mp4 any more": ("mp4/moov_last.mp4", lambda data: b"RIFF" + data),
    "is damaged": ("wav/pcm16.wav", lambda data: data[:-40]),
    "has another picture or sound": (
        "wav/pcm16.wav",
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
    ),
    "would decode differently": (
        "mp4/moov_last.mp4",
        lambda data: data.replace(b"mp4a\0\0\0\0\0\0\0\1", b"mp4a\0\0\0\0\0\0\0\2"),
    ),
    "would lose metadata that others wrote": (
        "mp4/itunes_tags.mp4",
        lambda data: data.replace(b"Harbour", b"Airport"),
    ),
}


@pytest.mark.parametrize("complaint", SPOILS)
def test_a_copy_that_is_not_what_it_was_never_takes_the_file_s_place(
    complaint: str, studio: Studio, sample: Sample
) -> None:
    name, spoil = SPOILS[complaint]
    require_kept_out(studio, sample(name), complaint, XmpCarrier(), SpoilingCarrier(spoil=spoil))


def test_a_copy_that_does_not_give_the_tag_back_never_takes_the_file_s_place(
    studio: Studio, sample: Sample
) -> None:
    idle = SpoilingCarrier(spoil=lambda data: data)
    require_kept_out(studio, sample("wav/pcm16.wav"), "does not give the tag back", idle)


def test_a_copy_that_ends_early_never_takes_the_file_s_place(
    studio: Studio, sample: Sample, tmp_path: Path
) -> None:
    original = tmp_path / "noted.png"
    original.write_bytes(sample("png/rgb.png").read_bytes() + b"notes")
    shorter = SpoilingCarrier(spoil=lambda data: data.removesuffix(b"notes"))
    complaint = "would lose what lies behind its end"
    require_kept_out(studio, original, complaint, XmpCarrier(), shorter)


@pytest.mark.parametrize(
    "name",
    ["png/rgb.png", "jpeg/baseline.jpg", "webp/lossy.webp", "gif/static.gif", "wav/pcm16.wav"],
)
def test_what_lies_behind_the_end_of_a_file_is_kept(
    name: str, studio: Studio, sample: Sample
) -> None:
    original = sample(name).read_bytes() + b"notes"
    file = studio.put(original, sample(name).name)
    assert studio.tag(file).action is Action.TAGGED
    assert file.read_bytes().endswith(b"notes")
    with studio.examined(file) as examined:
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.is_ours
    assert studio.production.untagger.untag(file).action is Action.RESTORED
    assert file.read_bytes() == original


def require_kept_out(studio: Studio, original: Path, complaint: str, *carriers: Carrier) -> None:
    file = studio.put(original)
    outcome = tagger_with(studio, *carriers).tag(file, BY_PERSON)
    assert outcome.action is Action.DETACHED
    assert f"the tagged copy {complaint}" in outcome.detail
    assert file.read_bytes() == original.read_bytes()
    beside = {f"{file.name}.xmp", f"{file.name}.c2pa"}
    assert listing(file.parent).keys() == {file.name, *beside}


def test_a_full_disk_leaves_the_file_as_it_was_and_its_content_known(
    studio: Studio, fixtures_dir: Path
) -> None:
    original = fixtures_dir / "media/png/long/ten_times.png"
    file = studio.put(original)
    assert studio.verdict(file) is Verdict.PASS
    with (
        no_room(original.stat().st_size - 1),
        pytest.raises(TaggingError, match="File too large"),
    ):
        studio.tag(file)
    assert listing(file.parent) == {file.name: original.read_bytes()}
    assert studio.rules(file) == {"known-by-content"}
    assert studio.production.registry.open_writes() == ()


def test_a_closed_registry_keeps_tagging_from_writing(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    tagger = studio.production.tagger
    studio.production.registry.close()
    with pytest.raises(RegistryError, match="was closed"):
        tagger.tag(file, BY_PERSON)
    assert listing(file.parent) == {file.name: sample("png/rgb.png").read_bytes()}
