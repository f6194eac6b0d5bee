"""IPTC digital source type in XMP, wherever the packet stands."""

from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Level, Signal
from provenance.model.source_type import (
    AMBIGUOUS_TERMS,
    IPTC_BASE,
    parse_source_type,
    says_generative,
)
from provenance.signals._keys import plain_namespace
from provenance.signals._samples import with_property
from provenance.signals.interface import ANY, Evidence, Places, SignalRule

_NAMESPACE = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_NAMES = frozenset({"DigitalSourceType", "DigitalSourceFileType", "DigitalSourcefileType"})


def _reading(value: str, name: str = "DigitalSourceType", namespace: str = _NAMESPACE) -> Reading:
    return with_property(namespace, name, value)


DECLARED = SignalRule(
    rule_id="iptc-source-type",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="XMP says the media was made or altered by a trained model (IPTC digital source type)",
    explanation=(
        "Iptc4xmpExt:DigitalSourceType names how a picture or sound came to be. The terms"
        " trainedAlgorithmicMedia, compositeWithTrainedAlgorithmicMedia, compositeSynthetic and"
        " trainedAlgorithmicData say that at least a part was made by a trained model. The last"
        " path segment is compared whole. Source: cv.iptc.org/newscodes/digitalsourcetype."
    ),
    examples=(
        _reading(IPTC_BASE + "trainedAlgorithmicMedia"),
        _reading("https://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic/"),
        _reading(" trainedAlgorithmicMedia "),
        _reading(IPTC_BASE + "compositeWithTrainedAlgorithmicMedia", "DigitalSourceFileType"),
        _reading("TrainedAlgorithmicMedia"),
        _reading("digsrctype:trainedAlgorithmicMedia"),
        _reading("https://schema.org/CompositeSyntheticDigitalSource"),
        _reading(
            IPTC_BASE + "compositeSynthetic",
            namespace="https://iptc.org/std/Iptc4xmpExt/2008-02-29",
        ),
    ),
    counterexamples=(
        _reading(IPTC_BASE + "algorithmicMedia"),
        _reading(IPTC_BASE + "digitalCapture"),
        _reading("not trainedAlgorithmicMedia at all"),
        _reading(IPTC_BASE + "trainedAlgorithmicMedia", "Headline"),
        _reading("AlgorithmicMedia"),
        _reading("https://schema.org/AlgorithmicMediaDigitalSource"),
        _reading("digsrctype:digitalCapture"),
    ),
)
AMBIGUOUS = SignalRule(
    rule_id="iptc-source-type-ambiguous",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="XMP names a source type that neither says AI nor rules it out",
    explanation=(
        "Terms such as composite, algorithmicallyEnhanced or an unknown one may or may not involve"
        " a trained model: Google writes algorithmicallyEnhanced on a plain transcode. Shown, never"
        " decided by."
    ),
    examples=(
        _reading(IPTC_BASE + "composite"),
        _reading(IPTC_BASE + "algorithmicallyEnhanced"),
        _reading(IPTC_BASE + "someTermOfTheFuture"),
    ),
    counterexamples=(
        _reading(IPTC_BASE + "digitalCapture"),
        _reading(IPTC_BASE + "trainedAlgorithmicMedia"),
    ),
)


class XmpSourceType:
    """Digital source type among the XMP properties."""

    rules = (DECLARED, AMBIGUOUS)
    places = Places(properties=dict.fromkeys(_NAMES, ANY))

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for found in evidence.properties:
            is_ours = plain_namespace(found.namespace) == plain_namespace(_NAMESPACE)
            if not is_ours or found.name not in _NAMES:
                continue
            place = f"{found.place}/Iptc4xmpExt:{found.name}"
            term = parse_source_type(found.value)
            if says_generative(found.value):
                yield DECLARED.hit(place, found.value)
            elif term is None or term in AMBIGUOUS_TERMS:
                yield AMBIGUOUS.hit(place, found.value)
