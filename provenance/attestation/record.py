"""A JSON object read field by field, so that every refusal names its field."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NoReturn, Self, TypeVar

from provenance.errors import AttestationError
from provenance.model.digest import Digest, digest_from_hex

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


def as_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; raises ValueError if it is naive or UTC cannot express it."""
    if moment.utcoffset() is None:
        raise ValueError("has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999") from error


class Record:
    """One JSON object; asking it for a missing or wrong field raises AttestationError."""

    def __init__(self, fields: Mapping[str, object], place: str) -> None:
        self._fields = fields
        self._place = place

    @classmethod
    def parse(cls, data: bytes, place: str) -> Self:
        """Return the object these bytes hold; raises AttestationError if they hold none.

        A key that stands twice is refused: two readers could each believe another one.
        """
        try:
            value = json.loads(
                # decoded here: given bytes, json would also accept UTF-16 and UTF-32
                data.decode("utf-8"),
                object_pairs_hook=_unique,
                parse_constant=_refuse_constant,
            )
        except (ValueError, RecursionError) as error:
            raise AttestationError(f"the {place} is not readable as JSON: {error}") from error
        if not isinstance(value, dict):
            raise AttestationError(f"the {place} is not a JSON object")
        return cls(value, place)

    def refuse(self, key: str, why: str) -> NoReturn:
        """Raise AttestationError: this field, and what is wrong with it."""
        raise AttestationError(f"{self._place}.{key} {why}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(self._fields)

    def text(self, key: str) -> str:
        """Return a text that may be empty; one that UTF-8 cannot write is refused."""
        text = self._value(key, str, "is not a text")
        self._require_writable(key, text)
        return text

    def path_text(self, key: str) -> str:
        """Return a path that may be empty; bytes that are no UTF-8 are surrogate-escaped."""
        text = self._value(key, str, "is not a text")
        self._require_writable(key, text, "surrogateescape")
        return text

    def filled_path(self, key: str) -> str:
        """Return a path that says something."""
        text = self.path_text(key)
        if not text.strip():
            self.refuse(key, "is empty")
        return text

    def filled_text(self, key: str) -> str:
        """Return a text that says something."""
        text = self.text(key)
        if not text.strip():
            self.refuse(key, "is empty")
        return text

    def number(self, key: str) -> int:
        """Return a whole number that is not negative."""
        number = self._value(key, int, "is not a whole number")
        if isinstance(number, bool) or number < 0:
            self.refuse(key, "is not a whole number from 0 up")
        return number

    def moment(self, key: str) -> datetime:
        """Return a time in UTC."""
        try:
            return as_utc(datetime.fromisoformat(self.text(key)))
        except ValueError as error:
            self.refuse(key, f"is not a time with a zone: {error}")

    def moment_or_none(self, key: str) -> datetime | None:
        """Return a time in UTC, or None where the field is null; it must be there."""
        return None if self._present(key) is None else self.moment(key)

    def member(self, key: str, kind: type[_E], *, absent: _E | None = None) -> _E:
        """Return a member of an enumeration; a field that is not there is `absent`, if given."""
        if absent is not None and key not in self._fields:
            return absent
        return self._member(key, self.text(key), kind)

    def members(self, key: str, kind: type[_E]) -> frozenset[_E]:
        """Return a list of members of an enumeration."""
        return frozenset(self._member(key, text, kind) for text in self.texts(key))

    def real_or_none(self, key: str) -> float | None:
        """Return a finite number that is not negative, or None where the field is null."""
        value = self._present(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            self.refuse(key, "is not a number from 0 up")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(key, "is too large")
        return number

    def sha256(self, key: str) -> Digest:
        """Return a digest that stands there as 64 hex digits."""
        try:
            return digest_from_hex(self.text(key))
        except ValueError as error:
            self.refuse(key, f"is {error}")

    def texts(self, key: str, *, at_least: int = 0) -> tuple[str, ...]:
        """Return a list of texts."""
        items = self._list(key, at_least)
        texts = []
        for item in items:
            if not isinstance(item, str):
                self.refuse(key, "holds something that is not a text")
            self._require_writable(key, item)
            texts.append(item)
        return tuple(texts)

    def record(self, key: str) -> "Record":
        """Return the object within this one."""
        return Record(self._value(key, dict, "is not an object"), f"{self._place}.{key}")

    def record_or_none(self, key: str) -> "Record | None":
        """Return the object within this one, None where there is none or it is null."""
        return None if self._fields.get(key) is None else self.record(key)

    def with_fields(self, **fields: object) -> "Record":
        """Return this record with some fields in place of those it has."""
        return Record({**self._fields, **fields}, self._place)

    def records(self, key: str, *, at_least: int = 0) -> tuple["Record", ...]:
        """Return a list of objects."""
        found = []
        for index, item in enumerate(self._list(key, at_least)):
            if not isinstance(item, dict):
                self.refuse(f"{key}[{index}]", "is not an object")
            found.append(Record(item, f"{self._place}.{key}[{index}]"))
        return tuple(found)

    def _require_writable(self, key: str, text: str, errors: str = "strict") -> None:
        if not _is_writable(text, errors):
            self.refuse(key, "holds half a character, which no text can")

    def _member(self, key: str, text: str, kind: type[_E]) -> _E:
        try:
            return kind(text)
        except ValueError:
            self.refuse(key, f"holds {text[:80]!a}, none of {', '.join(kind)}")

    def _list(self, key: str, at_least: int) -> list[object]:
        items = self._value(key, list, "is not a list")
        if len(items) < at_least:
            self.refuse(key, "is empty")
        return items

    def _value(self, key: str, kind: type[_T], complaint: str) -> _T:
        value = self._present(key)
        if not isinstance(value, kind):
            self.refuse(key, complaint)
        return value

    def _present(self, key: str) -> object:
        if key not in self._fields:
            self.refuse(key, "is missing")
        return self._fields[key]


def _is_writable(text: str, errors: str = "strict") -> bool:
    try:
        text.encode("utf-8", errors)
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if not _is_writable("".join(fields)):
        raise AttestationError("the name of a field holds half a character, which no text can")
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise AttestationError(f"the key {twice[:80]!a} stands twice in one JSON object")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
