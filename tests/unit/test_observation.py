"""What is kept of full readings comes back as it was, or not at all."""

from array import array
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.media.essence import LEAD
from provenance.model.digest import digest_from_hex
from provenance.model.facts import Problem, ProblemKind
from provenance.model.known_essences import known_of
from provenance.model.signal import Generator, Level, Signal
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.observation import Observation, observations_from_json, observations_to_json
from provenance.sweep_findings import Findings, joined
from tests.exhaustive import exhaustive

TEXT = st.text(st.characters(), max_size=8)  # lone surrogates, too
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex).map(digest_from_hex)
LENGTHS = st.integers(0, (1 << 64) - 1)
GENERATORS = st.builds(Generator, tool=TEXT, model=TEXT, version=TEXT)
SIGNALS = st.builds(
    Signal,
    rule=TEXT,
    level=st.sampled_from(Level),
    place=TEXT,
    value=TEXT,
    generator=st.none() | GENERATORS,
)
TAGS = st.builds(
    ProvenanceTag,
    asset_id=st.uuids().map(lambda one: f"urn:uuid:{one}"),
    source_type=st.sampled_from(DigitalSourceType),
    declared_by=st.sampled_from(DeclaredBy),
    reasons=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    essence_digest=DIGESTS,
    tagged_at=st.just(datetime(2026, 11, 3, 9, 0, tzinfo=UTC)),
    tool=st.text(max_size=5),
    generator=st.none(),
)
OBSERVATIONS = st.builds(
    Observation,
    format_name=TEXT,
    media_type=TEXT,
    is_complete=st.booleans(),
    tag=st.none() | TAGS,
    carriers=st.lists(TEXT, max_size=2).map(tuple),
    signals=st.lists(SIGNALS, max_size=2).map(tuple),
    problems=st.lists(
        st.builds(Problem, kind=st.sampled_from(ProblemKind), detail=TEXT), max_size=2
    ).map(tuple),
    essence_length=LENGTHS,
    is_exact=st.booleans(),
    essence_lead=st.binary(max_size=LEAD),
    essence_digest=st.none() | DIGESTS,
    file_digest=st.none() | DIGESTS,
)


@st.composite
def findings(draw: st.DrawFn, *, most: int = 6) -> Findings:
    files = draw(st.integers(0, most))
    found = Findings(
        draw(st.binary(min_size=files, max_size=files)),
        array("Q", draw(st.lists(LENGTHS, min_size=files, max_size=files))),
        draw(st.dictionaries(st.integers(0, files), st.binary(max_size=LEAD), max_size=files)),
    )
    if not files:
        return found
    return found.with_observations(
        draw(st.dictionaries(st.integers(0, files - 1), OBSERVATIONS, min_size=1, max_size=files))
    )


@settings(deadline=None)
@given(found=st.lists(OBSERVATIONS, max_size=3))
def test_observations_come_back_as_they_were(found: list[Observation]) -> None:
    assert observations_from_json(observations_to_json(found)) == found


@settings(deadline=None)
@given(found=findings())
def test_findings_come_back_as_they_were(found: Findings) -> None:
    again = Findings.from_bytes(found.to_bytes())
    assert again == found
    assert [again.observed(at) for at in range(len(found.codes))] == [
        found.observed(at) for at in range(len(found.codes))
    ]


@exhaustive
@settings(deadline=None, max_examples=400)
@given(found=findings(), data=st.data())
def test_broken_findings_raise_nothing_but_value_errors(
    found: Findings, data: st.DataObject
) -> None:
    kept = bytearray(found.to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(kept) - 1))
        kept[at] = data.draw(st.integers(0, 255))
    cut = bytes(kept[: data.draw(st.integers(0, len(kept)))])
    for broken in (bytes(kept), cut):
        try:
            read = Findings.from_bytes(broken)
        except ValueError:
            continue
        assert len(read.lengths) == len(read.codes)
        assert all(number <= len(read.observations) for number in read.told)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b"[[]]",
        b"null",
        b"7",
        b"\xff",
        b'[{"format": 1}]',
        b"[" * 100_000,
    ],
)
def test_what_are_no_observations_are_refused(data: bytes) -> None:
    if data == b"{}":
        assert observations_from_json(data) == []
        return
    with pytest.raises(ValueError, match=r"."):
        observations_from_json(data)


@settings(deadline=None)
@given(parts=st.lists(findings(), min_size=1, max_size=4))
def test_findings_of_parts_are_findings_of_the_whole(parts: list[Findings]) -> None:
    parts = [Findings(one.codes, one.lengths, {}) for one in parts]
    whole = joined(parts)
    assert whole.codes == b"".join(one.codes for one in parts)
    assert list(whole.lengths) == [length for one in parts for length in one.lengths]


def seen(**values: object) -> Observation:
    given = {
        "format_name": "jpeg",
        "media_type": "image/jpeg",
        "is_complete": True,
        "tag": None,
        "carriers": (),
        "signals": (),
        "problems": (),
        "essence_length": 100,
        "is_exact": True,
        "essence_lead": b"x" * LEAD,
        **values,
    }
    return Observation(**given)


def test_equal_observations_are_kept_once_and_those_of_tags_each() -> None:
    found = Findings.of_nothing(4).with_observations(
        {0: seen(), 3: seen(), 2: seen(is_exact=False)}
    )
    assert len(found.observations) == 2
    assert found.observed(0) == found.observed(3) == seen()
    assert found.observed(1) is None


def test_more_observations_than_can_be_numbered_are_left_to_be_made_again() -> None:
    files = 65_540
    made = {at: seen(essence_length=at) for at in range(files)}
    found = Findings.of_nothing(files).with_observations(made)
    assert len(found.observations) == 65_535
    for at in (0, 65_534, 65_535, files - 1):
        assert found.observed(at) in (made[at], None)
    assert found.observed(65_534) is not None
    assert found.observed(files - 1) is None


def test_a_short_essence_is_known_by_a_lead_that_goes_on_behind_it() -> None:
    known = known_of([(20, b"short" * 4)])
    found = seen(essence_length=20, essence_lead=b"short" * 4 + b"and more")
    assert found.may_be_one_of(known)
    assert not seen(essence_length=20).may_be_one_of(known)


def test_only_what_would_be_found_again_lasts() -> None:
    lasting = {
        kind for kind in ProblemKind if seen(problems=(Problem(kind=kind, detail=""),)).lasts
    }
    assert lasting == {ProblemKind.UNSUPPORTED, ProblemKind.EMPTY_FILE}
