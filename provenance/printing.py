"""Print a page of HTML as PDF, by a headless Chromium where there is one.

A PDF library would be a second way to lay the report out, which would drift from the first; a
browser prints the very page people read. It gets a profile of its own and no network, and the page
forbids scripts.
"""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from provenance.errors import TaggingError, UsageError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)
_SECONDS = 60.0
_MAGIC = b"%PDF-"


def find_browser() -> str:
    """Return the path of Chromium; raises UsageError if there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise UsageError(
            "PDF is printed by Chromium, which is not installed: install it, or choose"
            " --format html and print that page from any browser"
        )
    return found


def print_pdf(html: str) -> bytes:
    """Return the page as PDF; raises UsageError without Chromium, TaggingError if it fails."""
    browser = find_browser()
    with TemporaryDirectory(prefix="provenance-print-", ignore_cleanup_errors=True) as folder:
        page, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(html, "utf-8", "backslashreplace")
        flags = [*_FLAGS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to run as root otherwise
        try:
            subprocess.run(  # noqa: S603  (a browser on the path, and our own flags and page)
                [browser, *flags, page.as_uri()],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
            data = target.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise TaggingError(f"Chromium printed no PDF: {error}") from error
    if not data.startswith(_MAGIC):
        raise TaggingError("Chromium printed something else than PDF")
    return data
