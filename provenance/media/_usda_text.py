"""USD as text (`usda`): the metadata of the layer, and whether the text closes.

Only the layer's own metadata is read: its comment, its strings and its dictionaries. Of what
follows only brackets and strings are looked at, to see whether the text was cut.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media._found import Found
from provenance.media.interface import ByteSource, decode_text

MAGIC = b"#usda "
LARGEST_TEXT = 16 * 1024 * 1024
"""Bytes of a layer that are read."""
_DEPTH = 64
_MOST_FIELDS = 50_000
_LONGEST_KEY = 100
"""Characters of a dictionary's name that are kept in the places under it."""
_PLACE = "usda"
_QUOTED = (
    rb'"""(?:[^"\\]++|\\.|"(?!""))*+"""|'
    rb"'''(?:[^'\\]++|\\.|'(?!''))*+'''|"
    rb'"(?!"")(?:[^"\\\n]++|\\.)*+"|'
    rb"'(?!'')(?:[^'\\\n]++|\\.)*+'"
)
_ASSET = rb"@@@.*?@@@|@(?!@@)[^@\n]*+@"
_TOKEN = re.compile(
    rb"(?:\s++|\#[^\n]*+)*+"
    rb"(?:(?P<string>" + _QUOTED + rb")|(?P<asset>" + _ASSET + rb")"
    rb"|(?P<mark>[()\[\]{}=,;])|(?P<word>[^\s()\[\]{}=,;\"'@#]++)|(?P<odd>.))",
    re.DOTALL,
)
_STOP = re.compile(rb"\#[^\n]*+|" + _QUOTED + rb"|" + _ASSET + rb"|[()\[\]{}\"'@]", re.DOTALL)
_CLOSING = {b"(": b")", b"[": b"]", b"{": b"}"}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class _Token(NamedTuple):
    kind: str
    text: bytes
    end: int


@dataclass(slots=True)
class _Layer:
    """What is known of a layer while it is read."""

    tokens: Iterator[_Token]
    found: Found
    at: int = 0
    has_sublayers: bool = False

    def take(self) -> _Token:
        """Return the next token; raises DamagedMediaError at the end of the text."""
        token = next(self.tokens, None)
        if token is None:
            raise DamagedMediaError("the layer ends inside its metadata")
        if token.kind == "odd":
            raise DamagedMediaError(f"a text that begins before byte {token.end} does not end")
        self.at = token.end
        return token

    def add(self, place: str, key: str, value: str) -> None:
        """Add a field, within bounds."""
        if len(self.found.fields) >= _MOST_FIELDS or not self.found.budget.take(len(value)):
            self.found.report("the layer's metadata is larger than what is read of it")
        else:
            self.found.add(place, key, value)


def read_text_layer(source: ByteSource, found: Found) -> str:
    """Collect what a layer says of itself; return why it is not whole, or nothing.

    Raises DamagedMediaError if it is no layer at all.
    """
    if source.pread(0, len(MAGIC)) != MAGIC:
        raise DamagedMediaError("the layer does not begin with #usda")
    data = source.pread(0, min(source.size, LARGEST_TEXT))
    layer = _Layer(tokens=_tokens(data), found=found)
    try:
        behind = _read_metadata(data, layer)
        if source.size > LARGEST_TEXT:
            return _lack_at_end(source)
        return _lack_behind(data, behind, layer)
    except DamagedMediaError as error:
        return str(error)


def _tokens(data: bytes, start: int = 0) -> Iterator[_Token]:
    # Not `finditer`: where only space is left it would try again from each blank.
    while found := _TOKEN.match(data, start):
        kind, start = str(found.lastgroup), found.end()
        yield _Token(kind, found[kind], start)


def _read_metadata(data: bytes, layer: _Layer) -> int:
    """Collect the parenthesis that may begin a layer; return where the rest begins."""
    first = next(layer.tokens, None)
    if first is None or first.text != b"(":
        return len(data.partition(b"\n")[0])
    while (token := layer.take()).text != b")":
        if token.kind == "string":
            layer.add(_PLACE, "comment", _unquoted(token.text))
        elif token.kind == "word":
            _read_entry(token, layer)
    return layer.at


def _read_entry(first: _Token, layer: _Layer) -> None:
    """Collect `name = value` after its first word, which may be a list operation before it."""
    name = first.text
    while (token := layer.take()).text != b"=":
        if token.text in _CLOSING or token.text in _CLOSING.values():
            raise DamagedMediaError(f"the layer's metadata is damaged before byte {token.end}")
        name = token.text
    layer.has_sublayers = layer.has_sublayers or name == b"subLayers"
    _read_value(_PLACE, decode_text(name), layer, depth=1)


def _read_value(place: str, key: str, layer: _Layer, *, depth: int) -> None:
    token = layer.take()
    if token.text == b"{":
        _read_dictionary(f"{place}/{key[:_LONGEST_KEY]}", layer, depth=depth)
    elif token.text in _CLOSING:
        _read_list(place, key, layer, token.text)
    elif token.kind == "string":
        layer.add(place, key, _unquoted(token.text))


def _read_dictionary(place: str, layer: _Layer, *, depth: int) -> None:
    """Collect entries of the form `type name = value`; the name may be quoted."""
    if depth > _DEPTH:
        raise DamagedMediaError(f"the layer's metadata is nested more than {_DEPTH} deep")
    name = ""
    while (token := layer.take()).text != b"}":
        if token.kind == "string":
            name = _unquoted(token.text)
        elif token.kind == "word":
            name = decode_text(token.text)
        elif token.text == b"=":
            _read_value(place, name, layer, depth=depth + 1)


def _read_list(place: str, key: str, layer: _Layer, opening: bytes) -> None:
    """Collect the strings of a list or tuple, however it is nested."""
    waiting = [_CLOSING[opening]]
    while waiting:
        token = layer.take()
        if token.text in _CLOSING:
            waiting.append(_CLOSING[token.text])
            if len(waiting) > _DEPTH:
                raise DamagedMediaError(f"the layer's metadata is nested more than {_DEPTH} deep")
        elif token.text == waiting[-1]:
            waiting.pop()
        elif token.kind == "string":
            layer.add(place, key, _unquoted(token.text))


def _lack_behind(data: bytes, start: int, layer: _Layer) -> str:
    """Return why the text behind the metadata is not whole, or nothing."""
    waiting: list[bytes] = []
    last = start
    has_prims = False
    for stop in _STOP.finditer(data, start):
        text = stop[0]
        if text in _CLOSING:
            waiting.append(_CLOSING[text])
            has_prims = has_prims or text == b"{"
        elif len(text) == 1 and text in b")]}":
            if not waiting or waiting.pop() != text:
                return f"a bracket at byte {stop.start()} closes another"
            last = stop.end()
        elif len(text) == 1 and text in b"\"'@":
            return f"a text that begins at byte {stop.start()} does not end"
    if waiting or any(token.kind != "mark" for token in _tokens(data, last)):
        return "the layer ends inside a prim"
    return "" if has_prims or layer.has_sublayers else "the layer holds nothing"


def _lack_at_end(source: ByteSource) -> str:
    """Return whether a layer too large to be walked has an end; it closes with a bracket."""
    tail = source.pread(source.size - 256, 256).rstrip()
    return "" if tail.endswith((b"}", b")")) else "the layer ends inside a prim"


def _unquoted(raw: bytes) -> str:
    quotes = 3 if raw[:3] in (b'"""', b"'''") and len(raw) > 5 else 1
    return _ESCAPE.sub(_unescaped, decode_text(raw[quotes:-quotes]))


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _ESCAPED.get(code, code)
