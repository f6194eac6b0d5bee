"""A request: who asks whom for which approval, before anybody decided."""

from dataclasses import dataclass, replace
from datetime import datetime

from provenance.model.ai_use import Transform, UseCategory
from provenance.model.moment import minute
from provenance.model.party import Party
from provenance.model.purpose import UNLIMITED, Purpose, Scope
from provenance.model.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked for, or decided on."""

    uses: frozenset[str] = frozenset()
    """For which uses; empty where nobody said."""
    scope: Scope = UNLIMITED
    """What it is limited to."""
    categories: frozenset[UseCategory] = frozenset()
    """Which categories of AI use."""
    derivatives: frozenset[Transform] = frozenset()
    """By which transforms derivatives are covered too."""
    consents: tuple[str, ...] = ()
    """Opaque ids of the talent consents it rests on."""
    valid_from: datetime | None = None
    """From when, aware UTC."""
    valid_until: datetime | None = None
    """Until when, aware UTC."""

    def with_use(self, use: str) -> "Terms":
        """Return these terms, for this use if they name none."""
        return replace(self, uses=self.uses or frozenset({use}))

    def answering(self, asked: "Terms") -> "Terms":
        """Return these terms, and where they say nothing what was asked.

        Raises ValueError if they go beyond what was asked.
        """
        for name, given, limit in (
            ("--use", self.uses, asked.uses),
            ("--category", self.categories, asked.categories),
            ("--derivative", self.derivatives, asked.derivatives),
        ):
            if beyond := sorted(given - limit):
                raise ValueError(f"{name} {', '.join(beyond)} was not asked for")
        begin = self.valid_from or asked.valid_from
        if asked.valid_from and begin and begin < asked.valid_from:
            raise ValueError(f"--from lies before {minute(asked.valid_from)}, which was asked for")
        if asked.valid_until and self.valid_until and self.valid_until > asked.valid_until:
            raise ValueError(f"--until lies after {minute(asked.valid_until)}, which was asked for")
        scope = self.scope.over(asked.scope)
        if objection := asked.scope.objection(_widest(scope)):
            raise ValueError(f"the request {objection}")
        return Terms(
            uses=self.uses or asked.uses,
            scope=scope,
            categories=self.categories or asked.categories,
            derivatives=self.derivatives or asked.derivatives,
            consents=tuple(dict.fromkeys((*asked.consents, *self.consents))),
            valid_from=begin,
            valid_until=self.valid_until or asked.valid_until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for approval, as it was sent."""

    request_id: str
    """`urn:uuid:...`."""
    subjects: tuple[Subject, ...]
    """The files it is about; never empty."""
    requester: Party
    """Who asks."""
    addressee: str
    """The mail address it is sent to."""
    requested_at: datetime
    """When, aware UTC."""
    terms: Terms
    """What is asked for; its uses are never empty."""
    answer_by: datetime | None = None
    """By when an answer is needed, aware UTC; None where it can wait."""
    message: str = ""
    """What the requester adds, in words."""


def _widest(scope: Scope) -> Purpose:
    """Return the purpose that reaches as far as a scope does."""
    return Purpose(
        use="",
        title=scope.title,
        episode=scope.episode,
        cut=scope.cut,
        territories=scope.territories,
        languages=scope.languages,
        media=scope.media,
    )
