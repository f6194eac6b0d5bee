"""The generation parameters that AUTOMATIC1111, Forge, SD.Next and kin write as text."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import REMARKS, STEALTH, fields_under, place_of
from provenance.signals._samples import with_field, with_property
from provenance.signals.interface import Evidence, Places, SignalRule

_OWN_KEYS = frozenset({"parameters", "postprocessing", "extras", STEALTH})
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_PROPERTIES = {(_DUBLIN_CORE, "description"), (_EXIF, "UserComment")}
_STEPS = re.compile(r"\bSteps:\s*\d+")
_LINE = re.compile(
    r"(?m)^[ \t]*(?:(?!Steps:)[A-Z][\w ]{1,30}: [^,:\n]{1,80}, ){0,4}Steps:\s*\d+\s*,.*$"
)
"""A line of settings; in a few writers others come before the steps."""
_NEGATIVE, _INLINE = "Negative prompt:", re.compile(r"\bSteps:\s*\d+\s*,")
_SETTINGS = tuple(
    re.compile(setting, re.IGNORECASE)
    for setting in (
        r"\bSampler:\s*\w",
        r"\bCFG scale:\s*\d",
        r"\bGuidance Scale:\s*\d",
        r"\bSeed:\s*-?\d",
        r"\bSize:\s*\d+x\d+",
        r"\bModel hash:\s*[0-9a-f]{4}",
    )
)
_SIZE = _SETTINGS[4]
_LEAST_IN_REMARKS, _LEAST_INLINE = 2, 3
_PRIVATE = re.compile(r'"|,[^,:]{0,80}(?i:prompt|template|wildcard)[^,:]{0,80}:')
"""Where the settings quote a prompt again; what is shown ends before it."""
_MODEL = re.compile(r"(?:^|, )Model: ([^,\n]{1,100})")
_VERSION = re.compile(r"(?:^|, )Version: ([^,\n]{1,60})")
_TAIL = 262_144
"""The settings stand behind a prompt that may be long, and may quote others that are."""
_LONGEST_LINE = 4096
"""Characters of a line that are searched for settings."""


def _reading(value: str, key: str = "parameters", place: str = "png/tEXt") -> Reading:
    return with_field(key, value, place)


_SAMPLE = (
    "a lighthouse\nNegative prompt: fog\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Model: sd_xl, Version: v1.9.4"
)
RULE = SignalRule(
    rule_id="a1111-parameters",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation parameters as AUTOMATIC1111, Forge and SD.Next write them",
    explanation=(
        "A text field `parameters` holds `Steps: <number>` and one of Sampler, CFG scale, Seed or"
        " Model hash: the settings of a diffusion run. In fields where people write too, such as"
        " UserComment or a comment, a whole line of such settings is demanded. Source: generator"
        " source code and real files."
    ),
    examples=(
        _reading(_SAMPLE),
        _reading("Steps: 4, Seed: 77", "postprocessing"),
        _reading(_SAMPLE, "UserComment", "jpeg/Exif/ExifIFD"),
        _reading(_SAMPLE, "", "gif/comment"),
        _reading(_SAMPLE, "©cmt", "mp4/moov/udta/meta/ilst"),
        _reading(_SAMPLE, "stealth_pnginfo", "png/stealth"),
        _reading(_SAMPLE.replace("\n", "\r"), "Comment"),
        _reading(_SAMPLE.replace("\n", " "), "UserComment", "jpeg/Exif/ExifIFD"),
        _reading(_SAMPLE.replace("CFG scale", "CFG Scale").replace("Seed", "seed"), "Comment"),
        _reading(f"{_SAMPLE}, Hashes: {{{'a' * 50_000}}}", "Comment"),
        _reading("a lighthouse\nSampler: Euler a, Steps: 20, CFG scale: 7, Seed: 1", "Comment"),
        with_property(_DUBLIN_CORE, "description", _SAMPLE),
    ),
    counterexamples=(
        _reading("Steps: take the second left, then the stairs"),
        _reading("Steps: 20"),
        _reading("Steps: 20, Sampler: Euler a", "Comment"),
        _reading("He wrote: Steps: 20, Sampler: Euler a, Seed: 5", "Comment"),
        _reading(_SAMPLE, "Title"),
        _reading("Plant: tomato, Steps: 3, Seed: 5, Size: 10x20", "Comment"),
        _reading("Negative prompt: none. Steps: 3, then rest. Seed: 5", "Comment"),
        _reading("He said: Sampler: Euler a, Steps: 20, CFG scale: 7, Seed: 5", "Comment"),
    ),
)


class DiffusionText:
    """Generation parameters in text."""

    rules = (RULE,)
    places = Places(
        fields=dict.fromkeys(_OWN_KEYS | REMARKS, ("Steps:",)),
        properties={name: ("Steps:",) for _, name in _PROPERTIES},
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            settings = _settings(found.value) if key in _OWN_KEYS else _line(found.value)
            if settings:
                yield _signal(place_of(found), settings)
        for said in evidence.properties:
            settings = _line(said.value) if (said.namespace, said.name) in _PROPERTIES else ""
            if settings:
                yield _signal(f"{said.place}/{said.name}", settings)


def _settings(text: str) -> str:
    """Return the settings in a text of a generator's own field; empty if it holds none."""
    line = _line(text)
    text = text[-_TAIL:]
    steps = _STEPS.search(text)
    if line or steps is None:
        return line
    is_run = any(other.search(text) for other in _SETTINGS if other is not _SIZE)
    return text[steps.start() :].partition("\n")[0] if is_run else ""


def _line(text: str) -> str:
    """Return the last line that is nothing but settings; empty if there is none.

    Where line feeds were lost the settings follow the negative prompt; more of them are demanded.
    """
    if "Steps:" not in text:
        return ""
    text = text[-_TAIL:].replace("\r", "\n").replace("<br>", "\n")
    found = (match.group() for match in _LINE.finditer(text))
    lines = [line for line in found if _count(line) >= _demanded(line)]
    if lines:
        return lines[-1].strip()
    start = text.find(_NEGATIVE)
    steps = list(_INLINE.finditer(text, start)) if start >= 0 else []
    rest = text[steps[-1].start() :].partition("\n")[0] if steps else ""
    return rest if _count(rest) >= _LEAST_INLINE else ""


def _demanded(line: str) -> int:
    return _LEAST_IN_REMARKS if line.lstrip().startswith("Steps:") else _LEAST_INLINE


def _count(line: str) -> int:
    return sum(1 for setting in _SETTINGS if setting.search(line, 0, _LONGEST_LINE))


def _signal(place: str, settings: str) -> Signal:
    model, version = _MODEL.search(settings), _VERSION.search(settings)
    generator = Generator(
        tool="Stable Diffusion web UI (AUTOMATIC1111 family)",
        model=model.group(1).strip() if model else "",
        version=version.group(1).strip() if version else "",
    )
    quoted = _PRIVATE.search(settings)
    shown = settings[: quoted.start()] if quoted else settings
    return RULE.hit(place, shown.strip(), generator)
