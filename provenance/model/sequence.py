"""Image sequences: which names are frames of one sequence, and how a range of frames is written.

fileseq, the library of this trade, is not used: it reads its own range notation with a generated
grammar (0.7 MB, 0.1 s to import) and takes versions (`comp_v001.png`) and numbered sound for
frames. What is left of its work is the few lines below.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")
SMALLEST = 3
"""Fewer numbered files are no sequence: two may be a pair of anything."""
_TELLING = 3
"""Digits by which a number alone looks like a frame's."""
_NAME = re.compile(r"(?P<prefix>(?:.*[^0-9])?)(?P<digits>[0-9]{1,9})", re.DOTALL)
_RANGE = re.compile(r"(?P<first>[0-9]{1,9})(?:-(?P<last>[0-9]{1,9}))?")
_MOST = 1_000_000
"""Frames that a range may name: ten hours of film."""
_VERSION = re.compile(r"(?:^|[^A-Za-z])[vV]$")
"""How a name ends before the number of a version, which is no frame: `comp_v001.png`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The name of a file as that of a frame: `prefix` `digits` `suffix` in a folder."""

    folder: str
    """The folder as it was named; empty for none."""
    prefix: str
    """What stands before the number."""
    digits: str
    """The number as it is written."""
    suffix: str
    """What stands behind it, with its dot."""

    @property
    def number(self) -> int:
        """The number."""
        return int(self.digits)

    @property
    def place(self) -> str:
        """Which sequence it would belong to: the path with `#` in place of the number."""
        return _joined(self.folder, f"{self.prefix}#{self.suffix}")

    @property
    def is_telling(self) -> bool:
        """Whether its name alone says that it is a frame: `0001`, not `1`."""
        return len(self.digits) >= _TELLING


def frame_named(folder: str, stem: str, suffix: str) -> Frame | None:
    """Return the frame of this name, or None if it is no frame's."""
    found = _NAME.fullmatch(stem)
    if found is None or _VERSION.search(found["prefix"]):
        return None
    return Frame(folder=folder, prefix=found["prefix"], digits=found["digits"], suffix=suffix)


def written(frames: Sequence[Frame]) -> str:
    """Return how frames of one sequence are written: `shot.[0001-0100,0105].exr`."""
    first = frames[0]
    if len(frames) == 1:
        return _joined(first.folder, f"{first.prefix}{first.digits}{first.suffix}")
    ranges = ",".join(_ranges(sorted(frames, key=lambda one: one.number)))
    return _joined(first.folder, f"{first.prefix}[{ranges}]{first.suffix}")


def in_sequences(
    items: Iterable[_T], frame_of: Callable[[_T], Frame | None]
) -> tuple[tuple[_T, ...], ...]:
    """Return items in groups, frames of one sequence together, in the order of their firsts.

    Frames are of one sequence if folder, name and the way of counting are one. What is no frame,
    or of too small a sequence, is a group by itself.
    """
    groups: dict[object, list[tuple[_T, Frame | None]]] = {}
    for at, item in enumerate(items):
        frame = frame_of(item)
        groups.setdefault(at if frame is None else frame.place, []).append((item, frame))
    return tuple(
        tuple(item for item, _ in group)
        for together in groups.values()
        for group in _counted_alike(together)
    )


def told_together(
    items: Iterable[_T], frame_of: Callable[[_T], Frame | None], what: Callable[[_T], object]
) -> tuple[tuple[_T, ...], ...]:
    """Return items in groups: frames of one sequence of which there is the same to say."""
    groups: list[tuple[_T, ...]] = []
    for sequence in in_sequences(items, frame_of):
        same: dict[object, list[_T]] = {}
        for item in sequence:
            same.setdefault(what(item), []).append(item)
        groups += [tuple(group) for group in same.values()]
    return tuple(groups)


def numbers_in(ranges: str) -> list[str]:
    """Return the numbers of `0001-0100,0105` as they are written; raises ValueError if wrong."""
    numbers: list[str] = []
    for part in ranges.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} is no range of frames like 0001-0100")
        first, last = found["first"], found["last"] or found["first"]
        if int(last) < int(first):
            raise ValueError(f"{part!r} ends before it begins")
        if len(numbers) + int(last) - int(first) >= _MOST:
            raise ValueError(f"more than {_MOST:,} frames are no sequence")
        numbers += [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]
    return list(dict.fromkeys(numbers))


def _counted_alike(
    items: list[tuple[_T, Frame | None]],
) -> Iterator[Sequence[tuple[_T, Frame | None]]]:
    """Yield items apart whose numbers are padded differently: `0001` and `1` are two."""
    digits = [frame.digits for _, frame in items if frame is not None]
    padded = sorted({len(text) for text in digits if text[0] == "0" and len(text) > 1})
    alike: dict[int, list[tuple[_T, Frame | None]]] = {}
    for item in items:
        alike.setdefault(_padding(item[1], padded), []).append(item)
    for group in alike.values():
        numbers = {frame.number for _, frame in group if frame is not None}
        is_one = SMALLEST <= len(group) == len(numbers)
        yield from [group] if is_one else [[item] for item in group]


def _padding(frame: Frame | None, padded: Sequence[int]) -> int:
    """Return the width a number is padded to, or outgrew; 0 if it is not padded."""
    width = len(frame.digits) if frame is not None else 0
    return max((one for one in padded if one <= width), default=0)


def _ranges(frames: Sequence[Frame]) -> Iterator[str]:
    first = last = frames[0]
    for frame in frames[1:]:
        if frame.number != last.number + 1:
            yield _range(first, last)
            first = frame
        last = frame
    yield _range(first, last)


def _range(first: Frame, last: Frame) -> str:
    return first.digits if first is last else f"{first.digits}-{last.digits}"


def _joined(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name
