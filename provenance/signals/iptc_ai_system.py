"""The AI properties of IPTC Photo Metadata 2025.1 in XMP."""

from collections.abc import Iterator
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import plain_namespace
from provenance.signals._samples import with_property
from provenance.signals.interface import ANY, Evidence, Places, SignalRule

_NAMESPACE = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_SYSTEM, _VERSION = "AISystemUsed", "AISystemVersionUsed"
_PRIVATE = frozenset({"AIPromptInformation", "AIPromptWriterName"})
_NAMES = _PRIVATE | {_SYSTEM, _VERSION}
_NOTHING = frozenset({"", "-", "--", "0", "n/a", "na", "no", "none", "false", "null", "not used"})
"""What form fillers write where they mean to say no."""


def _reading(name: str, value: str, namespace: str = _NAMESPACE) -> Reading:
    return with_property(namespace, name, value)


RULE = SignalRule(
    rule_id="iptc-ai-system",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="XMP names the AI system or the prompt the media was made with (IPTC 2025.1)",
    explanation=(
        "IPTC Photo Metadata 2025.1 has four properties for media made with AI: AISystemUsed,"
        " AISystemVersionUsed, AIPromptInformation and AIPromptWriterName. Any that is filled says"
        " so. Prompts and names are not shown. Source: iptc.org, November 2025."
    ),
    examples=(
        _reading(_SYSTEM, "DALL-E 3"),
        _reading(_VERSION, "3", _NAMESPACE.replace("http:", "https:")),
        _reading("AIPromptInformation", "a lighthouse in fog"),
        _reading("AIPromptWriterName", "Somebody"),
    ),
    counterexamples=(
        _reading(_SYSTEM, "None"),
        _reading("DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"),
        _reading(_SYSTEM, "DALL-E 3", "http://purl.org/dc/elements/1.1/"),
    ),
)


class IptcAiSystem:
    """The four AI properties of IPTC."""

    rules = (RULE,)
    places = Places(properties=dict.fromkeys(_NAMES, ANY))

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        said = {
            found.name: found
            for found in evidence.properties
            if plain_namespace(found.namespace) == plain_namespace(_NAMESPACE)
            and found.name in _NAMES
            and found.value.strip().lower() not in _NOTHING
        }
        version = said[_VERSION].value[:100] if _VERSION in said else ""
        tool = said[_SYSTEM].value[:100] if _SYSTEM in said else ""
        for name, found in said.items():
            shown = "stated" if name in _PRIVATE else found.value
            generator = Generator(tool=tool, version=version) if tool else None
            yield RULE.hit(f"{found.place}/Iptc4xmpExt:{name}", shown, generator)
