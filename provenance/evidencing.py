"""Keep the documents behind approvals: by their digest, with what can be told of them."""

from collections.abc import Callable
from pathlib import Path

from provenance.attestation.evidence_kind import evidence_kind
from provenance.attestation.mail import TxtLookup, mail_facts
from provenance.errors import AttestationError, UnreadableError, UsageError
from provenance.isolation.interface import TaskRunner
from provenance.media.source import FileSource
from provenance.model.evidence import Evidence, EvidenceKind, MailFacts
from provenance.path_text import shown
from provenance.registry.interface import BlobStore

_PRIVATE_KEY = b"PRIVATE KEY-----"
LARGEST_EVIDENCE = 64 * 1024 * 1024


class EvidenceKeeper:
    """Takes documents in."""

    def __init__(self, blobs: BlobStore, mail_runner: Callable[[], TaskRunner]) -> None:
        self._blobs = blobs
        self._mail_runner = mail_runner

    def keep(self, path: Path, lookup: TxtLookup | None = None) -> Evidence:
        """Store a document and return what stands for it; a mail's signature is checked.

        Without a lookup it is not. Raises UsageError for an empty file or one that holds a
        private key, AttestationError for one that is too large, UnreadableError for one that
        cannot be read.
        """
        with FileSource(path) as source:
            data = whole(source, LARGEST_EVIDENCE)
            if not data:
                raise UsageError(f"{shown(path)}: an empty document is no evidence")
            if _PRIVATE_KEY in data:
                raise UsageError(
                    f"{shown(path)}: holds a private key, which stays with its holder; evidence is"
                    " handed on"
                )
            kind = evidence_kind(data)
            mail = self._mail(source, lookup) if kind is EvidenceKind.MAIL else None
            if not source.is_unchanged():
                raise UnreadableError(f"{shown(path)}: was written while it was read")
        return Evidence(
            name=shown(Path(path.name)),
            digest=self._blobs.put(data),
            size=len(data),
            kind=kind,
            mail=mail,
        )

    def _mail(self, source: FileSource, lookup: TxtLookup | None) -> MailFacts:
        return mail_facts(self._mail_runner(), source.descriptor, lookup)


def read_whole(path: Path, largest: int) -> bytes:
    """Return a file's bytes; raises AttestationError if there are more, UnreadableError if none."""
    with FileSource(path) as source:
        return whole(source, largest)


def whole(source: FileSource, largest: int) -> bytes:
    """Return an opened file's bytes; raises AttestationError if there are more."""
    if source.size > largest:
        raise AttestationError(f"{shown(source.path)}: larger than {largest} bytes")
    return source.pread(0, source.size)
