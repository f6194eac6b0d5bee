"""The benchmarks measure what they say: bars, counted reads, a corpus of whole files."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.media.essence import identify_bytes
from provenance.media.formats import identify
from provenance.media.source import BytesSource
from provenance.model.metadata import Completeness
from tests.benchmarks.__main__ import SECTIONS, main
from tests.benchmarks.corpus import entries
from tests.benchmarks.marks import Mark
from tests.benchmarks.payloads import RECIPES, SHARES
from tests.benchmarks.peers import MissingPeerError, compiled
from tests.benchmarks.rows import Bar, Row, compared, table
from tests.benchmarks.tracing import traced
from tests.benchmarks.varying import vary

READER = "import os, sys; f = os.open(sys.argv[1], os.O_RDONLY); os.pread(f, 9, 1); os.read(f, 99)"


@pytest.mark.parametrize(
    ("bar", "ours", "peers", "figure", "is_met"),
    [
        (Bar(least=4), [1.0, 2.0, 1.0], [8.0, 8.0, 8.0], "8 (4-8)", True),
        (Bar(least=9), [1.0, 2.0, 1.0], [8.0, 8.0, 8.0], "8 (4-8)", False),
        (Bar(most=2), [3.0, 3.0, 3.0], [2.0, 1.0, 2.0], "1.5 (1.5-3)", True),
        (Bar(most=1.4), [3.0, 3.0, 3.0], [2.0, 1.0, 2.0], "1.5 (1.5-3)", False),
        (None, [1.0], [8.0], "8 (8-8)", None),
    ],
)
def test_a_row_compares_pairs_and_knows_its_bar(
    bar: Bar | None, ours: list[float], peers: list[float], figure: str, *, is_met: bool | None
) -> None:
    row = compared("speed", ours, peers, "s", bar)
    assert (row.ratio, row.is_met) == (figure, is_met)


def test_a_table_says_what_is_met_and_fits_a_hundred_columns() -> None:
    rows = [
        Row(what="a" * 36, ours="123,456 us/file", peer="12,345 us/file", ratio="0.1 (0.1-0.2)"),
        Row(what="b", ours="1 s", bar="<= 2", is_met=True),
        Row(what="c", ours="3 s", bar="<= 2", is_met=False),
    ]
    lines = table(rows).splitlines()
    assert [line.split()[-1] for line in lines] == ["met", "(0.1-0.2)", "yes", "NO"]
    assert max(map(len, lines)) <= 100


def test_no_section_is_called_what_nobody_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"no section is called speed; there are {', '.join(SECTIONS)}" in said


@pytest.mark.parametrize("suffix", RECIPES)
def test_a_varied_file_is_whole_and_has_an_essence_of_its_own(suffix: str) -> None:
    base = RECIPES[suffix](3)
    digests = {identity(data, suffix) for data in (base, *varied(base, suffix))}
    assert len(digests) == 4


def varied(base: bytes, suffix: str) -> Iterator[bytes]:
    for number in (0, 1, 12_345):
        yield vary(base, suffix, number)


def identity(data: bytes, suffix: str) -> str:
    source = BytesSource(data)
    contents = identify(data[:8192], suffix).read(source)
    assert (contents.completeness, contents.problems) == (Completeness.WHOLE, ())
    essence = b"".join(data[part.offset : part.end] for part in contents.essence)
    return identify_bytes(BytesSource(essence)).file_digest


def test_the_corpus_is_the_same_each_time_and_as_marked_as_told() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    found = list(entries(20_000, 0.01))
    assert found == list(entries(20_000, 0.01))
    marked = sum(entry.mark is not Mark.NONE for entry in found)
    assert 150 < marked < 250
    assert {entry.mark for entry in found} == set(Mark)


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace")
def test_reads_below_a_folder_are_counted_and_others_are_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "tree" / "a.png", tmp_path / "b.png"
    inside.parent.mkdir()
    for path in (inside, outside):
        path.write_bytes(b"0123456789" * 2)
    for path, expected in ((inside, (2, 29, 1)), (outside, (0, 0, 0))):
        found = traced([sys.executable, "-c", READER, path], inside.parent)
        assert (found.reads, found.size, found.opened) == expected
    assert traced([sys.executable, "-c", READER, inside], inside.parent).by_suffix == {".png": 2}


def test_a_program_that_does_not_build_is_a_missing_peer(tmp_path: Path) -> None:
    with pytest.raises(MissingPeerError):
        compiled(tmp_path, "no_such_source.c")
