"""What the assertions of a C2PA manifest say of the making, reduced to label, key and text."""

from collections.abc import Iterator
from typing import Any

ACTIONS, SOURCE_TYPE = "c2pa.actions", "digitalSourceType"
_PRIVATE = frozenset({"aipromptinformation", "aipromptwritername"})
_WITHHELD = "stated"
_STATED = _PRIVATE | frozenset(
    {"digitalsourcetype", "ai_generated", "aisystemused", "aisystemversionused"}
    | {"providername", "systemname", "systemversion", "model"}
    | {"com.adobe.firefly.operation", "firefly.operation"}
    | {"com.adobe.firefly.version", "firefly.version"}
)
"""Keys that say how the media was made, in lower case."""
_DEEPEST = 6


def statements(assertions: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield what is said under the known keys, wherever an assertion nests them.

    The source types of actions are left out: they are told with the actions. Prompts and names of
    people are replaced by a word.
    """
    for assertion in assertions:
        label = str(assertion.get("label", "")).partition("__")[0][:200]
        waiting: list[tuple[Any, int]] = [(assertion.get("data"), 0)]
        while waiting:
            data, depth = waiting.pop()
            for key, value in _members(data):
                name = key.rpartition(":")[2]
                if label.startswith(ACTIONS) and name == SOURCE_TYPE:
                    continue
                if name.lower() in _STATED and (text := _said(value)):
                    shown = _WITHHELD if name.lower() in _PRIVATE else text
                    yield {"label": label, "key": name, "value": shown}
                elif depth < _DEEPEST and isinstance(value, (dict, list)):
                    waiting.append((value, depth + 1))


def _members(data: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JSON of any shape
    if isinstance(data, dict):
        return list(data.items())
    return [("", entry) for entry in data] if isinstance(data, list) else []


def _said(value: Any) -> str:  # noqa: ANN401 - JSON of any shape
    """Return a value as text; a node of JSON-LD says it as `@id` or `@value`."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@id") or value.get("@value")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip()[:200] if isinstance(value, (str, int, float)) else ""
