"""The tables of the registry, in types that every dialect keeps.

Times are ISO-8601 text in UTC of one width, so that they sort; lists are JSON text in ASCII;
paths are bytes, because a name on disk need not be UTF-8, and are found by their digest, because
no dialect indexes a path of 4,096 bytes. `sequence` is the journal's number of the row's last
write: "oldest" and "newest" follow it, and not a clock that somebody may set back. The journal
covers a lead where it is known (`journal.as_written`); its index has all that a scan loads.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

VERSIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every schema version, oldest first; the last one is ours. Files in `migrations/versions`."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

_ID = String(200)
_DIGEST = String(71)
_TERM = String(100)
_MOMENT = String(32)

ASSETS = Table(
    "assets",
    METADATA,
    Column("asset_id", _ID, primary_key=True),
    Column("essence_digest", _DIGEST, nullable=False, unique=True),
    Column("essence_length", BigInteger, nullable=False),
    Column("media_type", _ID, nullable=False),
    Column("source_type", _TERM, nullable=False),
    Column("declared_by", _TERM, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("generator", Text, nullable=True),
    Column("status", _TERM, nullable=False, index=True),
    Column("withdrawn_reason", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("essence_lead", LargeBinary, nullable=True),
    Index("ix_assets_essence", "essence_length", "essence_lead"),
)

ASSET_ESSENCES = Table(
    "asset_essences",
    METADATA,
    Column("essence_digest", _DIGEST, primary_key=True),
    Column("asset_id", _ID, ForeignKey("assets.asset_id"), nullable=False, index=True),
    Column("essence_length", BigInteger, nullable=False),
    Column("place_digest", _DIGEST, nullable=True, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("essence_lead", LargeBinary, nullable=True),
    Index("ix_asset_essences_essence", "essence_length", "essence_lead"),
)
"""The frames of image sequences, the first one too. Those of one `sequence` are one entry.

Only the frame that founded the asset has the place: of 3,000 rows one is then found by it.
"""

WITHDRAWN_FRAMES = Table(
    "withdrawn_frames",
    METADATA,
    Column(
        "essence_digest", _DIGEST, ForeignKey("asset_essences.essence_digest"), primary_key=True
    ),
    Column("asset_id", _ID, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""Frames that were withdrawn by themselves, while their asset stays temporary."""

SIGHTINGS = Table(
    "sightings",
    METADATA,
    Column("asset_id", _ID, ForeignKey("assets.asset_id"), primary_key=True),
    Column("path_digest", _DIGEST, primary_key=True, index=True),
    Column("path", LargeBinary, nullable=False),
    Column("file_digest", _DIGEST, nullable=False),
    Column("carriers", Text, nullable=False),
    Column("seen_at", _MOMENT, nullable=False),
    Column("undo", _DIGEST, nullable=True),
    Column("sequence", BigInteger, nullable=False),
)

WRITE_INTENTS = Table(
    "write_intents",
    METADATA,
    Column("intent_id", _ID, primary_key=True),
    Column("path", LargeBinary, nullable=False),
    Column("staging", LargeBinary, nullable=False),
    Column("begun_at", _MOMENT, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

ATTESTATIONS = Table(
    "attestations",
    METADATA,
    Column("attestation_id", _ID, primary_key=True),
    Column("kind", _TERM, nullable=False),
    Column("approval_id", _ID, nullable=False, index=True),
    Column("envelope", LargeBinary, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

ATTESTATION_SUBJECTS = Table(
    "attestation_subjects",
    METADATA,
    Column("attestation_id", _ID, ForeignKey("attestations.attestation_id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("essence_digest", _DIGEST, nullable=False, index=True),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("event_id", _ID, primary_key=True),
    Column("kind", _TERM, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("detail", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False, index=True),
)
"""What happened and left no row elsewhere: verdicts, deliveries, quarantine."""

LOG_CHECKPOINTS = Table(
    "log_checkpoints",
    METADATA,
    Column("checkpoint_id", _ID, primary_key=True),
    Column("covers", BigInteger, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""Signed heads of the journal; each is itself an entry, so that none goes missing unnoticed."""

HEAD = Table(
    "head",
    METADATA,
    Column(
        "row_id",
        Integer,
        CheckConstraint("row_id = 1", name="one_row"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("sequence", BigInteger, nullable=False),
    Column("chain_hash", String(64), nullable=False),
)
"""One row: the last entry of the journal. A writer locks it, so writers come one by one."""

JOURNAL = Table(
    "journal",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("chain_hash", String(64), nullable=False),
    Column("action", _TERM, nullable=False),
    Column("written_at", _MOMENT, nullable=False),
    Column("detail", Text, nullable=False),
)
"""One row a write, chained by hash; says which record was written, and nothing of people."""

LEASES = Table(
    "leases",
    METADATA,
    Column("path_digest", _DIGEST, primary_key=True),
    Column("holder", _ID, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
)
"""Who works on what, until when by the registry's clock, in microseconds; not in the journal."""

FENCE = Table(
    "fence",
    METADATA,
    Column(
        "row_id",
        Integer,
        CheckConstraint("row_id = 1", name="one_row"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("last", BigInteger, nullable=False),
)
"""One row: the fence of the last lease. It never falls, though leases go; not in the journal."""

UNLOGGED = frozenset({LEASES, FENCE})
"""Tables that the journal says nothing about."""
