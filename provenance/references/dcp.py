"""Digital cinema packages (SMPTE ST 429, and interop): an asset map, with or without `.xml`."""

from collections.abc import Sequence
from os import DirEntry
from pathlib import Path

from provenance.references._asset_map import read_asset_map
from provenance.references.interface import Package, files_named


class Dcp:
    """Digital Cinema Package."""

    kind = "DCP"
    word = "assetmap"

    def lists(self, entries: Sequence[DirEntry[str]]) -> tuple[str, ...]:
        """See `Seal.lists`."""
        return files_named(entries, ("assetmap", "assetmap.xml").__contains__)

    def read(self, folder: Path, lists: Sequence[str]) -> Package | None:
        """See `Seal.read`."""
        return read_asset_map(folder, lists, self.kind, is_imf=False)
