"""What every registry keeps to, whatever it is kept in."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import provenance
from provenance.errors import LeaseLostError, RegistryError
from provenance.model.digest import Digest, sha256_digest
from provenance.model.known_essences import MOST_ATTESTED, KnownEssences, known_of
from provenance.model.log import EventKind, LogCheckpoint, LogEvent
from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy
from provenance.registry.backends import BACKENDS, Backend, check, migrate, open_registry
from provenance.registry.interface import Registry
from provenance.registry.lease import Lease
from provenance.registry.records import (
    AssetRecord,
    AssetStatus,
    AttestationKind,
    Sighting,
    StoredAttestation,
    WriteIntent,
)

NOON = datetime(2026, 11, 3, 12, 0, 0, 123456, tzinfo=UTC)

URLS: dict[str, Callable[[pytest.FixtureRequest, Path], str]] = {
    "memory": lambda _request, _directory: "memory:",
    "sqlite": lambda _request, directory: f"sqlite:///{directory}/registry.db",
    "postgresql": lambda request, _directory: request.getfixturevalue("postgres_url"),
}
"""How a test gets an empty place; a backend without an entry fails every test."""

HOUR = 3600.0
DURABLE = [backend for backend in BACKENDS if backend.scheme != "memory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    url: str
    checkpoint: Path

    @contextmanager
    def opened(self) -> Iterator[Registry]:
        registry = open_registry(self.url, self.checkpoint)
        try:
            yield registry
        finally:
            registry.close()


def empty_place(backend: Backend, request: pytest.FixtureRequest, directory: Path) -> Place:
    url = URLS[backend.scheme](request, directory)
    place = Place(url=url, checkpoint=directory / "checkpoint.json")
    migrate(place.url)
    return place


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.scheme)
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with empty_place(request.param, request, tmp_path).opened() as opened:
        yield opened


@pytest.fixture(params=DURABLE, ids=lambda backend: backend.scheme)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return empty_place(request.param, request, tmp_path)


def digest_of(number: int) -> Digest:
    return sha256_digest(str(number).encode())


def asset(number: int) -> AssetRecord:
    return AssetRecord(
        asset_id=f"urn:uuid:{number}",
        essence_digest=digest_of(number),
        essence_length=1000 + number,
        essence_lead=b"\x00\xff" + str(number).encode(),
        media_type="image/png",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        declared_by=DeclaredBy.SIGNAL,
        reasons=("c2pa-source-type", "sagt „KI“ \u0000"),
        recorded_at=NOON,
        generator=Generator(tool="Firefly \ud800", model="3", version="1.0"),
    )


def sighting(number: int, path: str, *, seen_at: datetime = NOON) -> Sighting:
    return Sighting(
        asset_id=f"urn:uuid:{number}",
        path=path,
        file_digest=sha256_digest(path.encode(errors="surrogateescape")),
        carriers=("c2pa", "xmp"),
        seen_at=seen_at,
        undo=digest_of(99),
    )


def intent(number: int) -> WriteIntent:
    return WriteIntent(
        intent_id=f"w{number}", path="/a/b\udcff.png", staging="/a/.b\udcff.staging", begun_at=NOON
    )


def attestation(
    number: int, *subjects: int, kind: AttestationKind = AttestationKind.APPROVAL
) -> StoredAttestation:
    return StoredAttestation(
        attestation_id=f"a{number}",
        kind=kind,
        approval_id="urn:uuid:approval",
        envelope=b'{"payload": "\x00\xff"}',
        subjects=tuple(digest_of(subject) for subject in subjects),
        recorded_at=NOON,
    )


def event(number: int, kind: EventKind = EventKind.SCAN) -> LogEvent:
    detail = {"verdict": "block", "files": 3, "policy": "„Haus“"}
    return LogEvent(event_id=f"e{number}", kind=kind, at=NOON, detail=detail)


def log_checkpoint(number: int) -> LogCheckpoint:
    return LogCheckpoint(
        checkpoint_id=f"c{number}", covers=number, envelope=b"\x00signed\xff", recorded_at=NOON
    )


def test_a_recorded_asset_is_found_by_essence_and_by_id(registry):
    assert registry.record_asset(asset(1)) == asset(1)
    assert registry.find_by_essence(asset(1).essence_digest) == asset(1)
    assert registry.find_by_id(asset(1).asset_id) == asset(1)
    assert registry.count_assets() == 1


def test_an_asset_whose_maker_is_unknown_reads_back(registry):
    bare = replace(asset(1), generator=None, reasons=())
    registry.record_asset(bare)
    assert registry.find_by_id(bare.asset_id) == bare


def unled(record: AssetRecord) -> AssetRecord:
    """Return the asset as it was recorded before there were leads."""
    return replace(record, essence_lead=b"")


def test_lengths_and_leads_of_all_essences_are_known(registry):
    assert registry.known_essences() == KnownEssences(attested=frozenset())
    registry.record_asset(asset(1))
    registry.record_asset(unled(asset(2)))
    registry.record_frames(PLACE, [*frames(3), unled(frames(4)[0])])
    registry.withdraw_asset("urn:uuid:1", "it may be asked for none the less")
    assert registry.known_essences() == KnownEssences(
        lengths=frozenset(asset(number).essence_length for number in (1, 2, 3, 4)),
        leads=frozenset(asset(number).essence_lead for number in (1, 3)),
        unled=frozenset(asset(number).essence_length for number in (2, 4)),
        attested=frozenset(),
    )


def test_essences_that_anything_attests_are_known(registry):
    registry.add_attestation(attestation(1, 7))
    registry.add_attestation(attestation(2, 8, kind=AttestationKind.OVERRIDE))
    known = registry.known_essences()
    asked = [known.may_be_attested(digest_of(number)) for number in (7, 8, 9)]
    assert asked == [True, True, False]


def test_of_very_many_attested_essences_each_may_be_one():
    many = map(digest_of, range(MOST_ATTESTED + 1))
    assert known_of((), many).may_be_attested(digest_of(-1))


@pytest.mark.parametrize("is_frame", [False, True], ids=["an asset", "named as a frame"])
def test_what_was_recorded_without_a_lead_gets_it_when_it_is_recorded_again(registry, is_frame):
    registry.record_asset(unled(asset(1)))
    again = replace(asset(1), asset_id="urn:uuid:other", media_type="image/jpeg")
    if is_frame:
        assert registry.record_frames(PLACE, [again]) == (asset(1),)
    else:
        assert registry.record_asset(again) == asset(1)
    assert registry.find_by_essence(digest_of(1)) == registry.find_by_id("urn:uuid:1") == asset(1)
    assert registry.known_essences().leads == {asset(1).essence_lead}
    before = registry.sequence
    assert registry.record_asset(replace(asset(1), essence_lead=b"another")) == asset(1)
    assert registry.record_asset(unled(asset(1))) == asset(1)
    assert registry.sequence == before


def test_a_withdrawn_asset_gets_its_lead_when_it_becomes_temporary(registry):
    registry.record_asset(unled(asset(1)))
    registry.withdraw_asset("urn:uuid:1", "a slip")
    assert registry.record_asset(asset(1)) == registry.find_by_id("urn:uuid:1") == asset(1)


def test_a_frame_that_was_recorded_without_a_lead_stays_so(registry):
    stored = registry.record_frames(PLACE, [unled(frames(1)[0]), *frames(2)])
    before = registry.sequence
    assert registry.record_frames(PLACE, frames(1, 2)) == stored
    assert registry.record_asset(asset(1)) == stored[0]
    assert registry.sequence == before
    assert registry.known_essences().unled == {asset(1).essence_length}


def test_the_log_covers_leads_and_their_absence(place):
    with place.opened() as registry:
        registry.record_asset(unled(asset(1)))
        registry.record_asset(unled(asset(2)))
        registry.record_asset(asset(2))
        registry.record_frames(PLACE, [*frames(3, 4), unled(frames(5)[0])])
        assert registry.log()[2].action == "asset-lead"
    assert check(place.url, place.checkpoint) == ()


def test_a_time_of_another_zone_is_the_same_moment(registry):
    eastern = NOON.astimezone(timezone(timedelta(hours=-5)))
    registry.record_asset(replace(asset(1), recorded_at=eastern))
    assert registry.find_by_id("urn:uuid:1").recorded_at == eastern


def test_what_was_never_recorded_is_not_found(registry):
    registry.record_asset(asset(1))
    assert registry.find_by_essence(digest_of(2)) is None
    assert registry.find_by_id("urn:uuid:2") is None
    assert registry.find_sighting("/nowhere") is None
    assert registry.sightings_of("urn:uuid:2") == ()
    assert registry.attestations_for(digest_of(2), AttestationKind.APPROVAL) == ()
    assert registry.attestations_of("urn:uuid:2") == ()
    with pytest.raises(RegistryError, match="urn:uuid:2"):
        registry.withdraw_asset("urn:uuid:2", "no reason")
    with pytest.raises(RegistryError, match="urn:uuid:2"):
        registry.record_sighting(sighting(2, "/a"))


def test_an_essence_recorded_twice_keeps_its_first_record(registry):
    registry.record_asset(asset(1))
    before = registry.sequence
    again = replace(asset(1), asset_id="urn:uuid:other", media_type="image/jpeg")
    assert registry.record_asset(again) == asset(1)
    assert registry.find_by_id("urn:uuid:other") is None
    assert registry.count_assets() == 1
    assert registry.sequence == before


def test_an_asset_id_cannot_name_two_essences(registry):
    registry.record_asset(asset(1))
    with pytest.raises(RegistryError, match="urn:uuid:1 belongs to another essence"):
        registry.record_asset(replace(asset(2), asset_id="urn:uuid:1"))
    assert registry.find_by_essence(digest_of(2)) is None


def test_a_withdrawn_asset_is_known_and_becomes_temporary_when_recorded_again(registry):
    registry.record_asset(asset(1))
    registry.withdraw_asset("urn:uuid:1", "a photograph after all")
    withdrawn = registry.find_by_essence(digest_of(1))
    assert withdrawn.status is AssetStatus.WITHDRAWN
    assert withdrawn.withdrawn_reason == "a photograph after all"
    assert registry.count_assets() == 0
    assert registry.record_asset(replace(asset(1), asset_id="urn:uuid:other")) == asset(1)
    assert registry.find_by_id("urn:uuid:1") == asset(1)


def test_every_asset_is_listed_withdrawn_ones_too(registry):
    assert registry.assets() == ()
    later = replace(asset(1), recorded_at=NOON + timedelta(seconds=1))
    for record in (later, asset(3), asset(2)):
        registry.record_asset(record)
    registry.withdraw_asset("urn:uuid:2", "A slip")
    assert [one.asset_id for one in registry.assets()] == [
        *("urn:uuid:2", "urn:uuid:3", "urn:uuid:1"),
    ]
    assert registry.assets()[0].status is AssetStatus.WITHDRAWN


def test_sightings_read_back_oldest_first(registry):
    registry.record_asset(asset(1))
    seen = [sighting(1, "/a"), replace(sighting(1, "/b"), carriers=(), undo=None)]
    for one in seen:
        registry.record_sighting(one)
    assert registry.sightings_of("urn:uuid:1") == tuple(seen)


def test_an_asset_and_its_sighting_are_stored_together_under_the_first_id(registry):
    registry.record_asset(asset(1), sighting(1, "/a"))
    again = replace(asset(1), asset_id="urn:uuid:other")
    other = replace(sighting(1, "/b"), asset_id="urn:uuid:other")
    assert registry.record_asset(again, other) == asset(1)
    assert registry.sightings_of("urn:uuid:1") == (sighting(1, "/a"), sighting(1, "/b"))
    with pytest.raises(RegistryError, match="urn:uuid:1 belongs to another essence"):
        registry.record_asset(replace(asset(2), asset_id="urn:uuid:1"), sighting(2, "/c"))
    assert registry.find_sighting("/c") is None


def test_a_sighting_is_renewed_and_then_the_newest(registry):
    registry.record_asset(asset(1))
    for path in ("/a", "/b"):
        registry.record_sighting(sighting(1, path))
    renewed = replace(sighting(1, "/a"), seen_at=NOON + timedelta(hours=1), carriers=("xmp",))
    registry.record_sighting(renewed)
    assert registry.sightings_of("urn:uuid:1") == (sighting(1, "/b"), renewed)


def test_the_newest_sighting_at_a_path_is_found_even_if_the_clock_went_back(registry):
    for number in (1, 2):
        registry.record_asset(asset(number))
        earlier = NOON - timedelta(days=number)
        registry.record_sighting(sighting(number, "/a", seen_at=earlier))
    assert registry.find_sighting("/a").asset_id == "urn:uuid:2"


@pytest.mark.parametrize(
    "path",
    ["/a/\udcff\udc80.png", "/a/new\nline", "/a/e\u0301", "/" + "x" * 4095],
    ids=["no UTF-8", "line feed", "decomposed", "longest"],
)
def test_any_path_that_a_file_can_have_reads_back(registry, path):
    registry.record_asset(asset(1))
    registry.record_sighting(sighting(1, path))
    assert registry.find_sighting(path) == sighting(1, path)
    assert registry.find_sighting("/a/\u00e9") is None


def test_writes_stay_open_until_they_are_settled(registry):
    for number in (2, 1):
        registry.begin_write(intent(number))
    assert registry.open_writes() == (intent(2), intent(1))
    registry.end_write("w2")
    assert registry.open_writes() == (intent(1),)


def test_a_write_cannot_be_announced_twice_but_settled_as_often_as_one_likes(registry):
    registry.begin_write(intent(1))
    with pytest.raises(RegistryError, match="w1 is already recorded"):
        registry.begin_write(intent(1))
    registry.end_write("w1")
    before = registry.sequence
    registry.end_write("w1")
    assert registry.sequence == before


def test_approvals_are_found_by_each_subject_and_by_their_id(registry):
    both, one = attestation(1, 8, 7), attestation(2, 7)
    revocation = attestation(3, kind=AttestationKind.REVOCATION)
    for stored in (both, one, revocation):
        registry.add_attestation(stored)
    assert registry.attestations_for(digest_of(7), AttestationKind.APPROVAL) == (both, one)
    assert registry.attestations_for(digest_of(8), AttestationKind.APPROVAL) == (both,)
    assert registry.attestations_of("urn:uuid:approval") == (both, one, revocation)
    assert registry.attestations(AttestationKind.APPROVAL) == (both, one)


def test_a_revocation_is_never_given_as_an_approval_of_what_it_names(registry):
    registry.add_attestation(attestation(1, 7, kind=AttestationKind.REVOCATION))
    assert registry.attestations_for(digest_of(7), AttestationKind.APPROVAL) == ()


def test_an_envelope_cannot_be_replaced(registry):
    registry.add_attestation(attestation(1, 7))
    with pytest.raises(RegistryError, match="a1 is already recorded"):
        registry.add_attestation(replace(attestation(1, 8), envelope=b"forged"))
    assert registry.attestations(AttestationKind.APPROVAL) == (attestation(1, 7),)


def test_each_write_raises_the_sequence_by_one_and_no_read_does(registry):
    assert registry.sequence == 0
    writes = (
        lambda: registry.record_asset(asset(1)),
        lambda: registry.record_sighting(sighting(1, "/a")),
        lambda: registry.withdraw_asset("urn:uuid:1", "why"),
        lambda: registry.begin_write(intent(1)),
        lambda: registry.end_write("w1"),
        lambda: registry.add_attestation(attestation(1, 7)),
        lambda: registry.record_event(event(1)),
        lambda: registry.add_log_checkpoint(log_checkpoint(1)),
    )
    for count, write in enumerate(writes, start=1):
        write()
        registry.open_writes()
        registry.log()
        registry.log_checkpoints()
        assert registry.sequence == count
        assert registry.log_head().sequence == count


def test_the_log_says_what_was_done_in_its_order(registry):
    registry.record_asset(asset(1), sighting(1, "/a"))
    registry.withdraw_asset("urn:uuid:1", "why")
    registry.record_asset(asset(1))
    registry.begin_write(intent(1))
    registry.end_write("w1")
    registry.add_attestation(attestation(1, 7))
    registry.add_attestation(attestation(2, kind=AttestationKind.REVOCATION))
    registry.record_event(event(1))
    registry.add_log_checkpoint(log_checkpoint(1))
    assert [(one.sequence, one.action, one.subject_id) for one in registry.log()] == [
        (1, "record-asset", "urn:uuid:1"),
        (2, "record-sighting", "urn:uuid:1"),
        (3, "asset-withdrawn", "urn:uuid:1"),
        (4, "asset-temporary", "urn:uuid:1"),
        (5, "begin-write", "w1"),
        (6, "end-write", "w1"),
        (7, "add-approval", "urn:uuid:approval"),
        (8, "add-revocation", "urn:uuid:approval"),
        (9, "scan", "e1"),
        (10, "sign-checkpoint", "c1"),
    ]
    assert all(one.written_at.utcoffset() == timedelta(0) for one in registry.log())


@pytest.mark.parametrize("kind", EventKind)
def test_an_event_reads_back_with_its_entry(registry, kind):
    registry.record_event(event(1, kind))
    (entry,) = registry.log()
    assert (entry.action, entry.event) == (kind.value, event(1, kind))
    with pytest.raises(RegistryError, match="e1 is already recorded"):
        registry.record_event(event(1))
    assert registry.sequence == 1


def test_only_the_newest_entries_are_given_oldest_first(registry):
    for number in range(5):
        registry.record_event(event(number))
    assert [one.subject_id for one in registry.log(newest=2)] == ["e3", "e4"]
    assert registry.log(newest=9) == registry.log()
    assert registry.log(newest=0) == ()


def test_each_entry_has_a_hash_of_its_own_that_stays(registry):
    heads = [registry.log_head()]
    for number in range(3):
        registry.record_event(event(number))
        heads.append(registry.log_head())
    assert len({head.chain_hash for head in heads}) == 4
    for head in heads:
        assert registry.chain_hash_at(head.sequence) == head.chain_hash
    assert registry.chain_hash_at(4) is None
    assert registry.chain_hash_at(-1) is None


def test_signed_checkpoints_read_back_oldest_first(registry):
    assert registry.log_checkpoints() == ()
    for number in (2, 1):
        registry.add_log_checkpoint(log_checkpoint(number))
    assert registry.log_checkpoints() == (log_checkpoint(2), log_checkpoint(1))
    with pytest.raises(RegistryError, match="c1 is already recorded"):
        registry.add_log_checkpoint(log_checkpoint(1))


def test_a_closed_registry_refuses_everything(registry):
    registry.close()
    registry.close()
    for call in (
        lambda: registry.sequence,
        lambda: registry.find_by_essence(digest_of(1)),
        lambda: registry.record_asset(asset(1)),
        lambda: registry.attestations(AttestationKind.APPROVAL),
        registry.log,
        registry.log_head,
        lambda: registry.record_event(event(1)),
    ):
        with pytest.raises(RegistryError, match="was closed"):
            call()
    assert registry.location


def test_writers_in_several_threads_agree_on_one_record_each(registry):
    with ThreadPoolExecutor(max_workers=4) as pool:
        claims = [replace(asset(n % 5), asset_id=f"urn:uuid:{n}") for n in range(20)]
        stored = list(pool.map(registry.record_asset, claims))
    assert registry.count_assets() == 5
    assert registry.sequence == 5
    for record in stored:
        assert registry.find_by_essence(record.essence_digest) == record


def test_one_holder_at_a_time_has_a_lease(registry):
    lease = registry.take_lease(digest_of(1), "one", HOUR)
    assert (lease.path_digest, lease.holder) == (digest_of(1), "one")
    assert registry.take_lease(digest_of(1), "two", HOUR) is None
    assert registry.take_lease(digest_of(1), "one", HOUR) is None
    assert registry.take_lease(digest_of(2), "two", HOUR) is not None
    registry.drop_lease(lease)
    registry.drop_lease(lease)
    later = registry.take_lease(digest_of(1), "two", HOUR)
    registry.drop_lease(lease)
    assert registry.take_lease(digest_of(1), "one", HOUR) is None
    assert later.fence > lease.fence


def test_fences_grow_over_all_leases(registry):
    fences = [registry.take_lease(digest_of(n % 2), "one", 0).fence for n in range(6)]
    assert fences == sorted(set(fences))


def test_a_lease_lasts_as_long_as_it_is_renewed_and_no_longer(registry):
    lease = registry.take_lease(digest_of(1), "one", HOUR)
    registry.renew_lease(lease, HOUR)
    assert registry.take_lease(digest_of(1), "two", HOUR) is None
    registry.renew_lease(lease, 0)
    with pytest.raises(LeaseLostError, match="of one has ended"):
        registry.renew_lease(lease, HOUR)
    assert registry.take_lease(digest_of(1), "two", HOUR).fence > lease.fence


def test_a_write_under_a_lease_that_ended_stores_nothing(registry):
    registry.record_asset(asset(1))
    slept = registry.take_lease(digest_of(1), "one", 0)
    before, successor = registry.log_head(), None
    for _ in range(2):
        with pytest.raises(LeaseLostError):
            registry.begin_write(intent(1), lease=slept)
        with pytest.raises(LeaseLostError):
            registry.record_sighting(sighting(1, "/a"), lease=slept)
        assert (registry.open_writes(), registry.find_sighting("/a")) == ((), None)
        assert registry.log_head() == before
        successor = successor or registry.take_lease(digest_of(1), "two", HOUR)
    registry.begin_write(intent(1), lease=successor)
    registry.record_sighting(sighting(1, "/a"), lease=successor)
    assert registry.open_writes() == (intent(1),)
    assert registry.find_sighting("/a") == sighting(1, "/a")


def test_what_is_written_in_one_transaction_is_stored_together_or_not_at_all(registry):
    with registry.transaction():
        lease = registry.take_lease(digest_of(1), "one", HOUR)
        registry.record_asset(asset(1), sighting(1, "/a"), lease=lease)
        registry.begin_write(intent(1), lease=lease)
        assert registry.find_by_id("urn:uuid:1") == asset(1)
        assert registry.open_writes() == (intent(1),)
    written = registry.sequence

    def fail() -> None:
        registry.end_write("w1", lease=lease)
        registry.drop_lease(lease)
        registry.record_asset(asset(2), sighting(2, "/b"))
        raise OSError("as it was")

    with pytest.raises(OSError, match="as it was"), registry.transaction(lease):
        fail()
    assert registry.sequence == written
    assert registry.open_writes() == (intent(1),)
    assert (registry.find_by_id("urn:uuid:2"), registry.find_sighting("/b")) == (None, None)
    assert registry.find_lease(digest_of(1)) == lease
    registry.record_asset(asset(2))
    assert registry.find_by_id("urn:uuid:2") == asset(2)


def test_a_transaction_within_another_is_part_of_it(registry):
    def fail() -> None:
        with registry.transaction():
            registry.record_asset(asset(1))
        raise KeyError

    with pytest.raises(KeyError), registry.transaction():
        fail()
    assert registry.find_by_id("urn:uuid:1") is None


def test_other_threads_write_beside_a_transaction_and_not_in_it(registry):
    with ThreadPoolExecutor(1) as pool:
        with registry.transaction():
            registry.record_asset(asset(1))
            other = pool.submit(registry.record_asset, asset(2))
        assert other.result() == asset(2)
    assert len(registry.assets()) == 2


def test_nothing_happens_in_a_transaction_under_a_lease_that_ended(registry):
    registry.record_asset(asset(1))
    slept = registry.take_lease(digest_of(1), "one", 0)
    registry.begin_write(intent(1))
    written = registry.sequence
    with pytest.raises(LeaseLostError), registry.transaction(slept):
        pytest.fail("the block was entered")
    for write in (
        lambda: registry.record_asset(asset(2), lease=slept),
        lambda: registry.end_write("w1", lease=slept),
    ):
        with pytest.raises(LeaseLostError):
            write()
    assert registry.sequence == written


def test_a_lease_is_found_as_long_as_it_lasts(registry):
    assert registry.find_lease(digest_of(1)) is None
    lease = registry.take_lease(digest_of(1), "one", HOUR)
    assert registry.find_lease(digest_of(1)) == lease
    assert registry.find_lease(digest_of(2)) is None
    registry.renew_lease(lease, 0)
    assert registry.find_lease(digest_of(1)) is None


def test_leases_of_the_dead_go_and_no_others(registry):
    for number in (1, 2):
        registry.take_lease(digest_of(number), "dead", HOUR)
    kept = registry.take_lease(digest_of(3), "alive", HOUR)
    registry.drop_leases_of("dead")
    assert [registry.find_lease(digest_of(number)) for number in (1, 2, 3)] == [None, None, kept]
    assert registry.take_lease(digest_of(1), "alive", HOUR) is not None


def test_leases_leave_the_log_as_it_was(place):
    with place.opened() as registry:
        registry.drop_lease(registry.take_lease(digest_of(1), "one", HOUR))
        kept = registry.take_lease(digest_of(1), "one", HOUR)
        assert registry.sequence == 0
    with place.opened() as registry:
        assert registry.take_lease(digest_of(1), "two", HOUR) is None
        registry.begin_write(intent(1), lease=kept)
        registry.drop_lease(kept)
        assert registry.take_lease(digest_of(1), "two", HOUR).fence > kept.fence
    assert check(place.url, place.checkpoint) == ()


def test_of_many_that_ask_at_once_one_gets_the_lease(registry):
    def take(number: int) -> Lease | None:
        return registry.take_lease(digest_of(1), f"host {number}", HOUR)

    with ThreadPoolExecutor(max_workers=4) as pool:
        taken = list(pool.map(take, range(12)))
    assert sum(lease is not None for lease in taken) == 1


PLACE = "/show/shot.#.png"


def frames(*numbers: int, asset_id: str = "urn:uuid:frames") -> list[AssetRecord]:
    return [replace(asset(number), asset_id=asset_id) for number in numbers]


def test_the_frames_of_a_sequence_are_one_asset(registry):
    stored = registry.record_frames(PLACE, frames(1, 2, 3))
    assert {one.asset_id for one in stored} == {"urn:uuid:frames"}
    assert [one.essence_digest for one in stored] == [digest_of(n) for n in (1, 2, 3)]
    for number in (1, 2, 3):
        found = registry.find_by_essence(digest_of(number))
        assert found == stored[number - 1]
        assert found.essence_length == asset(number).essence_length
    assert registry.count_assets() == len(registry.assets()) == 1
    assert len(registry.frames_of("urn:uuid:frames")) == 3
    assert registry.find_by_id("urn:uuid:frames") == stored[0]


def test_many_frames_are_one_entry_of_the_log(registry):
    registry.record_frames(PLACE, frames(*range(1, 50)))
    assert [one.action for one in registry.log()] == ["record-asset", "record-frames"]
    before = registry.log_head()
    registry.record_frames(PLACE, frames(*range(1, 50)))
    assert registry.log_head() == before


def test_frames_that_come_later_join_their_sequence(registry):
    registry.record_frames(PLACE, frames(1, 2))
    later = registry.record_frames(PLACE, frames(2, 3, asset_id="urn:uuid:later"))
    assert {one.asset_id for one in later} == {"urn:uuid:frames"}
    assert len(registry.frames_of("urn:uuid:frames")) == 3
    assert registry.find_by_id("urn:uuid:later") is None


@pytest.mark.parametrize(
    "change",
    [
        {"media_type": "image/tiff"},
        {"source_type": DigitalSourceType.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA},
        {"declared_by": DeclaredBy.ZONE},
        {"generator": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_frames_made_in_another_way_are_another_asset(registry, change):
    registry.record_frames(PLACE, frames(1))
    other = [replace(one, **change) for one in frames(2, 3, asset_id="urn:uuid:other")]
    assert {one.asset_id for one in registry.record_frames(PLACE, other)} == {"urn:uuid:other"}
    assert registry.count_assets() == 2
    (back,) = registry.record_frames(PLACE, frames(4, asset_id="urn:uuid:new"))
    assert back.asset_id == "urn:uuid:frames"


def test_frames_of_another_place_or_of_a_withdrawn_asset_found_their_own(registry):
    registry.record_frames(PLACE, frames(1))
    (elsewhere,) = registry.record_frames("/b/shot.#.png", frames(2, asset_id="urn:uuid:b"))
    assert elsewhere.asset_id == "urn:uuid:b"
    registry.withdraw_asset("urn:uuid:frames", "plates")
    (later,) = registry.record_frames(PLACE, frames(3, asset_id="urn:uuid:c"))
    assert later.asset_id == "urn:uuid:c"


def test_a_frame_whose_essence_is_known_keeps_its_asset(registry):
    registry.record_asset(asset(2))
    stored = registry.record_frames(PLACE, frames(1, 2, 1))
    assert [one.asset_id for one in stored] == ["urn:uuid:frames", "urn:uuid:2", "urn:uuid:frames"]
    assert registry.record_asset(replace(asset(1), asset_id="urn:uuid:x")) == stored[0]
    assert len(registry.frames_of("urn:uuid:frames")) == 1
    assert len(registry.frames_of("urn:uuid:2")) == 0


def test_one_frame_is_withdrawn_and_renewed_by_itself(registry):
    registry.record_frames(PLACE, frames(1, 2, 3))
    registry.withdraw_asset("urn:uuid:frames", "a plate", digest_of(1))
    found = [registry.find_by_essence(digest_of(number)) for number in (1, 2, 3)]
    assert [one.status.value for one in found] == ["withdrawn", "temporary", "temporary"]
    assert found[0].withdrawn_reason == "a plate"
    assert registry.count_assets() == 1
    registry.record_asset(frames(1)[0])
    assert registry.find_by_essence(digest_of(1)).status is AssetStatus.TEMPORARY
    assert [one.action for one in registry.log()][-2:] == ["frame-withdrawn", "frame-temporary"]
    assert {one.subject_id for one in registry.log()} == {"urn:uuid:frames"}
    with pytest.raises(RegistryError, match="no such frame"):
        registry.withdraw_asset("urn:uuid:frames", "why", digest_of(9))


def test_a_sequence_is_withdrawn_whole_or_with_its_last_frame(registry):
    registry.record_frames(PLACE, frames(1, 2))
    for number in (1, 2):
        registry.withdraw_asset("urn:uuid:frames", "plates", digest_of(number))
    assert registry.count_assets() == 0
    registry.record_frames(PLACE, frames(2))
    found = [registry.find_by_essence(digest_of(number)).status for number in (1, 2)]
    assert found == [AssetStatus.WITHDRAWN, AssetStatus.TEMPORARY]
    registry.withdraw_asset("urn:uuid:frames", "plates")
    assert registry.find_by_essence(digest_of(2)).status is AssetStatus.WITHDRAWN


def test_all_assets_are_found_at_once_as_one_by_one(registry):
    registry.record_asset(asset(9))
    registry.withdraw_asset("urn:uuid:9", "no reason")
    registry.record_asset(asset(2))
    registry.record_frames(PLACE, frames(1, 2, 3))
    registry.withdraw_asset("urn:uuid:frames", "a plate", digest_of(3))
    together = registry.assets_by_essence(20)
    alone = {one: registry.find_by_essence(one) for one in map(digest_of, (1, 2, 3, 9))}
    assert together == alone
    assert [one.status.value for one in alone.values()] == [
        *("temporary", "temporary"),
        *("withdrawn", "withdrawn"),
    ]


def test_more_assets_than_are_wanted_are_none(registry):
    assert registry.assets_by_essence(0) == {}
    registry.record_asset(asset(9))
    registry.record_frames(PLACE, frames(1, 2, 3))
    assert registry.assets_by_essence(3) is None


def test_frames_are_stored_with_their_sightings_or_not_at_all(registry):
    seen = [sighting(9, "/show/shot.0001.png"), sighting(9, "/show/shot.0002.png")]
    registry.record_frames(PLACE, frames(1, 2), seen)
    assert [one.path for one in registry.sightings_of("urn:uuid:frames")] == [
        one.path for one in seen
    ]


def test_frames_are_kept_and_sound_after_reopening(place):
    with place.opened() as registry:
        registry.record_frames(PLACE, frames(1, 2, 3))
        registry.record_frames(PLACE, frames(4, 5))
        registry.withdraw_asset("urn:uuid:frames", "why", digest_of(1))
        registry.withdraw_asset("urn:uuid:frames", "why", digest_of(4))
        registry.record_frames(PLACE, frames(4))
    with place.opened() as registry:
        assert len(registry.frames_of("urn:uuid:frames")) == 5
        assert registry.find_by_essence(digest_of(1)).status is AssetStatus.WITHDRAWN
    assert check(place.url, place.checkpoint) == ()


def test_writers_of_one_sequence_agree_on_its_asset(registry):
    def record(number: int) -> str:
        records = frames(number, number + 1, asset_id=f"urn:uuid:{number}")
        return registry.record_frames(PLACE, records)[0].asset_id

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert len(set(pool.map(record, range(0, 40, 2)))) == 1
    assert registry.count_assets() == 1


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from provenance.registry.backends import open_registry
from provenance.registry.records import WriteIntent
url, checkpoint, name = sys.argv[1:]
registry = open_registry(url, Path(checkpoint))
for number in range(25):
    intent_id = f"{name}-{number}"
    registry.begin_write(
        WriteIntent(intent_id=intent_id, path="/a", staging="/b", begun_at=datetime.now(UTC))
    )
    registry.open_writes()
registry.close()
"""


def test_writers_in_several_processes_lose_nothing(place):
    environment = {**os.environ, "PYTHONPATH": str(Path(provenance.__file__).parents[1])}
    command = [sys.executable, "-W", "error", "-c", WRITER, place.url, str(place.checkpoint)]
    writers = [subprocess.Popen([*command, name], env=environment) for name in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    with place.opened() as registry:
        assert {write.intent_id for write in registry.open_writes()} == {
            f"{name}-{number}" for name in ("one", "two") for number in range(25)
        }
        assert registry.sequence == 50
    assert check(place.url, place.checkpoint) == ()


def test_a_reopened_registry_remembers(place):
    with place.opened() as registry:
        registry.record_asset(asset(1))
        registry.record_sighting(sighting(1, "/a"))
        registry.begin_write(intent(1))
        registry.add_attestation(attestation(1, 7))
    with place.opened() as registry:
        assert registry.find_by_id("urn:uuid:1") == asset(1)
        assert registry.find_sighting("/a") == sighting(1, "/a")
        assert registry.open_writes() == (intent(1),)
        assert registry.attestations(AttestationKind.APPROVAL) == (attestation(1, 7),)
        assert registry.sequence == 4


def test_two_open_registries_see_each_other_at_once(place):
    with place.opened() as one, place.opened() as other:
        one.record_asset(asset(1))
        assert other.find_by_id("urn:uuid:1") == asset(1)
        other.withdraw_asset("urn:uuid:1", "why")
        assert one.count_assets() == 0


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.scheme)
def test_a_sound_registry_has_no_problems(backend, request, tmp_path):
    place = empty_place(backend, request, tmp_path)
    assert check(place.url, place.checkpoint) == ()
    with place.opened() as registry:
        registry.record_asset(asset(1))
        assert check(place.url, place.checkpoint) == ()
