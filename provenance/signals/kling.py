"""What Kling leaves in its movies: a message in the video stream and its encoder's name."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import Evidence, Places, SignalRule

_MESSAGE = "91ca60614aee385486142d5f73f4ae2e"
"""UUID of the user data message (H.264, D.1.7) that Kling writes."""
_NAME = re.compile(r"\bkling-ai\b")
_COMPRESSOR, _ENCODER = "compressorname", "h264_slapi"

RULE = SignalRule(
    rule_id="kling-stream",
    level=Level.FINGERPRINT,
    since=date(2026, 11, 1),
    title="The video stream carries what only Kling writes",
    explanation=(
        "Movies of Kling have a user data message with a UUID of their own and the word kling-ai,"
        " and the compressor name h264_slapi. No statement, but nobody else writes them. Source: a"
        " real file."
    ),
    examples=(
        with_field(f"SEI:{_MESSAGE}", "kling-ai", "mp4/moov/trak/mdia/minf/stbl/sei"),
        with_field("CompressorName", _ENCODER, "mp4/moov/trak/mdia/minf/stbl/stsd"),
    ),
    counterexamples=(
        with_field("SEI:dc45e9bde6d948b7962cd820d923eeef", "kling-ai", "mp4/moov/trak"),
        with_field(f"SEI:{_MESSAGE}", "x264", "mp4/moov/trak"),
        with_field("CompressorName", "AVC Coding", "mp4/moov/trak"),
        with_field("comment", "kling-ai h264_slapi", "mp4/moov/udta"),
    ),
)


class Kling:
    """Marks of Kling in the stream."""

    rules = (RULE,)
    places = Places(fields={_MESSAGE: ("kling-ai",), _COMPRESSOR: (_ENCODER,)})

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            value = found.value.strip()
            is_named = key == _MESSAGE and _NAME.search(value[:4096])
            if is_named or (key == _COMPRESSOR and value == _ENCODER):
                shown = "kling-ai" if is_named else value
                yield RULE.hit(place_of(found), shown, Generator(tool="Kling"))
