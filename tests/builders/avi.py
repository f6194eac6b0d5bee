"""AVI forms, made chunk by chunk."""

from fixtures.waveform import chunk

PACKET = b"<x>ours</x>"
STORE = b"\0\0\0\x0ajumb!!"


def chunks(*entries):
    return b"".join(chunk(kind, body) for kind, body in entries)


def listing(kind, *entries):
    return chunk(b"LIST", kind + chunks(*entries))


def form(*parts, kind=b"AVI "):
    return chunk(b"RIFF", kind + b"".join(parts))


HEADERS = listing(b"hdrl", (b"avih", bytes(56)))
MOVI = listing(b"movi", (b"00dc", b"picture."), (b"01wb", b"snd"))
MEDIA = chunks((b"00dc", b"picture."), (b"01wb", b"snd"))
INDEX = chunk(b"idx1", bytes(16))
WHOLE = HEADERS, MOVI, INDEX


INFO = listing(b"INFO", (b"INAM", b"name"))
FURTHER = form(MOVI, kind=b"AVIX")
GOOD = form(HEADERS, chunk(b"_PMX", b"old"), INFO, MOVI, INDEX, chunk(b"C2PA", STORE))
TWO = GOOD + FURTHER
