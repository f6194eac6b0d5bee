"""Ask for an approval: a signed request, and what became of it."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.envelope import MAX_ENVELOPE_SIZE, open_envelope, sign_statement
from provenance.attestation.request_statement import read_request, request_statement
from provenance.binding import subject_of
from provenance.errors import AttestationError, UsageError
from provenance.evidencing import read_whole
from provenance.examining import Examiner
from provenance.filing import Filer
from provenance.model.ai_use import AiUse
from provenance.model.approval import CheckedApproval
from provenance.model.party import Party
from provenance.model.request import Request, Terms
from provenance.model.subject import essences_of
from provenance.path_text import shown
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind, StoredAttestation
from provenance.remembering import Rememberer
from provenance.verifying import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for."""

    paths: tuple[Path, ...]
    """The files."""
    requester: Party
    """Who asks."""
    addressee: str
    """The mail address the request goes to."""
    terms: Terms
    """For what."""
    answer_by: datetime | None = None
    """By when an answer is needed, aware UTC."""
    message: str = ""
    """What the requester adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request with its envelope, and how AI is declared to have been used for its files."""

    request: Request
    """What it says."""
    envelope: bytes
    """The signed envelope."""
    declared: tuple[AiUse | None, ...]
    """The AI-use record of each of its files, None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestState:
    """A request and what became of it."""

    request: Request
    """What it says."""
    problem: str
    """Why it cannot be relied on; empty if it can."""
    answers: tuple[CheckedApproval, ...]
    """The approvals and denials that answer it, oldest first."""
    is_late: bool
    """Whether an answer was needed before now."""

    @property
    def waits(self) -> bool:
        """Whether nobody answered yet."""
        return not self.answers

    @property
    def state(self) -> str:
        """What became of it, in an approver's words."""
        if self.answers:
            newest = self.answers[-1]
            words = {"valid": "approved", "valid with conditions": "approved with conditions"}
            return words.get(newest.state, newest.state)
        if self.problem:
            return "unverified"
        return "overdue" if self.is_late else "requested"


class Requester:
    """Makes requests, and finds them."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        verifier: Verifier,
        registry: Registry,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._verifier = verifier
        self._registry = registry
        self._filer = Filer(registry, clock)
        self._rememberer = Rememberer(registry, clock)
        self._clock = clock

    def request(self, wish: Wish, signer: Signer) -> SentRequest:
        """Sign and store a request, bound to the files' bytes as they are now.

        Without categories it asks for those that are declared for the files. Raises UsageError for
        a damaged file or an answer needed in the past, UnreadableError if one cannot be opened.
        """
        now = self._clock()
        for name, moment in (("--until", wish.terms.valid_until), ("--answer-by", wish.answer_by)):
            if moment is not None and moment <= now:
                raise UsageError(f"{name} {moment:%Y-%m-%d %H:%M} UTC lies in the past")
        paths = dict.fromkeys(wish.paths)
        subjects = tuple(subject_of(self._examiner, path, self._rememberer) for path in paths)
        declared = tuple(self._verifier.ai_use(subject.essence_digest) for subject in subjects)
        request = Request(
            request_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=subjects,
            requester=wish.requester,
            addressee=wish.addressee,
            requested_at=now,
            terms=_with_categories(wish.terms, declared),
            answer_by=wish.answer_by,
            message=wish.message,
        )
        envelope = sign_statement(request_statement(request), signer)
        self._verifier.require_request(envelope)
        self.file(request, envelope)
        return SentRequest(request=request, envelope=envelope, declared=declared)

    def file(self, request: Request, envelope: bytes) -> StoredAttestation:
        """Store a signed request."""
        essences = essences_of(request.subjects)
        return self._filer.file(
            AttestationKind.REQUEST, request.request_id, envelope, subjects=essences
        )

    def find(self, request_id: str) -> Request:
        """Return the request of this id, or of the one id that begins so.

        Raises UsageError if there is none or several, AttestationError if nobody whom the trust
        list knows signed it.
        """
        return self._verifier.request(self._filer.find(AttestationKind.REQUEST, request_id))

    def read(self, path: Path) -> Request:
        """Return the request of a file, and keep it; raises as `find` does."""
        envelope = read_whole(path, MAX_ENVELOPE_SIZE)
        try:
            request = read_request(open_envelope(envelope).payload)
        except AttestationError as error:
            raise AttestationError(f"{shown(path)}: is no request: {error}") from error
        for stored in self._registry.attestations_of(request.request_id):
            if stored.kind is AttestationKind.REQUEST and stored.envelope != envelope:
                raise AttestationError(f"{shown(path)}: another request is kept under its id")
        known = self._filer.has(AttestationKind.REQUEST, request.request_id, envelope)
        if not known:
            self._verifier.require_request(envelope)
            self.file(request, envelope)
        return self.find(request.request_id)

    def states(self, approvals: Iterable[CheckedApproval]) -> tuple[RequestState, ...]:
        """Return every request with what became of it, oldest first."""
        answers = [one for one in approvals if one.approval.request_id]
        return tuple(
            state
            for stored in self._registry.attestations(AttestationKind.REQUEST)
            if (state := self._state(stored, answers)) is not None
        )

    def _state(
        self, stored: StoredAttestation, answers: Iterable[CheckedApproval]
    ) -> RequestState | None:
        problem = ""
        try:
            request = read_request(open_envelope(stored.envelope).payload)
        except AttestationError:
            return None
        try:
            self._verifier.request(stored)
        except AttestationError as error:
            problem = str(error)
        due = request.answer_by
        return RequestState(
            request=request,
            problem=problem,
            answers=tuple(one for one in answers if one.approval.request_id == request.request_id),
            is_late=due is not None and due < self._clock(),
        )


def _with_categories(terms: Terms, declared: Iterable[AiUse | None]) -> Terms:
    found = frozenset(category for one in declared if one for category in one.categories)
    return replace(terms, categories=terms.categories or found)
