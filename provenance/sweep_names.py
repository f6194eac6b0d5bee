"""The names of all files of one folder, kept, compared and sent as one text."""

from collections.abc import Iterator, Sequence
from typing import overload


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
