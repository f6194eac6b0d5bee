"""A production with a deliverable folder of some thousand mixed files, a few of them marked.

The same number of files gives the same names, contents and marks; what is signed or tagged holds
ids and signatures of its own each time.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from provenance.carriers.chain_making import create_chain
from provenance.cli.init import found
from provenance.config import CONFIG_NAME, load_config
from provenance.media.formats import FORMATS
from provenance.model.outcome import Action
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.wiring import Production
from tests.benchmarks.marks import Mark, marks_for, with_declaration, with_parameters
from tests.benchmarks.payloads import BASES, RECIPES, SHARES, frame
from tests.benchmarks.varying import vary

_SIGNED = 2 / 7
"""Of the files that say something, those that another signed: half of them say AI."""
_IN_A_FOLDER = 100
_SIGNABLE = frozenset(suffix for fmt in FORMATS if fmt.embeds_c2pa for suffix in fmt.suffixes)
_REQUEST = TagRequest(declared_by=DeclaredBy.PERSON, reasons=("benchmark",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the corpus before it is written."""

    number: int
    """Its place in the corpus."""
    suffix: str
    """Its suffix."""
    mark: Mark
    """How it is marked."""

    @property
    def name(self) -> str:
        """Its path below the tree."""
        folder = f"shot_{self.number // _IN_A_FOLDER:04d}"
        return f"{folder}/harbour_{self.number:06d}_v{self.number % 7:02d}{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Where the files are, and the truth about them."""

    home: Path
    """The production whose registry knows the tagged files."""
    tree: Path
    """The folder to scan."""
    marks: dict[Path, Mark]
    """Every file with its mark."""

    @property
    def to_block(self) -> frozenset[Path]:
        """Files that a scan has to block."""
        return frozenset(path for path, mark in self.marks.items() if mark.is_to_block)

    @property
    def by_camera(self) -> frozenset[Path]:
        """Files that another signed as taken by a camera, which pass."""
        return frozenset(path for path, mark in self.marks.items() if mark is Mark.SIGNED_CAMERA)

    @property
    def mean_size(self) -> float:
        """Bytes of a file, on average."""
        return sum(path.stat().st_size for path in self.marks) / len(self.marks)

    def some(self, files: int, folder: str) -> Path:
        """Return a tree of its own with so many of the files, chosen by lot but always alike.

        They are hard links, in the same number of files a folder.
        """
        chosen = np.random.default_rng(files).permutation(sorted(self.marks))[:files]
        return self._linked(map(Path, chosen), folder)

    def one_signed(self, folder: str) -> Path:
        """Return a tree of its own with one file that a camera signed: it takes all there is."""
        return self._linked(sorted(self.by_camera)[:1], folder)

    def silent(self, folder: str) -> Path:
        """Return a tree of its own with the files that say nothing."""
        return self._linked([path for path, mark in self.marks.items() if not mark.says], folder)

    def _linked(self, paths: Iterable[Path], folder: str) -> Path:
        tree = self.home / folder
        for number, path in enumerate(paths):
            place = tree / f"reel_{number // _IN_A_FOLDER:04d}" / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)
            for beside in path.parent.glob(f"{path.name}.*"):
                os.link(beside, place.parent / beside.name)
        return tree


def build(directory: Path, files: int, marked: float) -> Corpus:
    """Write the corpus below an empty directory; this share of its files says something."""
    home = directory / "show"
    home.mkdir()
    found(home, home.name)
    tree = home / "deliverables"
    bases = {suffix: [recipe(n) for n in range(BASES)] for suffix, recipe in RECIPES.items()}
    marks: dict[Path, Mark] = {}
    for entry in entries(files, marked):
        path = tree / entry.name
        path.parent.mkdir(exist_ok=True)
        base = bases[entry.suffix][entry.number % BASES]
        path.write_bytes(_marked(vary(base, entry.suffix, entry.number), entry))
        marks[path] = entry.mark
    _sign(directory, marks)
    _tag(home, [path for path, mark in marks.items() if mark is Mark.TAGGED])
    return Corpus(home=home, tree=tree, marks=marks)


def build_sequence(folder: Path, frames: int) -> None:
    """Write the frames of a sequence into a new folder."""
    folder.mkdir()
    base = frame()
    for number in range(frames):
        path = folder / f"harbour.{number:06d}.png"
        path.write_bytes(vary(base, ".png", number))


def entries(files: int, marked: float) -> Iterator[Entry]:
    """Yield what the corpus consists of; the same for the same number."""
    dice = np.random.default_rng(files)
    suffixes = dice.choice(list(SHARES), files, p=list(SHARES.values()))
    lots = dice.random(files)
    for number, (suffix, lot) in enumerate(zip(map(str, suffixes), lots, strict=True)):
        yield Entry(number=number, suffix=suffix, mark=_mark(number, suffix, lot / marked))


def _mark(number: int, suffix: str, lot: float) -> Mark:
    """Return the mark of a file whose lot is below 1 if it says something."""
    if lot >= 1:
        return Mark.NONE
    if lot < _SIGNED and suffix in _SIGNABLE:
        return Mark.SIGNED_AI if number % 2 else Mark.SIGNED_CAMERA
    choices = marks_for(suffix)
    return choices[number % len(choices)]


def _marked(data: bytes, entry: Entry) -> bytes:
    if entry.mark is Mark.DECLARED:
        return with_declaration(data, entry.suffix)
    return with_parameters(data) if entry.mark is Mark.PARAMETERS else data


def _sign(directory: Path, marks: dict[Path, Mark]) -> None:
    """Sign in a process of its own: the library may abort, and must not be imported here."""
    keys = directory / "another_signer"
    keys.mkdir()
    create_chain(keys, "Another")
    signed = {Mark.SIGNED_AI, Mark.SIGNED_CAMERA}
    orders = "".join(f"{mark}\t{path}\n" for path, mark in marks.items() if mark in signed)
    command = [sys.executable, "-m", "tests.benchmarks.signing", str(keys)]
    root = Path(__file__).resolve().parents[2]
    subprocess.run(command, cwd=root, input=orders, text=True, check=True)


def _tag(home: Path, paths: list[Path]) -> None:
    with Production(load_config(home / CONFIG_NAME)) as production:
        for path in paths:
            outcome = production.tagger.tag(path, _REQUEST)
            if outcome.action not in (Action.TAGGED, Action.DETACHED):
                raise ValueError(f"{path}: {outcome.detail}")
