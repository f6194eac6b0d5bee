"""What sort of document evidence is, by its bytes."""

import re

from provenance.model.evidence import EvidenceKind

_HEAD = 1024
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
_HEADER = re.compile(rb"([!-9;-~]{1,76}):[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")
_MOST_HEADERS = 500
_OF_A_MAIL = {b"date", b"message-id", b"received", b"subject"}


def evidence_kind(data: bytes) -> EvidenceKind:
    """Return what sort of document these bytes are."""
    if b"%PDF-" in data[:_HEAD]:
        return EvidenceKind.PDF
    if _is_image(data):
        return EvidenceKind.IMAGE
    if _is_mail(data):
        return EvidenceKind.MAIL
    return EvidenceKind.TICKET if _is_export(data) else EvidenceKind.OTHER


def _is_image(data: bytes) -> bool:
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    is_heif = data[4:8] == b"ftyp" and data[8:12] in _BRANDS
    return data.startswith(_IMAGES) or is_webp or is_heif


def _is_mail(data: bytes) -> bool:
    """Return whether it begins with header fields of RFC 5322: a sender, and one more of a mail."""
    names = set()
    position = 0
    for _ in range(_MOST_HEADERS):
        header = _HEADER.match(data, position)
        if header is None:
            break
        names.add(header[1].lower())
        position = header.end()
    return b"from" in names and not names.isdisjoint(_OF_A_MAIL)


def _is_export(data: bytes) -> bool:
    """Return whether it is text as ticket systems export it: JSON, or lines with separators."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if not text.strip() or "\0" in text:
        return False
    first = text.lstrip().split("\n", 1)[0]
    return first[0] in "{[" or any(mark in first for mark in ",;\t:")
