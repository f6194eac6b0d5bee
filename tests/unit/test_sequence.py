"""Names of frames: which are of one sequence, and how a range is written and read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.media.frames import frame_of, named_together
from provenance.model.sequence import in_sequences, numbers_in


def ranges(*names: str) -> list[str]:
    """Return the names as they are told together."""
    groups = in_sequences(map(Path, names), frame_of)
    return [str(named_together(group)) for group in groups]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a/s.0001.exr", "a/s.0002.exr", "a/s.0003.exr"], ["a/s.[0001-0003].exr"]),
        (["s_1.png", "s_3.png", "s_10.png", "s_11.png"], ["s_[1,3,10-11].png"]),
        (["0998.dpx", "0999.dpx", "1000.dpx", "1001.dpx"], ["[0998-1001].dpx"]),
        (["s.1001.tif", "s.1002.tif", "s.1003.tif"], ["s.[1001-1003].tif"]),
        (["s.8.png", "s.9.png", "s.10.png", "s.0008.png"], ["s.[8-10].png", "s.0008.png"]),
        (["s.0001.png", "s.0002.png"], ["s.0001.png", "s.0002.png"]),
        (["s.0001.png", "s.0002.jpg", "s.0003.exr"], ["s.0001.png", "s.0002.jpg", "s.0003.exr"]),
        (["a/s.1.png", "b/s.2.png", "c/s.3.png"], ["a/s.1.png", "b/s.2.png", "c/s.3.png"]),
        (["take1.wav", "take2.wav", "take3.wav"], ["take1.wav", "take2.wav", "take3.wav"]),
        (["c_v01.png", "c_v02.png", "c_v03.png"], ["c_v01.png", "c_v02.png", "c_v03.png"]),
        (["V1.png", "V2.png", "V3.png"], ["V1.png", "V2.png", "V3.png"]),
        (["c_v01.1.png", "c_v01.2.png", "c_v01.3.png"], ["c_v01.[1-3].png"]),
        (["a\udcff1.png", "a\udcff2.png", "a\udcff3.png"], ["a\udcff[1-3].png"]),
        (["s.1.png", "s.1.png", "s.1.png"], ["s.1.png", "s.1.png", "s.1.png"]),
        (
            [f"p{number}.png" for number in (17000000001, 17000000002, 17000000003)],
            ["p17000000001.png", "p17000000002.png", "p17000000003.png"],
        ),
    ],
    ids=lambda value: value[0],
)
def test_frames_of_one_name_and_way_of_counting_are_one_range(
    names: list[str], told: list[str]
) -> None:
    assert ranges(*names) == told


@given(st.sets(st.integers(min_value=0, max_value=3000), min_size=3), st.integers(1, 6))
def test_a_range_that_is_written_reads_back_as_its_numbers(numbers: set[int], width: int) -> None:
    digits = [str(number).zfill(width) for number in sorted(numbers)]
    (told,) = ranges(*(f"s.{text}.png" for text in digits))
    assert numbers_in(told.removeprefix("s.[").removesuffix("].png")) == digits


@given(st.text(st.sampled_from("ab10v._-\n"), min_size=1, max_size=12))
def test_no_file_is_lost_or_told_twice(name: str) -> None:
    paths = [Path(f"{name}{number}.png") for number in range(5)] + [Path(f"{name}.png")]
    groups = in_sequences(paths, frame_of)
    assert sorted(path for group in groups for path in group) == sorted(paths)


def test_a_range_that_ends_before_it_begins_is_none() -> None:
    with pytest.raises(ValueError, match="0004-0001"):
        numbers_in("0004-0001,0002")
