"""The names of all files of one folder, kept and sent as one text, and what they tell."""

from collections.abc import Iterator, Sequence
from typing import overload

_TELLING = (".xmp", ".c2pa", ".db", ".ini")
"""How names end of which more is to be found out than a glance can.

An index keeps which names these are: it gets another edition when others tell.
"""


class Names(Sequence[str]):
    """Names in the order of their bytes; they are parted when one of them is asked for."""

    __slots__ = ("_count", "_parted", "joined")

    def __init__(self, joined: str = "", count: int = 0) -> None:
        """Take so many names, parted by slashes."""
        self.joined = joined
        self._count = count
        self._parted: list[str] | None = None

    @classmethod
    def of(cls, names: Sequence[str]) -> "Names":
        """Return these names."""
        return cls("/".join(names), len(names))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...

    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice) and at.indices(self._count) == (0, self._count, 1):
            return self
        return self._all()[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __reduce__(self) -> tuple[object, ...]:
        return Names, (self.joined, self._count)

    def _all(self) -> list[str]:
        if self._parted is None:
            self._parted = self.joined.split("/") if self._count else []
        return self._parted


def told_by_name(names: Names, folders: Sequence[str]) -> list[int]:
    """Return which files a sidecar may speak of, or which are one, or what systems drop."""
    together = "/".join(("", names.joined, *folders)).lower()
    if "/." not in together and not any(ending in together for ending in _TELLING):
        return []
    lower = [name.lower() for name in names]
    beside = (*lower, *(name.lower() for name in folders))
    spoken = {name.rpartition(".")[0] for name in beside if name.endswith(_TELLING[:2])}
    return [
        at
        for at, name in enumerate(lower)
        if name.startswith(".")
        or name.endswith(_TELLING)
        or name in spoken
        or name.rpartition(".")[0] in spoken
    ]
