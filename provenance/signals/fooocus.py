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
_SCHEMES = frozenset({"fooocus", "a1111", "simple"})
_FORK = r"[\w-]{0,20}Fooocus[\w-]{0,20}(?:[ _-](?:MRE|API))?"
_VERSION = r" v?\d[\w.+()\- ]{0,40}"
_NAME = re.compile(f"{_FORK}(?:{_VERSION})?")
_SAID = re.compile(f"{_FORK}{_VERSION}|RuinedFooocus")
_SETTINGS = frozenset(
    {"base_model", "base_model_hash", "refiner_model", "performance", "sharpness", "guidance_scale"}
    | {"adm_guidance", "sampler", "scheduler", "metadata_scheme", "full_prompt", "steps", "styles"}
    | {"base_model_name", "seed", "version"}
)
_OWN = ("base_model", "base_model_name", "adm_guidance", "metadata_scheme")
_LABELS = ("Base Model", "ADM Guidance", "Metadata Scheme")
"""How a fork spells them, for people to read."""
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
        with_field("Software", "Fooocus API v0.4.0.6", "jpeg/Exif/IFD0"),
        with_field(
            "parameters",
            '{"Performance":"Speed","Guidance Scale":4,"Base Model":"juggernautXL","Seed":"1",'
            '"ADM Guidance":"(1.5, 0.8, 0.3)","Version":"Fooocus v2.1.865"}',
        ),
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
    places = Places(
        fields={_SCHEME: ANY, SOFTWARE: ("Fooocus",)} | dict.fromkeys(_JSON_KEYS, (*_OWN, *_LABELS))
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            value, place = found.value.strip(), place_of(found)
            if key == _SCHEME and value in _SCHEMES:
                yield RULE.hit(place, value, Generator(tool="Fooocus"))
            elif key == SOFTWARE and _SAID.fullmatch(value):
                yield RULE.hit(place, value, _generator(value))
            elif key in _JSON_KEYS and any(name in value for name in (*_OWN, *_LABELS)):
                yield from _document(place, value)


def _document(place: str, text: str) -> Iterator[Signal]:
    said = parse_object(text) or {}
    document = {key.lower().replace(" ", "_"): value for key, value in said.items()}
    known = _SETTINGS & document.keys()
    if len(known) >= _LEAST and any(name in document for name in _OWN):
        model = text_at(document, "base_model") or text_at(document, "base_model_name")
        name = text_at(document, "version") or text_at(document, "software")
        yield RULE.hit(place, f"keys {', '.join(sorted(known))}", _generator(name, model))


def _generator(said: str, model: str = "") -> Generator:
    name, _, version = said.partition(" ") if _NAME.fullmatch(said) else ("", "", "")
    return Generator(tool=name or "Fooocus", model=model, version=version)
