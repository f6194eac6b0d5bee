"""A reading: everything one file says of itself, for signals and carriers to look at."""

from dataclasses import dataclass, field

from provenance.model.credential import Credentials
from provenance.model.metadata import Contents, MetadataField, XmpProperty


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one file; the essence is not part of it."""

    format_name: str
    """Name of the format, for example `png`; empty where none claims the file."""
    contents: Contents = field(default_factory=Contents)
    """What the container holds."""
    properties: tuple[XmpProperty, ...] = ()
    """Properties of its XMP packets, and of an XMP sidecar."""
    credentials: Credentials | None = None
    """Its C2PA manifest store, or a detached one beside it."""
    problems: tuple[str, ...] = ()
    """What could not be read, in words for a person."""

    @property
    def fields(self) -> tuple[MetadataField, ...]:
        """The container's textual metadata."""
        return self.contents.fields
