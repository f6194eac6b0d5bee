"""Tagging and untagging files of the formats that are read and never written."""

from collections.abc import Callable
from pathlib import Path

from fixtures.waveform import chunk
from provenance.media.interface import MediaFormat
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from tests.media_samples import each_read_only_sample
from tests.usecases.studio import Studio


@each_read_only_sample
def test_a_file_that_is_never_written_is_tagged_in_sidecars_and_back(
    fmt: MediaFormat, path: str, studio: Studio, fixtures_dir: Path
) -> None:
    original = (fixtures_dir / path).read_bytes()
    file = studio.put(original, Path(path).name)
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "files of its format are not written" in outcome.detail
    assert file.read_bytes() == original
    assert {sidecar.name for sidecar in file.parent.iterdir()} == {
        file.name,
        f"{file.name}.xmp",
        f"{file.name}.c2pa",
    }
    with studio.examined(file) as examined:
        assert examined.fmt is fmt
        assert examined.is_whole
        assert examined.tag is not None
        assert examined.tag.essence_digest == examined.identity.essence_digest
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.is_ours
    assert studio.verdict(file) is Verdict.BLOCK
    assert studio.tag(file).action is Action.ALREADY
    assert studio.production.untagger.untag(file).action is Action.UNTAGGED
    assert list(file.parent.iterdir()) == [file]
    assert file.read_bytes() == original


def test_an_avi_of_several_forms_is_tagged_beside_since_its_media_would_move(
    studio: Studio, sample: Callable[[str], Path]
) -> None:
    """The C2PA library would leave out all forms but the first."""
    further = chunk(b"RIFF", b"AVIX" + chunk(b"LIST", b"movi" + chunk(b"00dc", b"more")))
    original = sample("avi/mpeg4.avi").read_bytes() + further
    file = studio.put(original, "large.avi")
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "several forms" in outcome.detail
    assert "decoded" in outcome.detail
    assert file.read_bytes() == original
