"""What NovelAI writes: its name, its model, and signed settings; also hidden in the pixels."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at
from provenance.signals._keys import (
    COMMENT,
    SOFTWARE,
    STEALTH,
    USER_COMMENT,
    fields_under,
    place_of,
)
from provenance.signals._samples import with_field, with_fields
from provenance.signals.interface import Evidence, Places, SignalRule

_NAME = "NovelAI"
_TITLE, _SOURCE = "title", "source"
_TITLES = frozenset({"AI generated image", "AI augmented image", "NovelAI generated image"})
_MODEL = re.compile(r"(?:NovelAI Diffusion|Stable Diffusion)[\w .-]{0,40} [0-9A-F]{8}")
_SETTINGS = frozenset({"steps", "sampler", "scale", "seed", "uc", "request_type"})
_LEAST = 2
_DOCUMENTS = frozenset({COMMENT, USER_COMMENT, STEALTH})
"""Keys under which the settings stand as JSON."""


def _reading(*pairs: tuple[str, str]) -> Reading:
    return with_fields(*pairs)


RULE = SignalRule(
    rule_id="novelai-metadata",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation data of NovelAI",
    explanation=(
        "NovelAI writes Software `NovelAI`, its model with a hash as Source beside the title `AI"
        " generated image` or `AI augmented image`, and a Comment with settings and signed_hash;"
        " the same as JSON into the alpha channel and UserComment. Source: generator source code"
        " and real files."
    ),
    examples=(
        _reading(("Software", _NAME)),
        _reading(("Title", "AI augmented image"), ("Source", "NovelAI Diffusion V4.5 B9F340FD")),
        _reading(("Comment", '{"steps":28,"sampler":"k_euler","seed":1,"signed_hash":"Gm=="}')),
        with_field(
            "stealth_pngcomp", '{"Software":"NovelAI","Source":"Stable Diffusion XL C1E1DE52"}'
        ),
    ),
    counterexamples=(
        _reading(("Software", "NovelAI Viewer for photographs")),
        _reading(("Title", "AI generated image")),
        _reading(("Source", "NovelAI Diffusion, a critique")),
        _reading(("Comment", '{"steps":28,"sampler":"k_euler"}')),
        _reading(("Comment", '{"signed_hash":"Gm=="}')),
    ),
)


class NovelAi:
    """Generation data of NovelAI."""

    rules = (RULE,)
    places = Places(
        fields={SOFTWARE: (_NAME,), _TITLE: ("AI ", "NovelAI"), _SOURCE: ("Diffusion",)}
        | dict.fromkeys(_DOCUMENTS, (_NAME, "signed_hash"))
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        said: dict[str, str] = {}
        for key, found in fields_under(evidence, self.places.fields):
            said.setdefault(key, found.value.strip())
        model = said.get(_SOURCE, "")
        model = model if _MODEL.fullmatch(model) else ""
        for key, found in fields_under(evidence, self.places.fields):
            if key == SOFTWARE and found.value.strip() == _NAME:
                yield RULE.hit(place_of(found), _NAME, Generator(tool=_NAME, model=model))
            elif key == _SOURCE and model and said.get(_TITLE) in _TITLES:
                yield RULE.hit(place_of(found), model, Generator(tool=_NAME, model=model))
            elif key in _DOCUMENTS:
                yield from _document(place_of(found), found.value, model)


def _document(place: str, text: str, model: str) -> Iterator[Signal]:
    is_likely = "signed_hash" in text or _NAME in text
    document = (parse_object(text) if is_likely else None) or {}
    inner = document.get("Comment")
    signed = (parse_object(inner) if isinstance(inner, str) else None) or document
    known = sorted(_SETTINGS & signed.keys())
    if text_at(document, "Software") == _NAME:
        yield RULE.hit(place, "Software: NovelAI", _generator(document, model))
    elif "signed_hash" in signed and len(known) >= _LEAST:
        shown = f"keys signed_hash, {', '.join(known)}"
        yield RULE.hit(place, shown, _generator(document, model))


def _generator(document: Mapping[str, object], model: str) -> Generator:
    return Generator(tool=_NAME, model=text_at(document, "Source") or model)
