"""The trust list in force: what may follow what, and that nothing older or other is taken."""

import json
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from provenance.attestation.signers import trusted_key
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import opened_trust, sign_trust, write_trust
from provenance.attestation.trust_text import dump_trust
from provenance.attestation.trusted_key import KeyRole
from provenance.errors import ConfigError, RegistryError, UsageError
from provenance.registry.memory import MemoryRegistry
from provenance.registry.records import AttestationKind
from provenance.trusting import RECORD_ID, TrustKeeper
from tests.exhaustive import exhaustive

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ROOT = frozenset({KeyRole.ROOT})


def person(number: int) -> CryptoSigner:
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


ANNA, BERT, CARA = person(1), person(2), person(3)


def roots(*people: tuple[CryptoSigner, str], threshold: int = 1) -> TrustList:
    keys = [trusted_key(signer, name, roles=ROOT) for signer, name in people]
    return TrustList.of(keys, serial=1, root_threshold=threshold)


FIRST = roots((ANNA, "Anna"))


@dataclass(slots=True)
class Desk:
    """A trust file, the registry beside it, and a clock that stands."""

    path: Path
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    now: datetime = NOW

    @property
    def keeper(self) -> TrustKeeper:
        return TrustKeeper(self.path, self.registry, lambda: self.now)

    @property
    def signature(self) -> Path:
        return self.path.with_name("trust.toml.sig")

    @property
    def serials(self) -> list[int]:
        """The filed editions, by the text in their envelopes."""
        return [opened_trust(stored.envelope)[0].serial for stored in self.keeper.editions()]

    def put(self, trust: TrustList, *signers: CryptoSigner) -> bytes:
        """Write a signed list to the file; nobody of ours is asked."""
        signed = sign_trust(trust, signers or (ANNA,))
        write_trust(self.path, signed)
        return signed.envelope

    def put_unsigned(self) -> None:
        self.path.write_text('schema = "provenance-trust"\nversion = 1\n')
        self.signature.unlink(missing_ok=True)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "trust.toml")


def edition(serial: int, trust: TrustList = FIRST, **changes: object) -> TrustList:
    return replace(trust, serial=serial, **changes)


class TestLoading:
    def test_the_first_list_is_filed_byte_for_byte(self, desk: Desk) -> None:
        envelope = desk.put(FIRST)
        assert desk.keeper.load() == FIRST
        (stored,) = desk.registry.attestations_of(RECORD_ID)
        assert (stored.kind, stored.envelope) == (AttestationKind.TRUST, envelope)
        assert stored.recorded_at == NOW

    def test_loading_again_files_nothing_more(self, desk: Desk) -> None:
        desk.put(FIRST)
        for _ in range(3):
            desk.keeper.load()
        assert desk.serials == [1]

    def test_a_later_edition_of_the_same_root_is_filed(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.load()
        desk.put(edition(4))
        assert desk.keeper.load().serial == 4
        assert desk.serials == [1, 4]

    def test_an_unsigned_list_holds_where_none_was_ever_signed(self, desk: Desk) -> None:
        desk.put_unsigned()
        assert desk.keeper.load().serial == 0
        assert desk.serials == []

    def test_a_missing_list_says_how_to_get_it_back(self, desk: Desk) -> None:
        with pytest.raises(ConfigError, match=r"no trust list at .*trust\.toml"):
            desk.keeper.load()
        desk.put(FIRST)
        desk.keeper.load()
        desk.path.unlink()
        with pytest.raises(ConfigError, match=r"no trust list .* provenance keys restore"):
            desk.keeper.load()

    def test_an_expired_list_is_refused_and_can_still_be_renewed(self, desk: Desk) -> None:
        desk.put(edition(1, expires=NOW))
        assert desk.keeper.load().expires == NOW
        desk.now += timedelta(seconds=1)
        with pytest.raises(ConfigError, match=r"expired on 2026-11-03 .* provenance keys renew"):
            desk.keeper.load()
        desk.keeper.amend(edition(2, expires=NOW + timedelta(days=1)), [ANNA])
        assert desk.keeper.load().serial == 2

    def test_an_edition_altered_in_the_registry_stops_everything(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.load()
        (stored,) = desk.keeper.editions()
        forged = replace(stored, attestation_id="x", envelope=stored.envelope[:-9])
        desk.registry.add_attestation(forged)
        with pytest.raises(RegistryError, match=r"filed on 2026-11-03 .* altered in the registry"):
            desk.keeper.load()


class TestWhatMayNotFollow:
    @pytest.fixture(autouse=True)
    def _seen(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.load()
        desk.put(edition(2))
        desk.keeper.load()

    def refused(self, desk: Desk, sentence: str) -> None:
        with pytest.raises(ConfigError, match=sentence) as caught:
            desk.keeper.load()
        assert "provenance keys restore" in str(caught.value)
        assert desk.serials == [1, 2]
        assert desk.keeper.restore().trust == edition(2)
        assert desk.keeper.load().serial == 2

    def test_an_older_list_put_back(self, desk: Desk) -> None:
        desk.put(FIRST)
        self.refused(desk, "edition 1 .* edition 2 was seen: an older list was put back")

    def test_another_list_of_the_same_edition(self, desk: Desk) -> None:
        desk.put(edition(2, expires=NOW + timedelta(days=9)))
        self.refused(desk, "another list or signature was filed as that edition")

    def test_the_same_list_with_its_signature_written_otherwise(self, desk: Desk) -> None:
        fields = json.loads(desk.signature.read_bytes())
        desk.signature.write_text(json.dumps(fields, indent=1))
        self.refused(desk, "another list or signature was filed as that edition")

    def test_the_same_list_written_otherwise(self, desk: Desk) -> None:
        desk.path.write_text(dump_trust(edition(2)) + "\n")
        self.refused(desk, "edited after signing")

    def test_an_unsigned_list(self, desk: Desk) -> None:
        desk.put_unsigned()
        self.refused(desk, "unsigned one of version 1, and edition 2")

    def test_a_later_list_of_a_stranger(self, desk: Desk) -> None:
        desk.put(edition(3, roots((BERT, "Bert"))), BERT)
        self.refused(desk, "signed by 0 of the 1 root holders .* edition before it")

    def test_a_later_list_of_a_stranger_who_takes_the_name_of_the_root(self, desk: Desk) -> None:
        desk.put(edition(3, roots((BERT, "Anna"))), BERT)
        self.refused(desk, "signed by 0 of the 1 root holders .* edition before it")

    def test_a_list_without_its_signature(self, desk: Desk) -> None:
        desk.signature.unlink()
        self.refused(desk, "its signature .* is missing")


def flipped(path: Path, load: Callable[[], object]) -> list[int]:
    """Return the bytes of a file that can be changed with nobody noticing."""
    sound = path.read_bytes()
    unnoticed = []
    for at in range(len(sound)):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            changed = bytearray(sound)
            changed[at] ^= mask
            path.write_bytes(changed)
            try:
                load()
            except ConfigError:
                continue
            unnoticed.append(at)
    path.write_bytes(sound)
    return unnoticed


@exhaustive
@pytest.mark.parametrize("name", ["trust.toml", "trust.toml.sig"])
def test_every_changed_byte_of_the_trust_files_is_noticed(desk: Desk, name: str) -> None:
    desk.put(FIRST)
    desk.keeper.load()
    assert flipped(desk.path.with_name(name), desk.keeper.load) == []
    assert desk.keeper.load() == FIRST


@exhaustive
@pytest.mark.parametrize("name", ["trust.toml", "trust.toml.sig"])
def test_a_trust_file_cut_at_any_length_is_noticed(desk: Desk, name: str) -> None:
    desk.put(FIRST)
    desk.keeper.load()
    path = desk.path.with_name(name)
    sound = path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(ConfigError):
            desk.keeper.load()


class TestChanging:
    def test_a_new_edition_is_in_force_and_filed_at_once(self, desk: Desk) -> None:
        desk.put(FIRST)
        signed = desk.keeper.amend(edition(2), [ANNA])
        assert desk.serials == [1, 2]
        assert desk.signature.read_bytes() == signed.envelope
        assert desk.keeper.load().serial == 2

    def test_an_edition_that_is_not_the_next_is_refused(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.amend(edition(2), [ANNA])
        with pytest.raises(UsageError, match=r"edition 2 .* somebody changed it meanwhile"):
            desk.keeper.amend(edition(2), [ANNA])
        assert desk.serials == [1, 2]

    def test_a_signature_of_no_root_changes_nothing(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.load()
        before = desk.path.read_bytes(), desk.signature.read_bytes()
        for later in (edition(2), edition(2, roots((BERT, "Bert")))):
            with pytest.raises(ConfigError, match="root holders"):
                desk.keeper.amend(later, [BERT])
        assert (desk.path.read_bytes(), desk.signature.read_bytes()) == before
        assert desk.serials == [1]

    def test_an_edition_without_a_root_is_refused(self, desk: Desk) -> None:
        desk.put(FIRST)
        with pytest.raises(ConfigError, match="root holders"):
            desk.keeper.amend(TrustList.of([], serial=2), [ANNA])

    def test_a_crash_before_filing_leaves_a_list_that_is_filed_next(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.load()
        desk.put(edition(2))  # all that a crashed change had time for
        assert desk.keeper.load().serial == 2
        assert desk.serials == [1, 2]

    def test_an_unsigned_list_is_followed_by_a_signed_one(self, desk: Desk) -> None:
        desk.put_unsigned()
        desk.keeper.amend(FIRST, [ANNA])
        assert desk.keeper.load() == FIRST
        assert desk.serials == [1]

    def test_there_is_nothing_to_restore_where_nothing_was_filed(self, desk: Desk) -> None:
        with pytest.raises(UsageError, match="no trust list was ever filed"):
            desk.keeper.restore()

    def test_what_is_restored_is_the_newest_edition_byte_for_byte(self, desk: Desk) -> None:
        desk.put(FIRST)
        desk.keeper.load()
        desk.keeper.amend(edition(2), [ANNA])
        before = desk.path.read_bytes(), desk.signature.read_bytes()
        desk.path.unlink()
        desk.signature.write_bytes(b"")
        desk.keeper.restore()
        assert (desk.path.read_bytes(), desk.signature.read_bytes()) == before


class TestThresholds:
    def test_two_keys_of_one_holder_count_once(self, desk: Desk) -> None:
        anna_twice = roots((ANNA, "Anna"), (CARA, "ANNA"), (BERT, "Bert"), threshold=2)
        with pytest.raises(ConfigError, match="signed by 1 of the 2 root holders"):
            sign_trust(anna_twice, [ANNA, CARA])
        desk.put(anna_twice, ANNA, BERT)
        assert desk.keeper.load() == anna_twice

    def test_two_signatures_of_one_key_count_once(self, desk: Desk) -> None:
        two = roots((ANNA, "Anna"), (BERT, "Bert"), threshold=2)
        desk.put(two, ANNA, BERT)
        fields = json.loads(desk.signature.read_bytes())
        fields["signatures"] = [fields["signatures"][0]] * 2
        desk.signature.write_text(json.dumps(fields))
        with pytest.raises(ConfigError):
            desk.keeper.load()

    def test_the_threshold_before_holds_for_what_follows(self, desk: Desk) -> None:
        two = roots((ANNA, "Anna"), (BERT, "Bert"), threshold=2)
        desk.put(two, ANNA, BERT)
        desk.keeper.load()
        alone = edition(2, FIRST)
        with pytest.raises(ConfigError, match="signed by 1 of the 2 root holders"):
            desk.keeper.amend(alone, [ANNA])
        desk.keeper.amend(alone, [ANNA, BERT])
        assert desk.keeper.load() == alone

    def test_a_wrong_signature_beside_enough_right_ones_is_refused(self, desk: Desk) -> None:
        both = roots((ANNA, "Anna"), (BERT, "Bert"))
        desk.put(both, ANNA, BERT)
        fields = json.loads(desk.signature.read_bytes())
        sig = fields["signatures"][1]["sig"]
        fields["signatures"][1]["sig"] = ("B" if sig[0] == "A" else "A") + sig[1:]
        desk.signature.write_text(json.dumps(fields))
        with pytest.raises(ConfigError, match="not what Bert signed"):
            desk.keeper.load()


class TestRotation:
    def rotated(self, desk: Desk) -> TrustList:
        """Put in force that Bert's root key takes the place of Anna's."""
        old, new = trusted_key(ANNA, "Anna", roles=ROOT), trusted_key(BERT, "Bert", roles=ROOT)
        desk.put(FIRST)
        later = TrustList.of([replace(old, retired_at=NOW), new], serial=2)
        return desk.keeper.amend(later, [ANNA, BERT]).trust

    def test_both_must_sign(self, desk: Desk) -> None:
        desk.put(FIRST)
        later = edition(2, roots((BERT, "Bert")))
        for signers in ([ANNA], [BERT]):
            with pytest.raises(ConfigError, match="root holders"):
                desk.keeper.amend(later, signers)
        assert desk.keeper.amend(later, [ANNA, BERT]).trust == later

    def test_afterwards_only_the_new_one_can_change_the_list(self, desk: Desk) -> None:
        later = self.rotated(desk)
        with pytest.raises(ConfigError, match="root holders"):
            desk.keeper.amend(edition(3, later), [ANNA])
        desk.put(edition(3))  # the retired root makes a list in which it is root still
        with pytest.raises(ConfigError, match="edition before it"):
            desk.keeper.load()
        desk.keeper.restore()
        assert desk.keeper.amend(edition(3, later), [BERT]).trust.serial == 3

    def test_the_list_from_before_cannot_be_put_back(self, desk: Desk, tmp_path: Path) -> None:
        desk.put(FIRST)
        kept = tmp_path / "kept"
        kept.mkdir()
        for path in (desk.path, desk.signature):
            shutil.copy(path, kept)
        self.rotated(desk)
        for path in kept.iterdir():
            shutil.copy(path, desk.path.parent)
        with pytest.raises(ConfigError, match="an older list was put back"):
            desk.keeper.load()


def test_of_two_changes_at_once_one_is_told_of_the_other(desk: Desk) -> None:
    desk.put(FIRST)
    desk.keeper.load()
    begin = threading.Barrier(2)

    def change(days: int) -> str:
        begin.wait()
        try:
            desk.keeper.amend(edition(2, expires=NOW + timedelta(days=days)), [ANNA])
        except UsageError as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(change, (1, 2)))
    assert outcomes[0] == "done"
    assert "somebody changed it meanwhile" in outcomes[1]
    assert desk.serials == [1, 2]
    assert desk.keeper.load().serial == 2


def test_an_edition_is_read_again_only_when_its_files_change(desk: Desk) -> None:
    desk.put(FIRST)
    keeper = desk.keeper
    first = keeper.load()
    assert keeper.load() is first
    desk.put(edition(2))
    assert keeper.load().serial == 2
    desk.signature.unlink()
    with pytest.raises(ConfigError, match="is missing"):
        keeper.load()


def test_a_list_that_many_read_for_the_first_time_is_filed_once(desk: Desk) -> None:
    desk.put(FIRST)
    begin = threading.Barrier(8)

    def load(_: int) -> TrustList:
        begin.wait()
        return desk.keeper.load()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(load, range(8))) == [FIRST] * 8
    assert desk.serials == [1]
