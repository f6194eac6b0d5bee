"""Words in ordinary text are no evidence, whatever field or property they stand in."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model.credential import Action, Credentials, Manifest, Statement
from provenance.model.metadata import Contents, MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.model.signal import Level
from provenance.signals.kinds import SIGNALS, find_signals
from tests.exhaustive import exhaustive

pytestmark = exhaustive

KEYS = sorted({key for kind in SIGNALS for key in kind.places.fields})
SPELLINGS = (
    *("", "COMM:eng", "TXXX:comment", "TXXX:prompt", "TXXX:SUNO_ID", "©cmt", "ICMT", "Prompt"),
    *("----:com.apple.iTunes:AIGC", "com.apple.quicktime.artwork", "stealth_pnginfo", "2:110"),
    *("SEI:91ca60614aee385486142d5f73f4ae2e", "PhotoEditor_Re_Edit_Data", "Negative Prompt"),
)
NAMES = sorted({name for kind in SIGNALS for name in kind.places.properties})
BY_DESIGN = frozenset(
    {"AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName"}
)
"""Properties that say AI by being filled, whatever stands there."""
NAMESPACES = (
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "http://ns.adobe.com/photoshop/1.0/",
    "http://ns.adobe.com/xap/1.0/",
    "http://ns.adobe.com/exif/1.0/",
    "http://purl.org/dc/elements/1.1/",
    "http://www.tc260.org.cn/ns/AIGC/1.0/",
    "https://comfy.org/ns/1.0/",
)
PLACES = ("png/tEXt", "jpeg/COM", "jpeg/Exif/ExifIFD", "jpeg/IIM", "png/stealth", "mkv/Tags")
WORDS = st.sampled_from(
    [
        *("prompt side", "Steps:", "Sampler:", "Seed:", "Suno", "made with", "Luma AI"),
        *("Sora", "Gemini", "AIGC", "Label", "{", "}", '"', ":", "Job ID:", "--v", "NovelAI"),
        *("ComfyUI", "workflow", "signed_hash", "Google AI", "Made with", "Midjourney", "true"),
        *("ai_generated", "Fooocus", "Draw", "Things", "Signature:", "Dream", "-s", "-S", "h264"),
        *("Veo", "\n", ",", "uno", "AI ", "Diffusion", "sampler", "AI generated image"),
    ]
)
SENTENCES = st.lists(WORDS, max_size=12).map(" ".join)
# Character by character: hypothesis would draw whole strings out of our own examples.
LETTERS = st.lists(st.characters(), max_size=40).map("".join)
TEXT = LETTERS | SENTENCES


def with_fields(fields: list[tuple[str, str, str]]) -> Reading:
    found = tuple(MetadataField(place=place, key=key, value=text) for place, key, text in fields)
    return Reading(format_name="png", contents=Contents(fields=found))


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PLACES),
            st.sampled_from([*KEYS, *SPELLINGS]) | LETTERS,
            TEXT,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_random_text_in_any_field_is_no_evidence(fields: list[tuple[str, str, str]]) -> None:
    assert find_signals(with_fields(fields)) == ()


@settings(deadline=None, max_examples=200)
@given(
    namespace=st.sampled_from(NAMESPACES),
    name=st.sampled_from([name for name in NAMES if name not in BY_DESIGN]) | LETTERS,
    text=TEXT,
)
def test_random_text_in_any_property_is_at_most_an_unknown_source_type(
    namespace: str, name: str, text: str
) -> None:
    found = XmpProperty(place="jpeg/APP1", namespace=namespace, name=name, value=text)
    signals = find_signals(Reading(format_name="jpeg", properties=(found,)))
    assert {signal.rule for signal in signals} <= {"iptc-source-type-ambiguous"}
    assert {signal.level for signal in signals} <= {Level.HINT}


# Keys that generators write and others do too; none of them is evidence by itself.
MEMBERS = st.sampled_from(
    [
        *("title", "name", "seed", "steps", "model", "scale", "size", "version", "software"),
        *("prompt", "workflow", "nodes", "links", "inputs", "extra", "state", "data", "product"),
        *("Label", "AIGC", "comment", "Comment", "c", "guidance", "performance", "styles"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(0, 9) | LETTERS | SENTENCES
DOCUMENTS = st.dictionaries(
    MEMBERS,
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner)
    ),
    max_size=6,
)
OWNED = ("invokeai_", "sd-metadata")
"""Fields of one generator, where two of its members are evidence by design."""


@settings(deadline=None, max_examples=100)
@given(
    key=st.sampled_from([*(key for key in KEYS if not key.startswith(OWNED)), *SPELLINGS]),
    document=DOCUMENTS,
    wrap=st.sampled_from(["{}", "workflow:{}", "AIGC{}", " {} "]),
)
def test_random_json_in_any_field_is_no_evidence(
    key: str, document: dict[str, object], wrap: str
) -> None:
    text = wrap.replace("{}", json.dumps(document))
    assert find_signals(with_fields([("png/tEXt", key, text)])) == ()


@settings(deadline=None, max_examples=50)
@given(name=st.sampled_from([name for name in NAMES if name not in BY_DESIGN]), document=DOCUMENTS)
def test_random_json_in_any_property_is_no_evidence(name: str, document: dict[str, object]) -> None:
    for namespace in NAMESPACES:
        found = XmpProperty(
            place="jpeg/APP1", namespace=namespace, name=name, value=json.dumps(document)
        )
        signals = find_signals(Reading(format_name="jpeg", properties=(found,)))
        assert {signal.level for signal in signals} <= {Level.HINT}
        assert {signal.rule for signal in signals} <= {"iptc-source-type-ambiguous"}


LABELS = ("c2pa.metadata", "c2pa.training-mining", "cawg.ai_generative_training", "org.x.notes")
STATED = ("DigitalSourceType", "ai_generated", "model", "systemName", "use")


@settings(deadline=None, max_examples=150)
@given(
    texts=st.lists(TEXT, min_size=5, max_size=5),
    label=st.sampled_from(LABELS),
    key=st.sampled_from(STATED),
)
def test_random_text_in_a_manifest_is_no_evidence(texts: list[str], label: str, key: str) -> None:
    action = Action(
        name="c2pa.created",
        source_type=texts[0],
        software_agent="Desk " + texts[1],
        description="About " + texts[2],  # some texts are evidence as a whole
    )
    manifest = Manifest(
        label="urn:1",
        claim_generator="Desk " + texts[3],
        signer="",
        actions=(action,),
        assertions=(label, "c2pa.soft-binding", "c2pa.watermarked"),
        statements=(Statement(label=label, key=key, value="No, " + texts[4]),),
    )
    store = Credentials(manifests=(manifest,), state="Valid", is_ours=False)
    assert find_signals(Reading(format_name="png", credentials=store)) == ()
