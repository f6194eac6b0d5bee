"""What becomes of approvals when the keys that signed them go."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from provenance.approving import ApprovalRequest
from provenance.attestation import trust_edits
from provenance.attestation.founding import ROOT_KEY
from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trust import TrustList
from provenance.config import DATA_FOLDER, KEYS_FOLDER
from provenance.errors import ConfigError
from provenance.model.approval import ApprovalStatus, CheckedApproval
from provenance.model.finding import Verdict
from provenance.model.party import Party
from provenance.registry.records import AttestationKind
from provenance.stores import TRUST_FILE
from provenance.trusting import TrustKeeper
from tests.usecases.studio import USE, Studio
from tests.usecases.tampering import Sample, tagged


@pytest.fixture
def file(studio: Studio, sample: Sample) -> Path:
    return tagged(studio, sample, "png")


@pytest.fixture
def jo(studio: Studio) -> Path:
    """Return the key of a person whom the production trusts to approve."""
    path = studio.home / "jo.pem"
    key = create_key(path, "Jo")
    amend(studio, trust_edits.add_keys(studio.production.trust, [key]))
    return path


def amend(studio: Studio, later: TrustList) -> None:
    """Put an edition in force with the root key of `init`, and open the production anew."""
    root = load_signer(studio.home / DATA_FOLDER / KEYS_FOLDER / ROOT_KEY)
    studio.production.trust_keeper.amend(later, [root])
    studio.clock.advance(hours=1)
    studio.reopen()


def approve(studio: Studio, file: Path, key: Path) -> CheckedApproval:
    mail = studio.home / "mail.eml"
    mail.write_text("You may use it.")
    request = ApprovalRequest(
        paths=(file,), approver=Party(name="Jo"), evidence=(mail,), uses=frozenset({USE})
    )
    return studio.production.approver.approve(request, load_signer(key))


def retire(studio: Studio, key: Path) -> None:
    keyid = load_signer(key).public_key.keyid
    trust = studio.production.trust
    amend(studio, trust_edits.retire_key(trust, keyid, studio.clock()))


def test_what_a_retired_key_approved_before_still_holds(
    studio: Studio, file: Path, jo: Path
) -> None:
    assert approve(studio, file, jo).status is ApprovalStatus.VALID
    studio.clock.advance(hours=1)
    retire(studio, jo)
    assert studio.verdict(file) is Verdict.PASS


def test_what_a_retired_key_approves_afterwards_does_not(
    studio: Studio, file: Path, jo: Path
) -> None:
    retire(studio, jo)
    late = approve(studio, file, jo)
    assert late.status is ApprovalStatus.UNKNOWN_KEY
    assert "retired on" in late.reason
    assert studio.verdict(file) is Verdict.BLOCK


def test_a_back_dated_approval_of_a_retired_key_does_not_hold(
    studio: Studio, file: Path, jo: Path
) -> None:
    retire(studio, jo)
    begun = studio.clock.now
    studio.clock.advance(days=-1)
    back_dated = approve(studio, file, jo)
    (stored,) = studio.production.registry.attestations(AttestationKind.APPROVAL)
    studio.clock.now = begun
    other = replace(stored, attestation_id="taken over", recorded_at=begun)
    assert studio.production.verifier.check(other).status is ApprovalStatus.UNKNOWN_KEY
    assert back_dated.approval.approved_at < begun


def test_nothing_that_a_revoked_key_approved_holds(studio: Studio, file: Path, jo: Path) -> None:
    approve(studio, file, jo)
    studio.clock.advance(hours=1)
    assert studio.verdict(file) is Verdict.PASS
    keyid = load_signer(jo).public_key.keyid
    amend(studio, trust_edits.revoke_key(studio.production.trust, keyid, "laptop stolen"))
    assert studio.verdict(file) is Verdict.BLOCK
    assert "the key of Jo, which was revoked (laptop stolen)" in studio.messages(file)


def test_a_retired_key_that_is_revoked_later_counts_no_more(
    studio: Studio, file: Path, jo: Path
) -> None:
    approve(studio, file, jo)
    studio.clock.advance(hours=1)
    retire(studio, jo)
    keyid = load_signer(jo).public_key.keyid
    amend(studio, trust_edits.revoke_key(studio.production.trust, keyid, "copied before"))
    assert studio.verdict(file) is Verdict.BLOCK


def test_approvals_outlive_a_new_root(studio: Studio, file: Path, jo: Path) -> None:
    approve(studio, file, jo)
    new_root = studio.home / "root-2.pem"
    entry = create_key(new_root, "Root", roles=studio.production.trust.roots[0].roles)
    trust = studio.production.trust
    old = load_signer(studio.home / DATA_FOLDER / KEYS_FOLDER / ROOT_KEY)
    later = trust_edits.rotate_root(trust, old.public_key.keyid, entry, studio.clock())
    studio.production.trust_keeper.amend(later, [old, load_signer(new_root)])
    studio.reopen()
    assert studio.production.trust == later
    assert studio.verdict(file) is Verdict.PASS


def test_a_gate_that_is_running_takes_up_what_becomes_of_a_key(
    studio: Studio, file: Path, jo: Path
) -> None:
    approve(studio, file, jo)
    scanner, options = studio.production.scanner, studio.production.scan_options()
    assert scanner.scan((file,), options).verdict is Verdict.PASS
    keyid = load_signer(jo).public_key.keyid
    root = load_signer(studio.home / DATA_FOLDER / KEYS_FOLDER / ROOT_KEY)
    elsewhere = TrustKeeper(
        studio.home / DATA_FOLDER / TRUST_FILE, studio.production.registry, studio.clock
    )
    elsewhere.amend(trust_edits.revoke_key(elsewhere.load(), keyid, "laptop stolen"), [root])
    assert scanner.scan((file,), options).verdict is Verdict.BLOCK


def test_a_gate_that_is_running_notices_that_the_list_expires(
    studio: Studio, file: Path, jo: Path
) -> None:
    approve(studio, file, jo)
    later = trust_edits.renew(studio.production.trust, studio.clock() + timedelta(hours=2))
    amend(studio, later)
    assert studio.verdict(file) is Verdict.PASS
    studio.clock.advance(hours=2)
    with pytest.raises(ConfigError, match="expired"):
        studio.verdict(file)
