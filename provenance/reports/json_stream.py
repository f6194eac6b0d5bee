"""JSON that is written as it comes, as `json.dumps` writes it with an indent of two."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_STEP = "  "


def streamed(value: Any, indent: str = "") -> Iterator[str]:  # noqa: ANN401  (any JSON value)
    """Yield a value piece by piece, ASCII only; what is an iterator in it becomes a list.

    Iterators are found in mappings and in other iterators, and are gone through in their order.
    """
    if isinstance(value, Iterator):
        yield from _between("[]", (streamed(one, indent + _STEP) for one in value), indent)
    elif isinstance(value, Mapping) and any(map(_is_open, value.values())):
        yield from _between(
            "{}", (_member(*each, indent + _STEP) for each in value.items()), indent
        )
    else:
        yield json.dumps(value, indent=len(_STEP)).replace("\n", f"\n{indent}")


def _is_open(value: object) -> bool:
    return isinstance(value, Iterator)


def _member(name: str, value: object, indent: str) -> Iterator[str]:
    yield f"{json.dumps(name)}: "
    yield from streamed(value, indent)


def _between(brackets: str, items: Iterator[Iterator[str]], indent: str) -> Iterator[str]:
    before = brackets[0]
    for item in items:
        yield f"{before}\n{indent}{_STEP}"
        yield from item
        before = ","
    yield brackets if before != "," else f"\n{indent}{brackets[1]}"
