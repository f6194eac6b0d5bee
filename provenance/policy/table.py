"""A TOML table read key by key, so that every complaint names its place and key."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from provenance.errors import ConfigError

_E = TypeVar("_E", bound=StrEnum)


class Table:
    """One table; asking it for a missing or wrong key raises ConfigError."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = values
        self.place = place

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it has."""
        return tuple(self._values)

    def refuse(self, key: str, why: str) -> NoReturn:
        """Raise ConfigError: this key, and what is wrong with it."""
        raise ConfigError(f"{self.place}: {key} {why}")

    def require_known(self, *known: str) -> None:
        """Raise ConfigError for a key nobody reads: a misspelt one would be silently ignored."""
        for key in self._values:
            if key not in known:
                self.refuse(repr(key), f"is no key; there are {', '.join(known)}")

    def text(self, key: str) -> str:
        """Return a text, empty where the key is not there."""
        value = self._values.get(key, "")
        if not isinstance(value, str):
            self.refuse(key, "must be text")
        return value

    def filled_text(self, key: str) -> str:
        """Return a text that says something."""
        value = self._values.get(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "is missing or no text")
        return value

    def day(self, key: str) -> str:
        """Return a date as it stands there, such as 2025-11-11."""
        text = self.filled_text(key)
        try:
            date.fromisoformat(text)
        except ValueError:
            self.refuse(key, f"{text!r} is no date like 2025-11-11")
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text alone counts as a list of one, a missing key as none."""
        value = self._values.get(key, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(one, str) for one in items):
            self.refuse(key, "must be a list of texts")
        return tuple(items)

    def member(self, key: str, kind: type[_E]) -> _E:
        """Return a member of an enumeration."""
        return self._member(key, self.filled_text(key), kind)

    def members(self, key: str, kind: type[_E]) -> frozenset[_E]:
        """Return a set of members of an enumeration; one named twice is refused."""
        texts = self.texts(key)
        found = frozenset(self._member(key, text, kind) for text in texts)
        if len(found) != len(texts):
            self.refuse(key, "names one twice")
        return found

    def table(self, key: str) -> "Table":
        """Return the table within this one, an empty one where the key is not there."""
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "must be a table")
        return Table(value, f"{self.place}: {key}")

    def tables(self, key: str) -> tuple["Table", ...]:
        """Return a list of tables."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.refuse(key, f"must be [[{key}]] tables")
        return tuple(Table(one, f"{self.place}: {key} {at}") for at, one in enumerate(value, 1))

    def _member(self, key: str, text: str, kind: type[_E]) -> _E:
        if text not in set(kind):
            self.refuse(key, f"holds {text!r}, none of {', '.join(kind)}")
        return kind(text)
