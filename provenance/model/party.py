"""Somebody who asks, decides or records, as a statement names them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or office; it stands in statements and the registry, never in media files."""

    name: str
    """The name, as a reader should see it."""
    organisation: str = ""
    """Whom they act for."""
    role: str = ""
    """What they are there, for example `Production counsel`."""

    def __str__(self) -> str:
        details = ", ".join(part for part in (self.role, self.organisation) if part)
        return f"{self.name} ({details})" if details else self.name
