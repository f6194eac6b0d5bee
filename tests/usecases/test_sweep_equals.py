"""The fast way through folders says of every file what reading each of them in full says."""

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.build import MEDIA
from fixtures.png import encode
from fixtures.raster import picture
from provenance.carriers.sidecar import write_xmp_sidecar
from provenance.examining import Examined
from provenance.gathering import Gatherer
from provenance.model.digest import Digest, sha256_digest
from provenance.model.finding import Verdict
from provenance.model.known_essences import KnownEssences
from provenance.model.report import AssetResult, ScanReport
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy
from provenance.registry.records import AssetRecord
from provenance.rooting import MARKER
from provenance.scanning import Scanner
from tests.exhaustive import exhaustive
from tests.usecases.later import hours_later
from tests.usecases.studio import BY_PERSON, MORNING, Studio, open_production

FOREIGN = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'


@pytest.fixture
def tree(studio: Studio, fixtures_dir: Path) -> Path:
    """Return a folder with everything in it that a delivery may hold, and much that it may not."""
    studio.configure(
        '[scan]\nignore = ["*.tmp", "[n]ote?.txt"]\n'
        '[[zones]]\npath = "work/gate"\nrole = "deliverable"\nuse = "trailer"\n'
        'policy = "netflix-2025-11"\n'
    )
    work = studio.home / "work"
    work.mkdir()
    for fmt in MEDIA:
        for kind in ("sound", "broken"):
            for path in (fixtures_dir / "media" / fmt / kind).iterdir():
                _copy(path, work / fmt / f"{kind}_{path.name}")
    for kind in ("ai", "plain"):
        shutil.copytree(fixtures_dir / kind, work / kind)
    png = (fixtures_dir / "media/png/sound/rgb.png").read_bytes()
    wav = (fixtures_dir / "media/wav/sound/pcm16.wav").read_bytes()
    _odd(work / "odd", png)
    _names(work / "names", png)
    _beside(work / "beside", png)
    _gate(work / "gate", png, fixtures_dir)
    (work / "empty").mkdir()
    (work / "voice.wav").write_bytes(wav)
    for number in range(200):
        _write(work / "many" / f"{number:03}.png", png)
    _tagged(studio, work, wav)
    return work


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, to)


def _odd(folder: Path, png: bytes) -> None:
    """Put there what is no file, and what is none of ours."""
    _write(folder / "a.png", png)
    (folder / "link.png").symlink_to("a.png")
    (folder / "lost.png").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.png")
    os.link(folder / "a.png", folder / "again.png")
    _write(folder / "nothing.png", b"")
    _write(folder / "text.txt", b"words")
    _write(folder / "x.tmp", b"left out")
    _write(folder / "picture.tmp", png)
    _write(folder / "note1.txt", b"left out")
    _write(folder / "Note1.txt", b"not left out")


def _names(folder: Path, png: bytes) -> None:
    for name in (b"\xff", b"\xe2\x82", b"\xc3\xa9", b"\xee\x80\x80", b"new\nline"):
        _write(folder / os.fsdecode(name + b".png"), png)
    _write(folder / os.fsdecode(b"fold\xff/\xfe.txt"), b"words")
    for name in (".DS_Store", "._a.png", "Thumbs.db", "desktop.ini", "media.db", ".hidden.png"):
        _write(folder / "litter" / name, png)
    _write(folder / "dropped/.DS_Store", b"\0\0\0\1Bud1" + bytes(30))
    _write(folder / "dropped/._a.png", b"\0\5\x16\7" + bytes(30))
    _write(folder / "dropped/desktop.ini", b"[.ShellClassInfo]")
    _write(folder / "dropped/a.png", png)


def _beside(folder: Path, png: bytes) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png", "F.png"):
        _write(folder / name, png)
    _write(folder / "a.png.xmp", FOREIGN)
    _write(folder / "b.xmp", FOREIGN)
    _write(folder / "c.png.xmp", b"<broken")
    _write(folder / "d.c2pa", b"no store")
    _write(folder / "F.PNG.XMP", FOREIGN)
    _write(folder / "alone.xmp", FOREIGN)
    _write(folder / "media.xmp", png)


def _gate(folder: Path, png: bytes, fixtures_dir: Path) -> None:
    _write(folder / "a.png", png)
    _write(folder / "sub/a.txt", b"words")
    shutil.copyfile(fixtures_dir / "ai/parameters.png", folder / "sub/made.png")
    _write(folder / MARKER, b"no marker of ours")


def _tagged(studio: Studio, work: Path, wav: bytes) -> None:
    for fmt in ("png", "jpeg", "wav", "mp4", "tiff", "mp3", "flac", "webp", "mov"):
        first = next(path for path in sorted((work / fmt).iterdir()) if "sound" in path.name)
        _copy(first, work / "tagged" / first.name)
        studio.tag(work / "tagged" / first.name)
    beside = _write(work / "tagged/beside.wav", wav)
    with studio.examined(beside) as examined:
        declared = studio.production.rememberer.declaration(
            examined, BY_PERSON.declared_by, reasons=("test",)
        )
    write_xmp_sidecar(beside, declared)


def slowly(studio: Studio) -> Scanner:
    """Return a gate that reads every file in full, each time."""
    production = studio.production
    return Scanner(
        production.gatherer,
        production.rememberer,
        production.clock,
        package_of=lambda path: production.packages.find(path, in_doubt=False),
    )


def said(report: ScanReport) -> list[Any]:
    """Return all that a report says, but the digests that nothing hung on."""
    results = [_said(one) for one in report.results]
    kept = (report.policy, report.use, report.ignored, report.verdict, report.title)
    return [*results, kept]


def _said(result: AssetResult) -> AssetResult:
    # What a finding names as its file is looked at by a test of its own.
    findings = tuple(replace(one, path="") for one in result.findings)
    result = replace(result, findings=findings)
    if result.verdict is Verdict.PASS and not result.facts.is_ai:
        facts = replace(result.facts, essence_digest=None, file_digest=None)
        return replace(result, facts=facts)
    return result


def assert_same(fast: ScanReport, slow: ScanReport) -> None:
    for ours, theirs in zip(said(fast), said(slow), strict=True):
        assert ours == theirs


def _decided(result: AssetResult) -> Any:
    return result.path_bytes, result.verdict, [one.rule for one in result.findings]


def scan(studio: Studio, paths: tuple[Path, ...], **options: object) -> ScanReport:
    return studio.production.scanner.scan(paths, studio.options(**options))


@exhaustive
def test_a_fast_scan_says_what_a_slow_one_says(
    tree: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_scan = slowly(studio)
    slow_scan.scan((tree,), studio.options())  # what declares itself is remembered
    slow = slow_scan.scan((tree,), studio.options())
    assert len(slow.results) > 500
    hours_later(monkeypatch, 1)
    for jobs, uses_index in ((1, False), (None, True), (4, True)):
        assert_same(scan(studio, (tree,), jobs=jobs, uses_index=uses_index), slow)
    strict = slow_scan.scan((tree,), studio.options(strict=True))
    assert_same(scan(studio, (tree,), strict=True), strict)


@exhaustive
def test_a_first_fast_scan_passes_nothing_that_a_slow_one_keeps_out(
    tree: Path, another_studio: Callable[[str], Studio]
) -> None:
    one, other = another_studio("one"), another_studio("other")
    slow = slowly(one).scan((tree,), one.options())
    fast = scan(other, (tree,))
    for theirs, ours in zip(slow.results, fast.results, strict=True):
        if _decided(ours) != _decided(theirs):  # a copy lies before what declares it
            assert _decided(theirs) == (ours.path_bytes, Verdict.PASS, [])
            assert _decided(ours) == (ours.path_bytes, Verdict.BLOCK, ["known-by-content"])


@pytest.mark.parametrize("target", [".", "./deep", "deep/", "..", "../sub", "deep/.."])
def test_targets_are_named_in_a_report_as_they_were_given(
    target: str, studio: Studio, fixtures_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    png = (fixtures_dir / "media/png/sound/rgb.png").read_bytes()
    for name in ("a.png", "sub/b.png", "sub/deep/c.txt", "sub/deep/d.png"):
        studio.put(png, name) if name.endswith("png") else studio.put(b"words", name)
    monkeypatch.chdir(studio.home / "work/sub")
    paths = (Path(target), Path("b.png"), Path("b.png"))
    slow = slowly(studio).scan(paths, studio.options())
    hours_later(monkeypatch, 1)
    for _ in range(2):
        assert_same(scan(studio, paths), slow)


@pytest.mark.parametrize("target", ["", "..", "../.."])
def test_our_own_folder_is_left_out_however_the_target_is_named(
    target: str, studio: Studio, fixtures_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.put((fixtures_dir / "media/png/sound/rgb.png").read_bytes(), "sub/a.png")
    monkeypatch.chdir(studio.home / "work/sub" if target else studio.home)
    names = {Path(one.facts.path).name for one in scan(studio, (Path(target),)).results}
    assert names == ({"a.png"} if target == ".." else {"a.png", "provenance.toml"})


def test_an_empty_target_and_one_of_which_all_is_left_out_do_not_pass(studio: Studio) -> None:
    empty = studio.home / "work/empty/deep"
    empty.mkdir(parents=True)
    assert scan(studio, (empty.parent,)).verdict is Verdict.UNDECIDED
    studio.put(b"\0\0\0\1Bud1" + bytes(30), ".DS_Store")
    report = scan(studio, (studio.home / "work",))
    assert (report.verdict, len(report.ignored)) == (Verdict.UNDECIDED, 1)


def test_a_finding_names_its_file_in_each_scan(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = studio.put(b"", "nothing.png")
    hours_later(monkeypatch, 1)
    for _ in range(2):
        (result,) = scan(studio, (file.parent,)).results
        assert [one.path for one in result.findings] == [str(file)]


@pytest.mark.parametrize("name", ["a.png.xmp", "a.xmp"])
def test_a_folder_in_the_place_of_a_sidecar_leaves_the_file_undecided(
    name: str, studio: Studio, fixtures_dir: Path
) -> None:
    file = studio.put(fixtures_dir / "media/png/sound/rgb.png", "a.png")
    (file.parent / name).mkdir()
    slow = slowly(studio).scan((file.parent,), studio.options())
    assert slow.verdict is Verdict.UNDECIDED
    assert scan(studio, (file.parent,)).verdict is Verdict.UNDECIDED


class Meeting(int):
    """A length that has somebody else at work while it is itself being taken in."""

    other: threading.Thread | None = None

    def __hash__(self) -> int:
        other, Meeting.other = Meeting.other, None
        if other is not None:
            other.start()
            other.join(0.5)  # who has to wait for us cannot end before
        return super().__hash__()


def recorded(essence: Digest, length: int, lead: bytes) -> AssetRecord:
    return AssetRecord(
        asset_id=f"urn:uuid:{essence[-8:]}",
        essence_digest=essence,
        essence_length=length,
        essence_lead=lead,
        media_type="image/png",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        declared_by=DeclaredBy.PERSON,
        reasons=("test",),
        recorded_at=MORNING,
    )


def test_what_another_records_while_we_are_at_work_is_known_soon(studio: Studio) -> None:
    now = 0.0
    production = studio.production
    gatherer = Gatherer(
        make_examine=lambda: production.examiner.examine,
        registry=production.registry,
        verifier=production.verifier,
        clock=lambda: now,
    )
    gatherer.refresh()
    production.registry.record_asset(recorded(sha256_digest(b"a"), 100, b"a" * 32))
    gatherer.refresh_in_time()
    assert not gatherer.known[0].lengths
    now = 60.0
    gatherer.refresh_in_time()
    assert gatherer.known[0].lengths == {100}


def test_what_is_learnt_while_the_registry_is_asked_is_not_forgotten(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    gatherer, registry = studio.production.gatherer, studio.production.registry
    gatherer.refresh()
    registry.record_asset(recorded(sha256_digest(b"a"), 100, b"a" * 32))
    ask = registry.known_essences
    others: list[threading.Thread] = []

    def asked_while_another_learns() -> KnownEssences:
        known = ask()
        stored = registry.record_asset(recorded(sha256_digest(b"b"), 200, b"b" * 32))
        others.append(threading.Thread(target=gatherer.learn, args=(stored,)))
        others[0].start()
        others[0].join(0.5)  # who has to wait for us cannot end before
        return known

    monkeypatch.setattr(registry, "known_essences", asked_while_another_learns)
    gatherer.refresh()
    others[0].join()
    assert {length for known in gatherer.known for length in known.lengths} == {100, 200}


@pytest.mark.parametrize("named", ["d", "d/*"])
def test_what_another_marks_amid_a_scan_is_blocked_in_it(
    named: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        studio.put(encode(picture(number)), f"d/{number:02}.png")
        tagged = studio.tag(studio.put(encode(picture(number)), f"t/{number:02}.png"))
        studio.production.untagger.withdraw(str(tagged.asset_id), "final now")
    copy = studio.put(encode(picture(11)), "elsewhere.png")
    now, taken = [0.0], set[str]()
    monkeypatch.setattr(studio.production.gatherer, "_clock", lambda: now[0])
    examine = studio.production.examiner.examine

    def examined(path: Path, **how: Any) -> Examined:
        if path.name == "08.png" and path.name not in taken:
            taken.add(path.name)
            home, runner, technical = studio.home, studio.runner, studio.technical
            with open_production(home, runner, technical, studio.clock) as other:
                other.tagger.tag(copy, BY_PERSON)
            now[0] += 60
        return examine(path, **how)

    monkeypatch.setattr(studio.production.examiner, "examine", examined)
    report = studio.scan(*sorted((studio.home / "work").glob(named)), uses_index=False)
    blocked = [one.path_bytes for one in report.notable() if one.verdict is Verdict.BLOCK]
    assert blocked == [os.fsencode(studio.home / "work/d/11.png")]


def test_what_several_learn_at_the_same_time_is_known(studio: Studio) -> None:
    gatherer = studio.production.gatherer
    gatherer.refresh()
    record = recorded(sha256_digest(b"a"), 100, b"a" * 32)
    others = recorded(sha256_digest(b"b"), 200, b"b" * 32)
    other = Meeting.other = threading.Thread(target=gatherer.learn, args=(others,))
    gatherer.learn(replace(record, essence_length=Meeting(100)))
    other.join()
    lengths = {length for known in gatherer.known for length in known.lengths}
    assert lengths == {100, 200}
