"""How content stands with the records: what a verdict on it rests on, but for the file itself.

Two looks at one essence that stand alike end in one verdict by the same rules, so a file need not
be read again as long as its content stands as it did.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from provenance.errors import AttestationError
from provenance.model.ai_use import AiUse
from provenance.model.approval import CheckedApproval
from provenance.model.digest import Digest
from provenance.model.override import CheckedOverride
from provenance.recalling import Earlier
from provenance.registry.interface import Registry
from provenance.registry.records import AssetStatus
from provenance.verifying import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the records say of one essence now."""

    records: frozenset[tuple[str, str]]
    """Approvals and overrides that name it, or what it was made from, each with its status."""
    ai_use: AiUse | str | None
    """What is declared of it, or why that cannot be read."""
    asset: AssetStatus | None
    """What the registry holds of it."""
    changes_at: datetime | None = field(default=None, compare=False)
    """When a date in the records passes next, aware UTC; None if none will."""

    @property
    def rests_on_records(self) -> bool:
        """Whether something is on record that may let it pass."""
        return bool(self.records or self.ai_use) or self.asset is AssetStatus.WITHDRAWN

    @property
    def is_known(self) -> bool:
        """Whether anything at all is on record."""
        return bool(self.records or self.ai_use or self.asset)


class Surveyor:
    """Says how content stands."""

    def __init__(
        self, registry: Registry, verifier: Verifier, clock: Callable[[], datetime]
    ) -> None:
        self._registry = registry
        self._verifier = verifier
        self._clock = clock
        self._earlier = Earlier()

    @property
    def edition(self) -> object:
        """The trust list by which all of it stands as it does."""
        return self._verifier.trust_edition

    def survey(self, essence: Digest) -> Standing:
        """Return how an essence stands now; raises RegistryError."""
        ai_use = self._ai_use(essence)
        made_from = ai_use.derived_from if isinstance(ai_use, AiUse) else ()
        parents = (one.essence_digest for one in made_from if one.is_vouched)
        approvals = self._verifier.approvals((essence, *parents), self._earlier)
        overrides = self._verifier.overrides(essence)
        asset = self._registry.find_by_essence(essence)
        now = self._clock()
        dates = (date for date in _dates(approvals, overrides) if date is not None and date >= now)
        return Standing(
            records=frozenset(
                (
                    *((one.approval.approval_id, one.status) for one in approvals),
                    *((one.override.override_id, one.status) for one in overrides),
                )
            ),
            ai_use=ai_use,
            asset=asset.status if asset else None,
            changes_at=min(dates, default=None),
        )

    def _ai_use(self, essence: Digest) -> AiUse | str | None:
        try:
            return self._verifier.ai_use(essence)
        except AttestationError as error:
            return str(error)


def _dates(
    approvals: tuple[CheckedApproval, ...], overrides: tuple[CheckedOverride, ...]
) -> Iterator[datetime | None]:
    for one in approvals:
        yield one.approval.valid_from
        yield one.approval.valid_until
    for other in overrides:
        yield other.override.made_at
        yield other.override.valid_until
