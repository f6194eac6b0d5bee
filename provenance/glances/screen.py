"""What a glance asks of a text or a packet: whether it could be of interest to anybody.

Who is interested, and in which words, comes from above (signals, carriers); here it is only made
fast. A screen may call dull what nobody would look at, never what somebody might.
"""

from collections.abc import Callable, Iterable
from pyexpat import ExpatError, ParserCreate

from provenance.media.interface import decode_text

Words = tuple[str, ...]
"""Words of which a text holds one if it is of interest; the empty word stands in every text."""

_LONGEST_PACKET = 1 << 18
_SHALLOW = 128
"""A packet with fewer `<` cannot be nested as deeply as a full reading refuses."""
_MOST_KEPT = 4096
_WHITE = b"\0 \t\r\n"


class Screen:
    """Tells dull texts and packets from those that a full reading has to look at."""

    def __init__(
        self,
        *,
        words_under: Callable[[str], Words | None],
        words_of_property: Callable[[str, str], Words | None],
    ) -> None:
        """Make a screen; both callables return None where nobody looks, whatever stands there.

        `words_under` is asked for the key of a field as the container spells it,
        `words_of_property` for namespace and local name of an XMP property.
        """
        self._words_under = words_under
        self._words_of_property = words_of_property
        self._keys: dict[bytes | str, tuple[bytes, ...] | None] = {}
        self._boring: set[str] = set()
        self._telling: dict[str, tuple[bytes, ...]] = {}

    def is_dull_key(self, key: bytes | str) -> bool:
        """Return whether nobody looks at fields of this key, given as text or in bytes."""
        return self._wanted(key) is None

    def is_dull(self, key: bytes | str, value: bytes) -> bool:
        """Return whether a field of ASCII, Latin-1 or UTF-8 text interests nobody."""
        words = self._wanted(key)
        if words is None:
            return True
        return not any(word in value for word in words)

    def is_dull_packet(self, data: bytes) -> bool:
        """Return whether an XMP packet is sound and nobody looks at any of its properties.

        No parser is needed that says more: expat keeps every name it met in the dictionary it is
        given, and only names decide, but for those whose words stand nowhere in the packet.
        """
        data = data.strip(_WHITE)
        if data[:1] != b"<" or len(data) > _LONGEST_PACKET or b"<!DOCTYPE" in data:
            return False
        if data.count(b"<") >= _SHALLOW and not _is_shallow(data):
            return False
        names: dict[str, str] = {}
        parser = ParserCreate("utf-8", " ", names)
        parser.StartElementHandler = slice  # anything: without a handler no names are kept
        try:
            parser.Parse(data, True)  # noqa: FBT003  (its own signature)
        except ExpatError:
            return False
        return names.keys() <= self._boring or self._are_dull(names, data)

    def _are_dull(self, names: Iterable[str], data: bytes) -> bool:
        for name in names:
            if name in self._boring:
                continue
            words = self._telling.get(name)
            if words is None:
                words = self._learn(name)
            # A character reference may spell any word.
            if words and (b"&#" in data or any(word in data for word in words)):
                return False
        return True

    def _learn(self, name: str) -> tuple[bytes, ...]:
        namespace, _, local = name.rpartition(" ")
        words = _as_bytes(self._words_of_property(namespace, local))
        if len(self._boring) + len(self._telling) < _MOST_KEPT:
            if words is None:
                self._boring.add(name)
            else:
                self._telling[name] = words
        return words or ()

    def _wanted(self, key: bytes | str) -> tuple[bytes, ...] | None:
        try:
            return self._keys[key]
        except KeyError:
            text = key if isinstance(key, str) else decode_text(key)
            words = _as_bytes(self._words_under(text))
            if len(self._keys) < _MOST_KEPT:
                self._keys[key] = words
            return words


def _as_bytes(words: Words | None) -> tuple[bytes, ...] | None:
    """Return words as bytes; of one that is not ASCII nothing is left, which stands everywhere."""
    if words is None:
        return None
    return tuple(word.encode() if word.isascii() else b"" for word in words)


def _is_shallow(data: bytes) -> bool:
    """Return whether no element lies deeper than half of what a full reading allows."""
    depth = deepest = 0

    def begin(*_: object) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser = ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        parser.Parse(data, True)  # noqa: FBT003  (its own signature)
    except ExpatError:
        return False
    return deepest < _SHALLOW // 4
