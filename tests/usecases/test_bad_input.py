"""Everything that can be wrong with a file, through every use case."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from provenance.errors import MediaError, ProvenanceError, UsageError
from provenance.inspecting import Status
from provenance.model.facts import ProblemKind
from provenance.model.finding import Origin, Verdict
from provenance.model.outcome import Action
from tests.usecases.meddling import MeddlingRunner
from tests.usecases.studio import BY_PERSON, Studio, listing

Sample = Callable[[str], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """One kind of bad input, and what it is to be called."""

    name: str
    make: Callable[[Path, Path], object]
    problem: ProblemKind
    says: str
    tagged: Action | None = None
    """What tagging does; None if it raises."""


def _bytes(data: bytes) -> Callable[[Path, Path], object]:
    return lambda path, _: path.write_bytes(data)


def _half(path: Path, png: Path) -> None:
    data = png.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _broken_link(path: Path, _: Path) -> None:
    path.symlink_to("nowhere.png")


def _link(path: Path, png: Path) -> None:
    target = path.with_name("target.bin")
    shutil.copyfile(png, target)
    path.symlink_to(target)


BAD = (
    Bad(
        name="notes.txt",
        make=_bytes(b"Call the harbour master."),
        problem=ProblemKind.UNSUPPORTED,
        says="not a format this version reads",
        tagged=Action.DETACHED,
    ),
    Bad(
        name="garbage.png",
        make=_bytes(b"\x05garbage with the name of a picture" * 50),
        problem=ProblemKind.UNSUPPORTED,
        says="the name says .png but the bytes do not",
        tagged=Action.DETACHED,
    ),
    Bad(name="half.png", make=_half, problem=ProblemKind.DAMAGED, says="the file ends"),
    Bad(name="empty.mov", make=_bytes(b""), problem=ProblemKind.EMPTY_FILE, says="no bytes"),
    Bad(
        name="pipe.wav",
        make=lambda path, _: os.mkfifo(path),
        problem=ProblemKind.UNREADABLE,
        says="a named pipe, not a regular file",
    ),
    Bad(
        name="broken_link.png",
        make=_broken_link,
        problem=ProblemKind.UNREADABLE,
        says="a symbolic link",
    ),
    Bad(name="link.png", make=_link, problem=ProblemKind.UNREADABLE, says="a symbolic link"),
    Bad(
        name="missing.png",
        make=lambda _path, _png: None,
        problem=ProblemKind.UNREADABLE,
        says="cannot be opened: No such file",
    ),
)
each_bad = pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)


@pytest.fixture
def made(studio: Studio, sample: Sample) -> Callable[[Bad], Path]:
    """Return a function that makes a bad file among good ones."""

    def make(bad: Bad) -> Path:
        path = studio.put(sample("wav/pcm16.wav"), "good.wav").with_name(bad.name)
        bad.make(path, sample("png/rgb.png"))
        return path

    return make


@each_bad
def test_a_scan_names_it_and_does_not_pass(bad: Bad, studio: Studio, made: Callable) -> None:
    path = made(bad)
    before = listing(path.parent)
    (result,) = studio.scan(path).results
    (finding,) = result.findings
    assert result.verdict is Verdict.UNDECIDED
    is_unread = bad.problem is ProblemKind.UNSUPPORTED
    rule = "format-not-read" if is_unread else "could-not-decide"
    assert (finding.rule, finding.origin) == (rule, Origin.INTERNAL)
    assert finding.path == str(path)
    assert f"({bad.problem.value})" in finding.message
    assert bad.says in finding.message
    assert listing(path.parent) == before


@each_bad
def test_an_inspection_says_what_is_wrong(bad: Bad, studio: Studio, made: Callable) -> None:
    inspection = studio.inspect(made(bad))
    assert inspection.status is Status.UNREADABLE
    assert [problem.kind for problem in inspection.facts.problems] == [bad.problem]
    assert bad.says in inspection.facts.problems[0].detail


@each_bad
def test_tagging_leaves_it_as_it_was(bad: Bad, studio: Studio, made: Callable) -> None:
    path = made(bad)
    before = listing(path.parent)
    if bad.tagged is None:
        with pytest.raises(MediaError, match=bad.says) as caught:
            studio.tag(path)
        assert path.name in str(caught.value)
        assert listing(path.parent) == before
        assert studio.production.registry.count_assets() == 0
    else:
        assert studio.tag(path).action is bad.tagged
        after = listing(path.parent)
        assert after.keys() - before.keys() == {f"{path.name}.xmp", f"{path.name}.c2pa"}
        assert after[path.name] == before[path.name]
        assert studio.verdict(path) is Verdict.BLOCK


@each_bad
def test_it_is_approved_only_where_its_bytes_can_be_named(
    bad: Bad, studio: Studio, made: Callable
) -> None:
    path = made(bad)
    if bad.tagged is None and bad.name != "empty.mov":
        with pytest.raises(ProvenanceError, match=bad.says):
            studio.approve(path)
    else:
        studio.approve(path)
        # Only a format that is not read may be answered for by a person.
        is_unread = bad.problem is ProblemKind.UNSUPPORTED
        assert studio.verdict(path) is (Verdict.PASS if is_unread else Verdict.UNDECIDED)


@each_bad
def test_nothing_is_delivered_beside_it(bad: Bad, studio: Studio, made: Callable) -> None:
    path = made(bad)
    target = studio.home / "out"
    target.mkdir()
    options = studio.production.scan_options()
    sources = (path.with_name("good.wav"), path)
    delivery = studio.production.deliverer.deliver(sources, target, options)
    assert delivery.delivered == ()
    assert listing(target) == {}


def test_a_folder_is_no_file_to_tag(studio: Studio) -> None:
    folder = studio.home / "work"
    folder.mkdir()
    with pytest.raises(MediaError, match="work: a folder, not a regular file"):
        studio.tag(folder)


def test_bytes_outrank_the_suffix(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"), "really_a_png.jpg")
    assert studio.tag(file).action is Action.TAGGED
    assert studio.verdict(file) is Verdict.BLOCK
    assert studio.inspect(file).media_type == "image/png"


def test_a_name_that_is_not_utf_8_is_tagged_reported_and_approved(
    studio: Studio, sample: Sample
) -> None:
    name = os.fsdecode(b"sc\xe9ne \xff.png")
    file = studio.put(sample("png/rgb.png"), name)
    assert studio.tag(file).action is Action.TAGGED
    (result,) = studio.scan(file).results
    assert result.verdict is Verdict.BLOCK
    assert result.facts.path.endswith(r"sc\xe9ne \xff.png")
    (sighting,) = studio.production.registry.sightings_of(result.facts.asset_id)
    assert sighting.path == str(file)
    studio.approve(file)
    assert studio.verdict(file) is Verdict.PASS
    target = studio.home / "out"
    target.mkdir()
    options = studio.production.scan_options()
    delivery = studio.production.deliverer.deliver((file,), target, options)
    assert delivery.delivered == (target / name,)
    studio.production.untagger.untag(file)
    assert file.read_bytes() == sample("png/rgb.png").read_bytes()


def test_a_hard_link_is_tagged_beside(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    other = file.with_name("other.png")
    os.link(file, other)
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "2 hard links" in outcome.detail
    assert file.read_bytes() == sample("png/rgb.png").read_bytes()
    assert file.stat().st_ino == other.stat().st_ino
    assert studio.rules(other) == {"known-by-content"}
    assert studio.rules(file) == {"temporary-unapproved"}


def test_a_write_protected_file_is_tagged_beside(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("mp4/moov_last.mp4"))
    file.chmod(0o444)
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "write-protected" in outcome.detail
    assert file.read_bytes() == sample("mp4/moov_last.mp4").read_bytes()
    assert studio.verdict(file) is Verdict.BLOCK
    untagged = studio.production.untagger.untag(file)
    assert untagged.action is Action.UNTAGGED
    assert listing(file.parent).keys() == {file.name}


def test_a_picture_above_the_limit_is_tagged_beside(studio: Studio, sample: Sample) -> None:
    studio.configure("[tagging]\nembed_limit = 100\n")
    file = studio.put(sample("png/rgb.png"))
    outcome = studio.tag(file)
    assert outcome.action is Action.DETACHED
    assert "larger than tagging.embed_limit" in outcome.detail
    assert file.read_bytes() == sample("png/rgb.png").read_bytes()
    with studio.examined(file) as examined:
        credentials = examined.reading.credentials
    assert credentials is not None
    assert (credentials.is_ours, credentials.place) == (True, f"{file.name}.c2pa")
    again = studio.tag(file)
    assert again.action is Action.ALREADY


def test_a_sidecar_whose_media_is_gone_is_not_passed_over(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    file.chmod(0o444)
    studio.tag(file)
    folder = file.parent
    assert [Path(each.facts.path).name for each in studio.scan(folder).results] == ["rgb.png"]
    file.unlink()
    left = studio.scan(folder).results
    assert [Path(each.facts.path).name for each in left] == ["rgb.png.c2pa", "rgb.png.xmp"]
    assert Verdict.PASS not in {each.verdict for each in left}


def test_media_under_a_sidecar_s_name_is_media(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"), "a.png")
    studio.tag(file)
    hidden = file.rename(file.with_name("b.png.xmp"))
    studio.put(sample("png/deep.png"), "b.png")
    report = studio.scan(hidden.parent)
    verdicts = {Path(each.facts.path).name: each.verdict for each in report.results}
    # What lies under the name of its sidecar is no sidecar, so b.png cannot be judged.
    assert verdicts == {"b.png": Verdict.UNDECIDED, "b.png.xmp": Verdict.BLOCK}


def test_an_empty_folder_is_undecided(studio: Studio) -> None:
    folder = studio.home / "work" / "below"
    folder.mkdir(parents=True)
    report = studio.scan(folder.parent)
    assert report.verdict is Verdict.UNDECIDED
    assert "there is no file to judge" in next(report.findings).message
    assert next(iter(report.results)).facts.path == str(folder.parent)


def test_a_folder_that_vanishes_during_the_walk_is_reported(studio: Studio, sample: Sample) -> None:
    first = studio.put(sample("png/rgb.png"), "a.png")
    folder = studio.put(sample("png/deep.png").read_bytes(), "reel/b.png").parent
    options = studio.production.scan_options()
    report = studio.production.scanner.scan(
        (first.parent,), options, on_files=lambda _: shutil.rmtree(folder, ignore_errors=True)
    )
    assert [each.verdict for each in report.results] == [Verdict.PASS, Verdict.UNDECIDED]
    assert tuple(report.results)[1].facts.path == str(folder)
    assert "cannot be listed" in next(report.findings).message


@pytest.mark.parametrize("name", ["b.xmp", "b.png.xmp", "._b.png"])
def test_a_file_that_vanishes_during_the_walk_is_reported(
    name: str, studio: Studio, sample: Sample
) -> None:
    first = studio.put(sample("png/deep.png"), "-a.png")
    studio.tag(first)
    file = studio.put(sample("png/rgb.png"), name)
    studio.runner = MeddlingRunner(
        runner=studio.runner, task="read_store", before=lambda: file.unlink(missing_ok=True)
    )
    studio.reopen()
    report = studio.scan(first.parent)
    verdicts = [each.verdict for each in report.results]
    assert verdicts == [Verdict.BLOCK, Verdict.UNDECIDED]
    assert tuple(report.results)[1].facts.path == str(file)


def test_a_file_that_is_written_while_it_is_read_is_undecided(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)
    studio.approve(file)
    longer = file.read_bytes() + b"more"
    studio.runner = MeddlingRunner(
        runner=studio.runner, task="read_store", before=lambda: file.write_bytes(longer)
    )
    studio.reopen()
    (result,) = studio.scan(file).results
    assert result.verdict is Verdict.UNDECIDED
    assert "changed-while-read" in " ".join(each.message for each in result.findings)


@pytest.mark.parametrize("task", ["sign", "read_store"])
def test_a_file_that_is_written_while_it_is_tagged_stays_as_its_writer_left_it(
    task: str, studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    theirs = sample("png/palette.png").read_bytes()
    studio.runner = MeddlingRunner(
        runner=studio.runner, task=task, before=lambda: file.write_bytes(theirs)
    )
    studio.reopen()
    with pytest.raises(ProvenanceError, match="somebody wrote it"):
        studio.tag(file)
    assert listing(file.parent) == {file.name: theirs}
    assert studio.production.registry.open_writes() == ()


def test_a_file_that_vanishes_while_it_is_tagged_is_named(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.runner = MeddlingRunner(
        runner=studio.runner, task="sign", before=lambda: file.unlink(missing_ok=True)
    )
    studio.reopen()
    with pytest.raises(ProvenanceError, match=r"rgb\.png: it vanished"):
        studio.tag(file)
    assert listing(file.parent) == {}


def test_a_dry_run_writes_nothing_anywhere(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    before = studio.production.registry.sequence
    outcome = studio.production.tagger.tag(file, BY_PERSON, dry_run=True)
    assert outcome.action is Action.WOULD_TAG
    assert listing(file.parent) == {file.name: sample("png/rgb.png").read_bytes()}
    assert studio.production.registry.sequence == before


def test_what_carries_no_tag_cannot_be_untagged(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    with pytest.raises(ProvenanceError, match=r"rgb\.png: carries no tag of ours"):
        studio.production.untagger.untag(file)


def test_an_approval_needs_a_file(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises((UsageError, MediaError), match="a folder"):
        studio.approve(tmp_path)
