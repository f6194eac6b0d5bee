"""JSON as generators write it into text fields, read within bounds.

They write a bare NaN, wrap a document in a string, encode quotes as entities, and hostile files
nest 200,000 arrays (`ai-signals` §10.11).
"""

import html
import json
from collections.abc import Iterator, Mapping
from typing import TypeGuard

_LARGEST = 8 * 1024 * 1024
_MOST_PARTS = 300_000
"""Members of a document that are parsed; a million empty objects take 100 MB."""
_PADDING = " \t\r\n\0\ufeff"
_QUOTES = ("&quot;", "&#34;", "&#x22;")
_DEPTH = 6
_MOST_VALUES = 2000


def parse_object(text: str) -> Mapping[str, object] | None:
    """Return the object a text is, or None if it is none or too big."""
    value = _parse(text)
    if isinstance(value, str):
        value = _parse(value)
    return value if isinstance(value, Mapping) else None


def _parse(text: str) -> object:
    if len(text) > _LARGEST:
        return None
    text = text.strip(_PADDING)
    if text[:1] not in ("{", '"') or sum(map(text.count, ",{[")) > _MOST_PARTS:
        return None
    value = _loaded(text)
    if value is None and any(entity in text[:64] for entity in _QUOTES):
        return _loaded(html.unescape(text))
    if value is None and text.startswith('{\\"'):
        # Escaped for a string or a shell, which took its own quotes off.
        return _loaded(f'"{text}"')
    return value


def _loaded(text: str) -> object:
    try:
        # Not strict: some write line feeds into strings as they are.
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def values_of(document: object, key: str) -> Iterator[object]:
    """Yield the values of a key anywhere in a document, also in one that is a string of another.

    Bounded in depth and number.
    """
    waiting: list[tuple[object, int]] = [(document, 0)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value, depth = waiting.pop()
        if isinstance(value, Mapping):
            if key in value:
                yield value[key]
            inner = list(value.values())[:_MOST_VALUES]
        else:
            inner = value[:_MOST_VALUES] if isinstance(value, list) else []
        if depth < _DEPTH:
            parts = (parse_object(part) if _may_hold(part, key) else part for part in inner)
            waiting += [(part, depth + 1) for part in parts if isinstance(part, (Mapping, list))]


def _may_hold(value: object, key: str) -> TypeGuard[str]:
    return isinstance(value, str) and key in value and value[:4].lstrip().startswith("{")


def text_at(document: object, *path: str) -> str:
    """Return the text or number a path of keys leads to, shortened; empty if there is none."""
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    is_said = isinstance(document, (str, int, float)) and not isinstance(document, bool)
    return str(document).strip()[:100] if is_said else ""
