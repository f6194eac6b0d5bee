"""The journal of a registry in memory; whoever calls holds the registry's lock."""

import secrets
from datetime import UTC, datetime

from provenance.model.log import LogEntry, LogEvent, LogHead
from provenance.registry.journal import Entry, row_detail
from provenance.registry.rows import Row, moment_text


class MemoryJournal:
    """Every entry, each hash over the one before it."""

    def __init__(self) -> None:
        # Tuples, so that a copy of this object is the journal as it was.
        self._entries: tuple[LogEntry, ...] = ()
        self._hashes: tuple[str, ...] = (secrets.token_hex(32),)

    @property
    def head(self) -> LogHead:
        """The last entry."""
        return LogHead(sequence=len(self._entries), chain_hash=self._hashes[-1])

    def newest(self, number: int | None) -> tuple[LogEntry, ...]:
        """See `Registry.log`."""
        first = 0 if number is None else max(0, len(self._entries) - number)
        return self._entries[first:]

    def hash_at(self, sequence: int) -> str | None:
        """See `Registry.chain_hash_at`."""
        return self._hashes[sequence] if 0 <= sequence < len(self._hashes) else None

    def append(
        self,
        action: str,
        record_id: str,
        row: Row,
        *,
        key: str = "",
        about: str = "",
        event: LogEvent | None = None,
    ) -> None:
        """Chain that this row of this record was written."""
        now = datetime.now(UTC)
        entry = Entry(
            sequence=len(self._entries) + 1,
            action=action,
            written_at=moment_text(now),
            detail=row_detail(record_id, row, key=key, about=about),
        )
        said = LogEntry(
            sequence=entry.sequence,
            action=action,
            written_at=now,
            subject_id=about or record_id,
            event=event,
        )
        self._hashes = (*self._hashes, entry.chained_to(self._hashes[-1]))
        self._entries = (*self._entries, said)
