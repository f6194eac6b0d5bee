"""What sort of document evidence is: by its bytes, whatever its name."""

import pytest

from provenance.attestation.evidence_kind import evidence_kind
from provenance.model.evidence import EvidenceKind
from tests.attestation.mails import MAIL, signed
from tests.cli.running import sample


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", EvidenceKind.PDF),
        (b"\0\0junk before\n%PDF-1.4\n", EvidenceKind.PDF),
        (MAIL, EvidenceKind.MAIL),
        (MAIL.replace(b"\r\n", b"\n"), EvidenceKind.MAIL),
        (signed(), EvidenceKind.MAIL),
        (b"From: jo@studio.example\nnot a header\n", EvidenceKind.TICKET),
        (b"Subject: x\nDate: y\n\nno sender", EvidenceKind.TICKET),
        (b'{"key": "VFX-17", "status": "approved"}', EvidenceKind.TICKET),
        (b"\xef\xbb\xbfkey;status\nVFX-17;approved\n", EvidenceKind.TICKET),
        (b"You may use it.", EvidenceKind.OTHER),
        (b"\xff\xfe\0binary", EvidenceKind.OTHER),
        (b" \n", EvidenceKind.OTHER),
        *((sample(name), EvidenceKind.IMAGE) for name in ("png", "jpeg", "gif", "webp", "tiff")),
    ],
)  # fmt: skip
def test_bytes_say_what_a_document_is(data: bytes, kind: EvidenceKind) -> None:
    assert evidence_kind(data) is kind
