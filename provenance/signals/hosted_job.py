"""Marks of services that run models of others: Hugging Face jobs, Replicate."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at
from provenance.signals._keys import fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import ANY, JSON, Evidence, Places, SignalRule

_JOB, _MEDIA = "hf-job-id", "media-provenance"
_ID = re.compile(r"[0-9a-f][0-9a-f-]{14,62}[0-9a-f]", re.IGNORECASE)
_REPLICATE = re.compile(r"replicate|https://(?:api\.|www\.)?replicate\.com(?:/\S*)?", re.IGNORECASE)
_SERVICES = ("provider", "platform", "service", "generator", "source", "url")

JOB = SignalRule(
    rule_id="hugging-face-job",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="The picture came out of a job at Hugging Face",
    explanation=(
        "Hugging Face writes hf-job-id into pictures of its jobs. It names the machine, not a"
        " model: most such jobs generate, not all. Source: published notes."
    ),
    examples=(with_field("hf-job-id", "6877a1f2c0ffee0012345678"),),
    counterexamples=(
        with_field("hf-job-id", "see the ledger"),
        with_field("job-id", "6877a1f2c0ffee0012345678"),
    ),
)
REPLICATE = SignalRule(
    rule_id="replicate-provenance",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Replicate says which model made the media",
    explanation=(
        "Replicate writes JSON under media-provenance that names the service and the model that"
        " ran. Source: published notes; no real file was at hand."
    ),
    examples=(with_field("media-provenance", '{"provider":"replicate","model":"owner/diffuser"}'),),
    counterexamples=(
        with_field("media-provenance", '{"provider":"newsroom","model":"Alexa 35"}'),
        with_field("media-provenance", '{"provider":"replicate"}'),
        with_field("media-provenance", "replicate"),
    ),
)


class HostedJob:
    """Marks of Hugging Face and Replicate."""

    rules = (REPLICATE, JOB)
    places = Places(fields={_JOB: ANY, _MEDIA: JSON})

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, self.places.fields):
            if key == _JOB and _ID.fullmatch(found.value.strip()):
                yield JOB.hit(place_of(found), found.value.strip())
            document = parse_object(found.value) if key == _MEDIA else None
            model = text_at(document, "model")
            if document is not None and model and _is_replicate(document):
                generator = Generator(tool="Replicate", model=model)
                yield REPLICATE.hit(place_of(found), f"model: {model}", generator)


def _is_replicate(document: Mapping[str, object]) -> bool:
    return any(_REPLICATE.fullmatch(text_at(document, name)) for name in _SERVICES)
