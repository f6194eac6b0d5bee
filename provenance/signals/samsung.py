"""The trailer of Samsung's photo editor, which says whether generative AI took part."""

from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, values_of
from provenance.signals._keys import fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import Evidence, Places, SignalRule

_KEYS = frozenset({"photoeditor_re_edit_data", "peg_info"})
_TYPE = "genAIType"


def _reading(value: str, key: str = "PhotoEditor_Re_Edit_Data") -> Reading:
    return with_field(key, value, "jpeg/trailer/SEF")


RULE = SignalRule(
    rule_id="samsung-generative-edit",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Samsung's photo editor says that Galaxy AI altered the picture",
    explanation=(
        "Behind the picture Galaxy phones keep PhotoEditor_Re_Edit_Data or PEg_Info as JSON; a"
        " genAIType other than 0 names a generative edit. Source: real files."
    ),
    examples=(
        _reading('{"originalPath":"","genAIType":1}'),
        _reading('{"edits":[{"genAIType":"3"}]}', "PEg_Info"),
        _reading('{"last":"{\\"genAIType\\":2}"}'),
    ),
    counterexamples=(
        _reading('{"genAIType":0}'),
        _reading('{"genAIType":""}'),
        _reading('{"originalPath":"genAIType"}'),
        _reading('{"genAIType":1}', "Image_UTC_Data"),
    ),
)


class Samsung:
    """Generative edits of Galaxy phones."""

    rules = (RULE,)
    places = Places(fields=dict.fromkeys(_KEYS, (_TYPE,)))

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for _, found in fields_under(evidence, _KEYS):
            document = parse_object(found.value) if _TYPE in found.value else None
            kinds = [str(value).strip() for value in values_of(document, _TYPE)]
            said = sorted({kind for kind in kinds if _is_number(kind) and int(kind)})
            if said:
                generator = Generator(tool="Samsung Galaxy AI")
                yield RULE.hit(place_of(found), f"{_TYPE}: {', '.join(said)}", generator)


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= len("1000")
