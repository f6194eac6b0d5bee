"""JSON written piece by piece is what `json.dumps` writes of the whole."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.reports.json_stream import streamed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(value=VALUES)
def test_a_value_is_written_as_ever(value: object) -> None:
    assert "".join(streamed(value)) == json.dumps(value, indent=2)


@given(rows=st.lists(VALUES, max_size=4), other=VALUES)
def test_an_iterator_becomes_a_list_wherever_it_stands(rows: list, other: object) -> None:
    whole = {"a": other, "rows": rows, "runs": [{"rows": rows, "last": other}]}
    pieces = {"a": other, "rows": iter(rows), "runs": iter([{"rows": iter(rows), "last": other}])}
    assert "".join(streamed(pieces)) == json.dumps(whole, indent=2)
    assert "".join(streamed(iter(rows))) == json.dumps(rows, indent=2)


def test_what_comes_is_written_before_the_next_is_asked_for() -> None:
    def rows() -> Iterator[int]:
        yield 1
        pytest.fail("the first was not written yet")

    pieces = streamed({"rows": rows()})
    assert "".join(next(pieces) for _ in range(4)).endswith("1")
