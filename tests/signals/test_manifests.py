"""What a signed manifest brings to the rules, read by the C2PA library."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import c2pa
import pytest
from PIL import Image

from fixtures import mp3, png
from provenance.carriers.c2pa import PRELOAD, read_credentials
from provenance.carriers.chain_making import create_chain
from provenance.carriers.signing_chain import SigningChain, load_chain
from provenance.examining import Examiner
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.media.source import FileSource
from provenance.model.credential import Credentials
from provenance.model.reading import Reading
from provenance.model.source_type import IPTC_BASE
from provenance.signals.kinds import find_signals

AI = IPTC_BASE + "trainedAlgorithmicMedia"
JSON_LD = {"Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"}


def created(source_type: str) -> dict[str, object]:
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    return {"label": "c2pa.actions.v2", "data": {"actions": [action]}}


CAPTURED = created(IPTC_BASE + "digitalCapture")
OPENED: dict[str, object] = {
    "label": "c2pa.actions.v2",
    "data": {"actions": [{"action": "c2pa.opened"}]},
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> SigningChain:
    folder = tmp_path_factory.mktemp("chain")
    create_chain(folder, "Example")
    return load_chain(folder)


@pytest.fixture(scope="module")
def runner() -> Iterator[UnsafeInProcessRunner]:
    with UnsafeInProcessRunner(preload=PRELOAD[:1]) as runner:
        yield runner


def signed(
    chain: SigningChain, *assertions: dict[str, object], parents: dict[bytes, str] | None = None
) -> bytes:
    """Return a picture signed with these assertions, made of these pictures."""
    plain = io.BytesIO()
    Image.new("RGB", (8, 8)).save(plain, "PNG")
    claim = {
        "claim_generator_info": [{"name": "Desk", "version": "1"}],
        "format": "image/png",
        "assertions": assertions,
    }
    info = c2pa.C2paSignerInfo(b"es256", chain.chain_pem.encode(), chain.key_pem.encode(), None)
    settings = {
        "verify": {"verify_after_sign": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    context = c2pa.Context.from_dict(settings)
    out = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(claim, context) as builder:
        for data, relation in (parents or {}).items():
            entry = {"title": "p", "relationship": relation}
            builder.add_ingredient(json.dumps(entry), "image/png", io.BytesIO(data))
        plain.seek(0)
        builder.sign(signer, "image/png", plain, out)
    return out.getvalue()


def read(data: bytes, runner: UnsafeInProcessRunner, folder: Path) -> Credentials:
    path = folder / "a.png"
    path.write_bytes(data)
    with FileSource(path) as source:
        return read_credentials(runner, (source,), "image/png")


def rules(credentials: Credentials) -> set[str]:
    return {s.rule for s in find_signals(Reading(format_name="png", credentials=credentials))}


@pytest.mark.parametrize(
    ("label", "data", "rule"),
    [
        (
            "c2pa.metadata",
            {"@context": JSON_LD, "Iptc4xmpExt:DigitalSourceType": AI},
            "c2pa-source-type",
        ),
        (
            "cawg.metadata",
            {"@context": JSON_LD, "Iptc4xmpExt:AISystemUsed": "Diffuser"},
            "c2pa-generative-assertion",
        ),
        (
            "stds.schema-org.CreativeWork",
            {
                "@context": "https://schema.org",
                "@type": "CreativeWork",
                "digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
            },
            "c2pa-source-type",
        ),
        ("c2pa.ai_generated_content", {"ai_generated": True}, "c2pa-generative-assertion"),
        (
            "com.suno.provenance",
            {"providerName": "Suno", "systemVersion": "chirp-v5"},
            "c2pa-generative-assertion",
        ),
        ("c2pa.ai_generated_content", {"ai_generated": False}, None),
        ("c2pa.training-mining", {"entries": {"c2pa.ai_training": {"use": "notAllowed"}}}, None),
        ("org.example.deep", {"a": {"b": [{"c": {"digitalSourceType": AI}}]}}, None),
    ],
)
def test_an_assertion_is_heard(
    chain: SigningChain,
    runner: UnsafeInProcessRunner,
    tmp_path: Path,
    label: str,
    data: dict[str, object],
    rule: str | None,
) -> None:
    store = read(signed(chain, CAPTURED, {"label": label, "data": data}), runner, tmp_path)
    assert rules(store) == ({rule} if rule else set())


def test_prompts_and_names_in_an_assertion_are_not_kept(
    chain: SigningChain, runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    private = {"AIPromptInformation": "a lighthouse", "AIPromptWriterName": "Somebody"}
    data = {"@context": JSON_LD} | {f"Iptc4xmpExt:{key}": text for key, text in private.items()}
    store = read(
        signed(chain, CAPTURED, {"label": "cawg.metadata", "data": data}), runner, tmp_path
    )
    statements = store.manifests[0].statements
    assert {(said.key, said.value) for said in statements} == {(key, "stated") for key in private}


def test_a_statement_wrapped_as_a_node_is_read(
    chain: SigningChain, runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    data = {"@context": JSON_LD, "Iptc4xmpExt:DigitalSourceType": {"@id": AI}}
    listed = {"@context": JSON_LD, "Iptc4xmpExt:DigitalSourceType": [AI], "x": [[], 1, {"y": {}}]}
    for shape in (data, listed):
        store = read(
            signed(chain, CAPTURED, {"label": "cawg.metadata", "data": shape}), runner, tmp_path
        )
        assert rules(store) == {"c2pa-source-type"}


def test_what_went_into_an_input_is_an_input_too(
    chain: SigningChain, runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    made = signed(chain, created(AI))
    edited = signed(chain, OPENED, parents={made: "parentOf"})
    shown = signed(chain, CAPTURED, parents={edited: "inputTo"})
    assert rules(read(edited, runner, tmp_path)) == {"c2pa-source-type"}
    assert rules(read(shown, runner, tmp_path)) == {"c2pa-source-type-input"}


def test_of_two_uses_the_one_that_says_more_counts(
    chain: SigningChain, runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    made = signed(chain, created(AI))
    edited = signed(chain, OPENED, parents={made: "parentOf"})
    both = signed(chain, OPENED, parents={edited: "inputTo", made: "parentOf"})
    assert rules(read(both, runner, tmp_path)) == {"c2pa-source-type"}


def test_a_template_of_actions_is_heard(
    chain: SigningChain, runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    template = {"action": "c2pa.edited", "digitalSourceType": AI}
    data = {"actions": [{"action": "c2pa.opened"}], "templates": [template]}
    store = read(signed(chain, {"label": "c2pa.actions.v2", "data": data}), runner, tmp_path)
    assert rules(store) == {"c2pa-source-type"}


def test_a_store_is_read_where_our_reader_finds_it_and_the_library_does_not(
    chain: SigningChain, runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    data = signed(chain, created(AI))
    at = data.index(b"caBX") + 4
    store = data[at : at + int.from_bytes(data[at - 8 : at - 4])]
    frame = b"\0application/c2pa\0\0\0" + store
    size = bytes(len(frame) + 10 >> shift & 0x7F for shift in (21, 14, 7, 0))
    framed = b"GEOB" + len(frame).to_bytes(4) + b"\0\0" + frame
    first = b"ID3\3\0\0\0\0\0\x0bTIT2\0\0\0\1\0\0\0"
    sound = mp3.SAMPLES.sound["bare.mp3"]()
    examiner = Examiner(runner, ())
    files = {
        "second_tag.mp3": first + b"ID3\3\0\0" + size + framed + sound,
        "cut_short.png": data[:-20],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with examiner.examine(tmp_path / name) as examined:
            assert {signal.rule for signal in examined.signals} == {"c2pa-source-type"}, name


def test_a_store_that_nobody_can_read_is_a_problem(
    runner: UnsafeInProcessRunner, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    for payload in (b"\0\0\0\x14jumb" + bytes(12), b"no superbox at all"):
        path.write_bytes(png.with_chunks(png.chunk(b"caBX", payload)))
        with Examiner(runner, ()).examine(path) as examined:
            assert examined.signals == ()
            assert len(examined.problems) == 1
