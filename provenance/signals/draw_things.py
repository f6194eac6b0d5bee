"""What Draw Things writes: its name, and the settings as JSON in UserComment."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at
from provenance.signals._keys import SOFTWARE, USER_COMMENT, fields_under, place_of
from provenance.signals._samples import with_field, with_property
from provenance.signals.interface import Evidence, Places, SignalRule

_XMP = "http://ns.adobe.com/xap/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_NAME = re.compile(r"Draw Things(?: v?\d[\w.]{0,20})?")
_SETTINGS = frozenset({"sampler", "scale", "seed", "steps", "model", "size", "v2"})
_LEAST = 3
_JSON = '{"c":"a lighthouse","uc":"","model":"flux","sampler":"Euler","seed":1,"steps":8}'

RULE = SignalRule(
    rule_id="draw-things-metadata",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation data of Draw Things",
    explanation=(
        "Draw Things, which does nothing but generate, names itself as the creator tool and writes"
        ' its settings as JSON ("c" the prompt, "uc" the negative one) into UserComment. Source:'
        " generator source code."
    ),
    examples=(
        with_property(_XMP, "CreatorTool", "Draw Things"),
        with_property(_EXIF, "UserComment", _JSON),
        with_field("Software", "Draw Things"),
        with_field("UserComment", _JSON, "jpeg/Exif/ExifIFD"),
    ),
    counterexamples=(
        with_property(_XMP, "CreatorTool", "How to Draw Things"),
        with_property(_EXIF, "UserComment", '{"c":"x","uc":"y","sampler":"z"}'),
        with_property("http://purl.org/dc/elements/1.1/", "CreatorTool", "Draw Things"),
        with_field("UserComment", '{"model":"X","sampler":"Y","seed":1,"steps":8}'),
    ),
)


class DrawThings:
    """Generation data of Draw Things."""

    rules = (RULE,)
    places = Places(
        fields={SOFTWARE: ("Draw Things",), USER_COMMENT: ("sampler",)},
        properties={"CreatorTool": ("Draw Things",), "UserComment": ("sampler",)},
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            look = _document if key == USER_COMMENT else _name
            yield from look(place_of(found), found.value)
        for said in evidence.properties:
            place = f"{said.place}/{said.name}"
            if (said.namespace, said.name) == (_XMP, "CreatorTool"):
                yield from _name(place, said.value)
            elif (said.namespace, said.name) == (_EXIF, "UserComment"):
                yield from _document(place, said.value)


def _name(place: str, text: str) -> Iterator[Signal]:
    if _NAME.fullmatch(text.strip()):
        yield RULE.hit(place, text.strip(), Generator(tool="Draw Things"))


def _document(place: str, text: str) -> Iterator[Signal]:
    document = parse_object(text) if "sampler" in text else None
    if document and isinstance(document.get("c"), str) and isinstance(document.get("uc"), str):
        known = sorted(_SETTINGS & document.keys())
        if len(known) >= _LEAST:
            generator = Generator(tool="Draw Things", model=text_at(document, "model"))
            yield RULE.hit(place, f"keys c, uc, {', '.join(known)}", generator)
