"""A graph as ComfyUI writes it: what ran (`prompt`), or what was on screen (`workflow`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from provenance.signals._json_text import parse_object

_LONGEST_NAME = 200
"""Characters of a class name that are looked at; a search over millions would not end."""
_MOST_NODES = 100_000
_SCREEN = frozenset({"links", "last_node_id", "last_link_id", "state"})
"""Members of a graph from the screen, one of which stands beside its nodes."""
_ASLEEP = frozenset({2, 4})
"""Modes of nodes that did not run: muted, bypassed."""
_GENERATIVE = re.compile(
    r"Sampler|VAEDecode|(?:Checkpoint|UNET|Unet|DiT|Diffusion|Diffusers).*Loader|(?i:inpaint)"
    r"|(?:Load|Loader).*(?:DiffusionModel|VideoModel)|VideoModelLoader|UltimateSDUpscale|FaceDetailer"
    r"|(?<![A-Za-z])(?i:lama)(?![a-z])|TTS|TextToSpeech|VoiceClon"
    r"|(?:Txt|Text|Image|Img)(?:To|2)(?:Image|Img|Video|Vid|Audio|Music|3D|Model)"
    r"|(?:Video|Image)NodeGen"
    r"|^(?:Luma|OpenAI|Gemini|Grok|Google)\w*(?:Image|Video|Dalle|DALL|Sora|Imagen|Veo)"
    r"|^(?:Runway|Kling|Veo|Sora|Ideogram|Recraft|Stability|Moonvalley|Flux|Pika|Pixverse|Minimax"
    r"|Hailuo|Vidu|ByteDance|Seedream|Seedance|Bria|Ltxv|Reve|Tripo|Rodin|Meshy|ElevenLabs)[A-Z0-9]"
    r"|^(?:Wan|Hunyuan)\w*Api$|^Pik(?:additions|aswaps|affects)$"
)
"""Node classes that make picture or sound with a model; the rest load, resize and save."""
_HOSTED = re.compile(
    r"^(?:Runway|Luma|Kling|Veo|Sora|OpenAI|Gemini|Grok|Google|Ideogram|Recraft|Stability"
    r"|Moonvalley|Pika|Pixverse|Minimax|Hailuo|Vidu|ByteDance|Bria|Ltxv|Reve|Tripo|Rodin|Meshy"
    r"|ElevenLabs)[A-Z0-9]"
)
"""Node classes that name the hosted service which did the work."""
_MODEL_INPUTS = ("ckpt_name", "unet_name", "model_name")
_MODEL_LOADER = re.compile(r"(?:Checkpoint|UNET|Unet|Diffusion).{0,80}Loader")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyGraph:
    """The nodes of one graph that were awake."""

    names: tuple[str, ...]
    """Class names of the nodes, in order."""
    is_run: bool
    """Whether it is what ran; a graph from the screen may hold more."""
    model: str = ""
    """The model a node loads or the class of the hosted service, where stated."""

    @property
    def generative(self) -> tuple[str, ...]:
        """The class names that make picture or sound with a model."""
        return tuple(name for name in self.names if _GENERATIVE.search(name[:_LONGEST_NAME]))


def graphs_in(text: str) -> Iterator[ComfyGraph]:
    """Yield the graph a text is, or the graphs the document it is wraps."""
    document = parse_object(text)
    if document is None:
        return
    graph = _graph(document)
    if graph is not None:
        yield graph
        return
    # Some savers keep the screen's graph one level deeper.
    extra = document.get("extra_pnginfo")
    for key, value in (*document.items(), *(extra.items() if isinstance(extra, Mapping) else ())):
        if key.lower() in ("prompt", "workflow"):
            inner = parse_object(value) if isinstance(value, str) else value
            graph = _graph(inner) if isinstance(inner, Mapping) else None
            if graph is not None:
                yield graph


def _graph(document: Mapping[str, object]) -> ComfyGraph | None:
    if isinstance(document.get("nodes"), list) and not _SCREEN.isdisjoint(document):
        return _from_screen(document)
    nodes = list(islice(_run_nodes(document), _MOST_NODES))
    names = tuple(name for name, _ in nodes)
    inputs = [given for _, given in nodes]
    return ComfyGraph(names=names, is_run=True, model=_model(names, inputs)) if names else None


def _run_nodes(document: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for node in document.values():
        if isinstance(node, Mapping):
            name, given = node.get("class_type"), node.get("inputs")
            if isinstance(name, str) and isinstance(given, Mapping):
                yield name, given


def _from_screen(document: Mapping[str, object]) -> ComfyGraph | None:
    nodes = [*_awake(document), *_in_subgraphs(document)][:_MOST_NODES]
    names = tuple(str(node["type"]) for node in nodes)
    loaded = (node.get("widgets_values") for node in nodes if _MODEL_LOADER.search(_short(node)))
    first = (values[0] for values in loaded if isinstance(values, list) and values)
    model = next((value for value in first if isinstance(value, str)), "") or _hosted(names)
    return ComfyGraph(names=names, is_run=False, model=model[:100]) if names else None


def _awake(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    nodes = document.get("nodes")
    return [
        node
        for node in (nodes if isinstance(nodes, list) else [])
        if isinstance(node, Mapping)
        and isinstance(node.get("type"), str)
        and node.get("mode") not in _ASLEEP
    ]


def _in_subgraphs(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    definitions = document.get("definitions")
    graphs = definitions.get("subgraphs") if isinstance(definitions, Mapping) else None
    extra = document.get("extra")
    groups = extra.get("groupNodes") if isinstance(extra, Mapping) else None
    inner = graphs if isinstance(graphs, list) else []
    # Before there were subgraphs, a node of the type `workflow/NAME` stood for a group.
    grouped = groups.values() if isinstance(groups, Mapping) else ()
    return [
        node for graph in (*inner, *grouped) if isinstance(graph, Mapping) for node in _awake(graph)
    ]


def _short(node: Mapping[str, object]) -> str:
    return str(node["type"])[:_LONGEST_NAME]


def _model(names: tuple[str, ...], inputs: list[Mapping[str, object]]) -> str:
    for key in _MODEL_INPUTS:
        for said in inputs:
            value = said.get(key)
            if isinstance(value, str) and value:
                return value[:100]
    return _hosted(names)


def _hosted(names: tuple[str, ...]) -> str:
    return next((name[:100] for name in names if _HOSTED.search(name)), "")
