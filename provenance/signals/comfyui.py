"""The graphs ComfyUI writes: what ran (`prompt`) and what was on screen (`workflow`)."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from provenance.model.metadata import Contents, MetadataField
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals.interface import SignalRule

_PROMPT, _WORKFLOW = "prompt", "workflow"
_LARGEST = 8 * 1024 * 1024
_LONGEST_NAME = 200
"""Characters of a class name that are looked at; a search over millions would not end."""
_GENERATIVE = re.compile(
    r"Sampler|VAEDecode|(?:Checkpoint|UNET|Unet|Diffusion|Model).*Loader|Inpaint|(?i:lama)"
    r"|(?:Txt|Text|Image|Img)(?:To|2)(?:Image|Img|Video|Audio)|(?:Video|Image)NodeGen"
    r"|^(?:Runway|Luma|Kling|Veo|Sora|OpenAI|Gemini|Ideogram|Recraft|Stability|Moonvalley|Flux)"
)
"""Node classes that make picture or sound with a model; the rest load, resize and save."""
_MODEL_INPUTS = ("ckpt_name", "unet_name", "model_name")


def _reading(value: str, key: str = _PROMPT) -> Reading:
    found = MetadataField(place="png/tEXt", key=key, value=value)
    return Reading(format_name="png", contents=Contents(fields=(found,)))


DECLARED = SignalRule(
    rule_id="comfyui-graph",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="A ComfyUI graph with a generative node",
    explanation=(
        "A field named exactly `prompt` or `workflow` parses as a ComfyUI graph (objects with"
        " class_type and inputs, or nodes and links) and holds a node that generates: a sampler, a"
        " decoder, a model loader, an inpainter or a hosted service. Source: generator source code"
        " and real files."
    ),
    examples=(
        _reading(
            '{"3":{"class_type":"KSampler","inputs":{"seed":1}},'
            '"4":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"sd_xl"}}}'
        ),
        _reading('{"last_node_id":1,"nodes":[{"id":1,"type":"VAEDecode"}],"links":[]}', _WORKFLOW),
        _reading('{"9":{"class_type":"KSampler","inputs":{"cfg":NaN}}}'),
    ),
    counterexamples=(
        _reading("Press any key"),
        _reading('{"3":{"class_type":"KSampler","inputs":{}}}', "caption"),
        _reading('{"1":{"class_type":"LoadVideo","inputs":{}}}'),
        _reading('{"scene":{"camera":"A"}}'),
    ),
)
ORDINARY = SignalRule(
    rule_id="comfyui-graph-ordinary",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="A ComfyUI graph without a generative node",
    explanation=(
        "The file went through ComfyUI, but the graph only loads, resizes or saves. Shown, never"
        " decided by."
    ),
    examples=(_reading('{"1":{"class_type":"LoadVideo","inputs":{}}}'),),
    counterexamples=(
        _reading("Press any key"),
        _reading('{"9":{"class_type":"KSampler","inputs":{}}}'),
    ),
)


class ComfyUi:
    """ComfyUI graphs in text fields."""

    rules = (DECLARED, ORDINARY)

    def find(self, reading: Reading) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for found in reading.fields:
            if found.key.lower() not in (_PROMPT, _WORKFLOW):
                continue
            nodes = _nodes(found.value)
            if not nodes:
                continue
            making = [name for name in nodes if _GENERATIVE.search(name[:_LONGEST_NAME])]
            rule = DECLARED if making else ORDINARY
            shown = ", ".join(sorted(set(making or nodes))[:8])
            generator = Generator(tool="ComfyUI", model=_model(found.value))
            yield rule.hit(f"{found.place}/{found.key}", shown, generator)


def _nodes(text: str) -> list[str]:
    """Return the class names of a graph's nodes; empty if the text is no graph."""
    graph = _parse(text)
    if not isinstance(graph, Mapping):
        return []
    if isinstance(graph.get("nodes"), list) and "links" in graph:
        nodes = [node for node in graph["nodes"] if isinstance(node, Mapping)]
        return [str(node["type"]) for node in nodes if isinstance(node.get("type"), str)]
    nodes = [node for node in graph.values() if isinstance(node, Mapping)]
    return [
        node["class_type"]
        for node in nodes
        if isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), Mapping)
    ]


def _parse(text: str) -> object:
    if len(text) > _LARGEST or not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _model(text: str) -> str:
    graph = _parse(text)
    nodes = graph.values() if isinstance(graph, Mapping) else ()
    for node in nodes:
        inputs = node.get("inputs") if isinstance(node, Mapping) else None
        for key in _MODEL_INPUTS:
            if isinstance(inputs, Mapping) and isinstance(inputs.get(key), str):
                return str(inputs[key])[:100]
    return ""
