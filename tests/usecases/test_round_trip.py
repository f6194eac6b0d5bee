"""Tagging and untagging every sound sample of every format that is written."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fixtures.build import MEDIA
from fixtures.raster import picture
from provenance.carriers.foreign import foreign_reading
from provenance.isolation.interface import TaskRunner
from provenance.media.formats import FORMATS
from provenance.media.interface import MediaFormat
from provenance.model.credential import EMBEDDED
from provenance.model.outcome import Action, TagOutcome
from tests.media_samples import each_written_sample
from tests.usecases.independent import seen_by_others
from tests.usecases.studio import Studio

NOTICE = "TEMPORARY - AI-generated, not for final deliverables without written approval"
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    original: Path
    file: Path
    outcome: TagOutcome

    @property
    def folder(self) -> dict[str, bytes]:
        """What lies there: the file and its sidecars."""
        return {path.name: path.read_bytes() for path in self.file.parent.iterdir()}


@pytest.fixture(scope="module")
def house(
    template: Path, fast_storage: Path, runner: TaskRunner, technical: TaskRunner
) -> Iterator[Studio]:
    home = Path(shutil.copytree(template, fast_storage / "house"))
    opened = Studio(home, runner, technical)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def tag_once(house: Studio, fixtures_dir: Path) -> Callable[[str], Tagged]:
    """Return a function that tags a sample in a folder of its own, once for all tests."""
    done: dict[str, Tagged] = {}

    def tag(path: str) -> Tagged:
        if path not in done:
            original = fixtures_dir / path
            file = house.put(original.read_bytes(), path)
            done[path] = Tagged(original=original, file=file, outcome=house.tag(file))
        return done[path]

    return tag


def is_signed_inside(fmt: MediaFormat, path: str) -> bool:
    # A manifest would give a TIFF of several pages a page that no reader can show.
    return fmt.embeds_c2pa and "lzw_pages" not in path


def test_every_format_has_samples_here() -> None:
    assert {fmt.name for fmt in FORMATS} == set(MEDIA)


@each_written_sample
def test_without_our_tag_a_file_says_what_it_said_before(
    fmt: MediaFormat, path: str, house: Studio, tag_once: Callable[[str], Tagged]
) -> None:
    tagged = tag_once(path)
    with house.examined(tagged.file) as examined:
        after = foreign_reading(examined.reading, (), [examined.tag] if examined.tag else [])
        assert examined.fmt is fmt
    with house.examined(tagged.original) as examined:
        assert sorted(map(repr, after.fields)) == sorted(map(repr, examined.reading.fields))
        assert set(after.properties) == set(examined.reading.properties)


@each_written_sample
def test_a_tagged_file_decodes_to_the_same_picture_and_sound(
    fmt: MediaFormat,
    path: str,
    house: Studio,
    tag_once: Callable[[str], Tagged],
    decoded: Callable[[Path], str],
) -> None:
    tagged = tag_once(path)
    assert tagged.outcome.action is Action.TAGGED, tagged.outcome.detail
    assert tagged.file.read_bytes() != tagged.original.read_bytes()
    assert decoded(tagged.file) == decoded(tagged.original)
    with house.examined(tagged.file) as examined:
        assert examined.fmt is fmt
        assert examined.is_whole
        assert examined.tag is not None
        assert examined.tag.asset_id == tagged.outcome.asset_id
        assert examined.tag.essence_digest == examined.identity.essence_digest


@each_written_sample
def test_its_manifest_is_trusted_under_our_root(
    fmt: MediaFormat, path: str, house: Studio, tag_once: Callable[[str], Tagged]
) -> None:
    file = tag_once(path).file
    with house.examined(file) as examined:
        credentials = examined.reading.credentials
    assert credentials is not None
    assert (credentials.state, credentials.is_ours) == ("Trusted", True), credentials.failures
    place = EMBEDDED if is_signed_inside(fmt, path) else f"{file.name}.c2pa"
    assert credentials.place == place


@each_written_sample
def test_other_programs_read_that_it_is_temporary(
    fmt: MediaFormat, path: str, tag_once: Callable[[str], Tagged]
) -> None:
    tagged = tag_once(path)
    seen = seen_by_others(tagged.file)
    if fmt.name == "flac":
        assert any(tagged.outcome.asset_id in record for record in seen["PROVENANCE"])
        return
    assert seen["DigitalSourceType"] == {TRAINED}
    assert seen["Instructions"] == {NOTICE}
    # Another's label is never overwritten.
    assert seen["Label"] == {"Select" if "foreign_xmp" in path else "TEMPORARY"}


@each_written_sample
def test_tagging_twice_changes_no_byte(
    fmt: MediaFormat, path: str, house: Studio, tag_once: Callable[[str], Tagged]
) -> None:
    tagged = tag_once(path)
    before = tagged.file.read_bytes()
    house.clock.advance(days=1)
    second = house.tag(tagged.file)
    assert (second.action, second.asset_id) == (Action.ALREADY, tagged.outcome.asset_id)
    assert tagged.file.read_bytes() == before
    is_beside = not is_signed_inside(fmt, path)
    assert (f"{tagged.file.name}.c2pa" in tagged.folder) is is_beside


@each_written_sample
def test_untagging_brings_back_the_exact_bytes(
    fmt: MediaFormat, path: str, house: Studio, fixtures_dir: Path
) -> None:
    original = fixtures_dir / path
    file = house.put(original.read_bytes(), f"untagged/{fmt.name}/{original.stem}/{original.name}")
    house.tag(file)
    outcome = house.production.untagger.untag(file)
    assert outcome.action is Action.RESTORED, outcome.detail
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_bytes() == original.read_bytes()


@pytest.mark.parametrize("name", ["wav/pcm24.wav", "rf64/pcm16.rf64", "mp4/moov_last.mp4"])
def test_a_changed_byte_breaks_the_manifest_s_binding(
    name: str, studio: Studio, sample: Callable[[str], Path]
) -> None:
    file = studio.put(sample(name))
    studio.tag(file)
    with studio.examined(file) as examined:
        at = examined.reading.contents.essence[0].offset + 100
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.is_ours
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    with studio.examined(file) as examined:
        assert examined.reading.credentials is not None
        assert not examined.reading.credentials.is_ours
        assert examined.reading.credentials.failures != ()


def test_a_jpeg_s_second_picture_is_still_found(
    studio: Studio, decoded: Callable[[Path], str]
) -> None:
    """The index of a multi-picture JPEG counts bytes from where it stands."""
    data = BytesIO()
    picture().save(data, "MPO", save_all=True, append_images=[picture(1)])
    file = studio.put(data.getvalue(), "stereo.jpg")
    before = decoded(file)
    assert studio.tag(file).action is Action.TAGGED
    with Image.open(file) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("MPO", 2)
    assert decoded(file) == before


@pytest.mark.parametrize("name", ["png/rgb.png", "rf64/pcm16.rf64"])
def test_another_production_does_not_take_the_manifest_for_its_own(
    name: str, studio: Studio, another_studio: Callable, sample: Callable[[str], Path]
) -> None:
    file = studio.put(sample(name))
    studio.tag(file)
    with another_studio("elsewhere").examined(file) as examined:
        assert examined.tag is not None
        assert examined.reading.credentials is not None
        assert not examined.reading.credentials.is_ours
