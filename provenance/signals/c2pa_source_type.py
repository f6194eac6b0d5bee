"""Digital source type in the actions of any C2PA manifest of the file."""

from collections.abc import Iterator
from datetime import date

from provenance.model.credential import Action, Credentials, Manifest
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.model.source_type import GENERATIVE_TERMS, IPTC_BASE, parse_source_type
from provenance.signals.interface import SignalRule

_INPUT = "inputTo"


def _reading(source_type: str, relationship: str = "") -> Reading:
    action = Action(name="c2pa.created", source_type=source_type)
    manifest = Manifest(
        label="urn:c2pa:1",
        claim_generator="Example 1.0",
        signer="Example",
        actions=(action,),
        relationship=relationship,
    )
    credentials = Credentials(manifests=(manifest,), state="Invalid", is_ours=False)
    return Reading(format_name="png", credentials=credentials)


DECLARED = SignalRule(
    rule_id="c2pa-source-type",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="A C2PA manifest says the media was made or altered by a trained model",
    explanation=(
        "An action of the active manifest, or of a parent or component it was made from, carries a"
        " generative digitalSourceType. Many generators say so only in an ingredient. The"
        " signature's state is shown beside it and does not decide: about half of the real AI files"
        " read Invalid. Source: C2PA technical specification, assertion c2pa.actions."
    ),
    examples=(
        _reading(IPTC_BASE + "trainedAlgorithmicMedia"),
        _reading(" " + IPTC_BASE + "compositeWithTrainedAlgorithmicMedia", "parentOf"),
        _reading("http://c2pa.org/digitalsourcetype/trainedAlgorithmicData", "componentOf"),
    ),
    counterexamples=(
        _reading(IPTC_BASE + "algorithmicMedia"),
        _reading(IPTC_BASE + "computationalCapture"),
        _reading(IPTC_BASE + "trainedAlgorithmicMedia", _INPUT),
        _reading(""),
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
    examples=(_reading(IPTC_BASE + "trainedAlgorithmicMedia", _INPUT),),
    counterexamples=(
        _reading(IPTC_BASE + "trainedAlgorithmicMedia", "parentOf"),
        _reading(IPTC_BASE + "digitalCapture", _INPUT),
    ),
)


class C2paSourceType:
    """Digital source type in C2PA actions."""

    rules = (DECLARED, INPUT)

    def find(self, reading: Reading) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        manifests = reading.credentials.manifests if reading.credentials else ()
        for manifest in manifests:
            rule = INPUT if manifest.relationship == _INPUT else DECLARED
            for action in manifest.actions:
                if parse_source_type(action.source_type) in GENERATIVE_TERMS:
                    place = f"c2pa/{manifest.label}/{action.name}"
                    yield rule.hit(place, action.source_type.strip(), _generator(manifest, action))


def _generator(manifest: Manifest, action: Action) -> Generator:
    tool = manifest.claim_generator or action.software_agent
    model = action.software_agent if action.software_agent != tool else ""
    return Generator(tool=tool, model=model, version=action.agent_version)
