"""Untagging: back to the old bytes, or without our carriers, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.config import DATA_FOLDER
from provenance.errors import CarrierError, NotWritableError, TaggingError
from provenance.model.outcome import Action
from provenance.stores import EVIDENCE_FOLDER
from provenance.untagging import Untagger
from tests.media_samples import with_packet
from tests.usecases.studio import Studio, listing
from tests.usecases.tampering import SAMPLES as TAMPERED
from tests.usecases.tampering import strip_fields

Sample = Callable[[str], Path]
OTHERS_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>'


def forget_undo(studio: Studio) -> None:
    """Lose what leads back to the exact bytes before tagging."""
    for blob in (studio.home / DATA_FOLDER / EVIDENCE_FOLDER).rglob("*"):
        if blob.is_file():
            blob.unlink()


def test_a_moved_file_gets_its_old_bytes_back(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("mp4/itunes_tags.mp4"))
    studio.tag(file)
    moved = file.rename(file.with_name("moved.mp4"))
    assert studio.production.untagger.untag(moved).action is Action.RESTORED
    assert moved.read_bytes() == sample("mp4/itunes_tags.mp4").read_bytes()


@pytest.mark.parametrize("name", [*TAMPERED.values(), "flac/comments.flac", "tiff/strips.tif"])
def test_without_an_undo_record_our_carriers_alone_are_taken_out(
    name: str, studio: Studio, sample: Sample, decoded: Callable[[Path], str]
) -> None:
    file = studio.put(sample(name))
    with studio.examined(file) as examined:
        before = {field.value for field in examined.reading.contents.fields}
    studio.tag(file)
    forget_undo(studio)
    outcome = studio.production.untagger.untag(file)
    assert outcome.action is Action.UNTAGGED
    assert "the exact bytes before tagging are not known" in outcome.detail
    assert decoded(file) == decoded(sample(name))
    with studio.examined(file) as examined:
        assert (examined.tag, examined.reading.credentials) == (None, None)
        assert {field.value for field in examined.reading.contents.fields} == before


def test_a_file_changed_since_keeps_the_change_and_loses_our_carriers(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/foreign_xmp.png"))
    studio.tag(file)
    strip_fields(file)
    assert studio.production.untagger.untag(file).action is Action.UNTAGGED
    with studio.examined(file) as examined:
        assert (examined.tag, examined.reading.contents.xmp) == (None, ())
        assert examined.is_whole


def test_a_tag_under_another_s_credential_cannot_be_taken_out_alone(
    corpus: Path, studio: Studio
) -> None:
    file = studio.put(corpus / "c2pa/firefly_2024.jpg")
    studio.tag(file)
    forget_undo(studio)
    before = file.read_bytes()
    with pytest.raises(CarrierError, match="another's credentials, which must be kept"):
        studio.production.untagger.untag(file)
    assert listing(file.parent) == {file.name: before}


def test_a_tag_that_stays_after_all_is_reported(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)
    forget_undo(studio)
    before = file.read_bytes()
    production = studio.production
    untagger = Untagger(
        examiner=production.examiner,
        carriers=[carrier for carrier in production.carriers if carrier.name == "xmp"],
        registry=production.registry,
        leases=production.leases,
        blobs=production.blobs,
        clock=studio.clock,
        embed_limit=1 << 30,
    )
    with pytest.raises(TaggingError, match="could not be taken out cleanly"):
        untagger.untag(file)
    assert listing(file.parent) == {file.name: before}


def test_a_file_and_its_sidecar_are_both_cleaned(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    file.chmod(0o444)
    studio.tag(file)
    with studio.examined(file) as examined:
        assert examined.carriers == ("c2pa", "sidecar")
    file.chmod(0o644)
    outcome = studio.production.untagger.untag(file)
    assert outcome.action is Action.UNTAGGED
    assert "removed" in outcome.detail
    assert listing(file.parent) == {file.name: sample("png/rgb.png").read_bytes()}


def test_an_unknown_format_whose_tag_lies_beside_is_untagged(studio: Studio) -> None:
    file = studio.put(b"a format nobody here reads", "take.bin")
    assert studio.tag(file).action is Action.DETACHED
    assert studio.production.untagger.untag(file).action is Action.UNTAGGED
    assert listing(file.parent) == {"take.bin": b"a format nobody here reads"}


def test_the_packet_of_the_file_itself_is_changed_and_no_other(
    studio: Studio, sample: Sample
) -> None:
    """A packet in another's words stays, byte for byte, around our description."""
    plain = sample("png/rgb.png")
    data = plain.read_bytes()
    with studio.examined(plain) as examined:
        assert examined.fmt is not None
        file = studio.put(with_packet(examined.fmt, data, OTHERS_XMP), "packet.png")
    before = file.read_bytes()
    studio.tag(file)
    assert file.read_bytes() != before
    studio.production.untagger.untag(file)
    assert file.read_bytes() == before


def test_what_may_not_be_written_keeps_the_manifest_beside_it(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("rf64/pcm16.rf64"))
    assert studio.tag(file).action is Action.TAGGED
    before = listing(file.parent)
    assert len(before) == 2
    os.link(file, studio.home / "other name")
    with pytest.raises(NotWritableError):
        studio.production.untagger.untag(file)
    assert listing(file.parent) == before
