"""Showing where a registry is without showing how to get in."""

import re


def redact(url: str) -> str:
    """Return the URL with every password in it replaced by `***`."""
    # Greedy up to the last "@": a password may hold one, and hiding too much is no harm.
    hidden = re.sub(r"(://[^:/?#]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&]*", r"\1***", hidden)
