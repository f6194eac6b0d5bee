"""Masters above `tagging.embed_limit` are tagged where they lie, and come back exactly."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.carriers import _c2pa_native
from provenance.carriers.c2pa import PRELOAD
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.interface import TaskRunner
from provenance.media.interface import MediaFormat
from provenance.model.credential import EMBEDDED
from provenance.model.digest import sha256_digest
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from tests.benchmarks.marks import Mark
from tests.benchmarks.masters import movie
from tests.benchmarks.signing import sign
from tests.media_samples import each_written_sample, essence_of
from tests.usecases.studio import Studio, make_home

INSIDE = frozenset({"mov", "mp4", "m4a", "m4v", "wav"})
"""Formats whose masters hold their manifest themselves."""
IN_PLACE = INSIDE | {"rf64", "tiff", "avi"}
"""Formats whose masters are always tagged where they lie."""
BESIDE = frozenset({"jpeg", "png", "gif", "mp3", "flac"})
"""Formats whose picture or sound would have to move."""
MANY_BYTES = 1 << 25


@pytest.fixture
def masters(studio: Studio) -> Studio:
    """Return a production to which every file is a master."""
    studio.configure("[tagging]\nembed_limit = 100\n")
    return studio


@each_written_sample
def test_a_master_is_tagged_in_place_or_beside_and_comes_back(
    fmt: MediaFormat, path: str, masters: Studio, fixtures_dir: Path
) -> None:
    before = (fixtures_dir / path).read_bytes()
    file = masters.put(before, path)
    status = file.stat()
    outcome = masters.tag(file)
    after = file.read_bytes()
    if fmt.name in IN_PLACE:
        assert outcome.action is Action.TAGGED
    if fmt.name in BESIDE:
        assert outcome.action is Action.DETACHED
    if outcome.action is Action.DETACHED:
        assert "larger than tagging.embed_limit" in outcome.detail
        assert after == before
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (status.st_ino, status.st_mtime_ns)
    assert essence_of(fmt, after) == essence_of(fmt, before)
    with masters.production.examiner.examine(file, validate=True) as examined:
        credentials = examined.reading.credentials
        assert examined.is_whole
    assert credentials is not None
    assert credentials.is_ours, credentials.failures
    is_inside = fmt.name in INSIDE and "fragmented" not in path
    assert credentials.place == (EMBEDDED if is_inside else f"{file.name}.c2pa")
    assert masters.verdict(file) is Verdict.BLOCK
    assert masters.tag(file).action is Action.ALREADY
    assert file.read_bytes() == after
    untagged = masters.production.untagger.untag(file)
    assert untagged.action is (
        Action.UNTAGGED if outcome.action is Action.DETACHED else Action.RESTORED
    )
    assert file.read_bytes() == before
    assert file.stat().st_ino == status.st_ino
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("name", ["mov/moov_last.mov", "wav/pcm16.wav", "tiff/strips.tif"])
def test_the_registry_knows_the_very_bytes(name: str, masters: Studio, sample) -> None:
    file = masters.put(sample(name))
    masters.tag(file)
    sighting = masters.production.registry.find_sighting(str(file))
    assert sighting is not None
    assert sighting.file_digest == sha256_digest(file.read_bytes())


def test_the_limit_itself_is_written_anew(studio: Studio, sample) -> None:
    size = sample("mov/moov_last.mov").stat().st_size
    studio.configure(f"[tagging]\nembed_limit = {size}\n")
    file = studio.put(sample("mov/moov_last.mov"))
    inode = file.stat().st_ino
    assert studio.tag(file).carriers == ("native", "xmp", "c2pa")
    assert file.stat().st_ino != inode
    studio.configure(f"[tagging]\nembed_limit = {size - 1}\n")
    file = studio.put(sample("mov/moov_last.mov"), "another.mov")
    inode = file.stat().st_ino
    assert studio.tag(file).carriers == ("xmp", "c2pa")
    assert file.stat().st_ino == inode


def test_a_master_that_was_written_anew_comes_back_all_the_same(studio: Studio, sample) -> None:
    file = studio.put(sample("mov/faststart.mov"))
    before = file.read_bytes()
    studio.tag(file)
    studio.configure("[tagging]\nembed_limit = 100\n")
    assert studio.production.untagger.untag(file).action is Action.RESTORED
    assert file.read_bytes() == before


def test_without_its_undo_record_a_master_loses_our_carriers_alone(masters: Studio, sample) -> None:
    file = masters.put(sample("wav/pcm16.wav"))
    before = file.read_bytes()
    masters.tag(file)
    registry = masters.production.registry
    sighting = registry.find_sighting(str(file))
    assert sighting is not None
    registry.record_sighting(replace(sighting, undo=None))
    assert masters.production.untagger.untag(file).action is Action.UNTAGGED
    assert file.read_bytes() == before


# What others wrote


@pytest.mark.parametrize("name", ["mov/moov_last.mov", "mp4/faststart.mp4", "wav/bwf.wav"])
def test_anothers_manifest_is_kept_as_parent(
    name: str, masters: Studio, sample, tmp_path: Path
) -> None:
    keys = make_home(tmp_path / "other") / ".provenance/keys"
    file = masters.put(sample(name))
    sign(keys, file, Mark.SIGNED_CAMERA)
    before = file.read_bytes()
    outcome = masters.tag(file)
    assert outcome.carriers == ("xmp", "c2pa"), outcome.detail
    with masters.production.examiner.examine(file, validate=True) as examined:
        credentials = examined.reading.credentials
    assert credentials is not None
    assert credentials.is_ours, credentials.failures
    parents = [one for one in credentials.manifests if one.relationship == "parentOf"]
    assert [parent.claim_generator for parent in parents] == ["another 1"]
    assert masters.production.untagger.untag(file).action is Action.RESTORED
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["tiff/strips.tif"])
def test_where_anothers_manifest_cannot_be_kept_it_is_tagged_beside(
    name: str, masters: Studio, sample, tmp_path: Path
) -> None:
    keys = make_home(tmp_path / "other") / ".provenance/keys"
    file = masters.put(sample(name))
    sign(keys, file, Mark.SIGNED_CAMERA)
    before = file.read_bytes()
    outcome = masters.tag(file)
    assert outcome.action is Action.DETACHED
    assert "credentials could not be kept in place" in outcome.detail
    assert file.read_bytes() == before


# How it is done


@pytest.fixture
def in_process() -> Iterator[TaskRunner]:
    with UnsafeInProcessRunner(preload=PRELOAD) as runner:
        yield runner


def test_a_library_that_was_not_tried_signs_as_it_always_did(
    masters: Studio, in_process: TaskRunner, sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_c2pa_native, "_TRIED", frozenset({"0.1.0"}))
    masters.runner = in_process
    masters.reopen()
    file = masters.put(sample("mov/moov_last.mov"))
    outcome = masters.tag(file)
    assert outcome.carriers == ("xmp",)
    assert "was not tried for signing in place" in outcome.detail
    with masters.production.examiner.examine(file, validate=True) as examined:
        credentials = examined.reading.credentials
    assert credentials is not None
    assert (credentials.is_ours, credentials.place) == (True, f"{file.name}.c2pa")


def test_a_movie_is_read_once_and_written_by_kilobytes(masters: Studio) -> None:
    file = masters.home / "long.mov"
    movie(file, MANY_BYTES)
    before = moved()
    assert masters.tag(file).carriers == ("xmp", "c2pa")
    read, written = (after - first for first, after in zip(before, moved(), strict=True))
    assert MANY_BYTES <= read <= 1.05 * MANY_BYTES
    assert written < MANY_BYTES / 16  # most of it the registry's own
    assert MANY_BYTES < file.stat().st_size < MANY_BYTES + (1 << 14)


def moved() -> tuple[int, int]:
    """Return the bytes this process has read and written."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    counts = {name: int(value) for name, value in (line.split(": ") for line in lines)}
    return counts["rchar"], counts["wchar"]


def test_a_master_is_never_copied(masters: Studio, sample) -> None:
    file = masters.put(sample("mov/moov_last.mov"))
    file.chmod(0o640)
    masters.tag(file)
    assert file.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_of_several_manifest_stores_none_is_lost(masters: Studio, sample, tmp_path: Path) -> None:
    keys = make_home(tmp_path / "other") / ".provenance/keys"
    file = masters.put(sample("mov/moov_last.mov"))
    size = file.stat().st_size
    sign(keys, file, Mark.SIGNED_CAMERA)
    with masters.production.examiner.examine(file) as examined:
        (store,) = examined.reading.contents.c2pa
        raw = file.read_bytes()[store.offset - 45 : store.end]
    file.write_bytes(file.read_bytes() + raw)
    assert file.stat().st_size > size
    before = file.read_bytes()
    outcome = masters.tag(file)
    assert outcome.action is Action.DETACHED
    assert "several manifest stores" in outcome.detail
    assert file.read_bytes() == before
