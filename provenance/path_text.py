"""Paths as people and JSON read them."""

import os
from pathlib import PurePath


def shown(path: PurePath) -> str:
    """Return a path as text; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
