"""Digital source types: the whole term counts, however the URI is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model.source_type import (
    AMBIGUOUS_TERMS,
    C2PA_BASE,
    GENERATIVE_TERMS,
    IPTC_BASE,
    DigitalSourceType,
    parse_source_type,
    term_of,
)

TRAINED = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
each_term = pytest.mark.parametrize("term", DigitalSourceType)


@each_term
def test_a_term_reads_back_from_each_spelling_files_have(term: DigitalSourceType) -> None:
    bare = term.value
    secure = term.uri.replace("http://", "https://")
    for text in (term.uri, secure, f" {term.uri}/ ", bare, f"\t{bare}\n", IPTC_BASE + bare):
        assert parse_source_type(text) is term


def test_the_uri_has_the_base_of_its_vocabulary() -> None:
    of_c2pa = {term for term in DigitalSourceType if term.uri.startswith(C2PA_BASE)}
    assert of_c2pa == {DigitalSourceType.TRAINED_ALGORITHMIC_DATA, DigitalSourceType.EMPTY}
    assert TRAINED.uri == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "algorithmic",
        "nottrainedAlgorithmicMedia",
        "trainedAlgorithmicMedia2",
        "TrainedAlgorithmicMedia",
        IPTC_BASE,
        f"{IPTC_BASE}trainedAlgorithmicMedia?x=1",
    ],
)
def test_what_is_no_term_is_none(text: str) -> None:
    assert parse_source_type(text) is None


def test_no_term_is_generative_and_ambiguous_at_once() -> None:
    assert not GENERATIVE_TERMS & AMBIGUOUS_TERMS
    assert DigitalSourceType.DIGITAL_CAPTURE not in GENERATIVE_TERMS | AMBIGUOUS_TERMS


@given(text=st.text(max_size=40))
def test_a_term_has_no_slash_and_no_space_around_it(text: str) -> None:
    term = term_of(text)
    assert "/" not in term
    assert term == term.strip()
