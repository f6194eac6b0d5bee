"""What Suno writes into its songs: a comment, a link to the song, fields of its own."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import COMMENT, DESCRIPTION, fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import ANY, Evidence, Places, SignalRule

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MADE = re.compile(
    r"made with suno( studio)?(?:\s*;\s*[a-z_]{2,20}=[^;\s]{1,80}){1,8}\s*;?", re.IGNORECASE
)
_TELLING = re.compile(r";\s*(?:created=\d{4}-\d|id=" + _UUID + r"\b)", re.IGNORECASE)
_SONG = re.compile(
    r"https?://(?:www\.|app\.)?suno\.(?:com|ai)/song/" + _UUID + r"(?:[/?#]\S{0,200})?"
    r"|https?://cdn\d?\.suno\.(?:com|ai)/(?:\w{1,20}_)?" + _UUID + r"\.\w{2,5}",
    re.IGNORECASE,
)
_ID = re.compile(_UUID, re.IGNORECASE)
_LONGEST = 300
"""Characters of a comment that is looked at."""
_LINKS = frozenset(
    {"woas", "woaf", "purl", "suno_url", "suno_song_url", "suno_link", "suno_audio_url"}
)
_IDS = frozenset({"suno_id", "suno_uuid", "suno_song_id", "suno_track_id", "suno_clip_id"})
_MODELS = frozenset({"suno_model", "suno_model_version", "suno_model_name"})
_MODEL = re.compile(r"chirp-[\w.-]{1,40}|v\d(?:[.-]?\d)?\+?", re.IGNORECASE)
_SAMPLE = "116d34f4-b3d5-48b8-9334-011b1dd1df00"


def _reading(key: str, value: str, place: str = "mp3/ID3v2") -> Reading:
    return with_field(key, value, place)


RULE = SignalRule(
    rule_id="suno-song",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="The song says that it was made with Suno",
    explanation=(
        "Suno writes the comment `made with suno; created=...; id=<uuid>` into every container, a"
        " link https://suno.com/song/<uuid> as the source of the audio (WOAS), and earlier fields"
        " SUNO_ID and kin. Source: real files."
    ),
    examples=(
        _reading("COMM:", f"made with suno; created=2026-02-21T20:10:50.403Z; id={_SAMPLE}"),
        _reading("ICMT", f"made with suno studio; created=2026-08-06T22:27:55Z; id={_SAMPLE}"),
        _reading("©cmt", f"made with suno; id={_SAMPLE}", "mp4/moov/udta/meta/ilst"),
        _reading("WOAS", f"https://suno.com/song/{_SAMPLE}"),
        _reading("WOAS", f"https://suno.com/song/{_SAMPLE}?sh=Ab1"),
        _reading("WOAF", f"https://cdn1.suno.ai/{_SAMPLE}.mp3"),
        _reading("TXXX:SUNO_ID", _SAMPLE),
        _reading("TXXX:SUNO_URL", f"https://suno.com/song/{_SAMPLE}"),
        _reading("TXXX:SUNO_MODEL", "chirp-v4"),
        _reading(
            "COMM:", f"made with suno; id={_SAMPLE}; created=2026-02-21T20:10:50Z; model=chirp-v5"
        ),
    ),
    counterexamples=(
        _reading("COMM:", "made with suno"),
        _reading("COMM:", "The band says: made with suno; not true"),
        _reading("TIT2", f"made with suno; id={_SAMPLE}"),
        _reading("WOAS", "https://suno.com/"),
        _reading("WOAS", f"https://example.com/song/{_SAMPLE}"),
        _reading("COMM:", "made with suno; mood=happy"),
        _reading("COMM:", "made with suno; id=my-first; created=yesterday"),
        _reading("TXXX:SUNO_MODEL", "of a ship"),
        _reading("TXXX:SUNO_ID", "of the Finnish parish"),
    ),
)


class Suno:
    """Comment, link and fields of Suno."""

    rules = (RULE,)
    places = Places(
        fields=dict.fromkeys((COMMENT, DESCRIPTION), ("uno", "UNO"))
        | dict.fromkeys(_LINKS | _IDS | _MODELS, ANY)
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        found = list(fields_under(evidence, self.places.fields))
        models = [field for key, field in found if key in _MODELS]
        model = models[0].value[:60] if models else ""
        said = [field for key, field in found if _says(key, field.value.strip())]
        said = said or [field for field in models if _MODEL.fullmatch(field.value.strip())]
        for field in said:
            yield RULE.hit(
                place_of(field), field.value.strip(), Generator(tool="Suno", model=model)
            )


def _says(key: str, value: str) -> bool:
    if key in _LINKS:
        return _SONG.fullmatch(value) is not None
    if key in _IDS:
        return _ID.fullmatch(value) is not None
    # A bare "made with suno" may be a remark: the form with a time or an id is the generator's.
    is_made = len(value) <= _LONGEST and _MADE.fullmatch(value) is not None
    return is_made and _TELLING.search(value) is not None
