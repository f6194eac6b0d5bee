"""What a gate leaves unread: what the settings name, and what operating systems drop."""

from fnmatch import fnmatchcase
from pathlib import Path

from provenance.errors import UnreadableError, UnsupportedMediaError
from provenance.media.source import FileSource

PROBE_NAME = ".provenance-probe-"
"""How the file begins by which a watch proves itself alive; the name of its host follows."""
_PROBE = b"This file proves that changes in this folder are noticed. It may be deleted.\n"
_LITTER = (
    (".DS_Store", b"\0\0\0\1Bud1"),
    ("._*", b"\0\5\x16\7"),  # AppleDouble
    ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
    ("desktop.ini", b"[.ShellClassInfo]"),
)
"""What operating systems drop: name and first bytes; left out only while it is small."""
_LARGEST_LITTER = 64 * 1024


def is_ignored(path: Path, patterns: tuple[str, ...]) -> bool:
    """Return whether a file is left out: by a pattern, or as what an operating system drops.

    The bytes outrank the name: media is judged whatever it is called.
    """
    wanted = any(fnmatchcase(path.name, pattern) for pattern in patterns)
    litter = [magic for pattern, magic in _LITTER if fnmatchcase(path.name, pattern)]
    if not wanted and not litter and not path.name.startswith(PROBE_NAME):
        return False
    try:
        with FileSource(path) as source:
            head, size = source.head, source.size
    except UnreadableError:
        return False
    is_litter = size <= _LARGEST_LITTER and any(head.startswith(magic) for magic in litter)
    # Ours is left out only byte for byte: nothing can hide behind it.
    is_probe = path.name.startswith(PROBE_NAME) and size == len(_PROBE) and head == _PROBE
    return is_litter or is_probe or (wanted and not _is_media(head, path))


def _is_media(head: bytes, path: Path) -> bool:
    from provenance.media.formats import identify, suffix_of  # noqa: PLC0415  (all, seldom needed)

    try:
        identify(head, suffix_of(path))
    except UnsupportedMediaError:
        return False
    return True
