"""The first keys of a production, and the first edition of its trust list."""

import uuid
from pathlib import Path

from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import sign_trust, write_trust
from provenance.attestation.trusted_key import KeyRole

ROOT_KEY = "root.pem"
"""Signs the trust list; it may lie in a safe until the list changes."""
APPROVER_KEY = "approver.pem"
"""Signs approvals, AI-use records and overrides."""
GATE_KEY = "gate.pem"
"""Signs receipts and checkpoints of the log; the gate needs it without a passphrase."""

_ROLES = {
    ROOT_KEY: ("trust root", {KeyRole.ROOT}),
    APPROVER_KEY: ("local approver", {KeyRole.APPROVER, KeyRole.RECORDER, KeyRole.OVERRIDE}),
    GATE_KEY: ("gate", {KeyRole.GATE}),
}


def found_trust(keys: Path, trust_path: Path, name: str) -> TrustList:
    """Make the keys of a production in a folder and write the list that trusts them.

    Raises UsageError if one of them is there already.
    """
    made = [
        create_key(keys / file, f"{name}: {what}", roles=frozenset(roles))
        for file, (what, roles) in _ROLES.items()
    ]
    signed = sign_trust(
        TrustList.of(made, list_id=f"urn:uuid:{uuid.uuid4()}", serial=1),
        [load_signer(keys / ROOT_KEY)],
    )
    write_trust(trust_path, signed)
    return signed.trust
