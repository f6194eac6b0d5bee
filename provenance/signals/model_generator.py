"""The name of its generator in a glTF model, and the names generators give to its parts."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import fields_under, place_of
from provenance.signals._samples import with_field
from provenance.signals.interface import Evidence, Places, SignalRule

_GENERATOR, _NAME = "generator", "name"
_ASSETS = frozenset({"gltf/asset", "glb/asset"})
_PARTS = frozenset(f"{fmt}/{part}" for fmt in ("gltf", "glb") for part in ("meshes", "materials"))
_TOOLS = {"Tripo": "Tripo", "meshy-scene": "Meshy"}
_COMFYUI = "ComfyUI"
_TRIPO_PART = re.compile(
    r"tripo_(?:mesh|mat|material|node)_[0-9a-f]{8}(?:[-_][0-9a-f]{4}){0,3}(?:[-_][0-9a-f]{12})?"
    r"(?:[._]\d{1,4}){0,3}"
)
"""The job a part comes from, whole or its first eight digits; editors count copies behind it."""
_LONGEST = 80
_UUID = "3e6cbe95-6b4a-40f5-8b0d-ec64afdd6748"
_TRIMESH = "https://github.com/mikedh/trimesh"
_SINCE = date(2026, 11, 1)

NAMED = SignalRule(
    rule_id="model-generator-name",
    level=Level.FINGERPRINT,
    since=_SINCE,
    title="A glTF model names a service that generates models",
    explanation=(
        "Tripo writes asset.generator `Tripo`, Meshy `meshy-scene`. Both also rig and texture what"
        " is uploaded. Generators that save through a library (Stable Fast 3D and others through"
        " trimesh, Meshy's textured models through pygltflib) name only that, which says nothing."
        " Source: the headers of such files as a dozen unrelated projects measured them; no real"
        " file was at hand."
    ),
    examples=(
        with_field("generator", "Tripo", "glb/asset"),
        with_field("generator", "meshy-scene", "glb/asset"),
        with_field("generator", "Tripo", "gltf/asset"),
    ),
    counterexamples=(
        with_field("generator", _TRIMESH, "glb/asset"),
        with_field("generator", "Khronos glTF Blender I/O v4.2.60", "glb/asset"),
        with_field("generator", "Tripod scanner", "glb/asset"),
        with_field("generator", "meshy-scene", "glb/asset/extras"),
        with_field("generator", "Tripo"),
        with_field("copyright", "Tripo", "glb/asset"),
    ),
)
PART = SignalRule(
    rule_id="model-tripo-part",
    level=Level.FINGERPRINT,
    since=_SINCE,
    title="A mesh or material of a glTF model has the name Tripo gives it",
    explanation=(
        "Tripo names meshes and materials after the job that made them, such as"
        " `tripo_mat_3e6cbe95-6b4a-40f5-8b0d-ec64afdd6748` or `tripo_mesh_de6c7805`. Editors and"
        " optimizers that put their own name into asset.generator keep these. Source: names in"
        " the code and notes of unrelated projects that load such models."
    ),
    examples=(
        with_field("name", f"tripo_mat_{_UUID}", "glb/materials"),
        with_field("name", f"tripo_mesh_{_UUID.replace('-', '_')}", "gltf/meshes"),
        with_field("name", "tripo_mesh_de6c7805.001", "glb/meshes"),
    ),
    counterexamples=(
        with_field("name", "tripo_mesh", "glb/meshes"),
        with_field("name", "tripo_mesh_complete", "glb/meshes"),
        with_field("name", "tripo_mat_wood0001", "glb/materials"),
        with_field("name", "tripod_mesh_de6c7805", "glb/meshes"),
        with_field("name", "tripo_mesh_de6c7805"),
    ),
)
COMFYUI = SignalRule(
    rule_id="model-comfyui",
    level=Level.HINT,
    since=_SINCE,
    title="A glTF model was saved by ComfyUI",
    explanation=(
        "SaveGLB of ComfyUI writes asset.generator `ComfyUI`, and its graph beside it unless it is"
        " told not to. Without the graph it may be a model that was only loaded and saved. Shown,"
        " never decided by. Source: generator source code."
    ),
    examples=(with_field("generator", _COMFYUI, "glb/asset"),),
    counterexamples=(
        with_field("generator", "ComfyUI export checker", "glb/asset"),
        with_field("generator", _COMFYUI),
    ),
)


class ModelGenerator:
    """Generators and their names for parts in glTF."""

    rules = (NAMED, PART, COMFYUI)
    places = Places(fields={_GENERATOR: (*_TOOLS, _COMFYUI), _NAME: ("tripo_",)})

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`; one part of many is enough."""
        hints = []
        for _, found in fields_under(evidence, (_GENERATOR,)):
            value = found.value.strip()
            if found.place in _ASSETS and value in _TOOLS:
                yield NAMED.hit(place_of(found), value, Generator(tool=_TOOLS[value]))
            elif found.place in _ASSETS and value == _COMFYUI:
                hints.append(COMFYUI.hit(place_of(found), value, Generator(tool=_COMFYUI)))
        for _, found in fields_under(evidence, (_NAME,)):
            value = found.value.strip()
            is_short = found.place in _PARTS and len(value) <= _LONGEST
            if is_short and _TRIPO_PART.fullmatch(value):
                yield PART.hit(place_of(found), value, Generator(tool="Tripo"))
                break
        yield from hints
