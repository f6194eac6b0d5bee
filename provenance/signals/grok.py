"""The pair of EXIF fields that xAI's Grok writes."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import IMAGE_DESCRIPTION, fields_under, place_of
from provenance.signals._samples import with_fields
from provenance.signals.interface import Evidence, Places, SignalRule

_ARTIST = "artist"
_SIGNED = re.compile(r"Signature:\s*([A-Za-z0-9+/]{64,8192}={0,2})")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _reading(description: str, artist: str) -> Reading:
    pairs = ("ImageDescription", description), ("Artist", artist)
    return with_fields(*pairs, place="jpeg/Exif/IFD0")


RULE = SignalRule(
    rule_id="grok-signature",
    level=Level.FINGERPRINT,
    since=date(2026, 11, 1),
    title="The signed description and the artist's UUID that Grok writes",
    explanation=(
        "Pictures of xAI's Grok have ImageDescription `Signature:` with Base64 and a UUID as the"
        " artist, and nothing else. It is no statement, but nobody else writes the pair. Source: a"
        " real file."
    ),
    examples=(_reading("Signature: " + "IoR6YcSl" * 10, "4800156b-8880-4786-9056-7ca3da449d8c"),),
    counterexamples=(
        _reading("Signature: " + "IoR6YcSl" * 10, "A. Photographer"),
        _reading("Signature: mine", "4800156b-8880-4786-9056-7ca3da449d8c"),
        _reading("A signature", "4800156b-8880-4786-9056-7ca3da449d8c"),
    ),
)


class Grok:
    """The pair of fields of Grok."""

    rules = (RULE,)
    places = Places(fields={IMAGE_DESCRIPTION: ("Signature:",), _ARTIST: ("-",)})

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        found = list(fields_under(evidence, self.places.fields))
        artists = {
            field.place
            for key, field in found
            if key == _ARTIST and _UUID.fullmatch(field.value.strip())
        }
        for key, field in found if artists else ():
            is_here = key == IMAGE_DESCRIPTION and field.place in artists
            signed = _SIGNED.fullmatch(field.value.strip()) if is_here else None
            if signed:
                shown = f"Signature of {len(signed.group(1))} characters, artist is a UUID"
                yield RULE.hit(place_of(field), shown, Generator(tool="xAI Grok"))
