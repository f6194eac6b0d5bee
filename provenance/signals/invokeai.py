"""What the generations of InvokeAI write: Dream (1.x), sd-metadata (2.x), invokeai_* (3.x on)."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from provenance.model.metadata import MetadataField
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at
from provenance.signals._keys import fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import JSON, Evidence, Places, SignalRule

_DREAM = "dream"
_UNSAID = "<too lazy to implement>"
_SHAPES = {
    "invokeai_metadata": frozenset(
        {"generation_mode", "positive_prompt", "cfg_scale", "scheduler", "steps", "app_version"}
        | {"negative_prompt", "model", "seed", "upscale_model", "guidance", "canvas_v2_metadata"}
    ),
    "invokeai_graph": frozenset({"nodes", "edges"}),
    "invokeai_workflow": frozenset({"nodes", "edges", "exposedFields"}),
    "sd-metadata": frozenset({"model_hash", "app_id", "image"}),
}
"""Keys of JSON fields, with names of which an honest document holds at least two."""
_LEAST = 2
_FLAGS = re.compile(r"(?<=\s)-(?:s|S|W|H|C|A|G|f) ?(?:\d[\d.]*|k_\w+|ddim|plms|dpm\w*|euler\w*)")
_MODELS = (("model", "name"), ("model", "model_name"), ("model_weights",), ("model",))


def _reading(key: str, value: str) -> Reading:
    return with_field(key, value)


DECLARED = SignalRule(
    rule_id="invokeai-metadata",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation data of InvokeAI",
    explanation=(
        "InvokeAI writes what it ran: as JSON under invokeai_metadata, invokeai_graph,"
        " invokeai_workflow or sd-metadata, and in its first versions as a command line under"
        " Dream. Source: generator source code and real files."
    ),
    examples=(
        _reading("invokeai_metadata", '{"generation_mode":"sdxl_txt2img","steps":35}'),
        _reading("invokeai_metadata", '{"app_version":"3.4.0","model":{"model_name":"sdxl"}}'),
        _reading("invokeai_graph", '{"id":"1","nodes":{},"edges":[]}'),
        _reading("sd-metadata", '{"model_hash":"cc6c","app_id":"invoke-ai/InvokeAI"}'),
        _reading("Dream", "japanese gardener -s 30 -S 2202748743 -W 512 -H 512 -C 7.5 -A k_lms"),
    ),
    counterexamples=(
        _reading("invokeai_metadata", "see the wiki"),
        _reading("invokeai_metadata", '{"model":"Alexa 35","title":"Dailies"}'),
        _reading("sd-metadata", '{"title":"Standard definition master"}'),
        _reading("Dream", "A dream of -s and -S"),
        _reading("Dream", _UNSAID),
    ),
)
STEP = SignalRule(
    rule_id="invokeai-dream-unsaid",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="An intermediate picture of InvokeAI 1.x whose settings were not written",
    explanation=(
        "The field Dream is there and says `<too lazy to implement>`: the first InvokeAI wrote that"
        " into pictures between the steps. Source: a real file."
    ),
    examples=(_reading("Dream", _UNSAID),),
    counterexamples=(_reading("Dream", "too lazy to implement"),),
)


class InvokeAi:
    """Generation data of InvokeAI."""

    rules = (DECLARED, STEP)
    places = Places(fields=dict.fromkeys(_SHAPES, JSON) | {_DREAM: ("-", _UNSAID)})

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            if key == _DREAM:
                yield from _dream(found)
            elif (document := parse_object(found.value)) is not None:
                known = sorted(_SHAPES[key] & document.keys())
                if len(known) >= _LEAST:
                    shown = f"keys {', '.join(known)}"
                    yield DECLARED.hit(place_of(found), shown, _generator(document))


def _dream(found: MetadataField) -> Iterator[Signal]:
    flags = [flag.group() for flag in _FLAGS.finditer(found.value[-4096:])]
    if len({flag[:2] for flag in flags}) >= _LEAST:
        yield DECLARED.hit(place_of(found), " ".join(flags), Generator(tool="InvokeAI"))
    elif found.value.strip() == _UNSAID:
        yield STEP.hit(place_of(found), _UNSAID, Generator(tool="InvokeAI"))


def _generator(document: Mapping[str, object]) -> Generator:
    model = next((text for path in _MODELS if (text := text_at(document, *path))), "")
    return Generator(tool="InvokeAI", model=model, version=text_at(document, "app_version"))
