"""What start-up does about writers that are no more."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from provenance.leasing import LeaseKeeper, lease_key
from provenance.media.staging import STAGING_SUFFIX
from provenance.model.digest import sha256_digest
from provenance.registry.records import WriteIntent
from provenance.writing import announced_write, recover_writes
from tests.usecases.studio import MORNING, Studio, listing

Sample = Callable[[str], Path]


def test_writes_of_the_living_and_of_other_hosts_are_left_alone(
    studio: Studio, sample: Sample
) -> None:
    mine, theirs = studio.put(sample("png/rgb.png")), studio.put(b"x", "theirs.png")
    production = studio.production
    registry = production.registry
    elsewhere = WriteIntent(
        intent_id="another-host/1/1/x", path=str(theirs), staging="", begun_at=MORNING
    )
    registry.begin_write(elsewhere)
    lease = registry.take_lease(lease_key(theirs, production.leases.zones), "another-host", 3600)
    with (
        studio.examined(mine) as examined,
        announced_write(examined.source, production.leases, studio.clock) as write,
    ):
        write.staging.copy(examined.source)
        assert recover_writes(production.leases) == ()
        assert write.staging.path.is_file()
    assert registry.open_writes() == (elsewhere,)
    registry.drop_lease(lease)
    assert recover_writes(production.leases) == (theirs,)
    assert registry.open_writes() == ()


def test_what_the_dead_left_is_removed_and_nothing_else(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    registry = studio.production.registry
    with (
        studio.examined(file) as examined,
        announced_write(examined.source, studio.production.leases, studio.clock),
    ):
        (mine,) = registry.open_writes()
    host = mine.intent_id.partition("/")[0]
    tail = f".0123456789abcdef{STAGING_SUFFIX}"
    litter = [f".rgb.png{tail}", f".rgb.png.xmp{tail}", f".rgb.png.c2pa{tail}"]
    others = ["rgb.png.xmp", f".rgb.png.other{tail}", f".b.png.xmp{tail}", ".rgb.png.xmp.txt"]
    for name in (*litter, *others):
        studio.put(b"x", name)
    registry.begin_write(
        WriteIntent(
            intent_id=f"{host}/{os.getpid()}/0/x",
            path=str(file),
            staging=f"{file.parent / litter[0]}\n{file.parent / others[0]}",
            begun_at=MORNING,
        )
    )
    assert recover_writes(studio.production.leases) == (file,)
    assert listing(file.parent).keys() == {file.name, *others}
    assert registry.open_writes() == ()


def test_a_write_whose_process_and_folder_are_gone_is_settled(studio: Studio) -> None:
    registry = studio.production.registry
    host = os.uname().nodename
    gone = studio.home / "gone"
    registry.begin_write(
        WriteIntent(
            intent_id=f"{host}/4194304/1/x",
            path=str(gone / "a.png"),
            staging=str(gone / f".a{STAGING_SUFFIX}"),
            begun_at=MORNING,
        )
    )
    assert recover_writes(studio.production.leases) == (gone / "a.png",)
    assert registry.open_writes() == ()


def test_what_a_host_left_that_mounts_the_share_elsewhere_is_found_here(studio: Studio) -> None:
    registry = studio.production.registry
    leases = LeaseKeeper(registry, zones=[studio.home / "work"])
    name = f".a.png.0123456789abcdef{STAGING_SUFFIX}"
    litter = studio.put(b"half", f"ep1/{name}")
    intents = [
        WriteIntent(
            intent_id=f"another-host/1/1/{number}",
            path=f"/volumes/elsewhere/{folder}/a.png",
            staging=f"/volumes/elsewhere/{folder}/{name}",
            begun_at=MORNING,
        )
        for number, folder in enumerate(("ep1", "unseen"))
    ]
    for intent in intents:
        registry.begin_write(intent)
    assert recover_writes(leases) == (litter.parent / "a.png",)
    assert not litter.exists()
    assert registry.open_writes() == (intents[1],)


def test_a_write_elsewhere_is_not_taken_for_one_of_a_file_that_ends_alike(studio: Studio) -> None:
    """Its own lease would not have kept anybody from this file."""
    registry = studio.production.registry
    studio.put(b"another file", "a.png")
    intent = WriteIntent(
        intent_id="another-host/1/1/1",
        path="/volumes/elsewhere/ep1/a.png",
        staging=json.dumps({"names": [], "original": [1, 2, 3], "lease": sha256_digest(b"ep1")}),
        begun_at=MORNING,
    )
    registry.begin_write(intent)
    assert recover_writes(LeaseKeeper(registry, zones=[studio.home / "work"])) == ()
    assert registry.open_writes() == (intent,)
