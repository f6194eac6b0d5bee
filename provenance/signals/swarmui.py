"""What SwarmUI writes: JSON with `sui_image_params`, in any field its savers use."""

from collections.abc import Iterator
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at
from provenance.signals._keys import REMARKS, STEALTH, fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import Evidence, Places, SignalRule

_PARAMS = "sui_image_params"

RULE = SignalRule(
    rule_id="swarmui-parameters",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation parameters of SwarmUI",
    explanation=(
        "SwarmUI writes a JSON object with sui_image_params into `parameters`, UserComment or a"
        " comment. Source: generator source code and a real file."
    ),
    examples=(
        with_field("parameters", '{"sui_image_params":{"model":"sd_xl","swarm_version":"0.9.6"}}'),
        with_field("UserComment", '{"sui_image_params":{}}', "jpeg/Exif/ExifIFD"),
    ),
    counterexamples=(
        with_field("parameters", "about sui_image_params"),
        with_field("parameters", '{"sui_image_params":"none"}'),
        with_field("parameters", '{"note":"sui_image_params"}'),
    ),
)


class SwarmUi:
    """Generation parameters of SwarmUI."""

    rules = (RULE,)
    places = Places(fields=dict.fromkeys(REMARKS | {"parameters", STEALTH}, (_PARAMS,)))

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for _, found in fields_under(evidence, self.places.fields):
            document = parse_object(found.value) if _PARAMS in found.value else None
            params = document.get(_PARAMS) if document else None
            if isinstance(params, dict):
                generator = Generator(
                    tool="SwarmUI",
                    model=text_at(params, "model"),
                    version=text_at(params, "swarm_version"),
                )
                yield RULE.hit(place_of(found), _PARAMS, generator)
