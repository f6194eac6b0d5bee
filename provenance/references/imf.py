"""IMF packages (SMPTE ST 2067-2): an asset map, and packing lists and compositions of IMF."""

from collections.abc import Sequence
from os import DirEntry
from pathlib import Path

from provenance.references._asset_map import read_asset_map
from provenance.references.interface import Package, files_named


class Imf:
    """Interoperable Master Format."""

    kind = "IMF package"
    word = "assetmap"

    def lists(self, entries: Sequence[DirEntry[str]]) -> tuple[str, ...]:
        """See `Seal.lists`."""
        return files_named(entries, "assetmap.xml".__eq__)

    def read(self, folder: Path, lists: Sequence[str]) -> Package | None:
        """See `Seal.read`."""
        return read_asset_map(folder, lists, self.kind, is_imf=True)
