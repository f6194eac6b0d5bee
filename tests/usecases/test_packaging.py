"""A gate that judges sealed packages: none stays unjudged because one was judged before."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from provenance.errors import TaggingError
from provenance.model.approval import RevocationKind
from provenance.quarantining import restore
from tests.builders.packages import seal_imf
from tests.usecases.studio import Clock, Studio
from tests.usecases.test_reviewing import ZONE, Gate, open_gate, take_back

Sample = Callable[[str], Path]
SETTINGS = '[scan]\nignore = ["*.xml", "*.mhl"]\n' + ZONE


@dataclass(slots=True)
class MeddlingClock(Clock):
    """A clock that does something when it is asked the time: a scan does when it has read all."""

    meddle: Callable[[], object] = lambda: None

    def __call__(self) -> datetime:
        self.meddle()
        return self.now


@pytest.fixture
def gate(studio: Studio) -> Gate:
    return open_gate(studio, SETTINGS)


def package(gate: Gate, sample: Sample, name: str = "reel") -> list[Path]:
    """Have a package of two temporary pictures lie in the zone."""
    files = [
        gate.arrive(sample(source), f"{name}/{number}.png")
        for number, source in enumerate(("png/rgb.png", "png/deep.png"))
    ]
    seal_imf(gate.zone / name)
    return files


def untagged_package(gate: Gate, sample: Sample) -> list[Path]:
    """Have a package lie in the zone that passes."""
    files = [
        gate.arrive(sample("png/palette.png"), f"reel/{number}.png", tagged=False)
        for number in range(2)
    ]
    seal_imf(gate.zone / "reel")
    return files


def test_a_package_that_could_not_be_moved_goes_when_it_can(gate: Gate, sample: Sample) -> None:
    files = package(gate, sample)
    (gate.studio.home / ".quarantine").write_text("in the way")
    taken = gate.keeper.take(files)
    assert set(taken.failed) == set(files)
    assert all(isinstance(error, TaggingError) for error in taken.failed.values())
    (gate.studio.home / ".quarantine").unlink()
    assert gate.take(files[1]) == "quarantined"
    assert gate.kept == ["reel"]


def test_a_blocked_package_that_was_put_back_is_judged_again(gate: Gate, sample: Sample) -> None:
    files = package(gate, sample)
    assert gate.take(files[0]) == "quarantined"
    restore(gate.studio.home / ".quarantine/deliverables/reel")
    assert gate.take(files[0]) == "quarantined"


def test_a_package_that_was_made_earlier_and_put_over_another_is_judged(
    gate: Gate, sample: Sample
) -> None:
    prepared = package(gate, sample, "prepared")
    (gate.zone / "prepared").rename(gate.studio.home / "prepared")
    plain = untagged_package(gate, sample)
    assert [gate.take(file) for file in plain] == ["passed", "left"]
    shutil.rmtree(gate.zone / "reel")
    (gate.studio.home / "prepared").rename(gate.zone / "reel")
    assert gate.take(gate.zone / "reel" / prepared[0].name) == "quarantined"


@pytest.mark.parametrize("text", ["<hashlist><hash><file>0.png</file></hash><ha", "<hashlist>"])
def test_a_list_that_ends_early_speaks_for_no_file_it_does_not_name(
    gate: Gate, sample: Sample, text: str
) -> None:
    (gate.zone / "A.mhl").write_text(text)
    for name in ("1.png", "2.png"):
        assert gate.take(gate.arrive(sample("png/rgb.png"), name)) == "quarantined"
    named = gate.arrive(sample("png/deep.png"), "0.png")
    assert gate.take(named) == ("blocked" if "0.png" in text else "quarantined")


def test_of_an_incomplete_package_each_file_is_told_once(gate: Gate, sample: Sample) -> None:
    files = package(gate, sample)
    (gate.zone / "reel/CPL.xml").rename(gate.studio.home / "CPL.xml")
    assert [gate.take(file) for file in files] == ["blocked", "blocked"]
    assert [gate.take(file) for file in files] == ["left", "left"]
    files[0].touch()
    assert [gate.take(file) for file in files] == ["blocked", "left"]
    (gate.studio.home / "CPL.xml").rename(gate.zone / "reel/CPL.xml")
    assert gate.take(files[1]) == "quarantined"


def test_a_review_judges_a_package_once_for_all_its_files(studio: Studio, sample: Sample) -> None:
    gate = open_gate(studio, SETTINGS + 'on_block = "report"\n')
    files = untagged_package(gate, sample)
    assert [gate.take(file) for file in files] == ["passed", "left"]
    assert gate.review() == []
    studio.tag(studio.put(sample("png/palette.png"), "the same.png"))
    assert gate.review() == [("blocked", "reel")]
    assert gate.review() == []


def test_what_a_review_could_not_move_is_told_once_and_moved_by_a_later_one(
    gate: Gate, sample: Sample
) -> None:
    files = package(gate, sample)
    approvals = [gate.studio.approve(file) for file in files]
    assert [gate.take(file) for file in files] == ["passed", "left"]
    assert gate.review() == []
    for approval in approvals:
        take_back(gate, approval, RevocationKind.REVOKED)
    (gate.studio.home / ".quarantine").write_text("in the way")
    (arrival,) = gate.keeper.review()
    assert arrival.action == "undecided"
    assert "could not be moved" in arrival.detail
    (gate.studio.home / ".quarantine").unlink()
    gate.studio.clock.advance(hours=2)
    assert gate.review() == [("revoked", "reel")]


def test_a_member_that_is_rewritten_while_its_package_is_judged_is_judged_again(
    studio: Studio, sample: Sample
) -> None:
    clock = studio.clock = MeddlingClock()
    gate = open_gate(studio, SETTINGS)
    temporary = gate.arrive(sample("png/rgb.png"), "away.png").rename(studio.home / "away.png")
    files = untagged_package(gate, sample)
    sizes = gate.zone / "reel/PKL.xml"
    sizes.write_text(re.sub("<Size>.*?</Size>", "", sizes.read_text()))
    clock.meddle = lambda: files[1].write_bytes(temporary.read_bytes())
    assert gate.take(files[0]) == "passed"
    clock.meddle = lambda: None
    assert gate.take(files[1]) == "quarantined"
