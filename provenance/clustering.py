"""One production among several machines: its queue, scans by workers, and a worker of it."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provenance import __version__
from provenance.config import Config
from provenance.errors import ConfigError
from provenance.judging import ScanOptions
from provenance.model.arrival import Keeper
from provenance.model.purpose import Purpose
from provenance.registry.redaction import redact
from provenance.scanning import Scanner
from provenance.stamp import stamp_of
from provenance.stores import TRUST_FILE
from provenance.wiring import Production

if TYPE_CHECKING:
    from provenance.cluster.coordinating import ClusterScanner
    from provenance.cluster.database import Database
    from provenance.cluster.records import Asked

_BACKEND = "postgresql"


def open_database(config: Config) -> "Database":
    """Return the database of a production's queue; raises ConfigError if there can be none."""
    if config.registry.partition(":")[0].partition("+")[0] != _BACKEND:
        raise ConfigError(
            f"{config.path}: workers share a registry in PostgreSQL, this one is"
            f" {redact(config.registry)}; move it:"
            " provenance registry move postgresql://user@host/database"
        )
    try:
        from provenance.cluster.database import Database  # noqa: PLC0415  (an extra, and slow)
    except ImportError as error:
        raise ConfigError(
            f"work by workers needs procrastinate: pip install 'provenance[cluster]' ({error})"
        ) from error
    return Database(config.registry)


@contextmanager
def cluster_scanner(
    production: Production,
    options: ScanOptions,
    *,
    purpose: Purpose,
    policy: str = "",
    pixels: bool = False,
) -> Iterator["ClusterScanner"]:
    """Give the gate by workers, for scans with these options; the flags say how they came to be."""
    database = open_database(production.config)
    from provenance.cluster.coordinating import ClusterScanner  # noqa: PLC0415  (as above)
    from provenance.cluster.queue import Queue  # noqa: PLC0415  (as above)
    from provenance.cluster.records import Asked  # noqa: PLC0415  (as above)

    asked = Asked(
        terms=terms_of(production, options),
        folder=str(Path.cwd()),
        purpose=purpose,
        policy=policy,
        strict=options.strict,
        pixels=pixels,
        pictures=options.picture is not None,
        uses_index=options.uses_index,
        jobs=options.jobs,
    )
    try:
        database.require()
        yield ClusterScanner(
            Queue(database), asked, production.clock, silence=production.config.lease_seconds
        )
    finally:
        database.close()


def terms_of(production: Production, options: ScanOptions) -> Mapping[str, str]:
    """Return what results depend on besides the files: what it is, and a digest of it."""
    zones = [(str(zone.folder), zone.pack.digest, _told(zone.purpose)) for zone in options.zones]
    places = [(str(zone.path), zone.role.value) for zone in production.config.zones]
    try:
        trust = (production.config.data / TRUST_FILE).read_bytes()
    except OSError:
        trust = b""
    return {
        "version of provenance": __version__,
        "policy pack": f"{options.pack.label} {options.pack.digest}",
        "purpose ([scan] of the settings)": _digest(_told(options.purpose)),
        "zones": _digest([zones, places]),
        "patterns to ignore": _digest(options.ignored),
        "signals and certificate": stamp_of(production.user_kinds, production.root_pem),
        "trust list": hashlib.sha256(trust).hexdigest(),
    }


def tagging_terms_of(production: Production) -> Mapping[str, str]:
    """Return what tagging depends on besides the files."""
    config = production.config
    return {
        "version of provenance": __version__,
        "zones": _digest([(str(zone.path), zone.role.value) for zone in config.zones]),
        "signals and certificate": stamp_of(production.user_kinds, production.root_pem),
        "embed_limit": str(config.embed_limit),
    }


@contextmanager
def keeper_for(production: Production) -> Iterator[Keeper]:
    """Give who deals with what arrives in zones: workers too, where the settings say so."""
    config = production.config
    if not config.has_workers:
        yield production.zone_keeper()
        return
    database = open_database(config)
    from provenance.cluster.handing import HandingKeeper  # noqa: PLC0415  (as above)

    keeper = HandingKeeper(
        production.zone_keeper(),
        database,
        zones=config.zones,
        terms=tagging_terms_of(production),
        silence=config.lease_seconds,
    )
    try:
        yield keeper
    finally:
        keeper.close()


class ProductionDesk:
    """What a worker needs of its production; see `cluster.working.Desk`."""

    def __init__(self, plain: Production, with_pixels: Production) -> None:
        self._productions = {False: plain, True: with_pixels}

    def terms(self, asked: "Asked") -> Mapping[str, str]:
        """See `Desk.terms`."""
        return terms_of(self._productions[asked.pixels], self.options(asked))

    def options(self, asked: "Asked") -> ScanOptions:
        """See `Desk.options`."""
        return self._productions[asked.pixels].scan_options(
            asked=asked.purpose,
            policy=asked.policy,
            strict=asked.strict,
            jobs=asked.jobs,
            uses_index=asked.uses_index,
            pictures=asked.pictures,
        )

    def scanner(self, asked: "Asked") -> Scanner:
        """See `Desk.scanner`."""
        return self._productions[asked.pixels].scanner


def make_queue_anew(config: Config) -> None:
    """Make the tables of the queue, dropping what is in them."""
    database = open_database(config)
    try:
        database.require(anew=True)
    finally:
        database.close()


def run_worker(
    config: Config, *, is_once: bool, on_ready: Callable[[], None] = lambda: None
) -> None:
    """Do tasks of the queue; see `cluster.working.work`."""
    database = open_database(config)
    from provenance.cluster.handing import TagWorker  # noqa: PLC0415  (as above)
    from provenance.cluster.queue import SCAN, TAG, Queue  # noqa: PLC0415  (as above)
    from provenance.cluster.working import ScanWorker, Shift, work  # noqa: PLC0415  (as above)

    with Production(config) as plain, Production(config, pixels=True) as with_pixels:
        _ = plain.registry.sequence  # a worker without a registry is none
        database.require()
        plain.load()
        scans = ScanWorker(Queue(database), ProductionDesk(plain, with_pixels))
        tags = TagWorker(Queue(database), plain.zone_keeper, tagging_terms_of(plain))
        shift = Shift(
            database=database,
            tasks={SCAN: scans.do, TAG: tags.do},
            silence=config.lease_seconds,
            is_once=is_once,
            on_ready=on_ready,
        )
        try:
            work(shift)
        finally:
            database.close()


def _told(purpose: Purpose) -> list[object]:
    limits = (purpose.territories, purpose.languages, purpose.media)
    return [purpose.use, purpose.title, purpose.episode, purpose.cut, *map(sorted, limits)]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
