"""Our tag: the record that says an asset is temporary, and why."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Self

from provenance.model.digest import Digest, parse_digest
from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType, parse_source_type

SCHEMA = "provenance-tag"
_LARGEST = 64 * 1024
_ASSET_ID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VERSION = 1
TEMPORARY = "temporary"
NOTICE = "TEMPORARY - AI-generated, not for final deliverables without written approval"
"""The sentence a person reads in Bridge, Premiere or exiftool."""


class DeclaredBy(StrEnum):
    """Who said that the asset is AI-made."""

    ZONE = "zone"
    SIGNAL = "signal"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceTag:
    """The record written into a file: this is AI-generated and temporary."""

    asset_id: str
    """`urn:uuid:...`, the same for every copy of the essence."""
    source_type: DigitalSourceType
    """What is declared of the making."""
    declared_by: DeclaredBy
    """Who declared it."""
    reasons: tuple[str, ...]
    """Why, as rule ids or short sentences; no personal data."""
    essence_digest: Digest
    """Digest of the essence the tag was written for; another essence makes it a copied tag."""
    tagged_at: datetime
    """When, aware UTC."""
    tool: str
    """`provenance/VERSION`."""
    generator: Generator | None = None
    """What the file said made it."""
    unknown: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Fields a later version wrote; kept on a rewrite."""

    @property
    def comment(self) -> str:
        """The short comment that survives transcodes: `GENAI-TEMP <first 8 of the id>`."""
        return f"GENAI-TEMP {self.asset_id.removeprefix('urn:uuid:')[:8]}"

    def to_record(self) -> dict[str, Any]:
        """Return the record as JSON values, unknown fields included."""
        record: dict[str, Any] = dict(self.unknown)
        record.update(
            schema=SCHEMA,
            version=VERSION,
            asset_id=self.asset_id,
            status=TEMPORARY,
            digital_source_type=self.source_type.uri,
            declared_by=self.declared_by.value,
            reasons=list(self.reasons),
            essence_digest=self.essence_digest,
            tagged_at=self.tagged_at.astimezone(UTC).isoformat(timespec="seconds"),
            tool=self.tool,
        )
        if self.generator is not None:
            record["generator"] = {
                "tool": self.generator.tool,
                "model": self.generator.model,
                "version": self.generator.version,
            }
        return record

    def to_json(self) -> str:
        """Return the record as one line of JSON, keys sorted."""
        return json.dumps(self.to_record(), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the tag a carrier holds; raises ValueError if it is not one of ours."""
        return cls._from_text(text)

    @classmethod
    @lru_cache(maxsize=16)  # every carrier of a file bears the same text
    def _from_text(cls, text: str) -> Self:
        if len(text) > _LARGEST:
            raise ValueError(f"a record of {len(text)} characters is no tag of ours")
        try:
            record = json.loads(text)
        except RecursionError as error:
            raise ValueError("the tag is nested too deeply") from error
        return cls.from_record(record)

    @classmethod
    def from_record(cls, record: object) -> Self:
        """Return the tag of a record of any version up to ours; raises ValueError if wrong."""
        if not isinstance(record, dict) or record.get("schema") != SCHEMA:
            raise ValueError("not a provenance tag")
        version = record.get("version")
        if not isinstance(version, int) or version < 1:
            raise ValueError(f"a provenance tag of no known version: {version!r}")
        try:
            return cls._from_fields(record)
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"a provenance tag with a missing or wrong field: {error}") from error

    @classmethod
    def _from_fields(cls, record: dict[str, Any]) -> Self:
        source_type = parse_source_type(record["digital_source_type"])
        if source_type is None:
            raise ValueError(f"unknown source type {record['digital_source_type']!r}")
        tagged_at = datetime.fromisoformat(record["tagged_at"])
        if tagged_at.tzinfo is None:
            raise ValueError("tagged_at has no time zone")
        if not _ASSET_ID.fullmatch(str(record["asset_id"])):
            raise ValueError("the asset id is no lower-case urn:uuid")
        return cls(
            asset_id=str(record["asset_id"]),
            source_type=source_type,
            declared_by=DeclaredBy(record["declared_by"]),
            reasons=tuple(str(reason) for reason in record["reasons"]),
            essence_digest=parse_digest(record["essence_digest"]),
            tagged_at=tagged_at.astimezone(UTC),
            tool=str(record["tool"]),
            generator=_generator(record.get("generator")),
            unknown=MappingProxyType(
                {key: value for key, value in record.items() if key not in _KNOWN}
            ),
        )


_KNOWN = frozenset(
    {
        "schema",
        "version",
        "asset_id",
        "status",
        "digital_source_type",
        "declared_by",
        "reasons",
        "essence_digest",
        "tagged_at",
        "tool",
        "generator",
    }
)


def _generator(record: object) -> Generator | None:
    if not isinstance(record, dict) or not isinstance(record.get("tool"), str):
        return None
    return Generator(
        tool=record["tool"],
        model=str(record.get("model", "")),
        version=str(record.get("version", "")),
    )
