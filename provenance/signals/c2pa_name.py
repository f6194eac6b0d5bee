"""Names of generators in C2PA manifests that state no source type at all."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.credential import Action, Manifest
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.model.source_type import IPTC_BASE
from provenance.signals._samples import with_manifest
from provenance.signals.interface import Evidence, Places, SignalRule

_INPUT = "inputTo"
_TOOLS = (
    "Adobe_Firefly",
    "Adobe Firefly",
    "Amazon_Bedrock",
    "Amazon Bedrock",
    "Black Forest Labs API",
    "ChatGPT",
    "Microsoft_Responsible_AI",
    "Microsoft Responsible AI Image Provenance",
    "OpenAI-API",
    "OpenAI Media Service API",
    "Sora",
    "Suno",
)
"""Products that do nothing but generate, as they sign; each was seen or is documented."""
_AGENTS = frozenset(
    {
        "Adobe Firefly",
        "Adobe Firefly Pipeline",
        "DALL·E",
        "ElevenLabs",
        "Flux.2",
        "GPT-4o",
        "gpt-image",
        "Image Creator from Designer",
        "Sora",
        "Titan Image Generator G1",
    }
)
_MAKING = frozenset({"c2pa.created", "c2pa.edited", "c2pa.placed"})
# Behind the name only versions may follow: `Adobe_Firefly/1.0 c2pa-rs/0.17.0`, `ChatGPT 1.2`.
_NAME = "|".join(map(re.escape, _TOOLS))
_TOOL = re.compile(rf"(?:{_NAME})(?:/\S+)?(?: (?>v?\d|chirp-|[^\s/]+/)\S*)*+")


def _named(tool: str, *actions: Action, relationship: str = "") -> Reading:
    return with_manifest(*actions, tool=tool, relationship=relationship)


def _agent(name: str, **facts: str) -> Action:
    return Action(name="c2pa.created", software_agent=name, **facts)


RULE = SignalRule(
    rule_id="c2pa-generator-name",
    level=Level.FINGERPRINT,
    since=date(2026, 11, 1),
    title="A C2PA manifest without a source type names a product that only generates",
    explanation=(
        "Some files name no digitalSourceType, only the generator that signed them, such as"
        " `Adobe_Firefly c2pa-adobe-js/0.16.5`. Names are compared whole with a short list; where"
        " the manifest states any source type, that decides and the name does not. Source: real"
        " files."
    ),
    examples=(
        _named("Adobe_Firefly c2pa-adobe-js/0.16.5", Action(name="c2pa.edited")),
        _named("Adobe_Firefly/1.0 c2pa-rs/0.17.0"),
        _named("Suno chirp-v4"),
        _named("c2pa-rs 0.31", _agent("ElevenLabs")),
    ),
    counterexamples=(
        _named("Adobe Photoshop 26.11.0", Action(name="c2pa.cropped")),
        _named("Google C2PA Core Generator Library 852094895:852094895"),
        _named("Sora Photo Viewer"),
        _named("ChatGPT 1.0", relationship=_INPUT),
        _named("Sora", _agent("Sora", source_type=IPTC_BASE + "digitalCapture")),
        _named("Example 1.0", _agent("ElevenLabs Fan Club")),
    ),
)


class C2paName:
    """Names of generators in manifests that say nothing else."""

    rules = (RULE,)
    places = Places(credentials=True)

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for manifest in evidence.credentials.manifests if evidence.credentials else ():
            if manifest.relationship == _INPUT or _states_source(manifest):
                continue
            if _TOOL.fullmatch(manifest.claim_generator.strip()):
                generator = Generator(tool=manifest.claim_generator, model=_model(manifest))
                yield RULE.hit(f"c2pa/{manifest.label}", manifest.claim_generator, generator)
            elif model := _model(manifest):
                generator = Generator(tool=manifest.claim_generator, model=model)
                yield RULE.hit(f"c2pa/{manifest.label}/actions", model, generator)


def _states_source(manifest: Manifest) -> bool:
    return any(action.source_type for action in manifest.actions) or any(
        statement.key.lower() == "digitalsourcetype" for statement in manifest.statements
    )


def _model(manifest: Manifest) -> str:
    """Return the agent of the list that made or edited; empty if there is none."""
    making = (action for action in manifest.actions if action.name in _MAKING)
    return next(
        (action.software_agent for action in making if action.software_agent in _AGENTS), ""
    )
