"""The graphs ComfyUI writes into every container it saves."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._comfy_graph import ComfyGraph, graphs_in
from provenance.signals._keys import REMARKS, STEALTH, fields_under, place_of
from provenance.signals._samples import with_field, with_fields, with_property
from provenance.signals.interface import JSON, Evidence, Places, SignalRule

_PROMPT, _WORKFLOW = "prompt", "workflow"
_OWN_KEYS = frozenset({_PROMPT, _WORKFLOW})
_COUNTED_DOWN = frozenset(f"0x{tag:04x}" for tag in range(0x0100, 0x010D))
"""Tags below Make and DocumentName, which ComfyUI takes for further keys in WebP."""
_SHARED_KEYS = (
    REMARKS | _COUNTED_DOWN | {"make", "model", "documentname", "metadata", "extras", STEALTH}
)
_NAMES = frozenset(
    {_PROMPT, _WORKFLOW, "Prompt", "Workflow", "PROMPT", "WORKFLOW"}
    | {"metadata", "json", "UserComment", "description"}
)
_PREFIX = re.compile(r"\s{0,8}(?:prompt|workflow)\s{0,8}:\s{0,8}(?=\{)", re.IGNORECASE)
_EXIF_SAMPLE = 'workflow:{"nodes":[{"id":1,"type":"KSampler","mode":0}],"links":[],"version":0.4}'
_RAN = '{"3":{"class_type":"KSampler","inputs":{"seed":1}}}'


def _reading(value: str, key: str = _PROMPT, place: str = "png/tEXt") -> Reading:
    return with_field(key, value, place)


DECLARED = SignalRule(
    rule_id="comfyui-graph",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="A ComfyUI graph with a generative node",
    explanation=(
        "A field parses as a ComfyUI graph (objects with class_type and inputs, or nodes and links)"
        " and holds a node that generates: a sampler, a decoder, a model loader, an inpainter or a"
        " hosted service. It stands under `prompt` or `workflow`, behind these words in EXIF, in"
        " the comment of a video, or in XMP. What ran outranks what was on screen; muted nodes do"
        " not count. Source: generator source code and real files."
    ),
    examples=(
        _reading(
            '{"3":{"class_type":"KSampler","inputs":{"seed":1}},'
            '"4":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"sd_xl"}}}'
        ),
        _reading('{"last_node_id":1,"nodes":[{"id":1,"type":"VAEDecode"}],"links":[]}', _WORKFLOW),
        _reading('{"9":{"class_type":"KSampler","inputs":{"cfg":NaN}}}'),
        _reading(' {"9":{"class_type":"KSampler","inputs":{"text":"a\nb"}}}'),
        _reading('{"1":{"class_type":"Pikadditions","inputs":{}}}'),
        _reading('{"1":{"class_type":"WanReferenceVideoApi","inputs":{}}}'),
        _reading('{"1":{"class_type":"DownloadAndLoadCogVideoModel","inputs":{}}}'),
        _reading('{"nodes":[{"type":"KSampler"}],"last_node_id":3}', _WORKFLOW),
        _reading(
            '{"nodes":[{"type":"workflow/Made"}],"links":[],'
            '"extra":{"groupNodes":{"Made":{"nodes":[{"type":"KSampler"}]}}}}',
            _WORKFLOW,
        ),
        _reading(
            '{"extra_pnginfo":{"workflow":{"nodes":[{"type":"KSampler"}],"links":[]}}}',
            "UserComment",
            "jpeg/Exif/ExifIFD",
        ),
        _reading(_RAN, "TXXX:prompt", "mp3/ID3v2"),
        _reading(_RAN, "PROMPT", "webm/Tags"),
        _reading(_RAN, "prompt", "glb/asset/extras"),
        _reading(_EXIF_SAMPLE, "Make", "webp/Exif/IFD0"),
        _reading(
            '{"prompt":"{\\"1\\":{\\"class_type\\":\\"RunwayImageToVideoNodeGen4\\",'
            '\\"inputs\\":{}}}"}',
            "©cmt",
            "mp4/moov/udta/meta/ilst",
        ),
        with_property("http://purl.org/dc/elements/1.1/", "description", _RAN),
        with_property("https://comfy.org/ns/1.0/", "Workflow", _EXIF_SAMPLE.partition(":")[2]),
    ),
    counterexamples=(
        _reading("Press any key"),
        _reading(_RAN, "caption"),
        _reading('{"1":{"class_type":"LoadVideo","inputs":{}}}'),
        _reading('{"1":{"class_type":"LlamaCaption","inputs":{}}}'),
        _reading('{"scene":{"camera":"A"}}'),
        _reading('{"nodes":[{"type":"KSampler"}]}', _WORKFLOW),
        _reading('{"nodes":[{"id":1,"type":"KSampler","mode":4}],"links":[]}', _WORKFLOW),
        with_fields(
            (_PROMPT, '{"1":{"class_type":"LoadVideo","inputs":{}}}'),
            (_WORKFLOW, '{"nodes":[{"id":1,"type":"KSampler"}],"links":[]}'),
        ),
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
    """ComfyUI graphs in text fields and XMP."""

    rules = (DECLARED, ORDINARY)
    places = Places(
        fields=dict.fromkeys(_OWN_KEYS | _SHARED_KEYS, JSON), properties=dict.fromkeys(_NAMES, JSON)
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        found = list(_all_graphs(evidence))
        has_run = any(graph.is_run for _, graph in found)
        for place, graph in found:
            # A graph from the screen may hold nodes that did not run; what ran says it surely.
            if graph.is_run or not has_run:
                yield _signal(place, graph)


def _all_graphs(evidence: Evidence) -> Iterator[tuple[str, ComfyGraph]]:
    for key, field in fields_under(evidence, _OWN_KEYS | _SHARED_KEYS):
        text = field.value
        prefix = _PREFIX.match(text) if key in _SHARED_KEYS else None
        for graph in graphs_in(text[prefix.end() :] if prefix else text):
            yield place_of(field), graph
    for said in evidence.properties:
        if said.name in _NAMES:
            for graph in graphs_in(said.value):
                yield f"{said.place}/{said.name}", graph


def _signal(place: str, graph: ComfyGraph) -> Signal:
    rule = DECLARED if graph.generative else ORDINARY
    shown = ", ".join(sorted(set(graph.generative or graph.names))[:8])
    return rule.hit(place, shown, Generator(tool="ComfyUI", model=graph.model))
