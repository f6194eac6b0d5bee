"""What a glance asks of a text or a packet: whether it could be of interest to anybody.

Who is interested, and in which words, comes from above (signals, carriers); here it is only made
fast. A screen may call dull what nobody would look at, never what somebody might.
"""

import re
from collections.abc import Callable, Iterable
from operator import is_
from pyexpat import ExpatError, ParserCreate, XMLParserType

from provenance.errors import DamagedMediaError
from provenance.media.interface import decode_text
from provenance.media.xmp import parse_packet
from provenance.model.metadata import XmpPacket

Words = tuple[str, ...]
"""Words of which a text holds one if it is of interest; the empty word stands in every text."""

_LONGEST_PACKET = 1 << 18
_SHALLOW = 128
"""A packet with fewer `<` cannot be nested as deeply as a full reading refuses."""
_MOST_KEPT, _LONGEST_KEPT = 4096, 256
"""Keys and names that are kept: hostile ones are long and many."""
_MOST_RUNS, _LONGEST_RUN = 1024, 4096
_WHITE, _WHITE_OR_ZERO = b" \t\r\n", b"\0 \t\r\n"
_SEPARATOR = "}"
"""Between namespace and name, as in a full reading: expat refuses a namespace that holds it."""
_TEXT_BEHIND_TAG = re.compile(r">\s*[^\s<]", re.ASCII)


class Screen:
    """Tells dull texts and packets from those that a full reading has to look at."""

    def __init__(
        self,
        *,
        words_under: Callable[[str], Words | None],
        words_of_property: Callable[[str, str], Words | None],
    ) -> None:
        """Make a screen; both callables return None where nobody looks, whatever stands there.

        `words_under` is asked for the key of a field as the container spells it, or for its first
        256 characters, `words_of_property` for namespace and local name of an XMP property.
        """
        self._words_under = words_under
        self._words_of_property = words_of_property
        self._keys: dict[bytes | str, Words | None] = {}
        self._boring: set[str] = set()
        self._telling: dict[str, Words] = {}
        self._known: set[bytes] = set()

    def is_dull_key(self, key: bytes | str) -> bool:
        """Return whether nobody looks at fields of this key, given as text or in bytes."""
        return self._wanted(key) is None

    def is_dull(self, key: bytes | str, value: bytes) -> bool:
        """Return whether a field of ASCII, Latin-1 or UTF-8 text interests nobody."""
        words = self._keys[key] if key in self._keys else self._wanted(key)
        if words is not None:
            # Python looks for text in text ten times as fast as for bytes in bytes.
            text = value.decode("latin-1")
            for word in words:
                if word in text:
                    return False
        return True

    def knows(self, run: bytes) -> bool:
        """Return whether this very run of bytes was found dull before."""
        return run in self._known

    def keep(self, run: bytes) -> None:
        """Keep a run of bytes that says nothing, for `knows`: devices write the same very often."""
        if len(run) > _LONGEST_RUN:
            return
        if len(self._known) >= _MOST_RUNS:
            self._known.clear()  # what is written often is soon back
        self._known.add(run)

    def is_dull_packet(self, data: bytes) -> bool:
        """Return whether an XMP packet is sound and nobody looks at any of its properties.

        No parser is needed that says more: expat keeps every name it met in the dictionary it is
        given, and only names decide, but for those whose words stand nowhere in the packet.
        """
        # Zeros in front may be those of UTF-16.
        data = data.rstrip(_WHITE_OR_ZERO).lstrip(_WHITE)
        if data in self._known:
            return True
        if not self._is_dull_packet(data):
            return False
        self.keep(data)
        return True

    def _is_dull_packet(self, data: bytes) -> bool:
        text = data.decode("latin-1")
        if text[:1] != "<" or len(text) > _LONGEST_PACKET or "<!DOCTYPE" in text:
            return False
        if text.count("<") >= _SHALLOW and not is_shallow(data, _SHALLOW // 4):
            return False
        names: dict[str, str] = {}
        parser = ParserCreate("utf-8", _SEPARATOR, names)
        parser.StartElementHandler = is_  # anything: without a handler no names are kept
        if not _is_sound(data, parser):
            return False
        if names.keys() <= self._boring:
            return True
        wanted = self._wanted_of(names)
        if not wanted:
            return True
        # Where it stands as it is, a word found anywhere is enough for a full reading.
        return (
            not any(map(text.__contains__, wanted))
            if _is_literal(text)
            else self._says_nothing(data)
        )

    def _wanted_of(self, names: Iterable[str]) -> set[str]:
        """Return the words of which somebody looks for one under these names."""
        wanted: set[str] = set()
        for name in names:
            if name in self._boring:
                continue
            words = self._telling.get(name)
            wanted.update(self._learn(name) if words is None else words)
        return wanted

    def _says_nothing(self, data: bytes) -> bool:
        """Return what `is_dull_packet` does, by reading the packet in full."""
        try:
            properties = parse_packet(XmpPacket(place="", data=data))
        except DamagedMediaError:
            return False
        for found in properties:
            words = self._words_of_property(found.namespace, found.name)
            if words is not None and any(word in found.value for word in words):
                return False
        return True

    def _learn(self, name: str) -> Words:
        namespace, _, local = name.rpartition(_SEPARATOR)
        words = _as_ascii(self._words_of_property(namespace, local))
        if words is not None:
            # White space may be written in more than one way.
            words = tuple(max(word.split() or [""], key=len) for word in words)
        is_many = len(self._boring) + len(self._telling) >= _MOST_KEPT
        if len(name) <= _LONGEST_KEPT and not is_many:
            if words is None:
                self._boring.add(name)
            else:
                self._telling[name] = words
        return words or ()

    def _wanted(self, key: bytes | str) -> Words | None:
        try:
            return self._keys[key]
        except KeyError:
            text = key if isinstance(key, str) else decode_text(key)
            words = _as_ascii(self._words_under(text[:_LONGEST_KEPT]))
            if len(key) <= _LONGEST_KEPT and len(self._keys) < _MOST_KEPT:
                self._keys[key] = words
            return words


def _as_ascii(words: Words | None) -> Words | None:
    """Return words to look for in bytes read as Latin-1; any text holds one that is not ASCII."""
    if words is None:
        return None
    return tuple(word if word.isascii() else "" for word in words)


def _is_literal(text: str) -> bool:
    """Return whether every value of a packet stands in it in one piece and as it is.

    References spell characters otherwise; sections, comments, instructions and elements inside a
    text split it.
    """
    if "&" in text or "<!" in text:
        return False
    instructions = text.count("<?")
    is_framed = text.startswith("<?") and (instructions == 1 or text.endswith("?>"))
    if instructions > 2 or (instructions and not is_framed):
        return False
    for found in _TEXT_BEHIND_TAG.finditer(text):
        end = found.start()
        if text[end - 1] == "/" or text.startswith("</", text.rfind("<", 0, end)):
            return False
    return True


def is_well_formed(data: bytes) -> bool:
    """Return whether these bytes are well-formed XML in UTF-8."""
    return _is_sound(data, ParserCreate("utf-8", _SEPARATOR))


def is_shallow(data: bytes, depth_limit: int) -> bool:
    """Return whether these bytes are well-formed XML whose elements lie less deep than that."""
    depth = deepest = 0

    def begin(*_: object) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser = ParserCreate("utf-8", _SEPARATOR)
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    return _is_sound(data, parser) and deepest < depth_limit


def _is_sound(data: bytes, parser: XMLParserType) -> bool:
    try:
        parser.Parse(data, True)  # noqa: FBT003  (its own signature)
    except ExpatError:
        return False
    return True
