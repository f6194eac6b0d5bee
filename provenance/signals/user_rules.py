"""Rules of a production's own: `[[signals]]` in `provenance.toml`, without code.

A rule names one key or one XMP property and a pattern over the whole value. There are no regular
expressions: a careless one takes hours on a hostile text.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from provenance.model.reading import Reading
from provenance.model.signal import Level, Signal
from provenance.signals._keys import place_of, plain_key
from provenance.signals.interface import shortened

_SETTINGS = frozenset({"id", "level", "title", "key", "xmp", "format", "value"})
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ANYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRule:
    """One row of the production's own: where it looks, and what must stand there."""

    rule_id: str
    """Stable id in kebab-case."""
    level: Level
    """How sure a hit is."""
    title: str
    """One line for a person."""
    key: str = ""
    """Key of a field, as `plain_key` spells it; empty for a rule about XMP."""
    namespace: str = ""
    """Namespace URI of an XMP property."""
    name: str = ""
    """Local name of an XMP property; empty for a rule about a key."""
    format_name: str = ""
    """Name of the only format it is about; empty for all."""
    pattern: str = _ANYTHING
    """What the whole value must match, as `fnmatchcase` understands it."""

    @property
    def explanation(self) -> str:
        """Say where it looks and for what."""
        where = f"the XMP property {self.namespace} {self.name}" if self.name else f"key {self.key}"
        files = f"{self.format_name} files" if self.format_name else "every file"
        what = "says anything" if self.pattern == _ANYTHING else f"matches {self.pattern}"
        return f"A rule of this production: in {files}, {where} {what}."

    def matches(self, value: str) -> bool:
        """Whether a value, without white space at its ends, is what the rule wants."""
        text = value.strip()
        return bool(text) and fnmatchcase(text, self.pattern)


class UserRules:
    """The production's own rules. See `ReadingKind`."""

    def __init__(self, rules: Iterable[UserRule]) -> None:
        self._by_key: dict[str, list[UserRule]] = {}
        self._by_property: dict[tuple[str, str], list[UserRule]] = {}
        self._rules = tuple(rules)
        for rule in self._rules:
            if rule.name:
                self._by_property.setdefault((rule.namespace, rule.name), []).append(rule)
            else:
                self._by_key.setdefault(rule.key, []).append(rule)

    @property
    def told(self) -> str:
        """See `ReadingKind.told`."""
        return repr(self._rules)

    def looks_under(self, key: str) -> bool:
        """See `ReadingKind.looks_under`."""
        return plain_key(key) in self._by_key

    def looks_at(self, namespace: str, name: str) -> bool:
        """See `ReadingKind.looks_at`."""
        return (namespace, name) in self._by_property

    def find(self, reading: Reading) -> Iterator[Signal]:
        """See `ReadingKind.find`."""
        if self._by_key:
            for field in reading.fields:
                rules = self._by_key.get(plain_key(field.key), ())
                yield from _hits(rules, reading, place_of(field), field.value)
        if self._by_property:
            for said in reading.properties:
                rules = self._by_property.get((said.namespace, said.name), ())
                yield from _hits(rules, reading, f"{said.place}/{said.name}", said.value)


def read_user_rules(
    tables: object, *, taken: Collection[str], formats: Collection[str]
) -> tuple[UserRule, ...]:
    """Return the rules that `[[signals]]` tables describe.

    Ids `taken` belong to others. Raises ValueError with a sentence that begins with the key.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("signals must be [[signals]] tables")
    rules: dict[str, UserRule] = {}
    for table in tables:
        rule = _read(table, formats)
        if rule.rule_id in rules or rule.rule_id in taken:
            raise ValueError(f"signals.id {rule.rule_id!r} is the id of another rule")
        rules[rule.rule_id] = rule
    return tuple(rules.values())


def _read(table: Mapping[str, object], formats: Collection[str]) -> UserRule:
    texts = _texts(table)
    if not _ID.fullmatch(texts["id"]):
        raise ValueError(f"signals.id {texts['id']!r} is no id like studio-render-farm")
    if texts["level"] not in set(Level):
        raise ValueError(f"signals.level {texts['level']!r} is none of {', '.join(Level)}")
    if not texts["title"].strip():
        raise ValueError("signals.title is missing")
    if texts["format"] and texts["format"] not in formats:
        raise ValueError(f"signals.format {texts['format']!r} is none of {', '.join(formats)}")
    if "value" in table and not texts["value"]:
        raise ValueError('signals.value is empty; "*" matches every value')
    namespace, name = _property(texts["xmp"])
    return UserRule(
        rule_id=texts["id"],
        level=Level(texts["level"]),
        title=" ".join(texts["title"].split()),
        key=_key(texts["key"], name),
        namespace=namespace,
        name=name,
        format_name=texts["format"],
        pattern=texts["value"] or _ANYTHING,
    )


def _texts(table: Mapping[str, object]) -> dict[str, str]:
    texts = dict.fromkeys(_SETTINGS, "")
    for key, value in table.items():
        if key not in _SETTINGS:
            raise ValueError(f"signals.{key} is no setting; there are {sorted(_SETTINGS)}")
        if not isinstance(value, str):
            raise ValueError(f"signals.{key} must be text")  # noqa: TRY004  # wrong file, no bug
        texts[key] = value
    return texts


def _property(text: str) -> tuple[str, str]:
    if not text:
        return "", ""
    parts = text.split()
    if len(parts) != 2:  # noqa: PLR2004  # a namespace and a name
        raise ValueError(f'signals.xmp {text!r} is not "namespace-uri name"')
    return parts[0], parts[1]


def _key(text: str, name: str) -> str:
    if bool(text.strip()) == bool(name):
        raise ValueError("signals.key or signals.xmp must be given, one of them")
    return plain_key(text) if text.strip() else ""


def _hits(rules: Iterable[UserRule], reading: Reading, place: str, value: str) -> Iterator[Signal]:
    for rule in rules:
        if rule.format_name in {"", reading.format_name} and rule.matches(value):
            yield Signal(rule=rule.rule_id, level=rule.level, place=place, value=shortened(value))
