"""The parts the kinds share: plain keys, JSON within bounds, graphs."""

import json

import pytest

from provenance.signals._comfy_graph import graphs_in
from provenance.signals._json_text import parse_object, text_at, values_of
from provenance.signals._keys import plain_key


@pytest.mark.parametrize(
    ("key", "plain"),
    [
        ("Prompt", "prompt"),
        ("TXXX:WorkFlow", "workflow"),
        ("----:com.apple.iTunes:AIGC", "aigc"),
        ("com.apple.quicktime.artwork", "artwork"),
        ("com.apple.quicktime.comment", "comment"),
        ("COMM:ID3v1 Comment", "comment"),
        ("COMM", "comment"),
        ("TXXX:", "comment"),
        ("©cmt", "comment"),
        ("ICMT", "comment"),
        ("2:110", "2:110"),
        ("SEI:91ca", "91ca"),
        ("/AIGC", "aigc"),
        ("stealth_rgbcomp", "stealth"),
        ("x" * 900, "x" * 200),
    ],
)
def test_a_key_has_one_plain_name(key: str, plain: str) -> None:
    assert plain_key(key) == plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":NaN}', ["a"]),
        ('\ufeff {"a":1}\0\0', ["a"]),
        ('"{\\"a\\":1}"', ["a"]),
        ("{&quot;a&quot;:1}", ["a"]),
        ('{"a &quot;b&quot;":1}', ["a &quot;b&quot;"]),
        ("{}", []),
    ],
)
def test_an_object_is_read_however_it_is_wrapped(text: str, value: list[str]) -> None:
    found = parse_object(text)
    assert found is not None
    assert list(found) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        '"text"',
        "1",
        '"' * 9,
        '{"a":' * 200_000,
        '{"a":' + "9" * 5000 + "}",
        '{"a":[' + "{}," * 400_000 + "1]}",
        '{"a":1}' + " " * (8 << 20),
    ],
    ids=lambda text: text[:12],
)
def test_a_text_that_is_no_honest_object_is_none(text: str) -> None:
    assert parse_object(text) is None


def test_values_are_found_in_the_depth_and_not_beyond_it() -> None:
    assert list(values_of({"a": [{"k": 1}, {"b": {"k": 2}}], "k": 3}, "k")).count(1) == 1
    assert sorted(map(str, values_of({"a": [{"k": 1}], "k": 3}, "k"))) == ["1", "3"]
    assert list(values_of(json.loads('{"a":' * 20 + '{"k":1}' + "}" * 20), "k")) == []
    assert list(values_of([[{}]] * 3000, "k")) == []
    assert list(values_of(None, "k")) == []


def test_a_path_leads_to_short_text_or_nothing() -> None:
    assert text_at({"a": {"b": " x "}}, "a", "b") == "x"
    assert text_at({"a": 5}, "a") == "5"
    assert text_at({"a": True}, "a") == ""
    assert text_at({"a": "x"}, "a", "b") == ""
    assert len(text_at({"a": "x" * 900}, "a")) == 100


def test_nodes_of_subgraphs_count_and_sleeping_ones_do_not() -> None:
    document = {
        "nodes": [{"type": "uuid"}, {"type": "KSampler", "mode": 2}, 5, {"type": 6}],
        "links": [],
        "definitions": {"subgraphs": [{"nodes": [{"type": "VAEDecode"}]}, {"nodes": 1}, 4]},
    }
    (graph,) = graphs_in(json.dumps(document))
    assert graph.names == ("uuid", "VAEDecode")
    assert graph.generative == ("VAEDecode",)
    document["definitions"] = {"subgraphs": 1}
    (graph,) = graphs_in(json.dumps(document))
    assert graph.generative == ()


def test_both_graphs_of_a_wrapped_document_are_found() -> None:
    ran = {"1": {"class_type": "KSampler", "inputs": {}}}
    shown = {"nodes": [{"type": "KSampler"}], "links": []}
    text = json.dumps({"prompt": json.dumps(ran), "workflow": shown, "other": 1})
    assert [graph.is_run for graph in graphs_in(text)] == [True, False]
    assert list(graphs_in(json.dumps({"prompt": "[]", "workflow": 5}))) == []


@pytest.mark.parametrize(
    ("name", "generative"),
    [
        ("KSamplerAdvanced", True),
        ("WanVideoSampler", True),
        ("CheckpointLoaderSimple", True),
        ("UNETLoader", True),
        ("INPAINT_InpaintWithModel", True),
        ("LaMaInpaint", True),
        ("lama_remover", True),
        ("LumaImageToVideoNode", True),
        ("OpenAIVideoSora2", True),
        ("GeminiImageNode", True),
        ("KlingTextToVideoNode", True),
        ("ElevenLabsTextToSpeech", True),
        ("LoadVideo", False),
        ("ImageScale", False),
        ("UpscaleModelLoader", False),
        ("LumaKey", False),
        ("OllamaGenerate", False),
        ("LlamaCaption", False),
        ("OpenAIChatNode", False),
        ("GeminiNode", False),
        ("VHS_VideoCombine", False),
        ("SAMModelLoader", False),
    ],
)
def test_a_node_class_generates_or_not(name: str, *, generative: bool) -> None:
    (graph,) = graphs_in(json.dumps({"1": {"class_type": name, "inputs": {}}}))
    assert bool(graph.generative) is generative
