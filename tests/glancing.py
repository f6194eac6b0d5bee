"""What the suites of the glances share: a screen as exact as can be, and both ways to look."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.carriers.native import _KEYS as OWN_KEYS
from provenance.carriers.order import carriers_in_order
from provenance.carriers.xmp_packet import NAMESPACE
from provenance.examining import Examiner
from provenance.glances.interface import HEAD, Plain
from provenance.glances.known import glance_for
from provenance.glances.screen import Screen
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.media.interface import ByteSource
from provenance.media.source import BytesSource
from provenance.signals.kinds import words_of_property, words_under
from tests.formats import FORMAT_NAMED

Words = tuple[str, ...] | None


def make_screen() -> Screen:
    """Return a screen for the signals and our own tag."""

    def under(key: str) -> Words:
        return ("{",) if key.lower() in OWN_KEYS else words_under(key)

    def of_property(namespace: str, name: str) -> Words:
        return ("",) if namespace == NAMESPACE else words_of_property(namespace, name)

    return Screen(words_under=under, words_of_property=of_property)


def make_examiner() -> Examiner:
    """Return an examiner whose runner is not isolated: only for files that hold no manifest."""
    runner = UnsafeInProcessRunner(preload=())
    return Examiner(runner, carriers_in_order(runner, None))


@contextmanager
def opened(data: bytes) -> Iterator[int]:
    """Open a file in memory that holds these bytes."""
    descriptor = os.memfd_create("glance")
    try:
        os.write(descriptor, data)
        yield descriptor
    finally:
        os.close(descriptor)


def look_at(data: bytes, screen: Screen) -> tuple[str, Plain] | None:
    """Return the format a glance clears the file as, and what it says; None if it is unsure."""
    with opened(data) as descriptor:
        return look_through(descriptor, len(data), screen)


def look_through(descriptor: int, size: int, screen: Screen) -> tuple[str, Plain] | None:
    """See `look_at`."""
    head = os.pread(descriptor, HEAD, 0)
    glance = glance_for(head)
    plain = glance.look(descriptor, size, head, screen) if glance else None
    return (glance.format_name, plain) if glance and plain else None


def objections(
    path: Path, cleared: tuple[str, Plain], examiner: Examiner, is_exact: Callable[[str], bool]
) -> list[str]:
    """Return everything that makes it wrong to have cleared this file so."""
    name, (length, last) = cleared
    source = BytesSource(path.read_bytes())
    contents = FORMAT_NAMED[name].read(source)
    if contents.c2pa or contents.packed:
        return ["it holds a manifest, or packed metadata"]
    with examiner.examine(path) as examined:
        told = [problem.detail for problem in examined.problems]
        told += [signal.rule for signal in examined.signals]
        told += ["a tag of ours"] if examined.tag else []
        told += ["something behind its end"] if contents.trailer_length else []
        told += [] if examined.is_whole else ["it is not whole"]
        told += ["a credential"] if examined.reading.credentials else []
        if examined.fmt is None or examined.fmt.name != name:
            return [*told, f"it is no {name}"]
        essence = _essence(name, source)
        if (length != examined.essence_length) if is_exact(name) else length < sum(essence[1]):
            told.append(f"its essence has {examined.essence_length} bytes, not {length}")
        begin = essence[0] if len(essence[1]) == 1 or not is_exact(name) else -1
        # Where it is not told that there is one run only, no harm is done.
        if last not in {begin, -1} or (last < 0 and not is_exact(name)):
            told.append(f"its run begins at {begin}, not at {last}")
    return told


def _essence(name: str, source: ByteSource) -> tuple[int, list[int]]:
    fmt = FORMAT_NAMED[name]
    runs = fmt.exact_essence(source, fmt.read(source))
    return runs[-1].offset if runs else -1, [run.length for run in runs]
