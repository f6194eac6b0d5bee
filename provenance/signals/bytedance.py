"""The JSON that apps of ByteDance write: Dreamina, TikTok, CapCut and kin."""

from collections.abc import Iterator, Mapping
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at, values_of
from provenance.signals._keys import REMARKS, fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import Evidence, Places, SignalRule

_LABEL, _EXPORT, _PRODUCT = "aigc_label_type", "exportType", "product"
_USED = ("is_use_ai_image_generation", "is_use_ai_video_generation")
_GENERATORS = frozenset({"dreamina", "doubao", "jimeng", "xinghui"})
_SOURCES = (_PRODUCT, "source_info")
_MARKS = (_LABEL, _EXPORT, _PRODUCT, *_USED)
_KEYS = REMARKS | {"artwork", "aigc_info", "information"}


def _reading(value: str, key: str = "UserComment") -> Reading:
    return with_field(key, value, "jpeg/Exif/ExifIFD")


LABEL = SignalRule(
    rule_id="bytedance-aigc-label",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="An app of ByteDance labels the media as made by AI",
    explanation=(
        "The JSON of Dreamina, TikTok and kin holds aigc_info with aigc_label_type: 1 or 2 is the"
        " disclosure that AI made it, 0 says nothing. Source: published notes on real files."
    ),
    examples=(
        _reading('{"aigc_info":{"aigc_label_type":1,"source_info":"dreamina"}}'),
        _reading('{"aigc_label_type":2}', "aigc_info"),
        _reading('{"data":{"aigc_info":"{\\"aigc_label_type\\":1}"}}'),
    ),
    counterexamples=(
        _reading('{"aigc_info":{"aigc_label_type":0}}'),
        _reading('{"aigc_label_type":7}'),
        _reading("aigc_label_type 1"),
    ),
)
EXPORT = SignalRule(
    rule_id="bytedance-generation-export",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="An app of ByteDance exported what it generated",
    explanation=(
        'The JSON of the export names its product and says "exportType": "generation", as Dreamina'
        " does also where the label is 0. Source: published real files."
    ),
    examples=(_reading('{"data":{"os":"web","product":"dreamina","exportType":"generation"}}'),),
    counterexamples=(
        _reading('{"data":{"product":"vicut","exportType":"export"}}'),
        _reading('{"exportType":"generation"}'),
    ),
)
HINT = SignalRule(
    rule_id="bytedance-ai-features",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="An app of ByteDance that generates wrote this file, or AI parts were used in CapCut",
    explanation=(
        "The JSON names Dreamina, Doubao, Jimeng or Xinghui without saying that it generated, or"
        " CapCut counts generated pictures or videos in the timeline. Source: real files."
    ),
    examples=(
        _reading('{"data":{"product":"dreamina"}}'),
        _reading('{"data":{"is_use_ai_image_generation":1,"product":"vicut"}}', "artwork"),
    ),
    counterexamples=(
        _reading('{"data":{"is_use_ai_image_generation":0,"product":"vicut"}}', "artwork"),
        _reading('{"data":{"product":"lv"}}'),
    ),
)


class ByteDance:
    """The JSON of ByteDance's apps."""

    rules = (LABEL, EXPORT, HINT)
    places = Places(fields=dict.fromkeys(_KEYS, _MARKS))

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for _, found in fields_under(evidence, _KEYS):
            if any(mark in found.value for mark in _MARKS):
                document = parse_object(found.value)
                if document is not None:
                    yield from _signals(place_of(found), document)


def _signals(place: str, document: Mapping[str, object]) -> Iterator[Signal]:
    generator = Generator(tool=_tool(document))
    parts = [document, *(part for part in document.values() if isinstance(part, Mapping))]
    labels = {str(value) for value in values_of(document, _LABEL)} & {"1", "2"}
    exported = any(
        text_at(part, _EXPORT) == "generation" and text_at(part, _PRODUCT) for part in parts
    )
    used = [name for name in _USED if "1" in {str(value) for value in values_of(document, name)}]
    if labels:
        yield LABEL.hit(place, f"{_LABEL}: {', '.join(sorted(labels))}", generator)
    if exported:
        yield EXPORT.hit(place, f"{_EXPORT}: generation", generator)
    if used or (generator.tool and not (labels or exported)):
        yield HINT.hit(place, ", ".join(used) or f"{_PRODUCT}: {generator.tool}", generator)


def _tool(document: Mapping[str, object]) -> str:
    said = (str(value) for name in _SOURCES for value in values_of(document, name))
    return next((name for name in said if name in _GENERATORS), "")
