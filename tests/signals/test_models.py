"""What glTF and USD files say of their making, from bytes to signals."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.declared import GRAPH
from fixtures.gltf import corners, glb, mesh
from fixtures.usd import layer, package
from fixtures.usd_crate import crate, sections
from provenance.examining import Examined, Examiner
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.model.signal import Generator, Level
from provenance.model.source_type import IPTC_BASE

IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with UnsafeInProcessRunner(preload=()) as runner:
        yield Examiner(runner, ())


def examined(examiner: Examiner, path: Path, data: bytes) -> Examined:
    path.write_bytes(data)
    with examiner.examine(path) as found:
        return found


def said(examined: Examined) -> list[tuple[str, Level]]:
    return [(signal.rule, signal.level) for signal in examined.signals]


def model(generator: str, **members: object) -> bytes:
    described = mesh(9, **members)
    asset = {"version": "2.0", "generator": generator, **described.pop("asset_more", {})}
    return glb(described | {"asset": asset}, corners(9))


@pytest.mark.parametrize("is_text", [True, False])
def test_the_graph_comfyui_saves_in_a_model_declares_it(
    examiner: Examiner, tmp_path: Path, *, is_text: bool
) -> None:
    graph = json.dumps(GRAPH) if is_text else GRAPH
    data = model("ComfyUI", asset_more={"extras": {"prompt": graph, "workflow": "{}"}})
    found = examined(examiner, tmp_path / "a.glb", data)
    assert said(found) == [("comfyui-graph", Level.DECLARES), ("model-comfyui", Level.HINT)]
    assert found.signals[0].place == "glb/asset/extras/prompt"
    assert found.signals[0].generator == Generator(tool="ComfyUI", model="harbour.safetensors")
    assert found.is_whole


def test_a_source_type_in_the_packet_of_a_model_declares_it(
    examiner: Examiner, tmp_path: Path
) -> None:
    packet = {
        "@context": {"Iptc4xmpExt": IPTC},
        "Iptc4xmpExt:DigitalSourceType": IPTC_BASE + "trainedAlgorithmicMedia",
        "Iptc4xmpExt:AISystemUsed": "Desk 4",
    }
    data = model("Desk 4", extensions={"KHR_xmp_json_ld": {"packets": [packet]}})
    found = examined(examiner, tmp_path / "a.glb", data)
    assert said(found) == [
        ("iptc-source-type", Level.DECLARES),
        ("iptc-ai-system", Level.DECLARES),
    ]
    assert found.is_whole


def test_a_model_that_an_optimizer_renamed_is_known_by_its_parts(
    examiner: Examiner, tmp_path: Path
) -> None:
    materials = [{"name": f"tripo_mat_de6c780{number}"} for number in range(9)]
    data = model("glTF-Transform v4.4.1", materials=materials)
    found = examined(examiner, tmp_path / "a.glb", data)
    assert said(found) == [("model-tripo-part", Level.FINGERPRINT)]


@pytest.mark.parametrize(
    "generator",
    ["https://github.com/mikedh/trimesh", "Khronos glTF Blender I/O v4.2.60", "pygltflib@v1.16.5"],
)
def test_a_library_that_saves_models_says_nothing(
    examiner: Examiner, tmp_path: Path, generator: str
) -> None:
    data = model(generator, extras={"prompt": "Press any key", "seed": 5, "steps": 20})
    found = examined(examiner, tmp_path / "a.glb", data)
    assert (found.signals, found.problems) == ((), ())


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_graph_in_the_metadata_of_a_layer_declares_it(
    examiner: Examiner, tmp_path: Path, *, is_packed: bool
) -> None:
    graph = json.dumps(json.dumps(GRAPH))
    data = layer(metadata=f"customLayerData = {{ string prompt = {graph} }}\n")
    data = package(("a.usda", data)) if is_packed else data
    found = examined(examiner, tmp_path / "a.usd", data)
    assert said(found) == [("comfyui-graph", Level.DECLARES)]
    assert found.is_whole


def test_a_graph_in_the_metadata_of_a_crate_declares_it(examiner: Examiner, tmp_path: Path) -> None:
    graph = {"customLayerData": {"workflow": {"prompt": json.dumps(GRAPH)}}}
    for data in (crate(graph), package(("a.usdc", crate(graph)))):
        found = examined(examiner, tmp_path / "a.usdz", data)
        assert said(found) == [("comfyui-graph", Level.DECLARES)]
        assert found.is_whole


def test_a_crate_that_is_not_read_is_never_called_a_file_without_declaration(
    examiner: Examiner, tmp_path: Path
) -> None:
    data = sections(version=(0, 6))
    for container in (data, package(("a.usdc", data))):
        found = examined(examiner, tmp_path / "a.usdz", container)
        assert found.signals == ()
        assert not found.is_whole


def test_no_model_of_the_corpus_fires(corpus: Path, examiner: Examiner) -> None:
    folder = corpus / "post/3d"
    paths = [*folder.glob("*.usd"), *folder.glob("gltf/*")]
    assert len(paths) > 5
    for path in paths:
        with examiner.examine(path) as found:
            assert (found.signals, found.problems) == ((), ()), path.name
