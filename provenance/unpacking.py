"""Read a folder of exported records, and tell whose signatures they bear, before any is filed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from provenance.attestation.ai_use_statement import AI_USE_TYPE, read_ai_use
from provenance.attestation.approval_statement import APPROVAL_TYPE, read_approval
from provenance.attestation.envelope import MAX_ENVELOPE_SIZE, open_envelope
from provenance.attestation.request_statement import REQUEST_TYPE, read_request
from provenance.attestation.revocation_statement import REVOCATION_TYPE, read_revocation
from provenance.attestation.signing import joined_envelope
from provenance.attestation.statement import predicate_type_of
from provenance.attestation.trust import TrustList
from provenance.errors import AttestationError, SignatureInvalidError
from provenance.evidencing import read_whole
from provenance.model.approval import Approval
from provenance.model.digest import Digest
from provenance.model.subject import essences_of
from provenance.path_text import shown
from provenance.registry.records import AttestationKind

SUFFIX = ".dsse.json"
"""Of a signed record; every other file in such a folder is a document or a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a signed record of a file states."""

    kind: AttestationKind
    """How it is filed."""
    record_id: str
    """Under which id."""
    subjects: tuple[Digest, ...] = ()
    """Essences of the files it is about."""
    approval: Approval | None = None
    """The approval, if it is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A file that holds a signed record."""

    path: Path
    """The file."""
    envelope: bytes
    """Its bytes."""
    statement: Statement
    """What it states."""

    @property
    def keyids(self) -> tuple[str, ...]:
        """Ids of the keys that are said to have signed it."""
        return tuple(signature.keyid for signature in open_envelope(self.envelope).signatures)

    def is_signed_for(self, trust: TrustList) -> bool:
        """Return whether a key of the list signed it; raises AttestationError if it was altered.

        What such a key may sign, and when, is for verification to say.
        """
        opened = open_envelope(self.envelope)
        if not opened.signatures:
            raise AttestationError(f"{shown(self.path)}: bears no signature; nothing was imported")
        keys = [trust.keys[keyid] for keyid in self.keyids if keyid in trust.keys]
        for key in keys:
            if not opened.is_signed_by(key.verifier()):
                raise AttestationError(
                    f"{shown(self.path)}: is not what {key.holder} signed; nothing was imported"
                )
        return bool(keys)


def unpack(paths: Iterable[Path]) -> tuple[Packed, ...]:
    """Return the records of these files, none twice; raises AttestationError for a broken one."""
    found: dict[bytes, Packed] = {}
    for path in paths:
        if path.name.endswith(SUFFIX):
            packed = _unpack(path)
            if packed is not None:
                found.setdefault(packed.envelope, packed)
    return tuple(found.values())


def require_one_approval(packed: Packed, envelopes: Sequence[bytes]) -> None:
    """Raise AttestationError unless all these envelopes are of one approval and fit together."""
    first = open_envelope(envelopes[0])
    if open_envelope(packed.envelope).payload != first.payload:
        raise AttestationError(
            f"{shown(packed.path)}: another approval is kept under"
            f" {packed.statement.record_id}; nothing was imported"
        )
    try:
        joined_envelope(envelopes[0], envelopes[1:])
    except SignatureInvalidError as error:
        raise AttestationError(f"{shown(packed.path)}: {error}; nothing was imported") from error


def _unpack(path: Path) -> Packed | None:
    """Return the record of a file by what it states; None for what is not for us to import."""
    envelope = read_whole(path, MAX_ENVELOPE_SIZE)
    try:
        payload = open_envelope(envelope).payload
        reader = _READERS.get(predicate_type_of(payload))
        if reader is None:
            return None
        return Packed(path=path, envelope=envelope, statement=reader(payload))
    except AttestationError as error:
        raise AttestationError(f"{shown(path)}: {error}; nothing was imported") from error


def _approval(payload: bytes) -> Statement:
    approval = read_approval(payload)
    return Statement(
        kind=AttestationKind.APPROVAL,
        record_id=approval.approval_id,
        subjects=essences_of(approval.subjects),
        approval=approval,
    )


def _revocation(payload: bytes) -> Statement:
    record_id = read_revocation(payload).record_id
    return Statement(kind=AttestationKind.REVOCATION, record_id=record_id)


def _request(payload: bytes) -> Statement:
    request = read_request(payload)
    return Statement(
        kind=AttestationKind.REQUEST,
        record_id=request.request_id,
        subjects=essences_of(request.subjects),
    )


def _ai_use(payload: bytes) -> Statement:
    use = read_ai_use(payload)
    return Statement(
        kind=AttestationKind.AI_USE,
        record_id=use.record_id,
        subjects=essences_of(use.subjects),
    )


_READERS: dict[str, Callable[[bytes], Statement]] = {
    APPROVAL_TYPE: _approval,
    REVOCATION_TYPE: _revocation,
    REQUEST_TYPE: _request,
    AI_USE_TYPE: _ai_use,
}
