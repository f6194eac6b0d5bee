"""What a file seems to be whose format is not read here: for people, nothing is decided by it."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"SDPX", "DPX"),
    (0, b"XPDS", "DPX"),
    (0, b"\x80\x2a\x5f\xd7", "Cineon"),
    (0, b"\x06\x0e\x2b\x34", "MXF"),
    (0, b"8BPS", "Photoshop document"),
    (0, b"%PDF-", "PDF"),
    (8, b"AIFF", "AIFF"),
    (8, b"AIFC", "AIFF"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "AAF or an old Office document"),
    (0, b"AAFB\x0d\x00OM", "AAF"),
    (4, b"RED1", "R3D"),
    (4, b"RED2", "R3D"),
    (0, b"ARRI", "ARRIRAW"),
    (0, b"BM", "BMP"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\x00\x00\x01\xba", "MPEG program stream"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (0, b"FLV\x01", "Flash video"),
    (0, b"caff\x00\x01", "Core Audio"),
    (0, b"glTF", "glTF"),
    (0, b"PXR-USDC", "USD"),
    (0, b"Kaydara FBX Binary", "FBX"),
    (0, b"Ogawa", "Alembic"),
    (0, b"BLENDER", "Blender scene"),
    (3, b"STL", "EBU subtitles"),
    (0, b"WEBVTT", "WebVTT subtitles"),
    (0, b"PK\x03\x04", "ZIP archive"),
    (0, b"\x1f\x8b\x08", "gzip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (0, b"Rar!\x1a\x07", "RAR archive"),
    (257, b"ustar", "tar archive"),
)
"""Offset, bytes and name; only for what is well known."""
_LOOK = 512


def name_unread(header: bytes) -> str:
    """Return what a file seems to be, by its first bytes; empty if nobody can tell."""
    for offset, magic, name in _MAGIC:
        if header.startswith(magic, offset):
            return name
    if header.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        return "XML"
    return "text" if _is_text(header[:_LOOK]) else ""


def _is_text(data: bytes) -> bool:
    text = data.decode("utf-8", "replace").removesuffix("\N{REPLACEMENT CHARACTER}")
    is_clean = all(one.isprintable() or one in "\t\r\n\f\ufeff" for one in text)
    return bool(text) and is_clean and "\N{REPLACEMENT CHARACTER}" not in text
