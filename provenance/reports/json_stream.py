"""JSON that is written as it comes, as `json.dumps` writes it with an indent of two.

`json` itself can indent only a whole value, and does that without its C code.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_STEP = "  "
_scalar = json.JSONEncoder().encode


def streamed(value: Any, indent: str = "") -> Iterator[str]:  # noqa: ANN401  (any JSON value)
    """Yield a value piece by piece, ASCII only; what is an iterator in it becomes a list.

    Iterators are found in mappings and in other iterators, and are gone through in their order.
    """
    inner = indent + _STEP
    if isinstance(value, Iterator):
        yield from _between("[]", (streamed(one, inner) for one in value), indent)
    elif isinstance(value, Mapping) and any(map(_is_open, value.values())):
        yield from _between("{}", (_member(*each, inner) for each in value.items()), indent)
    else:
        yield _written(value, indent)


def _is_open(value: object) -> bool:
    return isinstance(value, Iterator)


def _member(name: str, value: object, indent: str) -> Iterator[str]:
    yield f"{_scalar(name)}: "
    yield from streamed(value, indent)


def _between(brackets: str, items: Iterator[Iterator[str]], indent: str) -> Iterator[str]:
    before = brackets[0]
    for item in items:
        yield f"{before}\n{indent}{_STEP}"
        yield from item
        before = ","
    yield brackets if before != "," else f"\n{indent}{brackets[1]}"


def _written(value: object, indent: str) -> str:
    inner = indent + _STEP
    if isinstance(value, dict):
        members = (f"{_scalar(name)}: {_written(one, inner)}" for name, one in value.items())
        return _enclosed("{}", members, indent)
    if isinstance(value, list):
        return _enclosed("[]", (_written(one, inner) for one in value), indent)
    return _scalar(value)


def _enclosed(brackets: str, items: Iterable[str], indent: str) -> str:
    text = f",\n{indent}{_STEP}".join(items)
    return f"{brackets[0]}\n{indent}{_STEP}{text}\n{indent}{brackets[1]}" if text else brackets
