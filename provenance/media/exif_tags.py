"""Which tags of Exif and TIFF directories hold text, and its name (CIPA DC-008, TIFF 6.0)."""

EXIF_DIRECTORY = 0x8769
"""Tag that points to the Exif directory."""
USER_COMMENT, MAKER_NOTE = 0x9286, 0x927C
LONGEST_MAKER_NOTE = 256
"""Bytes of a maker note that may be text; longer ones are what cameras keep for themselves."""
WIDE_NAMES = {
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
}
"""Tags of UTF-16 text."""
TEXT_NAMES = WIDE_NAMES | {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    USER_COMMENT: "UserComment",
    MAKER_NOTE: "MakerNote",
    0xA420: "ImageUniqueID",
}
"""Names of the tags that hold text, in whichever directory."""
TEXT_KINDS = frozenset({1, 2, 7, 129})
"""Types of text: bytes, ASCII, undefined, UTF-8."""
ASCII = 2
# ComfyUI counts down from Make for every further key; those tags hold numbers otherwise.
STRAY_TEXTS = range(0x0100, 0x010D)
"""Tags that hold text only where their type is ASCII; their number in hexadecimal is their name."""


def stray_name(tag: int) -> str:
    """Return the name of a tag that should hold a number and holds text."""
    return f"0x{tag:04x}"
