"""Matroska files, made element by element."""

from fixtures.matroska import element, open_ended

HEADER, SEGMENT, CLUSTER = (bytes.fromhex(kind) for kind in ("1a45dfa3", "18538067", "1f43b675"))
INFO, TAGS, CUES = (bytes.fromhex(kind) for kind in ("1549a966", "1254c367", "1c53bb6b"))
ATTACHMENTS, VOID = bytes.fromhex("1941a469"), b"\xec"
TAG, SIMPLE, NAME, STRING, BINARY = b"\x73\x73", b"\x67\xc8", b"\x45\xa3", b"\x44\x87", b"\x44\x85"
TARGETS, DOC_TYPE = b"\x63\xc0", b"\x42\x82"
HEAD = element(HEADER, element(b"\x42\x86", b"\1") + element(DOC_TYPE, b"matroska"))
BLOCK = element(b"\xe7", b"\0") + element(b"\xa3", b"\x81\0\0\x80picture")
MEDIA = element(CLUSTER, BLOCK)


def simple(name, text, *nested):
    return element(SIMPLE, element(NAME, name) + element(STRING, text) + b"".join(nested))


def tags(*entries):
    return element(TAGS, element(TAG, element(TARGETS, b"") + b"".join(entries)))


def movie(*parts, head=HEAD):
    return head + element(SEGMENT, b"".join(parts))


def live(*parts):
    return HEAD + open_ended(element(SEGMENT, b""), SEGMENT) + b"".join(parts)


NESTED = tags(simple(b"A", b"b", simple(b"C", b"d")))
GOOD = movie(element(INFO, element(b"\x7b\xa9", b"T")), NESTED, MEDIA, open_ended(MEDIA, CLUSTER))
LIVE = live(NESTED, open_ended(MEDIA, CLUSTER), MEDIA)
