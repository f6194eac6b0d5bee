"""Typed values out of a TOML record; every complaint is a ConfigError that names file and key."""

import math
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError


class TypedRecord:
    """The record of one file."""

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self._path = path
        self._record = record

    def table(self, key: str, known: set[str]) -> Mapping[str, Any]:
        """Return a table of the record, empty if it is not there."""
        table = self._record.get(key, {})
        if not isinstance(table, dict):
            raise self.wrong(key, "must be a table")
        self.require_known(f"{key}.", table, known)
        return table

    def require_known(self, prefix: str, table: Mapping[str, Any], known: set[str]) -> None:
        """Raise ConfigError for a key that is no setting, naming the nearest that is."""
        # A misspelt key would silently leave a gate at its default.
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                meant = f"; did you mean {prefix}{near[0]}?" if near else ""
                listed = ", ".join(sorted(known))
                raise self.wrong(prefix + key, f"is no setting{meant} (there are: {listed})")

    def text(self, table: Mapping[str, Any], key: str, default: str) -> str:
        """Return a text."""
        value = table.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "must be text")
        return value

    def texts(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.wrong(key, "must be a list of texts")
        return tuple(value)

    def number(self, table: Mapping[str, Any], key: str, default: float) -> float:
        """Return a finite number that is not negative."""
        value = table.get(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < math.inf:
            raise self.wrong(key, "must be a finite number, not negative")
        number: float = value
        return number

    def flag(self, table: Mapping[str, Any], key: str) -> bool:
        """Return true or false, false where nothing is said."""
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def wrong(self, key: str, why: str) -> ConfigError:
        """Return the error that says what is wrong with a key."""
        return ConfigError(f"{self._path}: {key} {why}")
