"""What every kind of signal must do: fire on its examples, and on nothing else."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model.credential import Action, Credentials, Manifest
from provenance.model.metadata import Contents, MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.model.signal import Level, Signal
from provenance.model.source_type import GENERATIVE_TERMS, IPTC_BASE, parse_source_type
from provenance.signals.interface import SignalKind, SignalRule
from provenance.signals.kinds import SIGNAL_RULES, SIGNALS, find_signals

PAIRS = [(kind, rule) for kind in SIGNALS for rule in kind.rules]
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEYS = ("parameters", "postprocessing", "extras", "prompt", "Prompt", "workflow", "Comment", "")
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


def is_random(text: str) -> bool:
    """Return whether a text says nothing of AI; hypothesis also draws what the code spells."""
    says = parse_source_type(text) in GENERATIVE_TERMS
    return not says and not any(word in text for word in ("Steps: ", "class_type", "nodes"))


# Character by character: hypothesis would draw whole strings out of our own examples.
TEXT = st.lists(st.characters(), max_size=80).map("".join).filter(is_random)
each_kind = pytest.mark.parametrize("kind", SIGNALS, ids=lambda kind: type(kind).__name__)
each_rule = pytest.mark.parametrize(
    ("kind", "rule"), PAIRS, ids=[rule.rule_id for _, rule in PAIRS]
)


def hits(kind: SignalKind, rule: SignalRule, reading: Reading) -> list[Signal]:
    return [signal for signal in kind.find(reading) if signal.rule == rule.rule_id]


def with_field(key: str, value: str) -> Reading:
    found = MetadataField(place="png/tEXt", key=key, value=value)
    return Reading(format_name="png", contents=Contents(fields=(found,)))


def with_property(name: str, value: str, namespace: str = IPTC) -> Reading:
    found = XmpProperty(place="png/iTXt", namespace=namespace, name=name, value=value)
    return Reading(format_name="png", properties=(found,))


def with_action(**facts: str) -> Reading:
    action = Action(name="c2pa.created", **facts)
    manifest = Manifest(label="urn:1", claim_generator="Desk 4", signer="", actions=(action,))
    store = Credentials(manifests=(manifest,), state="Valid", is_ours=False)
    return Reading(format_name="png", credentials=store)


@each_rule
def test_a_rule_fires_on_its_examples_with_its_own_id_and_level(
    kind: SignalKind, rule: SignalRule
) -> None:
    assert rule.examples
    for example in rule.examples:
        found = hits(kind, rule, example)
        assert found
        assert {signal.level for signal in found} == {rule.level}


@each_rule
def test_a_rule_is_silent_on_its_counterexamples(kind: SignalKind, rule: SignalRule) -> None:
    assert rule.counterexamples
    for counterexample in rule.counterexamples:
        assert hits(kind, rule, counterexample) == []


@each_rule
def test_a_rule_explains_itself(kind: SignalKind, rule: SignalRule) -> None:
    assert rule in kind.rules
    assert KEBAB.fullmatch(rule.rule_id)
    assert rule.title
    assert rule.title == rule.title.strip()
    assert "\n" not in rule.title
    assert rule.explanation.strip()


@each_kind
def test_a_kind_fires_none_but_its_own_rules(kind: SignalKind) -> None:
    own = {rule.rule_id for rule in kind.rules}
    for rule in SIGNAL_RULES.values():
        for reading in (*rule.examples, *rule.counterexamples):
            assert {signal.rule for signal in kind.find(reading)} <= own


@each_rule
def test_a_signal_says_where_and_what(kind: SignalKind, rule: SignalRule) -> None:
    for example in rule.examples:
        for signal in hits(kind, rule, example):
            assert signal.place.count("/") > 0
            assert 0 < len(signal.value) <= 200


@each_kind
def test_a_kind_is_silent_where_nothing_is_said(kind: SignalKind) -> None:
    assert list(kind.find(Reading(format_name=""))) == []


def test_no_two_rules_share_an_id() -> None:
    assert len(SIGNAL_RULES) == len(PAIRS)


@settings(deadline=None)
@given(key=st.sampled_from(KEYS) | st.text(max_size=12), value=TEXT)
def test_random_text_in_a_field_is_no_evidence(key: str, value: str) -> None:
    assert find_signals(with_field(key, value)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["nodes", "links", "inputs", "class_type", "type", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(key=st.sampled_from(["prompt", "workflow"]), value=JSON)
def test_random_json_is_no_evidence_of_more_than_a_hint(key: str, value: object) -> None:

    signals = find_signals(with_field(key, json.dumps(value)))
    assert {signal.level for signal in signals} <= {Level.HINT}


@settings(deadline=None)
@given(
    name=st.sampled_from(["DigitalSourceType", "Headline"]) | st.text(max_size=12),
    value=TEXT,
    namespace=st.sampled_from([IPTC, "http://purl.org/dc/elements/1.1/"]),
)
def test_random_text_in_a_property_is_at_most_a_hint_and_only_as_a_source_type(
    name: str, value: str, namespace: str
) -> None:
    signals = find_signals(with_property(name, value, namespace))
    assert {signal.level for signal in signals} <= {Level.HINT}
    if namespace != IPTC or name != "DigitalSourceType":
        assert signals == ()


@settings(deadline=None)
@given(text=TEXT)
def test_random_text_in_a_credential_is_no_evidence(text: str) -> None:
    facts = ("source_type", "software_agent", "agent_version", "description")
    assert find_signals(with_action(**dict.fromkeys(facts, text))) == ()


def test_the_surest_evidence_comes_first() -> None:
    reading = replace(
        with_property("DigitalSourceType", IPTC_BASE + "composite"),
        contents=with_field("parameters", "Steps: 4, Seed: 77").contents,
    )
    levels = [signal.level for signal in find_signals(reading)]
    assert levels == [Level.DECLARES, Level.HINT]


def test_a_long_value_is_shortened() -> None:
    (signal,) = find_signals(with_field("parameters", "Steps: 4, Seed: 77, " + "x" * 400))
    assert len(signal.value) == 200
    assert signal.value.endswith("…")


def test_the_settings_behind_a_long_prompt_are_seen() -> None:
    text = "a harbour, " * 10_000 + "\nSteps: 4, Seed: 77, Model: sd_xl, Version: v1.9"
    (signal,) = find_signals(with_field("parameters", text))
    assert signal.value == "Steps: 4, Seed: 77, Model: sd_xl, Version: v1.9"
    assert signal.generator is not None
    assert (signal.generator.model, signal.generator.version) == ("sd_xl", "v1.9")


@pytest.mark.parametrize(
    ("graph", "model"),
    [
        ('{"1":{"class_type":"KSampler","inputs":{"unet_name":"flux"}}}', "flux"),
        ('{"1":{"class_type":"KSampler","inputs":{"ckpt_name":3}}, "2":[], "3":{}}', ""),
        ('{"nodes":[{"type":"KSampler"},{"type":4},5],"links":[]}', ""),
        ('{"1":{"class_type":"KSampler","inputs":{"ckpt_name":"%s"}}}' % ("x" * 300), "x" * 100),
    ],
)
def test_the_model_of_a_graph_is_told(graph: str, model: str) -> None:
    (signal,) = find_signals(with_field("prompt", graph))
    assert signal.level is Level.DECLARES
    assert signal.generator is not None
    assert signal.generator.model == model


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"nodes":[],"links":[]}',
        '{"1":{"class_type":"KSampler"}}',
        '{"1":{"class_type":5,"inputs":{}}}',
        '{"a":' * 200_000,
        "[" * 200_000,
        '{"1":{"class_type":"KSampler","inputs":{}}}' + " " * (8 << 20),
    ],
    ids=lambda text: text[:20],
)
def test_a_text_that_is_no_graph_is_silent(text: str) -> None:
    assert find_signals(with_field("prompt", text)) == ()


@pytest.mark.timeout(20)
def test_a_name_of_millions_of_letters_is_searched_in_a_moment() -> None:
    graph = '{"1":{"class_type":"%s","inputs":{}}}' % ("Model" * 1_500_000)
    (signal,) = find_signals(with_field("prompt", graph))
    assert signal.level is Level.HINT


def test_a_tool_is_named_once_and_its_agent_as_the_model() -> None:
    said = {"source_type": IPTC_BASE + "trainedAlgorithmicMedia", "agent_version": "2"}
    for agent, model in (("Desk 4", ""), ("Diffuser", "Diffuser")):
        (signal,) = find_signals(with_action(software_agent=agent, **said))
        assert signal.generator is not None
        assert (signal.generator.tool, signal.generator.model) == ("Desk 4", model)
        assert signal.generator.version == "2"
