"""Results that are kept aside: in order, as often as asked, whatever they are and however many."""

import os
import tempfile
import tracemalloc
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import pytest

from provenance.errors import SpoolError
from provenance.model.ai_use import Answer
from provenance.model.finding import Verdict
from provenance.model.report import AssetResult, ScanReport
from provenance.policy.samples import DECLARED_USE, PLAIN, TAGGED
from provenance.spooling import ResultSpool
from provenance.sweep_names import Names
from tests.exhaustive import exhaustive
from tests.report_samples import SCANS, scanned

each_scan = pytest.mark.parametrize("scan", SCANS.values(), ids=list(SCANS))
(PASSED,) = scanned(PLAIN).results
(BLOCKED,) = scanned(TAGGED).results
NAMES = (
    "a.png",
    os.fsdecode(b"caf\xe9.png"),
    os.fsdecode(b"\xff\xe2"),
    "海港.png",
    "two\nlines",
    "z",
)
FEW_BYTES = 1000


def of(folder: bytes, name: str, template: AssetResult) -> AssetResult:
    """Return the result of a file as it is when it is judged by itself."""
    path = folder + os.fsencode(name)
    told = path.decode("utf-8", "backslashreplace")
    return replace(
        template,
        facts=replace(template.facts, path=told),
        findings=tuple(replace(finding, path=told) for finding in template.findings),
        path_bytes=path,
    )


def numbered(count: int) -> list[AssetResult]:
    """Return results of many files, one in ten of them blocked."""
    return [of(b"reel/", f"{at:07}.wav", PASSED if at % 10 else BLOCKED) for at in range(count)]


@exhaustive
@pytest.mark.parametrize("in_memory", [FEW_BYTES, 1 << 20])
@each_scan
def test_results_come_back_as_they_were_added_as_often_as_asked(
    scan: ScanReport, in_memory: int
) -> None:
    added = [*scan.results] * 40
    spool = ResultSpool(added, in_memory=in_memory)
    assert len(spool) == len(added)
    assert list(spool) == added
    assert list(spool) == added
    assert list(spool.notable()) == [result for result in added if result.is_notable]


@each_scan
def test_a_spool_comes_to_what_its_results_come_to(scan: ScanReport) -> None:
    spooled = replace(scan, results=ResultSpool(scan.results))
    assert spooled.tally == scan.tally
    for verdict in Verdict:
        assert spooled.count(verdict) == sum(one.verdict is verdict for one in scan.results)
    assert (spooled.verdict, spooled.overridden) == (scan.verdict, scan.overridden)
    assert list(spooled.findings) == [each for one in scan.results for each in one.findings]


def test_several_may_go_through_it_at_once_while_it_grows() -> None:
    added = numbered(3000)
    spool = ResultSpool(added[:1500], in_memory=FEW_BYTES)
    one, other = iter(spool), iter(spool)
    first = list(islice(one, 700))
    beginning = list(islice(other, 100))
    for result in added[1500:]:
        spool.append(result)
    assert [*first, *one] == added
    assert [*beginning, *other] == added


@pytest.mark.parametrize(
    ("folder", "before"),
    [("", b""), ("/", b"/"), ("reel/", b"reel/"), (os.fsdecode(b"/r\xe9el"), b"/r\xe9el/")],
)
@pytest.mark.parametrize("template", [PASSED, BLOCKED], ids=["passed", "blocked"])
def test_files_added_alike_are_as_if_each_was_added_by_itself(
    folder: str, before: bytes, template: AssetResult
) -> None:
    alike, single = ResultSpool(), ResultSpool(of(before, name, template) for name in NAMES)
    alike.append_alike(folder, NAMES[:1], template)
    alike.append_alike(folder, Names.of(NAMES[1:]), template)
    alike.append_alike(folder, Names(), template)
    assert len(alike) == len(NAMES)
    assert list(alike) == list(single)
    assert list(alike.notable()) == list(single.notable())
    assert alike.tally == single.tally


def test_files_added_alike_have_each_its_own_format() -> None:
    spool = ResultSpool(formats=lambda: ("jpeg", "png"), in_memory=FEW_BYTES)
    spool.append_alike("reel", ["a", "b", "c"], PASSED, codes=b"\1\2\0")
    template = PASSED.facts.format_name
    assert [one.facts.format_name for one in spool] == ["jpeg", "png", template]


def test_single_and_alike_results_keep_their_order() -> None:
    spool = ResultSpool(in_memory=FEW_BYTES)
    names = [f"{at:05}.wav" for at in range(9000)]
    expected = []
    for folder in ("one", "two", "three"):
        spool.append(BLOCKED)
        spool.append_alike(folder, names, PASSED)
        raw = os.fsencode(folder) + b"/"
        expected += [BLOCKED, *(of(raw, name, PASSED) for name in names)]
    assert list(spool) == expected
    assert list(spool.notable()) == [BLOCKED] * 3


def test_the_digest_tells_paths_digests_verdicts_and_their_order() -> None:
    added = numbered(30)
    digests = {
        ResultSpool(results).tally.digest
        for results in (
            added,
            added[:-1],
            added[::-1],
            [*added[1:], of(b"reel/", "0000000.wav", PASSED)],
            [replace(one, path_bytes=one.path_bytes + b"x") for one in added],
            [replace(one, facts=replace(one.facts, file_digest="sha256:0")) for one in added],
            [replace(one, facts=replace(one.facts, essence_digest="sha256:0")) for one in added],
        )
    }
    assert len(digests) == 7


def test_a_declared_use_that_nobody_may_change_comes_back() -> None:
    use = replace(DECLARED_USE, principles=MappingProxyType({"no-replacement": Answer.YES}))
    result = replace(PASSED, facts=replace(PLAIN, ai_use=use))
    assert list(ResultSpool([result] * 200).notable()) == [result] * 200


@exhaustive
def test_very_many_files_of_which_there_is_nothing_to_say_take_little_memory() -> None:
    names = [f"{'take ' * 10}{at:04}.wav" for at in range(1000)]
    tracemalloc.start()
    try:
        spool = ResultSpool()
        for at in range(300):
            spool.append_alike(f"/mnt/show/reel{at}", names, PASSED)
        for result in islice(spool, 30_000, 31_000):
            assert result.verdict is Verdict.PASS
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(spool) == spool.tally.count(Verdict.PASS) == 300_000
    assert peak < 5 << 20


@exhaustive
def test_many_single_results_take_little_memory() -> None:
    names = (f"{at:07}.wav" for at in range(20_000))
    tracemalloc.start()
    try:
        spool = ResultSpool(of(b"reel/", name, BLOCKED) for name in names)
        assert sum(1 for _ in spool) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 << 20


def test_storage_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    monkeypatch.setattr(tempfile, "tempdir", str(gone))
    with pytest.raises(SpoolError, match=r"gone: .* TMPDIR"):
        ResultSpool(numbered(1000), in_memory=FEW_BYTES)


def test_nothing_can_be_had_of_a_spool_that_was_closed() -> None:
    spool = ResultSpool(numbered(1000), in_memory=FEW_BYTES)
    spool.close()
    spool.close()
    with pytest.raises(ValueError, match="closed"):
        list(spool)
