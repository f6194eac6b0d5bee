"""Image sequences are one asset: tagged by frame, recorded, judged and approved together."""

from pathlib import Path

import pytest

from fixtures import jpeg
from fixtures.packets import source_type_as_element
from fixtures.png import encode
from fixtures.raster import picture
from provenance.attestation.signers import load_signer
from provenance.errors import OutOfReachError
from provenance.model.approval import RevocationKind
from provenance.model.finding import Verdict
from provenance.model.outcome import Action, TagOutcome
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.quarantining import list_quarantine
from provenance.registry.backends import migrate
from provenance.registry.records import AssetStatus
from provenance.reports.grouping import told
from provenance.sequencing import HANDFUL, Failure
from provenance.zoning import ZoneKeeper, group_of
from tests.exhaustive import exhaustive
from tests.usecases.studio import BY_PERSON, BY_SIGNAL, Studio

BY_ZONE = TagRequest(declared_by=DeclaredBy.ZONE, reasons=("landed in generated/",))


def put_frames(
    studio: Studio, numbers: range, *, folder: str = "render", suffix: str = "png"
) -> list[Path]:
    """Put frames `shot.0001` and so on into a folder of the work, each another picture."""
    return [
        studio.put(frame_bytes(number, suffix), f"{folder}/shot.{number:04d}.{suffix}")
        for number in numbers
    ]


def frame_bytes(number: int, suffix: str = "png") -> bytes:
    if suffix == "exr":
        return b"\x76\x2f\x31\x01" + number.to_bytes(4, "big") * 50
    return encode(picture(number, width=16, height=12 + number % 7))


def tag_all(studio: Studio, paths: list[Path], request: TagRequest = BY_PERSON) -> list[object]:
    return list(studio.production.sequence_tagger.tag_all(paths, request))


def asset_ids(studio: Studio, paths: list[Path]) -> set[str]:
    """Return the ids of the assets that the tags in these files name."""
    examiner = studio.production.examiner
    found = set()
    for path in paths:
        with examiner.examine(path) as examined:
            assert examined.tag is not None
            assert examined.tag.essence_digest == examined.identity.essence_digest
            found.add(examined.tag.asset_id)
    return found


@pytest.mark.parametrize("suffix", ["png", "exr"])
def test_frames_bear_one_asset_and_each_its_own_essence(studio: Studio, suffix: str) -> None:
    paths = put_frames(studio, range(1, 6), suffix=suffix)
    outcomes = tag_all(studio, paths)
    expected = Action.TAGGED if suffix == "png" else Action.DETACHED
    assert [one.action for one in outcomes] == [expected] * 5
    assert [one.path for one in outcomes] == paths
    (asset_id,) = asset_ids(studio, paths)
    registry = studio.production.registry
    assert registry.count_assets() == len(registry.assets()) == 1
    assert len(registry.frames_of(asset_id)) == 5
    assert {one.path for one in registry.sightings_of(asset_id)} == set(map(str, paths))


def test_a_long_sequence_is_one_asset_over_many_handfuls(studio: Studio) -> None:
    paths = put_frames(studio, range(1, HANDFUL + 4))
    before = studio.production.registry.sequence
    assert all(isinstance(one, TagOutcome) for one in tag_all(studio, paths))
    assert len(asset_ids(studio, paths)) == studio.production.registry.count_assets() == 1
    entries = [one.action for one in studio.production.registry.log()]
    assert entries.count("record-frames") == 2
    assert entries.count("record-sighting") == 2 * len(paths)  # as it was, and as it is tagged
    assert len(entries) - before == 1 + 2 + 4 * len(paths)  # asset, handfuls; four of each


def test_tagging_again_changes_nothing(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 5))
    tag_all(studio, paths)
    before = [path.read_bytes() for path in paths]
    assert {one.action for one in tag_all(studio, paths)} == {Action.ALREADY}
    assert [path.read_bytes() for path in paths] == before
    assert studio.production.registry.count_assets() == 1


def test_a_frame_that_fails_does_not_stop_the_others(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 6))
    whole = paths[2].read_bytes()
    paths[2].write_bytes(whole[:-20])
    done = tag_all(studio, paths)
    (failure,) = [one for one in done if isinstance(one, Failure)]
    assert failure.path == paths[2]
    assert "the file is as it was" in str(failure.error)
    assert paths[2].read_bytes() == whole[:-20]
    assert len(asset_ids(studio, [*paths[:2], *paths[3:]])) == 1
    paths[2].write_bytes(whole)
    tag_all(studio, [paths[2]])
    assert len(asset_ids(studio, paths)) == 1


def test_frames_are_not_tried_one_by_one_while_the_registry_is_away(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 2 * HANDFUL + 4))
    before = {path: path.read_bytes() for path in paths}
    _ = studio.production.sequence_tagger, studio.production.registry
    kept = studio.database.rename(studio.database.with_suffix(".kept"))
    studio.database.mkdir()
    done = tag_all(studio, paths)
    assert [one.path for one in done] == paths
    assert {type(one.error) for one in done} == {OutOfReachError}
    assert len({id(one.error) for one in done}) <= HANDFUL
    assert {path: path.read_bytes() for path in paths} == before
    studio.database.rmdir()
    kept.rename(studio.database)
    assert all(isinstance(one, TagOutcome) for one in tag_all(studio, paths))


def test_frames_that_come_one_by_one_join_their_sequence(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 5))
    for path in paths:
        tag_all(studio, [path], BY_ZONE)
    tag_all(studio, put_frames(studio, range(5, 9)), BY_ZONE)
    assert len(asset_ids(studio, put_frames_again(studio, range(1, 9)))) == 1
    assert studio.production.registry.count_assets() == 1


def put_frames_again(studio: Studio, numbers: range) -> list[Path]:
    return [studio.home / "work" / "render" / f"shot.{number:04d}.png" for number in numbers]


def test_the_same_name_in_another_folder_is_another_asset(studio: Studio) -> None:
    one = put_frames(studio, range(1, 4))
    other = put_frames(studio, range(11, 14), folder="other")
    tag_all(studio, [*one, *other])
    assert len(asset_ids(studio, one) | asset_ids(studio, other)) == 2


@pytest.mark.parametrize(
    "names",
    [
        ("comp_v001.png", "comp_v002.png", "comp_v003.png"),
        ("one.png", "two.png", "three.png"),
        ("a1.png", "b1.png", "c1.png"),
    ],
    ids=["versions", "words", "other names"],
)
def test_what_is_no_sequence_stays_apart(studio: Studio, names: tuple[str, ...]) -> None:
    paths = [studio.put(frame_bytes(at), name) for at, name in enumerate(names)]
    tag_all(studio, paths)
    assert len(asset_ids(studio, paths)) == len(names)


def test_held_frames_are_one_essence_of_the_asset(studio: Studio) -> None:
    paths = [studio.put(frame_bytes(1), f"held.{number:04d}.png") for number in range(1, 5)]
    tag_all(studio, paths)
    (asset_id,) = asset_ids(studio, paths)
    assert len(studio.production.registry.frames_of(asset_id)) == 1


def test_a_frame_known_before_keeps_its_asset(studio: Studio) -> None:
    known = studio.tag(studio.put(frame_bytes(2), "still.png")).asset_id
    paths = put_frames(studio, range(1, 4))
    tag_all(studio, paths)
    assert asset_ids(studio, [paths[1]]) == {known}
    assert len(asset_ids(studio, [paths[0], paths[2]])) == 1


def test_a_registry_that_forgot_learns_a_tagged_sequence_as_one_again(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 5))
    tag_all(studio, paths)
    (asset_id,) = asset_ids(studio, paths)
    for name in ("registry.db", "registry.db-wal", "registry.db-shm", "registry.checkpoint.json"):
        (studio.home / ".provenance" / name).unlink(missing_ok=True)
    migrate(studio.production.config.registry)
    studio.reopen()
    report = studio.scan(studio.home / "work")
    assert {one.facts.asset_id for one in report.results} == {asset_id}
    assert len(studio.production.registry.frames_of(asset_id)) == 4
    assert studio.production.registry.count_assets() == 1


def test_a_dry_run_records_nothing(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 4))
    before = studio.production.registry.sequence
    tagger = studio.production.sequence_tagger
    done = list(tagger.tag_all(paths, BY_PERSON, dry_run=True))
    assert {one.action for one in done} == {Action.WOULD_TAG}
    assert studio.production.registry.sequence == before


def test_frames_that_declare_nothing_are_left_in_a_work_zone(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 4))
    before = studio.production.registry.sequence
    assert {one.action for one in tag_all(studio, paths, BY_SIGNAL)} == {Action.NOTHING_DECLARED}
    assert studio.production.registry.sequence == before


def test_frames_are_untagged_one_by_one(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 4))
    before = [path.read_bytes() for path in paths]
    tag_all(studio, paths)
    for path in paths:
        assert studio.production.untagger.untag(path).action is Action.RESTORED
    assert [path.read_bytes() for path in paths] == before


def test_one_frame_is_withdrawn_while_the_others_stay_temporary(studio: Studio) -> None:
    paths = put_frames(studio, range(1, 5))
    tag_all(studio, paths)
    (asset_id,) = asset_ids(studio, paths)
    production = studio.production
    essences = [studio.subject(path).essence_digest for path in paths]
    production.untagger.withdraw(asset_id, "a plate", essences[1])
    status = [production.registry.find_by_essence(one).status for one in essences]
    assert status.count(AssetStatus.WITHDRAWN) == 1
    assert status[1] is AssetStatus.WITHDRAWN


ZONES = """
[[zones]]
path = "generated"
role = "generated"
[[zones]]
path = "final"
role = "deliverable"
"""


def keeper(studio: Studio) -> ZoneKeeper:
    for name in ("generated", "final"):
        (studio.home / name).mkdir(exist_ok=True)
    studio.configure(ZONES)
    return studio.production.zone_keeper()


def arrive(studio: Studio, folder: str, numbers: range) -> list[Path]:
    paths = [studio.home / folder / f"shot.{number:04d}.png" for number in numbers]
    for path, number in zip(paths, numbers, strict=True):
        path.write_bytes(frame_bytes(number))
    return paths


def test_a_sequence_that_arrives_is_told_once(studio: Studio) -> None:
    taking = keeper(studio)
    paths = arrive(studio, "generated", range(1, 6))
    assert len({group_of(path) for path in paths}) == 1
    (arrival,) = taking.take(paths).arrivals
    assert (arrival.action, arrival.files) == ("tagged", 5)
    assert arrival.path == studio.home / "generated" / "shot.[0001-0005].png"
    assert len(asset_ids(studio, paths)) == 1


def test_a_frame_that_cannot_be_taken_is_named_and_the_rest_is_done(studio: Studio) -> None:
    taking = keeper(studio)
    paths = arrive(studio, "generated", range(1, 6))
    paths[1].write_bytes(frame_bytes(2)[:-20])
    taken = taking.take(paths)
    assert list(taken.failed) == [paths[1]]
    (arrival,) = taken.arrivals
    assert arrival.path.name == "shot.[0001,0003-0005].png"


def test_a_blocked_sequence_is_moved_frame_by_frame_and_told_once(studio: Studio) -> None:
    taking = keeper(studio)
    paths = arrive(studio, "final", range(1, 6))
    tag_all(studio, paths[:4])
    taken = taking.take(paths)
    told = {(one.action, one.path.name, one.files) for one in taken.arrivals}
    assert told == {
        ("quarantined", "shot.[0001-0004].png", 4),
        ("passed", "shot.0005.png", 1),
    }
    assert not taken.failed
    assert [path.exists() for path in paths] == [False] * 4 + [True]
    held = list_quarantine(studio.home / "final")
    assert {one.original.name for one in held} == {path.name for path in paths[:4]}


def test_undecided_frames_are_left_and_one_report_is_recorded(studio: Studio) -> None:
    taking = keeper(studio)
    paths = arrive(studio, "final", range(1, 5))
    for path in paths:
        path.write_bytes(path.read_bytes()[:-20])
    before = len(studio.production.registry.log())
    (arrival,) = taking.take(paths).arrivals
    assert (arrival.action, arrival.files) == ("undecided", 4)
    entries = studio.production.registry.log()[before:]
    assert [one.action for one in entries] == ["scan"]


def test_files_that_belong_to_no_sequence_are_groups_of_their_own() -> None:
    names = ["/a/take1.wav", "/a/take2.wav", "/a/shot_v001.png", "/a/still.png"]
    assert len({group_of(Path(name)) for name in names}) == len(names)
    assert group_of(Path("/a/x.0001.exr")) == group_of(Path("/a/x.0002.exr"))
    assert group_of(Path("/a/x.0001.exr")) != group_of(Path("/b/x.0001.exr"))


def test_an_approval_is_verified_once_a_moment_for_all_frames_and_anew_when_it_is_revoked(
    studio: Studio,
) -> None:
    paths = put_frames(studio, range(1, 5))
    tag_all(studio, paths)
    approval = studio.approve(*paths).approval
    assert studio.scan(studio.home / "work").verdict is Verdict.PASS
    production = studio.production
    production.gatherer.refresh()
    purpose = studio.options().purpose
    (judged,) = production.gatherer.facts_of(paths[0], purpose).approvals
    (again,) = production.gatherer.facts_of(paths[1], purpose).approvals
    assert again.checked is judged.checked
    signer = load_signer(production.approver_key)
    production.approver.revoke(approval.approval_id, RevocationKind.REVOKED, "no", signer)
    (revoked,) = production.gatherer.facts_of(paths[2], purpose).approvals
    assert not revoked.sets_aside


@exhaustive
@pytest.mark.parametrize("jobs", [1, 4])
def test_many_frames_are_judged_by_the_approvals_that_name_them(studio: Studio, jobs: int) -> None:
    paths = put_frames(studio, range(1, 81))
    tag_all(studio, paths)
    studio.approve(*paths[:77])
    studio.approve(*paths[70:79])
    report = studio.scan(studio.home / "work", jobs=jobs)
    verdicts = [result.verdict for result in report.results]
    assert verdicts == [Verdict.PASS] * 79 + [Verdict.BLOCK]
    assert [len(result.facts.approvals) for result in report.results] == (
        [1] * 70 + [2] * 7 + [1] * 2 + [0]
    )


def test_a_frame_that_says_otherwise_how_it_was_made_is_told_by_itself(studio: Studio) -> None:
    terms = ["trained", "compositeWithTrained", "trained", "trained"]
    paths = [
        studio.put(
            jpeg.with_xmp(source_type_as_element(f"{term}AlgorithmicMedia")), f"made.{at:04d}.jpg"
        )
        for at, term in enumerate(terms)
    ]
    names = [Path(one.path).name for one in told(studio.scan(*paths).results)]
    assert names == ["made.[0000,0002-0003].jpg", "made.0001.jpg"]
