"""The seam of the reports: a way to show a scan."""

from collections.abc import Iterator
from typing import Protocol

from provenance.model.report import ScanReport


class Report(Protocol):
    """A way to show a scan, for people or for machines."""

    @property
    def name(self) -> str:
        """What `--format` calls it."""
        ...

    @property
    def shows_pictures(self) -> bool:
        """Whether thumbnails of pictures are worth making for it."""
        ...

    def render(self, report: ScanReport) -> Iterator[str]:
        """Yield the report piece by piece, whatever its length in little memory.

        All pieces together are text that ends in a newline.
        """
        ...
