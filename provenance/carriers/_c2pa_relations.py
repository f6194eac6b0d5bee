"""How the manifests of a C2PA store are used by the active one and by each other."""

from typing import Any

_INPUT = "inputTo"
_RELATIONS_THAT_MAKE = {"parentOf": 0, "componentOf": 1, _INPUT: 2}


def relations_in(manifests: dict[str, Any], active: str) -> dict[str, str]:
    """Return how each manifest is used; of several uses the one that says most of the making.

    What is an ingredient of a mere input is an input too: its maker was shown it, no more.
    """
    found: dict[str, str] = {}
    waiting = [(active, "")] if active in manifests else [(label, "") for label in manifests]
    while waiting:
        label, above = waiting.pop()
        for relation, below in _ingredients(manifests[label]):
            use = _INPUT if above == _INPUT else relation
            is_surer = below not in found or _rank(use) < _rank(found[below])
            if below in manifests and below != active and is_surer:
                found[below] = use
                waiting.append((below, use))
    return found


def _ingredients(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    ingredients = manifest.get("ingredients", [])
    return [
        (str(entry.get("relationship", "")), str(entry["active_manifest"]))
        for entry in ingredients
        if entry.get("active_manifest")
    ]


def _rank(relation: str) -> int:
    return _RELATIONS_THAT_MAKE.get(relation, len(_RELATIONS_THAT_MAKE))
