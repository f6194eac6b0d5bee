"""What is known of all essences together never says of a known one that it is unknown."""

from hypothesis import example, given
from hypothesis import strategies as st

from provenance.media.essence import LEAD, essence_lead
from provenance.media.source import BytesSource
from provenance.model.known_essences import KnownEssences, LearntEssences, known_of
from provenance.model.metadata import ByteRange

ESSENCES = st.lists(st.tuples(st.binary(max_size=60), st.booleans()), min_size=1, max_size=5)
"""Essences, and whether each was recorded with its lead."""


def lead_of(essence: bytes, *, begins: bool = False) -> bytes:
    whole = (ByteRange(offset=0, length=len(essence)),)
    return essence_lead(BytesSource(essence), whole, begins_last_range=begins)


@given(essences=ESSENCES)
def test_a_known_essence_may_be_held(essences: list[tuple[bytes, bool]]) -> None:
    known = known_of((len(one), lead_of(one) if is_led else None) for one, is_led in essences)
    for essence, _ in essences:
        assert known.may_hold(len(essence), lead_of(essence))
        assert known.may_hold(len(essence), b"")


@given(essences=ESSENCES, trailer=st.binary(max_size=60))
@example(essences=[(b"tiny", True), (b"x" * 60, True)], trailer=b"more")
@example(essences=[(b"recorded early", False)], trailer=b"")
def test_a_known_essence_whose_end_is_open_may_be_held(
    essences: list[tuple[bytes, bool]], trailer: bytes
) -> None:
    known = known_of(
        (len(one), lead_of(one, begins=True) if is_led else b"") for one, is_led in essences
    )
    for essence, _ in essences:
        open_ended = essence + trailer
        assert known.may_hold_up_to(len(open_ended), lead_of(open_ended, begins=True))
        assert known.may_hold_up_to(len(open_ended), b"")


LEADS = st.binary(max_size=2)


@given(
    essences=st.lists(st.tuples(st.integers(0, 4), st.none() | LEADS), max_size=4),
    length=st.integers(0, 4),
    lead=LEADS,
)
def test_what_may_be_held_may_be_held_with_its_end_open(
    essences: list[tuple[int, bytes | None]], length: int, lead: bytes
) -> None:
    known = known_of(essences)
    assert known.may_hold_up_to(length, lead) or not known.may_hold(length, lead)


def test_another_lead_of_a_known_length_spares_reading() -> None:
    known = known_of([(100, b"a" * LEAD), (200, b"b" * LEAD), (300, None)])
    assert known.may_hold(100, b"b" * LEAD)  # it does not say which
    assert not known.may_hold(100, b"c" * LEAD)
    assert not known.may_hold(150, b"a" * LEAD)
    assert known.may_hold(300, b"c" * LEAD)
    assert known.may_hold_up_to(150, b"a" * LEAD)
    assert not known.may_hold_up_to(299, b"c" * LEAD)
    assert known.may_hold_up_to(300, b"c" * LEAD)


def test_nothing_is_held_where_nothing_is_known() -> None:
    nothing = KnownEssences()
    assert not nothing.may_hold(0, b"")
    assert not nothing.may_hold_up_to(1 << 60, b"")
    assert not nothing.may_hold_up_to(1 << 60, b"a" * LEAD)
    assert not known_of([(100, None)]).may_hold_up_to(99, b"")


def test_what_is_learnt_one_by_one_is_all_known_in_few_parts() -> None:
    learnt = LearntEssences()
    for number in range(1000):
        learnt.learn(number, b"%032d" % number if number % 3 else b"")
        assert any(part.may_hold(number, b"%032d" % number) for part in learnt.parts)
    assert sum(len(part.lengths) for part in learnt.parts) == 1000
    assert len(learnt.parts) <= 12
