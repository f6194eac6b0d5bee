"""The gate over folders: what it looks at, in which order, and what it leaves out."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.raster import hiss
from fixtures.waveform import assemble, pcm
from provenance import tools
from provenance.clock import utc_now
from provenance.config import load_config
from provenance.errors import ConfigError, RegistryError
from provenance.ignoring import PROBE_NAME
from provenance.isolation.worker_process import WorkerProcess
from provenance.model.finding import Verdict
from provenance.wiring import Production
from tests.usecases.studio import BY_PERSON, USE, Studio
from watchers.probe import CONTENT

Sample = Callable[[str], Path]
NAMES = ("a.png", "b/c.png", "b/d/e.png", "f.png")


@pytest.fixture
def reel(studio: Studio, sample: Sample) -> Path:
    for name in NAMES:
        studio.put(sample("png/rgb.png").read_bytes(), name)
    return studio.home / "work"


def names(studio: Studio, folder: Path, **options: str | bool | int) -> list[str]:
    return [
        str(Path(result.facts.path).relative_to(folder))
        for result in studio.scan(folder, **options).results
    ]


@pytest.mark.parametrize("jobs", [1, 4])
def test_results_keep_the_order_of_paths_whatever_works_on_them(
    jobs: int, studio: Studio, reel: Path
) -> None:
    studio.tag(reel / "f.png")
    told: list[int] = []
    options = studio.production.scan_options(jobs=jobs)
    report = studio.production.scanner.scan((reel,), options, on_files=told.append)
    seen = [result.facts.path for result in report.results]
    assert [str(Path(path).relative_to(reel)) for path in seen] == ["a.png", "f.png", *NAMES[1:3]]
    assert sum(told) == len(seen) == len(report.results)
    assert report.count(Verdict.BLOCK) == 4, "they are all the same picture"
    assert threading.active_count() == 1


def test_what_the_configuration_ignores_is_listed_unless_it_is_media(
    studio: Studio, reel: Path
) -> None:
    studio.configure('[scan]\nignore = ["*.txt", "c.*", "pipe"]\n')
    studio.put(b"notes", "notes.txt")
    os.mkfifo(reel / "pipe")
    report = studio.scan(reel)
    assert report.ignored == (str(reel / "notes.txt"),)
    verdicts = {Path(each.facts.path).name: each.verdict for each in report.results}
    assert verdicts.pop("pipe") is Verdict.UNDECIDED
    assert verdicts == dict.fromkeys(("a.png", "c.png", "e.png", "f.png"), Verdict.PASS)


def test_litter_is_left_out_only_while_it_is_small(studio: Studio, reel: Path) -> None:
    studio.put(b"\0\0\0\1Bud1" + bytes(100), ".DS_Store")
    studio.put(b"\0\5\x16\7" + bytes(100), "._a.png")
    assert studio.scan(reel).ignored == (str(reel / ".DS_Store"), str(reel / "._a.png"))
    studio.put(b"\xd0\xcf\x11\xe0" + bytes(70_000), "Thumbs.db")
    (reel / "desktop.ini").symlink_to("a.png")
    report = studio.scan(reel)
    undecided = {Path(each.facts.path).name for each in report.results if each.findings}
    assert undecided == {"Thumbs.db", "desktop.ini"}


def test_the_probe_of_a_watch_is_left_out_only_byte_for_byte(studio: Studio, reel: Path) -> None:
    name = PROBE_NAME + "host"
    studio.put(CONTENT, name)
    studio.put(CONTENT, "notes.txt")
    assert studio.scan(reel).ignored == (str(reel / name),)
    for other in (CONTENT + b"more", CONTENT[:-1], b"x" * len(CONTENT)):
        studio.put(other, name)
        assert studio.scan(reel).ignored == ()


def test_what_is_known_is_judged_though_it_looks_like_litter(studio: Studio) -> None:
    litter = b"\0\5\x16\7" + bytes(100)
    made = studio.put(litter, "x.exr")
    studio.tag(made)
    assert studio.verdict(made) is Verdict.BLOCK
    made.rename(made.with_name("._x.exr"))
    for name in ("x.exr.xmp", "x.exr.c2pa"):
        (made.parent / name).unlink(missing_ok=True)
    report = studio.scan(made.parent)
    assert (report.verdict, report.ignored) == (Verdict.BLOCK, ())


def test_litter_that_holds_a_thumbnail_is_left_out(studio: Studio, sample: Sample) -> None:
    litter = b"\0\5\x16\7" + bytes(100) + sample("jpeg/baseline.jpg").read_bytes()
    path = studio.put(litter, "._x.jpg")
    studio.put(sample("png/rgb.png"))
    assert studio.scan(path.parent).ignored == (str(path),)


@pytest.mark.parametrize("name", ["._hidden.png", ".DS_Store", "Thumbs.db", "desktop.ini"])
def test_media_that_calls_itself_litter_is_judged(
    name: str, studio: Studio, sample: Sample
) -> None:
    hidden = studio.put(sample("png/deep.png"), name)
    studio.tag(hidden)
    report = studio.scan(hidden.parent)
    assert (report.verdict, report.ignored) == (Verdict.BLOCK, ())


@pytest.mark.usefixtures("reel")
def test_a_production_s_own_folder_is_no_deliverable(studio: Studio) -> None:
    found = names(studio, studio.home)
    assert not [name for name in found if name.startswith(".provenance")]
    assert "provenance.toml" in found


def test_flags_outrank_the_configuration_and_that_the_policy(studio: Studio) -> None:
    def use(**flags: str) -> str:
        return studio.options(**flags).purpose.use

    assert use() == USE
    studio.configure('[scan]\nuse = "trailer"\npolicy = "netflix-2025-11"\n')
    assert use() == "trailer"
    assert use(use="poster") == "poster"
    assert studio.production.scan_options().pack.name == "netflix-2025-11"
    assert studio.production.scan_options(policy="house").pack.name == "house"
    with pytest.raises(ConfigError, match="no policy pack 'none'"):
        studio.production.scan_options(policy="none")


def test_one_file_is_judged_by_what_the_registry_knows_now(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    copy = studio.put(sample("png/rgb.png"), "copy.png")
    options = studio.production.scan_options()
    assert studio.production.scanner.judge_file(file, options).verdict is Verdict.PASS
    studio.tag(copy)
    assert studio.production.scanner.judge_file(file, options).verdict is Verdict.BLOCK


def test_other_content_of_a_known_length_is_not_taken_for_it(studio: Studio) -> None:
    """The frames of a sequence are all as long as each other."""
    known = studio.put(assemble(*pcm(hiss(500, seed=1))), "a.wav")
    other = studio.put(assemble(*pcm(hiss(500, seed=2))), "b.wav")
    studio.tag(known)
    (result,) = studio.scan(other).results
    assert (result.verdict, result.facts.remembered) == (Verdict.PASS, None)
    assert result.facts.essence_digest is None, "how it begins told that it is other content"


def test_other_content_that_begins_like_a_known_one_is_digested(studio: Studio) -> None:
    samples = pcm(hiss(500, seed=1))
    known = studio.put(assemble(*samples), "reel/a.wav")
    data = bytearray(known.read_bytes())
    data[-1] ^= 1
    studio.put(bytes(data), "reel/b.wav")
    studio.tag(known)
    for _ in range(2):
        same, other = studio.scan(known.parent).results
        assert (same.verdict, other.verdict) == (Verdict.BLOCK, Verdict.PASS)
        assert other.facts.essence_digest not in (None, same.facts.essence_digest)


def test_facts_can_be_asked_for_before_any_scan(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    purpose = studio.production.scan_options().purpose
    assert studio.production.gatherer.facts_of(file, purpose).remembered is None


def test_a_production_opens_what_it_needs_and_closes_it(
    studio: Studio, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With workers of its own and the machine's clock, as the commands use it."""
    monkeypatch.setattr(tools, "WorkerProcess", WorkerProcess)
    file = studio.put(sample("png/rgb.png"))
    studio.close()
    with Production(load_config(studio.home / "provenance.toml")) as production:
        before = utc_now()
        production.tagger.tag(file, BY_PERSON)
        assert production.clock() >= before
        report = production.scanner.scan((file,), production.scan_options())
        assert report.verdict is Verdict.BLOCK
        assert production.technical_runner.protections == ()
        registry = production.registry
    with pytest.raises(RegistryError, match="was closed"):
        registry.count_assets()
