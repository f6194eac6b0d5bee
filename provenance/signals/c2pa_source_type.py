"""Digital source type in any C2PA manifest of the file: in its actions or other assertions."""

from collections.abc import Iterator
from datetime import date

from provenance.model.credential import Action, Manifest, Statement
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.model.source_type import IPTC_BASE, says_generative
from provenance.signals._samples import with_manifest
from provenance.signals.interface import Evidence, Places, SignalRule

_INPUT = "inputTo"
_KEY = "digitalsourcetype"
_ASSERTIONS = ("c2pa.metadata", "cawg.metadata", "stds.iptc", "stds.exif", "stds.schema-org")


def _action(source_type: str, relationship: str = "") -> Reading:
    action = Action(name="c2pa.created", source_type=source_type)
    return with_manifest(action, relationship=relationship)


def _stated(value: str, label: str = "c2pa.metadata", relationship: str = "") -> Reading:
    statement = Statement(label=label, key="DigitalSourceType", value=value)
    return with_manifest(statements=(statement,), relationship=relationship)


DECLARED = SignalRule(
    rule_id="c2pa-source-type",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="A C2PA manifest says the media was made or altered by a trained model",
    explanation=(
        "An action of the active manifest, or of a parent or component it was made from, carries a"
        " generative digitalSourceType, or an IPTC metadata or CreativeWork assertion does. Many"
        " generators say so only in an ingredient. The signature's state is shown beside it and"
        " does not decide: about half of the real AI files read Invalid. Source: C2PA technical"
        " specification, assertions c2pa.actions and c2pa.metadata; schema.org"
        " IPTCDigitalSourceEnumeration."
    ),
    examples=(
        _action(IPTC_BASE + "trainedAlgorithmicMedia"),
        _action(" " + IPTC_BASE + "compositeWithTrainedAlgorithmicMedia", "parentOf"),
        _action("http://c2pa.org/digitalsourcetype/trainedAlgorithmicData", "componentOf"),
        _stated(IPTC_BASE + "trainedAlgorithmicMedia"),
        _stated(IPTC_BASE + "compositeSynthetic", "stds.exif"),
        _stated(
            "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
            "stds.schema-org.CreativeWork",
        ),
    ),
    counterexamples=(
        _action(IPTC_BASE + "algorithmicMedia"),
        _action(IPTC_BASE + "computationalCapture"),
        _action(IPTC_BASE + "trainedAlgorithmicMedia", _INPUT),
        _action(""),
        _stated(IPTC_BASE + "digitalCapture"),
        _stated("https://schema.org/AlgorithmicMediaDigitalSource"),
        _stated(IPTC_BASE + "trainedAlgorithmicMedia", "org.example.notes"),
        _stated(IPTC_BASE + "trainedAlgorithmicMedia", relationship=_INPUT),
    ),
)
INPUT = SignalRule(
    rule_id="c2pa-source-type-input",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="A reference picture that went into this file was made by a trained model",
    explanation=(
        "The manifest with the generative source type is an ingredient of relationship inputTo: it"
        " was shown to a tool, and need not be part of the result."
    ),
    examples=(
        _action(IPTC_BASE + "trainedAlgorithmicMedia", _INPUT),
        _stated(IPTC_BASE + "trainedAlgorithmicMedia", relationship=_INPUT),
    ),
    counterexamples=(
        _action(IPTC_BASE + "trainedAlgorithmicMedia", "parentOf"),
        _action(IPTC_BASE + "digitalCapture", _INPUT),
    ),
)


class C2paSourceType:
    """Digital source type in C2PA manifests."""

    rules = (DECLARED, INPUT)
    places = Places(credentials=True)

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for manifest in evidence.credentials.manifests if evidence.credentials else ():
            rule = INPUT if manifest.relationship == _INPUT else DECLARED
            for action in manifest.actions:
                if says_generative(action.source_type):
                    place = f"c2pa/{manifest.label}/{action.name}"
                    yield rule.hit(place, action.source_type.strip(), _generator(manifest, action))
            for statement in manifest.statements:
                if _says_source(statement) and says_generative(statement.value):
                    place = f"c2pa/{manifest.label}/{statement.label}"
                    generator = Generator(tool=manifest.claim_generator)
                    yield rule.hit(place, statement.value.strip(), generator)


def _says_source(statement: Statement) -> bool:
    return statement.key.lower() == _KEY and statement.label.startswith(_ASSERTIONS)


def _generator(manifest: Manifest, action: Action) -> Generator:
    tool = manifest.claim_generator or action.software_agent
    model = action.software_agent if action.software_agent != tool else ""
    return Generator(tool=tool, model=model, version=action.agent_version)
