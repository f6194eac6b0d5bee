"""The list of formats, and what is derived from it."""

from pathlib import PurePath

import pytest

from provenance.errors import UnsupportedMediaError
from provenance.media.formats import FORMATS, SUFFIXES, identify, suffix_of
from provenance.media.interface import TextBudget, decode_text, read_exactly
from provenance.media.source import BytesSource
from tests.formats import FORMAT_NAMED


def test_no_two_formats_share_a_name_or_a_suffix() -> None:
    names = [fmt.name for fmt in FORMATS]
    suffixes = [suffix for fmt in FORMATS for suffix in fmt.suffixes]
    assert len(set(names)) == len(names)
    assert len(set(suffixes)) == len(suffixes)
    assert set(suffixes) == SUFFIXES


def test_the_bytes_outrank_the_suffix() -> None:
    assert identify(b"\x89PNG\r\n\x1a\n", ".JPG") is FORMAT_NAMED["png"]


@pytest.mark.parametrize(
    ("header", "suffix", "words"),
    [
        (b"\x05garbage", ".PNG", r"the name says \.png but the bytes do not \(it begins 05 67"),
        (b"\x05garbage", ".xyz", r"not a format this version reads \(it begins 05 67"),
        (b"", ".png", "it is empty"),
    ],
)
def test_bytes_that_are_nobodys_are_refused(header: bytes, suffix: str, words: str) -> None:
    with pytest.raises(UnsupportedMediaError, match=words):
        identify(header, suffix)


def test_a_suffix_is_lower_case() -> None:
    assert suffix_of(PurePath("A/B.tar.JPG")) == ".jpg"
    assert suffix_of(PurePath("README")) == ""


def test_text_is_utf_8_or_latin_1_without_trailing_nuls() -> None:
    assert decode_text("Grüße\0\0".encode()) == "Grüße"
    assert decode_text(b"Gr\xfc\xdfe\0") == "Grüße"


def test_a_budget_gives_until_it_is_spent() -> None:
    budget = TextBudget(10)
    assert budget.take(6)
    assert not budget.take(5)
    assert budget.left == 4
    assert budget.take(4)
    assert not budget.take(1)


def test_bytes_that_are_not_there_are_damage() -> None:
    assert read_exactly(BytesSource(b"12345"), 1, 4) == b"2345"
    with pytest.raises(Exception, match="ends at byte 5"):
        read_exactly(BytesSource(b"12345"), 1, 5)
