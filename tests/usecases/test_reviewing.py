"""A gate that looks again: approvals that arrive, are taken back and run out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from provenance import gating
from provenance.attestation.signers import load_signer
from provenance.errors import OutOfReachError
from provenance.judging import Picture
from provenance.leasing import LeaseKeeper
from provenance.model.approval import CheckedApproval, RevocationKind
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from provenance.packaging import PackageJudge
from provenance.quarantining import list_quarantine
from provenance.reviewing import Reviewer
from provenance.standing import Surveyor
from provenance.zoning import ZoneKeeper
from tests.builders.packages import seal_imf
from tests.usecases.studio import Studio, listing

Sample = Callable[[str], Path]
ZONE = '[[zones]]\npath = "deliverables"\nrole = "deliverable"\n'
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Gate:
    """A deliverable zone with its keeper, as a watch has them."""

    studio: Studio
    keeper: ZoneKeeper
    reviewer: Reviewer

    @property
    def zone(self) -> Path:
        return self.studio.home / "deliverables"

    def arrive(self, source: Path, name: str = "plate.png", *, tagged: bool = True) -> Path:
        """Have a file lie in the zone that was tagged at work."""
        file = self.studio.put(source, name.rpartition("/")[2])
        if tagged:
            assert self.studio.tag(file).action is Action.TAGGED
        (self.zone / name).parent.mkdir(parents=True, exist_ok=True)
        return file.rename(self.zone / name)

    def take(self, file: Path) -> str:
        """Have the gate take a file and return what it did."""
        (arrival,) = self.keeper.take((file,)).arrivals
        return arrival.action

    def review(self) -> list[tuple[str, str]]:
        """Return what a review did: each action with the file's name."""
        return [(one.action, one.path.name) for one in self.keeper.review()]

    @property
    def kept(self) -> list[str]:
        return [entry.path.name for entry in list_quarantine(self.zone)]


def open_gate(
    studio: Studio,
    settings: str = ZONE,
    *,
    trouble: Callable[[Path], str] = lambda _: "",
    dry_run: bool = False,
    picture: Picture | None = None,
    surveyed: Callable[[], None] = lambda: None,
) -> Gate:
    (studio.home / "deliverables").mkdir(exist_ok=True)
    studio.configure(settings)
    production = studio.production

    def clock() -> datetime:
        surveyed()
        return studio.clock()

    surveyor = Surveyor(production.registry, production.verifier, clock)
    reviewer = Reviewer(surveyor, production.registry, slice_size=2)
    keeper = ZoneKeeper(
        zones=production.config.zones,
        tagger=production.sequence_tagger,
        gate=gating.Gate(
            scanner=production.scanner,
            options=replace(production.scan_options(), picture=picture),
            logbook=production.logbook,
            leases=production.leases,
            reviewer=reviewer,
            packages=PackageJudge(production.packages, production.scanner),
            clock=production.clock,
            dry_run=dry_run,
        ),
        trouble=trouble,
        dry_run=dry_run,
    )
    return Gate(studio, keeper, reviewer)


@pytest.fixture
def gate(studio: Studio) -> Gate:
    return open_gate(studio)


def take_back(gate: Gate, approval: CheckedApproval, kind: RevocationKind) -> None:
    signer = load_signer(gate.studio.production.approver_key)
    approver = gate.studio.production.approver
    approver.revoke(approval.approval.approval_id, kind, "No longer.", signer)


def blocked(gate: Gate, sample: Sample, name: str = "plate.png") -> Path:
    """Have a temporary file go to quarantine; return where it lay."""
    file = gate.arrive(sample("png/rgb.png"), name)
    assert gate.take(file) == "quarantined"
    assert gate.review() == []
    return file


def passed(gate: Gate, sample: Sample, **terms: object) -> tuple[Path, CheckedApproval]:
    """Have an approved file pass the gate."""
    file = gate.arrive(sample("png/rgb.png"))
    approval = gate.studio.approve(file, **terms)
    assert gate.take(file) == "passed"
    return file, approval


def test_an_approved_file_returns_by_itself(gate: Gate, sample: Sample) -> None:
    file = blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    data = entry.path.read_bytes()
    gate.studio.approve(entry.path)
    assert gate.review() == [("returned", "plate.png")]
    assert file.read_bytes() == data
    assert gate.kept == []
    assert gate.studio.production.registry.log(newest=1)[0].action == "restore"
    assert gate.review() == []
    assert gate.take(file) == "passed"


def test_an_approval_of_another_copy_of_the_content_is_enough(gate: Gate, sample: Sample) -> None:
    blocked(gate, sample)
    gate.studio.approve(gate.studio.put(sample("png/rgb.png"), "copy.png"))
    assert gate.review() == [("returned", "plate.png")]


def test_an_approval_by_the_terms_of_another_zone_brings_nothing_back(
    studio: Studio, sample: Sample
) -> None:
    gate = open_gate(studio, ZONE + 'use = "trailer"\n')
    blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    gate.studio.approve(entry.path)  # for the final deliverable
    assert gate.review() == []
    assert gate.kept == ["plate.png"]
    gate.studio.approve(entry.path, uses=frozenset({"trailer"}))
    assert gate.review() == [("returned", "plate.png")]


def test_an_approval_that_begins_later_brings_it_back_then(gate: Gate, sample: Sample) -> None:
    blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    gate.studio.approve(entry.path, valid_from=gate.studio.clock() + HOUR / 2)
    assert gate.review() == []
    gate.studio.clock.advance(minutes=31)
    assert gate.review() == [("returned", "plate.png")]


def test_nothing_is_overwritten_and_what_is_in_the_way_is_told_once(
    gate: Gate, sample: Sample
) -> None:
    file = blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    gate.studio.approve(entry.path)
    file.write_text("theirs")
    (arrival,) = gate.keeper.review()
    assert arrival.action == "stuck"
    assert "something lies there already" in arrival.detail
    assert file.read_text() == "theirs"
    gate.studio.clock.advance(hours=2)
    assert gate.review() == []
    file.unlink()
    gate.studio.clock.advance(hours=2)
    assert gate.review() == [("returned", "plate.png")]


def test_what_was_withdrawn_returns(gate: Gate, sample: Sample) -> None:
    blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    gate.studio.production.untagger.untag(entry.path)
    record = gate.studio.production.registry.assets()[0]
    gate.studio.production.untagger.withdraw(record.asset_id, "camera original")
    assert gate.review() == [("returned", "plate.png")]


def test_a_forged_record_brings_nothing_back(gate: Gate, sample: Sample) -> None:
    approved, _ = passed(gate, sample)
    other = gate.arrive(sample("png/deep.png"), "other.png")
    assert gate.take(other) == "quarantined"
    place = list_quarantine(gate.zone)[0].path.with_name("other.png.quarantine.json")
    ours = gate.studio.subject(other.parent.parent / ".quarantine/deliverables/other.png")
    theirs = gate.studio.subject(approved)
    text = place.read_text().replace(ours.essence_digest, theirs.essence_digest)
    assert theirs.essence_digest in text
    place.write_text(text)
    assert gate.review() == []
    assert gate.kept == ["other.png"]


@pytest.mark.parametrize("kind", [RevocationKind.REVOKED, RevocationKind.SUSPENDED])
def test_an_approval_that_is_taken_back_is_noticed_for_what_lies_there(
    gate: Gate, sample: Sample, kind: RevocationKind
) -> None:
    file, approval = passed(gate, sample)
    assert gate.review() == []
    take_back(gate, approval, kind)
    (arrival,) = gate.keeper.review()
    assert (arrival.action, arrival.path) == ("revoked", file)
    assert "passes no longer, now in .quarantine/deliverables" in arrival.detail
    assert listing(gate.zone) == {}
    assert gate.kept == ["plate.png"]
    assert gate.review() == []


def test_what_was_suspended_comes_back_when_that_is_lifted(gate: Gate, sample: Sample) -> None:
    file, approval = passed(gate, sample)
    take_back(gate, approval, RevocationKind.SUSPENDED)
    assert gate.review() == [("revoked", "plate.png")]
    take_back(gate, approval, RevocationKind.REINSTATED)
    assert gate.review() == [("returned", "plate.png")]
    assert file.is_file()


def test_an_approval_that_runs_out_is_noticed_though_nothing_was_written(
    gate: Gate, sample: Sample
) -> None:
    passed(gate, sample, valid_until=gate.studio.clock() + HOUR / 2)
    assert gate.review() == []
    gate.studio.clock.advance(minutes=29)
    assert gate.review() == []
    gate.studio.clock.advance(minutes=2)
    assert gate.review() == [("revoked", "plate.png")]


def test_a_zone_that_only_reports_says_what_passes_no_longer_and_what_does(
    studio: Studio, sample: Sample
) -> None:
    gate = open_gate(studio, ZONE + 'on_block = "report"\n')
    file, approval = passed(gate, sample)
    take_back(gate, approval, RevocationKind.SUSPENDED)
    assert gate.review() == [("revoked", "plate.png")]
    assert gate.review() == []
    assert file.is_file()
    take_back(gate, approval, RevocationKind.REINSTATED)
    assert gate.review() == [("passes-now", "plate.png")]


def test_content_that_becomes_known_is_noticed_a_few_files_at_a_time(
    gate: Gate, sample: Sample
) -> None:
    names = ["a.png", "b.png", "c.png", "d.png", "e.png"]
    for name in names:
        file = gate.arrive(sample("png/rgb.png"), name, tagged=False)
        assert gate.take(file) == "passed"
    assert gate.review() == []
    gate.studio.tag(gate.studio.put(sample("png/deep.png"), "unlike.png"))
    gate.studio.tag(gate.studio.put(sample("png/rgb.png"), "the same.png"))
    seen = []
    for share in (2, 2, 1):
        told = gate.review()
        assert [action for action, _ in told] == ["quarantined"] * share
        seen += [name for _, name in told]
    assert sorted(seen) == names
    assert gate.review() == []


def test_an_approval_that_is_taken_back_takes_the_whole_package(
    studio: Studio, sample: Sample
) -> None:
    gate = open_gate(studio, '[scan]\nignore = ["*.xml"]\n' + ZONE)
    files = [
        gate.arrive(sample(source), f"reel/{number}.png")
        for number, source in enumerate(("png/rgb.png", "png/deep.png"))
    ]
    approvals = [studio.approve(file) for file in files]
    seal_imf(gate.zone / "reel")
    assert gate.take(files[0]) == "passed"
    assert gate.take(files[1]) == "left"
    assert gate.review() == []
    take_back(gate, approvals[0], RevocationKind.REVOKED)
    take_back(gate, approvals[1], RevocationKind.REVOKED)
    assert gate.review() == [("revoked", "reel")]
    assert gate.kept == ["reel"]
    assert listing(gate.zone) == {}


def test_a_file_that_was_written_since_is_left_to_the_watch(gate: Gate, sample: Sample) -> None:
    file, approval = passed(gate, sample)
    take_back(gate, approval, RevocationKind.REVOKED)
    file.write_bytes(b"\x89PNG half a picture")
    assert gate.review() == []
    assert file.is_file()


def test_a_dry_run_says_what_would_be_done_and_does_nothing(studio: Studio, sample: Sample) -> None:
    blocked(open_gate(studio), sample)
    dry = open_gate(studio, dry_run=True)
    (entry,) = list_quarantine(dry.zone)
    studio.approve(entry.path)
    before = listing(studio.home / ".quarantine")
    assert dry.review() == [("would-return", "plate.png")]
    assert listing(studio.home / ".quarantine") == before
    assert listing(dry.zone) == {}


def test_a_zone_that_is_not_itself_is_left_alone(studio: Studio, sample: Sample) -> None:
    lost: list[Path] = []
    gate = open_gate(studio, trouble=lambda zone: "not mounted" if zone in lost else "")
    _, approval = passed(gate, sample)
    blocked_file = gate.arrive(sample("png/deep.png"), "other.png")
    assert gate.take(blocked_file) == "quarantined"
    (entry,) = list_quarantine(gate.zone)
    lost.append(gate.zone)
    gate.studio.approve(entry.path)
    take_back(gate, approval, RevocationKind.REVOKED)
    assert gate.review() == []
    lost.clear()
    assert gate.review() == [("revoked", "plate.png"), ("returned", "other.png")]


def test_a_review_without_news_does_not_begin(gate: Gate, sample: Sample) -> None:
    clock, reviewer = gate.studio.clock, gate.reviewer
    passed(gate, sample)
    assert reviewer.begin(clock())
    assert not reviewer.begin(clock())
    clock.advance(minutes=59)
    assert not reviewer.begin(clock())
    gate.studio.tag(gate.studio.put(sample("png/palette.png"), "tagged.png"))  # says nothing of it
    assert not reviewer.begin(clock())
    gate.studio.approve(gate.studio.put(sample("png/deep.png"), "another.png"))
    assert reviewer.begin(clock())
    assert not reviewer.begin(clock())
    clock.advance(minutes=61)
    assert reviewer.begin(clock())  # whatever runs out that nobody thought of


class Outage:
    """A registry that goes out of reach as soon as it has been asked of some more essences."""

    def __init__(self, studio: Studio) -> None:
        self._place = studio.database
        self._kept = studio.database.with_suffix(".kept")
        self._left = 0

    def after(self, surveys: int) -> None:
        self._left = surveys

    def surveyed(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._place.rename(self._kept)
            self._place.mkdir()

    def end(self) -> None:
        self._place.rmdir()
        self._kept.rename(self._place)


def told_until_away(gate: Gate) -> list[tuple[str, str]]:
    """Return what a review did before the registry went out of reach."""
    told: list[tuple[str, str]] = []
    review = ((one.action, one.path.name) for one in gate.keeper.review())
    with pytest.raises(OutOfReachError):
        told.extend(review)
    return told


def test_what_another_host_works_on_is_looked_at_again_though_nothing_changed(
    gate: Gate, sample: Sample
) -> None:
    file, approval = passed(gate, sample)
    take_back(gate, approval, RevocationKind.REVOKED)
    leases = gate.studio.production.leases
    with LeaseKeeper(leases.registry, zones=leases.zones).hold(file):
        assert gate.review() == [("undecided", "plate.png")]
        assert gate.review() == []  # it is told once
    assert gate.review() == [("revoked", "plate.png")]
    assert gate.review() == []


def test_a_registry_that_goes_away_undoes_nothing_that_was_done(
    studio: Studio, sample: Sample
) -> None:
    outage = Outage(studio)
    gate = open_gate(studio, surveyed=outage.surveyed)
    files = [gate.arrive(sample("png/rgb.png"), f"{name}.png") for name in "abcd"]
    outage.after(3)
    taken = gate.keeper.take(files)
    assert [(one.action, one.path) for one in taken.arrivals] == [
        ("quarantined", file) for file in files[:2]
    ]
    assert list(taken.failed) == files[2:]
    assert {type(error) for error in taken.failed.values()} == {OutOfReachError}
    outage.end()
    taken = gate.keeper.take(files[2:])
    assert [one.action for one in taken.arrivals] == ["quarantined"] * 2
    assert sorted(gate.kept) == [file.name for file in files]


def test_a_review_that_breaks_off_tells_what_was_done_and_is_taken_up_again(
    studio: Studio, sample: Sample
) -> None:
    outage = Outage(studio)
    gate = open_gate(studio, surveyed=outage.surveyed)
    for name in ("a.png", "b.png"):
        blocked(gate, sample, name)
    studio.approve(studio.put(sample("png/rgb.png"), "copy.png"))
    outage.after(3)  # the one in quarantine, the one that came back, the next in quarantine
    ((action, first),) = told_until_away(gate)
    assert action == "returned"
    (second,) = gate.kept
    assert {first, second} == {"a.png", "b.png"}
    outage.end()
    assert gate.review() == [("returned", second)]


def test_a_deliverable_is_not_forgotten_because_the_registry_went_away(
    studio: Studio, sample: Sample
) -> None:
    outage = Outage(studio)
    gate = open_gate(studio, surveyed=outage.surveyed)
    _, approval = passed(gate, sample)
    take_back(gate, approval, RevocationKind.REVOKED)
    outage.after(1)
    assert told_until_away(gate) == []
    outage.end()
    assert gate.review() == [("revoked", "plate.png")]


def test_an_approval_is_not_used_up_by_a_look_that_decides_nothing(
    gate: Gate, sample: Sample
) -> None:
    blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    gate.studio.approve(entry.path)
    sidecar = entry.path.with_name("plate.png.xmp")
    sidecar.write_bytes(b"<x:xmpmeta")
    assert gate.studio.verdict(entry.path) is Verdict.UNDECIDED
    assert gate.review() == []
    sidecar.unlink()
    gate.studio.clock.advance(hours=2)
    assert gate.review() == [("returned", "plate.png")]


def test_an_approval_is_not_used_up_while_a_file_cannot_be_read_to_its_end(
    gate: Gate, sample: Sample
) -> None:
    blocked(gate, sample)
    (entry,) = list_quarantine(gate.zone)
    gate.studio.approve(entry.path)
    whole = entry.path.read_bytes()
    entry.path.write_bytes(whole[:-20])
    assert gate.review() == []
    entry.path.write_bytes(whole)
    gate.studio.clock.advance(hours=2)
    assert gate.review() == [("returned", "plate.png")]


def test_an_approval_taken_back_while_a_file_is_judged_is_noticed(
    studio: Studio, sample: Sample
) -> None:
    given: list[CheckedApproval] = []

    def picture(path: Path, _: str) -> None:
        while given and path.is_relative_to(gate.zone):
            take_back(gate, given.pop(), RevocationKind.REVOKED)

    gate = open_gate(studio, picture=picture)
    file = gate.arrive(sample("png/rgb.png"))
    given.append(studio.approve(file))
    assert gate.take(file) == "passed"
    assert given == []
    assert gate.review() == [("revoked", "plate.png")]
    assert gate.review() == []


def test_content_that_becomes_known_is_noticed_in_a_zone_that_was_not_itself(
    studio: Studio, sample: Sample
) -> None:
    lost: list[Path] = []
    gate = open_gate(studio, trouble=lambda zone: "not mounted" if zone in lost else "")
    file = gate.arrive(sample("png/rgb.png"), tagged=False)
    assert gate.take(file) == "passed"
    assert gate.review() == []
    studio.tag(studio.put(sample("png/rgb.png"), "the same.png"))
    lost.append(gate.zone)
    assert gate.review() == []
    lost.clear()
    assert gate.review() == [("quarantined", "plate.png")]


def test_what_cannot_be_looked_at_for_a_while_is_not_taken_for_gone(
    gate: Gate, sample: Sample
) -> None:
    file = gate.arrive(sample("png/rgb.png"), "reel/plate.png")
    approval = gate.studio.approve(file)
    assert gate.take(file) == "passed"
    assert gate.review() == []
    take_back(gate, approval, RevocationKind.REVOKED)
    away = file.parent.rename(gate.studio.home / "reel")
    file.parent.symlink_to(file.parent)  # reading it ends in a loop, not in "there is none"
    assert gate.review() == []
    file.parent.unlink()
    away.rename(file.parent)
    assert gate.review() == [("revoked", "plate.png")]


def test_what_was_deleted_is_not_kept_in_mind(gate: Gate, sample: Sample) -> None:
    file = gate.arrive(sample("png/rgb.png"), tagged=False)
    assert gate.take(file) == "passed"
    file.unlink()
    assert gate.review() == []
    gate.studio.tag(gate.studio.put(sample("png/rgb.png"), "the same.png"))
    gate.reviewer.begin(gate.studio.clock())
    assert list(gate.reviewer.doubtful()) == []
