"""Which policy pack counts: the one asked for, else a zone's own, else the production's."""

import os
from collections.abc import Iterator
from pathlib import Path

from provenance.config import Config
from provenance.policy.pack import PolicyPack, find_pack
from provenance.scanning import ZonePolicy


def choose_pack(config: Config, named: str = "", *, at: Path | None = None) -> PolicyPack:
    """Return the pack of a name or path, else of the zone a file lies in, else the production's.

    A path given here is relative to the working folder, one in the settings to theirs. Raises
    ConfigError if there is no such pack or it is wrong.
    """
    if named:
        return find_pack(named, Path.cwd())
    if at is not None:
        place = Path(os.path.realpath(at.parent)) / at.name
        for zone in zone_policies(config):
            if place.is_relative_to(zone.folder):
                return zone.pack
    return find_pack(config.policy, config.root)


def zone_policies(config: Config, use: str = "") -> Iterator[ZonePolicy]:
    """Yield the zones that have a pack of their own, and the use that counts in each."""
    for zone in config.zones:
        if zone.policy:
            pack = find_pack(zone.policy, config.root)
            yield ZonePolicy(
                folder=Path(os.path.realpath(zone.path)),
                pack=pack,
                use=use or config.use or pack.use,
            )
