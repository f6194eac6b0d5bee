"""XMP as JSON-LD (ISO 16684-3, KHR_xmp_json_ld), put into the form every other packet has.

Of each property come its namespace, its name and its values, as the other packets give them too;
whether an array is ordered and which language a value is in are lost.
"""

import re
from collections.abc import Iterator, Mapping

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMES = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
"""Prefixes that mean the same everywhere, for packets that forget to say so."""
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_FORBIDDEN = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What XML 1.0 §2.2 has no place for; slow to compile, so left to the first use."""
_DEPTH, _MOST_VALUES = 8, 10_000


def packet_from(document: object, shared_context: object = None) -> bytes:
    """Return the packet a JSON-LD document is, as XML; nothing if it has no properties.

    `shared_context` holds for a document without a context of its own.
    """
    if not isinstance(document, Mapping):
        return b""
    from xml.sax.saxutils import escape  # noqa: PLC0415  (it imports HTTP and TLS)

    names = dict(_NAMES) | _context(document.get("@context", shared_context))
    lines: list[str] = []
    for (namespace, local), value in _properties(document, names):
        if len(lines) == _MOST_VALUES:
            break
        text = escape(re.sub(_FORBIDDEN, "\ufffd", value))
        lines.append(f"<p:{local} xmlns:p={namespace}>{text}</p:{local}>")
    if not lines:
        return b""
    body = "".join(lines)
    xml = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description>{body}</rdf:Description></rdf:RDF>'
        "</x:xmpmeta>"
    )
    return xml.encode("utf-8")


def _context(context: object) -> dict[str, str]:
    parts = context if isinstance(context, list) else [context]
    found = {}
    for part in parts:
        for prefix, meaning in part.items() if isinstance(part, Mapping) else ():
            uri = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
            if isinstance(uri, str):
                found[prefix] = uri
    return found


def _properties(
    document: Mapping[str, object], names: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield namespace, quoted for XML, and name of each value, and the value."""
    waiting = [(key, value, 0) for key, value in reversed(list(document.items()))]
    while waiting:
        key, value, depth = waiting.pop()
        if isinstance(value, (str, bool, int, float)):
            named = _named(key, names)
            if named:
                yield named, value if isinstance(value, str) else str(value)
        elif depth < _DEPTH:
            waiting += [(inner, part, depth + 1) for inner, part in _parts(key, value)]


def _parts(key: str, value: object) -> list[tuple[str, object]]:
    """Return what a compound value holds, last first, under its own name or its owner's."""
    if isinstance(value, Mapping):
        kept = [(inner, part) for inner, part in value.items() if inner not in _LABELS]
        pairs = [(key if inner.startswith(_SHARED) else inner, part) for inner, part in kept]
    else:
        pairs = [(key, part) for part in value] if isinstance(value, list) else []
    return pairs[::-1]


_LABELS = frozenset({"@context", "@language", "@type"})
_SHARED = ("@", "rdf:")
"""What a key begins with whose value is the value of the property around it."""


def _named(key: str, names: Mapping[str, str]) -> tuple[str, str] | None:
    prefix, colon, local = key.partition(":")
    namespace = names.get(prefix, "") if colon else ""
    if not namespace:
        # A name may also be written out.
        cut = max(key.rfind("/"), key.rfind("#")) + 1
        namespace, local = key[:cut], key[cut:]
    if not namespace or not _LOCAL.fullmatch(local):
        return None
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415  (as above)

    return quoteattr(re.sub(_FORBIDDEN, "\ufffd", namespace)), local
