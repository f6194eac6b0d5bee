"""The plain name of a key: one spelling for what every container spells in its own way."""

from collections.abc import Container, Iterator
from functools import lru_cache

from provenance.model.metadata import MetadataField
from provenance.signals.interface import Evidence

COMMENT, DESCRIPTION, USER_COMMENT = "comment", "description", "usercomment"
IMAGE_DESCRIPTION, SOFTWARE, STEALTH = "imagedescription", "software", "stealth"
REMARKS = frozenset({COMMENT, DESCRIPTION, USER_COMMENT, IMAGE_DESCRIPTION})
"""Keys under which people and tools alike write free text."""
_ALIASES = {
    "": COMMENT,
    "comments": COMMENT,
    "©cmt": COMMENT,
    "icmt": COMMENT,
    "usercomments": COMMENT,
    "xpcomment": COMMENT,
    "2:120": DESCRIPTION,
    "©des": DESCRIPTION,
    "desc": DESCRIPTION,
    "dscp": DESCRIPTION,
    "wflo": "workflow",
    "©inf": "information",
    "©swr": SOFTWARE,
    "isft": SOFTWARE,
    "stealth_pnginfo": STEALTH,
    "stealth_pngcomp": STEALTH,
    "stealth_rgbinfo": STEALTH,
    "stealth_rgbcomp": STEALTH,
}
_QUICKTIME = "com.apple.quicktime."
_LONGEST = 200


@lru_cache(maxsize=4096)
def plain_key(key: str) -> str:
    """Return the key in lower case, without the container's prefix, its synonyms folded.

    `TXXX:prompt`, `----:com.apple.iTunes:prompt` and `Prompt` are all `prompt`; every `COMM` is a
    comment, whatever its description; datasets of IIM keep their numbers.
    """
    lower = key[:_LONGEST].strip(" \t/\0").lower()
    head, colon, _ = lower.partition(":")
    if head == "comm":
        return COMMENT
    if colon and not head.isdigit():
        lower = lower.rpartition(":")[2]
    lower = lower.removeprefix(_QUICKTIME)
    return _ALIASES.get(lower, lower)


@lru_cache(maxsize=1024)
def plain_namespace(namespace: str) -> str:
    """Return a namespace without what writers get wrong: its scheme, what ends it."""
    return namespace.strip().rstrip("/#").removeprefix("https://").removeprefix("http://")


def fields_under(evidence: Evidence, keys: Container[str]) -> Iterator[tuple[str, MetadataField]]:
    """Yield the fields whose plain key is one of these, with that key."""
    for found in evidence.fields:
        key = plain_key(found.key)
        if key in keys:
            yield key, found


def place_of(found: MetadataField) -> str:
    """Return the place of a field with its key, as a person finds it."""
    return f"{found.place}/{found.key}"
