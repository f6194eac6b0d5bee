"""Asset maps (SMPTE ST 429-9, and the interop version before it): what both IMF and DCP begin with.

An asset map names files by id; a packing list in it names sizes by the same ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provenance.errors import UnreadableError
from provenance.references._listing import Listing, read_listing
from provenance.references.interface import Package, is_inside

_NAMESPACES = (
    "http://www.smpte-ra.org/schemas/429-9/",
    "http://www.smpte-ra.org/ns/429-9/",
    "http://www.digicine.com/PROTO-ASDCP-AM-",
)
_IMF = "/2067-"
_PLACES, _SIZES = frozenset({"Id", "Path"}), frozenset({"Id", "Size"})
_MOST_SHEETS = 32
"""XML files of a package that are asked what they are, and how big the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheets:
    """What the XML files of a package say."""

    is_imf: bool
    sizes: dict[str, int]


def read_asset_map(
    folder: Path, lists: Sequence[str], kind: str, *, is_imf: bool
) -> Package | None:
    """Return the package of the asset map in a folder if it is of this kind.

    One that cannot be read, or of which no packing list is there yet, is of the kind that is asked
    last: DCP.
    """
    name = lists[0]
    try:
        listing = read_listing(folder / name, "Asset", _PLACES, _is_asset_map)
    except UnreadableError:
        listing = Listing(root=("", ""), records=(), is_whole=False)
    if listing is None:
        return None
    paths = {
        pairs["Id"]: pairs["Path"]
        for pairs in listing.each("Path")
        if "Id" in pairs and is_inside(pairs["Path"])
    }
    sheets = _read_sheets(folder, [path for path in paths.values() if path.endswith(".xml")])
    if sheets.is_imf is not is_imf:
        return None
    return Package(
        kind=kind,
        folder=folder,
        members={path: sheets.sizes.get(asset_id) for asset_id, path in paths.items()},
        own=frozenset({name}),
        seals_folder=True,
        is_list_whole=listing.is_whole and len(paths) == len(listing.records),
    )


def _is_asset_map(namespace: str, name: str) -> bool:
    return name == "AssetMap" and namespace.startswith(_NAMESPACES)


def _read_sheets(folder: Path, names: Sequence[str]) -> _Sheets:
    """Read packing lists and compositions as far as they are there."""
    is_imf, sizes = False, {}
    for name in names[:_MOST_SHEETS]:
        try:
            sheet = read_listing(folder / name, "Asset", _SIZES)
        except UnreadableError:
            continue  # not there yet
        if sheet is None:
            continue
        is_imf = is_imf or _IMF in sheet.root[0]
        for pairs in sheet.each("Size"):
            if pairs["Size"].isdecimal() and "Id" in pairs:
                sizes[pairs["Id"]] = int(pairs["Size"])
    return _Sheets(is_imf=is_imf, sizes=sizes)
