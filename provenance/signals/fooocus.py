"""What Fooocus and its forks write: a scheme, settings as JSON, their name and version."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at
from provenance.signals._keys import SOFTWARE, STEALTH, USER_COMMENT, fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import ANY, Evidence, Places, SignalRule

_SCHEME = "fooocus_scheme"
_SCHEMES = frozenset({"fooocus", "a1111"})
_NAME = re.compile(r"[\w-]{0,20}Fooocus[\w-]{0,20}(?:[ _-]MRE)?(?: v?\d[\w.\- ]{0,30})?")
_VERSIONED = re.compile(r"[\w-]{0,20}Fooocus[\w-]{0,20}(?:[ _-]MRE)? v?\d[\w.\- ]{0,30}")
_SETTINGS = frozenset(
    {"base_model", "base_model_hash", "refiner_model", "performance", "sharpness", "guidance_scale"}
    | {"adm_guidance", "sampler", "scheduler", "metadata_scheme", "full_prompt", "steps", "styles"}
    | {"base_model_name", "seed", "version"}
)
_OWN = ("base_model", "base_model_name", "adm_guidance", "metadata_scheme")
_LEAST = 4
_JSON_KEYS = frozenset({"parameters", USER_COMMENT, STEALTH, "comment"})

RULE = SignalRule(
    rule_id="fooocus-metadata",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation data of Fooocus or a fork of it",
    explanation=(
        "Fooocus writes fooocus_scheme beside its parameters, the settings as JSON (base_model,"
        " performance, sharpness, adm_guidance ...), and into EXIF the software name with a"
        " version. Source: generator source code and a real file."
    ),
    examples=(
        with_field("fooocus_scheme", "fooocus"),
        with_field("Software", "Fooocus v2.5.5", "jpeg/Exif/IFD0"),
        with_field(
            "UserComment",
            '{"base_model":"juggernautXL","performance":"Speed","sharpness":2.0,"seed":"1",'
            '"version":"Fooocus v2.3.1"}',
            "jpeg/Exif/ExifIFD",
        ),
    ),
    counterexamples=(
        with_field("fooocus_scheme", "of a play"),
        with_field("parameters", '{"base_model":"juggernautXL","seed":"1"}'),
        with_field("Software", "Fooocus"),
        with_field("parameters", '{"performance":"matinee","styles":["baroque"],"seed":1}'),
    ),
)


class Fooocus:
    """Generation data of Fooocus."""

    rules = (RULE,)
    places = Places(fields={_SCHEME: ANY, SOFTWARE: ("Fooocus",)} | dict.fromkeys(_JSON_KEYS, _OWN))

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            value, place = found.value.strip(), place_of(found)
            if key == _SCHEME and value in _SCHEMES:
                yield RULE.hit(place, value, Generator(tool="Fooocus"))
            elif key == SOFTWARE and _VERSIONED.fullmatch(value):
                yield RULE.hit(place, value, _generator(value))
            elif key in _JSON_KEYS and any(name in value for name in _OWN):
                yield from _document(place, value)


def _document(place: str, text: str) -> Iterator[Signal]:
    document = parse_object(text) or {}
    known = _SETTINGS & document.keys()
    if len(known) >= _LEAST and any(name in document for name in _OWN):
        model = text_at(document, "base_model") or text_at(document, "base_model_name")
        said = text_at(document, "version") or text_at(document, "software")
        yield RULE.hit(place, f"keys {', '.join(sorted(known))}", _generator(said, model))


def _generator(said: str, model: str = "") -> Generator:
    name, _, version = said.partition(" ") if _NAME.fullmatch(said) else ("", "", "")
    return Generator(tool=name or "Fooocus", model=model, version=version)
