"""What the sections of the benchmark share: sizes, a scratch folder, corpora built when needed."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.benchmarks.corpus import Corpus, build
from tests.benchmarks.measuring import progress, run_reader
from tests.benchmarks.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    rounds: int = 5
    """Interleaved runs of each reader."""
    files: int = 20_000
    """Files of the mixed corpus."""
    some: int = 1_000
    """Files of it for readers that are slow."""
    waiting: int = 2_000
    """Files of it on storage that answers slowly; slow readers get a quarter."""
    frames: int = 10_000
    """Frames of the sequence."""
    entries: int = 1_000_000
    """Entries of the tree in which nothing changes."""
    is_empty: bool = False
    """Whether these are empty files, each of which the gate has something to say of."""
    master: int = 2 * 10**9
    """Bytes of a master."""
    starts: int = 11
    """Starts of a command."""


QUICK = Sizes(
    rounds=3,
    files=1_500,
    some=150,
    waiting=200,
    frames=1_000,
    entries=5_000,
    master=3 * 10**8,
    starts=5,
)
"""Enough to see that everything works; the figures are rough."""
_MARKED, _MARKED_MORE = 0.01, 0.05


@dataclass(kw_only=True)
class Bench:
    """One run of the benchmark."""

    directory: Path
    """Where everything is built; removed at the end by whoever made it."""
    sizes: Sizes = field(default_factory=Sizes)
    """How much is measured."""
    notes: list[str] = field(default_factory=list)
    """What is said beneath the table."""

    @cached_property
    def corpus(self) -> Corpus:
        """Mixed files of which one in a hundred says something, read once."""
        return self._built("mixed", self.sizes.files, _MARKED)

    @cached_property
    def single(self) -> Path:
        """A tree of one file, which is signed."""
        return self.corpus.one_signed("single")

    @cached_property
    def marked_more(self) -> Corpus:
        """A fifth as many files of which one in twenty says something, read once."""
        return self._built("marked", self.sizes.files // 5, _MARKED_MORE)

    def _built(self, name: str, files: int, marked: float) -> Corpus:
        progress(f"building {files:,} files")
        begun = time.perf_counter()
        folder = self.directory / name
        folder.mkdir()
        corpus = build(folder, files, marked)
        self.notes.append(
            f"{name}: {files:,} files of {corpus.mean_size / 1024:.0f} KB on average,"
            f" {len(corpus.to_block)} to block, {len(corpus.by_camera)} signed by a camera"
            f" (built in {time.perf_counter() - begun:.0f} s)"
        )
        read_all(corpus.tree)
        run_reader("read_ours", corpus.tree, corpus.home)  # what declares itself is known from here
        return corpus

    def folder(self, name: str) -> Path:
        """Return a new folder to work in."""
        made = self.directory / name
        made.mkdir()
        return made


Section = Callable[[Bench], Iterable[Row]]
"""Measures, and yields rows; raises MissingPeerError where nothing can be measured."""
Sections = Mapping[str, Section]


def read_all(tree: Path) -> None:
    """Read every byte once, so that storage plays no part."""
    for path in tree.rglob("*"):
        if path.is_file():
            path.read_bytes()
