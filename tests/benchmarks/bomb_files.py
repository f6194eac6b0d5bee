"""Files that try to cost more than they are: `python -m tests.benchmarks.bomb_files DIR`.

Built in a process of its own, so that what the building took is not counted as the reader's.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from fixtures.build import MEDIA
from fixtures.samples import Recipe
from tests.benchmarks import bombs_in_boxes, bombs_in_pictures, bombs_in_text

PIXELS_FOLDER = "pixels"
"""Holds what is inspected with `--pixels`."""
HONEST_FOLDER = "honest"
"""Holds what is heavy but as it should be: a finding would be a false alarm."""
_SOUND = frozenset({"avi/bomb.avi", "jpeg/claims_4gib.jpg", "usdz/loop.usdz"})
"""Broken samples whose lie no reader of their format believes."""


def bombs() -> Mapping[str, Recipe]:
    """Return every bomb by its path in the folder; nothing is baked yet."""
    made = {
        f"{_folder(f'{fmt}/{name}')}/{name}": recipe
        for fmt, samples in MEDIA.items()
        for name, recipe in samples.broken.items()
    }
    for room in (bombs_in_text, bombs_in_boxes, bombs_in_pictures):
        made |= room.BOMBS
        made |= {f"{HONEST_FOLDER}/{name}": recipe for name, recipe in room.HONEST.items()}
    for folder, recipes in (
        (PIXELS_FOLDER, bombs_in_pictures.PIXELS),
        (f"{PIXELS_FOLDER}/{HONEST_FOLDER}", bombs_in_pictures.HONEST_PIXELS),
    ):
        made |= {f"{folder}/{name}": recipe for name, recipe in recipes.items()}
    return made


def _folder(name: str) -> str:
    fmt = name.partition("/")[0]
    return f"{HONEST_FOLDER}/{fmt}" if name in _SOUND else fmt


def build(directory: Path, names: list[str] | None = None) -> list[Path]:
    """Write the bombs of these names, or all, under the directory; return their paths."""
    made = bombs()
    paths = []
    for name in made if names is None else names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made[name]())
        paths.append(path)
    return paths


if __name__ == "__main__":
    build(Path(sys.argv[1]))
