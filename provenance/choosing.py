"""What counts where: the pack and purpose asked for, else a zone's own, else the production's."""

import os
from collections.abc import Iterator
from pathlib import Path

from provenance.config import Config
from provenance.judging import ZoneTerms
from provenance.model.purpose import NOTHING_SAID, Purpose
from provenance.model.zone import Zone
from provenance.policy.pack import PolicyPack, find_pack


def choose_pack(config: Config, named: str = "", *, at: Path | None = None) -> PolicyPack:
    """Return the pack of a name or path, else of the zone a file lies in, else the production's.

    A path given here is relative to the working folder, one in the settings to theirs. Raises
    ConfigError if there is no such pack or it is wrong.
    """
    if named:
        return find_pack(named, Path.cwd())
    if at is not None:
        place = Path(os.path.realpath(at.parent)) / at.name
        for zone in config.zones:
            if zone.policy and place.is_relative_to(os.path.realpath(zone.path)):
                return find_pack(zone.policy, config.root)
    return find_pack(config.policy, config.root)


def zone_terms(
    config: Config, asked: Purpose = NOTHING_SAID, named: str = ""
) -> Iterator[ZoneTerms]:
    """Yield the zones in which something else counts than elsewhere in the production."""
    for zone in config.zones:
        if (zone.policy and not named) or zone.purpose != NOTHING_SAID:
            pack = _pack_in(config, zone, named)
            yield ZoneTerms(
                folder=Path(os.path.realpath(zone.path)),
                pack=pack,
                purpose=asked.over(zone.purpose).over(config.purpose).over(Purpose(use=pack.use)),
            )


def _pack_in(config: Config, zone: Zone, named: str) -> PolicyPack:
    if named or not zone.policy:
        return choose_pack(config, named)
    return find_pack(zone.policy, config.root)
