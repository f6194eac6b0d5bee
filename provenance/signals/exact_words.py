"""Words a generator or an editor always writes into one field, compared whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import SOFTWARE, fields_under, place_of
from provenance.signals._samples import with_field, with_property
from provenance.signals.interface import Evidence, Places, SignalRule

_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_CREDIT_LINE, _SOURCE_LINE, _MAKE = "2:110", "2:115", "make"
"""Datasets 110 and 115 of record 2 of IIM are credit and source; `make` is EXIF's camera maker."""
_SINCE = date(2026, 11, 1)

GOOGLE = SignalRule(
    rule_id="google-ai-credit",
    level=Level.DECLARES,
    since=_SINCE,
    title="The credit line says that Google's AI made or edited the picture",
    explanation=(
        "Gemini, Imagen and Google Photos write `Made with Google AI`, `Edited with Google AI` or"
        " `AI-Generated with Google Photos` into photoshop:Credit and IIM 2:110. Source: a real"
        " file and Google's documentation."
    ),
    examples=(
        with_property(_PHOTOSHOP, "Credit", "Made with Google AI"),
        with_field("2:110", "Edited with Google AI", "jpeg/IIM"),
    ),
    counterexamples=(
        with_property(_PHOTOSHOP, "Credit", "Not made with Google AI"),
        with_property(_PHOTOSHOP, "Headline", "Made with Google AI"),
        with_field("2:110", "Google", "jpeg/IIM"),
        with_field("2:80", "Made with Google AI", "jpeg/IIM"),
    ),
)
APPLE = SignalRule(
    rule_id="apple-intelligence-credit",
    level=Level.DECLARES,
    since=_SINCE,
    title="Apple Photos Clean Up or Image Playground altered or made the picture",
    explanation=(
        "Apple writes `Apple Photos Clean Up`, `Apple Photos Generative Edit: Clean Up` or `Apple"
        " Image Playground` as the credit, and the last also as software or maker. Source:"
        " published measurements; no real file was at hand."
    ),
    examples=(
        with_property(_PHOTOSHOP, "Credit", "Apple Photos Clean Up"),
        with_field("2:110", "Apple Photos Generative Edit: Clean Up", "jpeg/IIM"),
        with_field("Software", "Apple Image Playground", "heif/Exif/IFD0"),
        with_property(_PHOTOSHOP, "Source", "Apple Image Playground"),
    ),
    counterexamples=(
        with_property(_PHOTOSHOP, "Credit", "Apple"),
        with_field("Make", "Apple", "heif/Exif/IFD0"),
        with_field("Software", "Apple Photos Clean Up Guide", "jpeg/Exif/IFD0"),
    ),
)
IDEOGRAM = SignalRule(
    rule_id="ideogram-make",
    level=Level.DECLARES,
    since=_SINCE,
    title="EXIF names Ideogram AI as the maker",
    explanation="Ideogram writes Make `Ideogram AI` and nothing else. Source: a real file.",
    examples=(
        with_field("Make", "Ideogram AI", "png/Exif/IFD0"),
        with_property(_TIFF, "Make", "Ideogram AI"),
    ),
    counterexamples=(
        with_field("Make", "Ideogram", "png/Exif/IFD0"),
        with_field("Title", "Ideogram AI"),
    ),
)
APPS = SignalRule(
    rule_id="generator-software",
    level=Level.DECLARES,
    since=_SINCE,
    title="The software field names an app that only generates",
    explanation=(
        "Reve writes Software or CreatorTool `reve.com`; Aphrodite AI writes its name, perhaps with"
        " a version, as maker or software. Source: published notes on real files."
    ),
    examples=(
        with_field("Software", "reve.com", "png/Exif/IFD0"),
        with_property(_XMP, "CreatorTool", "reve.com"),
        with_field("Make", "Aphrodite AI v1.0", "jpeg/Exif/IFD0"),
    ),
    counterexamples=(
        with_field("Software", "forever.reve.com.example", "jpeg/Exif/IFD0"),
        with_field("Software", "Aphrodite", "jpeg/Exif/IFD0"),
    ),
)
GOOGLE_ENCODER = SignalRule(
    rule_id="google-encoder",
    level=Level.HINT,
    since=_SINCE,
    title="A movie that names Google as its encoder",
    explanation=(
        "Veo writes the encoder `Google` into its movies; so do other services of Google. Shown,"
        " never decided by. Source: a real file."
    ),
    examples=(with_field("©too", "Google", "mp4/moov/udta/meta/ilst"),),
    counterexamples=(
        with_field("©too", "Lavf60.16.100", "mp4/moov/udta/meta/ilst"),
        with_field("Make", "Google", "jpeg/Exif/IFD0"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    rule: SignalRule
    keys: frozenset[str]
    words: re.Pattern[str]
    properties: frozenset[tuple[str, str]] = frozenset()
    tool: str = ""


_CREDIT = frozenset({(_PHOTOSHOP, "Credit")})
_CREATOR = frozenset({(_XMP, "CreatorTool")})
_XMP_MAKE = frozenset({(_TIFF, "Make")})
_XMP_SOFTWARE = _CREATOR | {(_TIFF, "Software")}
_XMP_SOURCE = frozenset({(_PHOTOSHOP, "Source"), (_DUBLIN_CORE, "source")})
_ROWS = (
    _Row(
        rule=GOOGLE,
        keys=frozenset({_CREDIT_LINE}),
        properties=_CREDIT,
        words=re.compile(r"(?:Made|Edited) with Google AI|AI-Generated with Google Photos"),
        tool="Google AI",
    ),
    _Row(
        rule=APPLE,
        keys=frozenset({_CREDIT_LINE}),
        properties=_CREDIT,
        words=re.compile(r"Apple Photos (?:Generative Edit: )?Clean Up"),
        tool="Apple Photos Clean Up",
    ),
    _Row(
        rule=APPLE,
        keys=frozenset({_CREDIT_LINE, _SOURCE_LINE, SOFTWARE, _MAKE, "source"}),
        properties=_CREDIT | _XMP_SOURCE | _XMP_SOFTWARE | _XMP_MAKE,
        words=re.compile(r"Apple Image Playground"),
        tool="Apple Image Playground",
    ),
    _Row(
        rule=IDEOGRAM,
        keys=frozenset({_MAKE}),
        properties=_XMP_MAKE,
        words=re.compile(r"Ideogram AI"),
        tool="Ideogram",
    ),
    _Row(
        rule=APPS,
        keys=frozenset({SOFTWARE}),
        properties=_XMP_SOFTWARE,
        words=re.compile(r"reve\.com"),
        tool="Reve",
    ),
    _Row(
        rule=APPS,
        keys=frozenset({SOFTWARE, _MAKE}),
        properties=_XMP_SOFTWARE | _XMP_MAKE,
        words=re.compile(r"Aphrodite AI(?: v?\d[\d.]*)?"),
        tool="Aphrodite AI",
    ),
    _Row(rule=GOOGLE_ENCODER, keys=frozenset({"©too"}), words=re.compile(r"Google")),
)
_WORDS = ("Google", "Apple ", " AI", "reve.com")
_LONGEST = 60
"""Characters of the longest words; a longer value is not looked at."""


class ExactWords:
    """Words that stand whole in one field."""

    rules = (GOOGLE, APPLE, IDEOGRAM, APPS, GOOGLE_ENCODER)
    places = Places(
        fields={key: _WORDS for row in _ROWS for key in row.keys},
        properties={name: _WORDS for row in _ROWS for _, name in row.properties},
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            for row in _ROWS if len(found.value) <= _LONGEST else ():
                if key in row.keys and row.words.fullmatch(found.value.strip()):
                    yield _hit(row, place_of(found), found.value)
        for said in evidence.properties:
            for row in _ROWS if len(said.value) <= _LONGEST else ():
                is_place = (said.namespace, said.name) in row.properties
                if is_place and row.words.fullmatch(said.value.strip()):
                    yield _hit(row, f"{said.place}/{said.name}", said.value)


def _hit(row: _Row, place: str, value: str) -> Signal:
    return row.rule.hit(place, value.strip(), Generator(tool=row.tool) if row.tool else None)
