"""Which files are told together, while they come: nothing is held longer than it has to be."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from provenance.model.report import AssetResult
from provenance.policy.samples import PLAIN, TAGGED
from provenance.reports import grouping
from provenance.reports.grouping import grouped, told
from tests.report_samples import scanned


def results(*paths: str) -> Iterator[AssetResult]:
    return iter(scanned(*(replace(PLAIN, path=path) for path in paths)).results)


def names(paths: Iterator[AssetResult]) -> list[str]:
    return [one.path for one in told(paths)]


def sequence(folder: str, first: int, last: int) -> list[str]:
    return [f"{folder}/shot.{number:04}.png" for number in range(first, last + 1)]


def test_sequences_of_each_folder_are_told_in_the_order_they_come() -> None:
    paths = ("a/x.wav", *sequence("a", 1, 4), "a/y.wav", *sequence("b", 5, 7), "c/z.png")
    assert names(results(*paths)) == [
        "a/x.wav",
        "a/shot.[0001-0004].png",
        "a/y.wav",
        "b/shot.[0005-0007].png",
        "c/z.png",
    ]


def test_what_is_no_frame_is_told_at_once_and_frames_as_soon_as_the_folder_is_left() -> None:
    asked = []
    paths = ("a/x.wav", "a/y.wav", *sequence("b", 1, 3), "c/z.wav", "d/z.wav")

    def watched() -> Iterator[AssetResult]:
        for result in results(*paths):
            asked.append(result.facts.path)
            yield result

    groups = told(watched())
    assert next(groups).path == asked[-1] == "a/x.wav"
    assert next(groups).path == asked[-1] == "a/y.wav"
    assert next(groups).path == "b/shot.[0001-0003].png"
    assert asked[-1] == "c/z.wav"


def test_a_very_long_sequence_is_told_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_MOST_WAITING", 10)
    assert names(results(*sequence("a", 1, 25))) == [
        "a/shot.[0001-0010].png",
        "a/shot.[0011-0020].png",
        "a/shot.[0021-0025].png",
    ]


@pytest.mark.parametrize(("files", "expected"), [(1, [0]), (2, [0, 0]), (3, [2]), (9, [8])])
def test_many_of_one_reason_are_counted(files: int, expected: list[int]) -> None:
    facts = (replace(TAGGED, path=f"{at}/a.wav") for at in range(files))
    groups = list(grouped(told(scanned(*facts).results)))
    assert [more for _, more in groups] == expected
    assert groups[0][0].path == "0/a.wav"


def test_all_frames_of_a_group_are_counted() -> None:
    paths = [path for folder in "abcde" for path in sequence(folder, 1, 4)]
    facts = (replace(TAGGED, path=path) for path in paths)
    ((first, more),) = grouped(told(scanned(*facts).results))
    assert (first.path, more) == ("a/shot.[0001-0004].png", 16)
