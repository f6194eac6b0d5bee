"""Sealed packages as tools lay them out: lists with real sizes over whatever files there are."""

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

SMPTE_AM = "http://www.smpte-ra.org/schemas/429-9/2007/AM"
INTEROP_AM = "http://www.digicine.com/PROTO-ASDCP-AM-20040311#"
DCP_PKL = "http://www.smpte-ra.org/schemas/429-8/2007/PKL"
IMF_PKL = "http://www.smpte-ra.org/schemas/2067-2/2016/PKL"
IMF_CPL = "http://www.smpte-ra.org/schemas/2067-3/2016"
DCP_CPL = "http://www.smpte-ra.org/schemas/429-7/2006/CPL"


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def files_in(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(found)


def _sizes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in files_in(folder)}


def _write_asset_map(folder: Path, name: str, namespaces: tuple[str, str, str]) -> None:
    asset_map, pkl, cpl = namespaces
    (folder / "CPL.xml").write_text(
        f'<CompositionPlaylist xmlns="{cpl}"><Id/></CompositionPlaylist>'
    )
    listed = "".join(
        f"<Asset><Id>{_id(file)}</Id><Hash>x</Hash><Size>{size}</Size></Asset>"
        for file, size in _sizes(folder).items()
    )
    (folder / "PKL.xml").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><PackingList xmlns="{pkl}"><Id>{_id("p")}</Id>'
        f"<AssetList>{listed}</AssetList></PackingList>"
    )
    assets = "".join(
        f"<Asset><Id>{_id(file)}</Id>{'<PackingList>true</PackingList>' * (file == 'PKL.xml')}"
        f"<ChunkList><Chunk><Path>{file}</Path></Chunk></ChunkList></Asset>"
        for file in files_in(folder)
    )
    (folder / name).write_text(
        f'<?xml version="1.0"?><AssetMap xmlns="{asset_map}"><Id>{_id("a")}</Id>'
        f"<AssetList>{assets}</AssetList></AssetMap>"
    )


def seal_imf(folder: Path) -> None:
    """Make an IMF package of what lies in a folder."""
    _write_asset_map(folder, "ASSETMAP.xml", (SMPTE_AM, IMF_PKL, IMF_CPL))


def seal_dcp(folder: Path) -> None:
    """Make a DCP of what lies in a folder."""
    _write_asset_map(folder, "ASSETMAP.xml", (SMPTE_AM, DCP_PKL, DCP_CPL))


def seal_interop_dcp(folder: Path) -> None:
    """Make an interop DCP, whose asset map has no suffix."""
    pkl = "http://www.digicine.com/PROTO-ASDCP-PKL-20040311#"
    cpl = "http://www.digicine.com/PROTO-ASDCP-CPL-20040511#"
    _write_asset_map(folder, "ASSETMAP", (INTEROP_AM, pkl, cpl))


def seal_mhl(folder: Path) -> None:
    """List what lies in a folder in a media hash list of version 1."""
    listed = "".join(
        f"<hash><file>{name}</file><size>{size}</size><md5>0</md5></hash>"
        for name, size in _sizes(folder).items()
    )
    (folder / "A001.mhl").write_text(
        f'<?xml version="1.0"?><hashlist version="1.1">{listed}</hashlist>'
    )


def seal_asc_mhl(folder: Path) -> None:
    """Seal what lies in a folder with a first generation of an ASC media hash list."""
    listed = "".join(
        f'<hash><path size="{size}">{name}</path><xxh64>0</xxh64></hash>'
        for name, size in _sizes(folder).items()
    )
    (folder / "ascmhl").mkdir()
    (folder / "ascmhl/0001_A001_2026-11-03_090000Z.mhl").write_text(
        '<?xml version="1.0"?><hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0">'
        f"<hashes>{listed}</hashes></hashlist>"
    )
    (folder / "ascmhl/ascmhl_chain.xml").write_text(
        '<?xml version="1.0"?><ascmhldirectory xmlns="urn:ASC:MHL:DIRECTORY:v2.0"/>'
    )
