"""Every family survives what containers and other tools do around it, and leaks no prompt."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model.metadata import MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.signals.interface import SignalRule
from provenance.signals.kinds import SIGNAL_RULES, SIGNALS, find_signals

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.rule_id}-{number}")
    for rule in SIGNAL_RULES.values()
    for number, example in enumerate(rule.examples)
]
each_example = pytest.mark.parametrize(("rule", "example"), EXAMPLES)
ORDINARY = tuple(
    MetadataField(place="png/tEXt", key=key, value="Morning light, frame 12")
    for key in ("Title", "Copyright", "date:create", "LensModel", "major_brand", "TIT2")
)


def rules_in(reading: Reading) -> set[str]:
    return {signal.rule for signal in find_signals(reading)}


def reworded(reading: Reading, before: str, after: str) -> Reading:
    fields = tuple(
        replace(found, value=before + found.value + after) for found in reading.contents.fields
    )
    properties = tuple(
        replace(found, value=before + found.value + after) for found in reading.properties
    )
    contents = replace(reading.contents, fields=fields)
    return replace(reading, contents=contents, properties=properties)


@each_example
def test_white_space_around_a_text_changes_nothing(rule: SignalRule, example: Reading) -> None:
    padded = reworded(example, " ", " ") if rule.rule_id == "invokeai-metadata" else example
    for after in (" ", "\n", " \r\n\t"):
        assert rule.rule_id in rules_in(reworded(padded, "", after))
    assert rule.rule_id in rules_in(reworded(example, "\n ", ""))


@each_example
def test_ordinary_fields_around_it_change_nothing(rule: SignalRule, example: Reading) -> None:
    crowded = replace(
        example,
        contents=replace(example.contents, fields=(*ORDINARY, *example.contents.fields, *ORDINARY)),
        properties=(
            XmpProperty(
                place="p", namespace="http://ns.adobe.com/xap/1.0/", name="Label", value="a"
            ),
            *example.properties,
        ),
    )
    assert find_signals(crowded) == find_signals(example)
    assert rule.rule_id in rules_in(crowded)


@each_example
def test_the_look_up_by_place_loses_nothing(rule: SignalRule, example: Reading) -> None:
    for reading in (example, *rule.counterexamples):
        one_by_one = {signal for kind in SIGNALS for signal in kind.find(reading)}
        assert set(find_signals(reading)) == one_by_one


@each_example
def test_no_signal_shows_a_prompt(rule: SignalRule, example: Reading) -> None:
    del rule
    for signal in find_signals(example):
        shown = f"{signal.value} {signal.generator}"
        assert "lighthouse" not in shown
        assert "Somebody" not in shown


def json_examples() -> Iterator[object]:
    for rule in SIGNAL_RULES.values():
        for number, example in enumerate(rule.examples):
            texts = [found.value for found in example.contents.fields]
            if len(texts) == 1 and texts[0].startswith("{"):
                yield pytest.param(rule, example, id=f"{rule.rule_id}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(json_examples()))
@settings(deadline=None, max_examples=20)
@given(
    extra=st.dictionaries(
        st.text(min_size=1, max_size=6).map(lambda key: "x-" + key),
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.none()),
        max_size=4,
    ),
    indent=st.sampled_from([None, 1, 4]),
)
def test_unknown_keys_and_other_layout_change_nothing(
    rule: SignalRule, example: Reading, extra: dict[str, object], indent: int | None
) -> None:
    (field,) = example.contents.fields
    document = {**extra, **json.loads(field.value)}
    for text in (json.dumps(document, indent=indent), json.dumps(json.dumps(document))):
        fields = (replace(field, value=text),)
        again = replace(example, contents=replace(example.contents, fields=fields))
        assert rule.rule_id in rules_in(again)
