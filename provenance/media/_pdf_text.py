"""Text strings of a PDF (ISO 32000-2 §7.9.2.2)."""

import codecs

from provenance.media.interface import decode_text

_ENCODINGS = (
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF8, "utf-8"),
)
_ACCENTS = dict(zip(range(0x18, 0x20), "˘ˇˆ˙˝˛˚˜", strict=True))  # noqa: RUF001  # as is this
_PUNCTUATION = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"  # noqa: RUF001  # the table of the standard
_HIGH = dict(zip(range(0x80, 0x9F), _PUNCTUATION, strict=True))
# Annex D.3: PDFDocEncoding is Latin-1 but for these.
_PDF_DOC = _ACCENTS | _HIGH | {0xA0: "€"}


def pdf_text(data: bytes) -> str:
    """Return a string as text: by its byte order mark, else UTF-8 where it is, else PDF's own.

    UTF-8 without a mark is against the standard, and written.
    """
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, "replace").rstrip("\0")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_PDF_DOC).rstrip("\0")
    return decode_text(data).translate(_ACCENTS)
