"""Sections that stand in a module of their own, which a checkout may not have."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from tests.benchmarks.bench import Bench, Section
from tests.benchmarks.measuring import output_of
from tests.benchmarks.peers import MissingPeerError
from tests.benchmarks.rows import Row


def section(name: str) -> Section:
    """Return the section of the module of this name: its `rows`, else whatever it prints.

    A module that prints is run with a folder to work in.
    """

    def rows(bench: Bench) -> Iterator[Row]:
        if find_spec(f"tests.benchmarks.{name}") is None:
            raise MissingPeerError("this version has no such benchmark")
        found = getattr(import_module(f"tests.benchmarks.{name}"), "rows", None)
        if found is None:
            bench.notes.append(f"{name}:\n{output_of(name, bench.folder(name)).rstrip()}")
        else:
            yield from found(bench)

    return rows
