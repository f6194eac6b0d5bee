"""Recall what was asked and verified a moment ago: an approval may name thousands of frames."""

from collections.abc import Iterable, Sequence
from threading import Lock

from provenance.model.approval import CheckedApproval
from provenance.model.digest import Digest
from provenance.registry.interface import Registry
from provenance.registry.records import AssetRecord, AttestationKind, StoredAttestation

_OFTEN = 64
"""Questions about one state of the registry after which all approvals are looked up at once."""
_FEW, _WORTH, _MOST_ASSETS = 4, 12, 8192
"""Questions about assets before all are looked up at once, how many each of them is worth, and how
many are ever held."""


class Assets:
    """The assets of a registry; once many were asked for, as all were then."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()
        self._asked, self._enough = 0, _FEW
        self._learnt: dict[Digest, AssetRecord] = {}
        self._all: dict[Digest, AssetRecord] | None = None

    def find(self, essence: Digest) -> AssetRecord | None:
        """Return the asset of this essence, or None; who asks often has all of them looked up."""
        with self._lock:
            self._asked += 1
            if self._all is None and self._asked == self._enough:
                self._enough *= 2
                at_most = min(_WORTH * self._asked, _MOST_ASSETS)
                self._all = self._registry.assets_by_essence(at_most)
            known = self._learnt.get(essence)
            if known is None and self._all is not None:
                known = self._all.get(essence)
            is_sure = known is not None or self._all is not None
        return known if is_sure else self._registry.find_by_essence(essence)

    def learn(self, record: AssetRecord) -> None:
        """Take note of an asset that was remembered just now."""
        with self._lock:
            self._learnt[record.essence_digest] = record


class Earlier:
    """What was asked and verified before; forgotten as soon as what it rests on is another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sequence = -1
        self._asked = 0
        self._index: dict[Digest, list[StoredAttestation]] | None = None
        self._state: tuple[object, ...] = ()
        self._known: dict[StoredAttestation, CheckedApproval] = {}
        self._last: dict[str, CheckedApproval] = {}

    def naming(self, essence: Digest, registry: Registry) -> Sequence[StoredAttestation]:
        """Return the approvals that name these bytes; who asks often has all of them looked up."""
        with self._lock:
            # Read before the approvals: they may then be newer than the number, never older.
            sequence = registry.sequence
            if sequence != self._sequence:
                self._sequence, self._asked, self._index = sequence, 0, None
            self._asked += 1
            if self._asked <= _OFTEN:
                return registry.attestations_for(essence, AttestationKind.APPROVAL)
            if self._index is None:
                self._index = _by_subject(registry.attestations(AttestationKind.APPROVAL))
            return self._index.get(essence, ())

    def verified(self, state: tuple[object, ...]) -> dict[StoredAttestation, CheckedApproval]:
        """Return what was verified in this state, to be added to."""
        if state != self._state:
            self._state, self._known = state, {}
        return self._known

    def same(self, attestation_id: str, checked: CheckedApproval) -> CheckedApproval:
        """Return what was verified the last time where it is equal: results share it."""
        last = self._last.get(attestation_id)
        if last != checked:
            self._last[attestation_id] = last = checked
        return last


def _by_subject(
    approvals: Iterable[StoredAttestation],
) -> dict[Digest, list[StoredAttestation]]:
    index: dict[Digest, list[StoredAttestation]] = {}
    for stored in approvals:
        for subject in dict.fromkeys(stored.subjects):
            index.setdefault(subject, []).append(stored)
    return index
