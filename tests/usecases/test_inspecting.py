"""What an editor is told of one file at one glance."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.jpeg import with_xmp
from fixtures.packets import source_type_as_attribute
from provenance.errors import ProvenanceError
from provenance.inspecting import Inspector, Status
from provenance.model.credential import EMBEDDED
from provenance.model.facts import ProblemKind
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from provenance.model.purpose import Purpose
from provenance.model.tag import DeclaredBy
from provenance.tools import Tools
from tests.usecases.meddling import MeddlingRunner, StrictRunner, give_up
from tests.usecases.studio import BY_SIGNAL, USE, Studio

Sample = Callable[[str], Path]
AI = ("parameters.png", "graphs.png", "source_type_resource.jpg", "source_type_element.jpg")


def test_a_tagged_file_is_temporary_and_an_approved_one_approved(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("mp4/moov_last.mp4"))
    studio.tag(file)
    inspection = studio.inspect(file)
    assert inspection.status is Status.TEMPORARY
    assert inspection.approval is None
    assert inspection.media_type == "video/mp4"
    assert inspection.technical["raster"] == "64 \N{MULTIPLICATION SIGN} 48"
    assert inspection.credentials is not None
    assert (inspection.credentials.is_ours, inspection.credentials.place) == (True, EMBEDDED)
    approval_id = studio.approve(file).approval.approval_id
    inspection = studio.inspect(file)
    assert inspection.status is Status.APPROVED
    assert inspection.approval is not None
    assert inspection.approval.checked.approval.approval_id == approval_id
    assert studio.inspect(file, use="trailer").status is Status.TEMPORARY


def test_a_stripped_file_is_temporary_until_it_is_withdrawn(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)
    asset_id = studio.production.untagger.untag(file).asset_id
    inspection = studio.inspect(file)
    assert (inspection.status, inspection.facts.tag) == (Status.TEMPORARY, None)
    studio.production.untagger.withdraw(asset_id, "shot on the day")
    inspection = studio.inspect(file)
    assert inspection.status is Status.NO_DECLARATION
    assert inspection.facts.remembered is not None
    assert inspection.facts.remembered.withdrawn_reason == "shot on the day"


@pytest.mark.parametrize("name", AI)
def test_a_file_that_declares_ai_is_untagged_ai(
    name: str, studio: Studio, fixtures_dir: Path
) -> None:
    file = studio.put(fixtures_dir / "ai" / name)
    assert studio.inspect(file).status is Status.AI_UNTAGGED
    assert studio.rules(file) == {"ai-declared-unapproved"}
    outcome = studio.production.tagger.tag(file, BY_SIGNAL)
    assert outcome.action is Action.TAGGED
    inspection = studio.inspect(file)
    assert inspection.status is Status.TEMPORARY
    assert inspection.facts.tag is not None
    assert inspection.facts.tag.declared_by is DeclaredBy.SIGNAL
    # Its own declaration is still there, and ours is not taken for one of its own.
    assert {signal.rule for signal in inspection.facts.signals} == {*inspection.facts.tag.reasons}


def test_a_generator_is_named_from_the_file(studio: Studio, fixtures_dir: Path) -> None:
    file = studio.put(fixtures_dir / "ai/parameters.png")
    studio.production.tagger.tag(file, BY_SIGNAL)
    tag = studio.inspect(file).facts.tag
    assert tag is not None
    assert tag.generator is not None
    assert (tag.generator.model, tag.generator.version) == ("harbourMix_v2", "v1.9.3")


def test_a_declared_source_type_is_kept(studio: Studio) -> None:
    term = "compositeWithTrainedAlgorithmicMedia"
    file = studio.put(with_xmp(source_type_as_attribute(term)), "composite.jpg")
    studio.production.tagger.tag(file, BY_SIGNAL)
    tag = studio.inspect(file).facts.tag
    assert tag is not None
    assert tag.source_type.value == term


@pytest.mark.parametrize(
    "name", ["caption.png", "prompt_key.png", "caption.jpg", "digital_capture_attribute.jpg"]
)
def test_an_ordinary_file_declares_nothing_and_passes(
    name: str, studio: Studio, fixtures_dir: Path
) -> None:
    file = studio.put(fixtures_dir / "plain" / name)
    before = file.read_bytes()
    assert studio.inspect(file).status is Status.NO_DECLARATION
    assert studio.production.tagger.tag(file, BY_SIGNAL).action is Action.NOTHING_DECLARED
    assert studio.verdict(file, strict=True) is Verdict.PASS
    assert file.read_bytes() == before


def test_a_hint_is_shown_and_never_blocks_alone(studio: Studio) -> None:
    file = studio.put(with_xmp(source_type_as_attribute("composite")), "composite.jpg")
    inspection = studio.inspect(file)
    assert inspection.status is Status.HINT
    assert studio.verdict(file) is Verdict.PASS
    assert studio.rules(file) == studio.remarks(file) == {"ai-hint"}
    assert studio.verdict(file, strict=True) is Verdict.UNDECIDED


def test_damage_outranks_silence_and_a_declaration_outranks_damage(
    studio: Studio, fixtures_dir: Path
) -> None:
    plain = studio.put(fixtures_dir / "media/png/broken/half.png")
    assert studio.inspect(plain).status is Status.UNREADABLE
    declared = (fixtures_dir / "ai/parameters.png").read_bytes()
    cut = studio.put(declared[:-20], "cut.png")
    inspection = studio.inspect(cut)
    assert inspection.status is Status.AI_UNTAGGED
    assert inspection.facts.problems != ()


def test_outside_a_production_the_file_speaks_for_itself(
    studio: Studio, sample: Sample, fixtures_dir: Path
) -> None:
    tagged = studio.put(sample("png/rgb.png"))
    studio.tag(tagged)
    with Tools(None) as tools:
        tools.reading_runner = studio.runner
        inspector = Inspector(examiner=tools.examiner, runner=studio.technical, gatherer=None)
        seen = inspector.inspect(tagged, Purpose(use=USE))
        assert seen.status is Status.TEMPORARY
        assert seen.facts.tag is not None
        assert seen.facts.essence_digest == seen.facts.tag.essence_digest
        assert seen.credentials is not None
        assert not seen.credentials.is_ours
        ai = inspector.inspect(fixtures_dir / "ai/parameters.png", Purpose(use=USE))
        assert (ai.status, ai.facts.essence_digest) == (Status.AI_UNTAGGED, None)
        assert inspector.inspect(studio.home, Purpose(use=USE)).status is Status.UNREADABLE
        half = studio.put(tagged.read_bytes()[:-900], "half.png")
        assert inspector.inspect(half, Purpose(use=USE)).facts.problems != ()


@pytest.mark.parametrize("is_inside", [True, False], ids=["inside", "outside"])
def test_a_file_that_is_cut_while_it_is_read_is_still_temporary(
    is_inside: bool,  # noqa: FBT001  (pytest calls by name)
    studio: Studio,
    sample: Sample,
) -> None:
    file = studio.put(sample("wav/pcm24.wav"))
    studio.tag(file)
    studio.runner = MeddlingRunner(
        runner=studio.runner, task="read_store", before=lambda: os.truncate(file, 9000)
    )
    studio.reopen()
    inspector = Inspector(
        examiner=studio.production.examiner,
        runner=studio.technical,
        gatherer=studio.production.gatherer if is_inside else None,
    )
    seen = inspector.inspect(file, Purpose(use=USE))
    assert seen.status is Status.TEMPORARY
    assert seen.facts.essence_digest is None
    kinds = {problem.kind for problem in seen.facts.problems}
    assert ProblemKind.DAMAGED in kinds
    assert (ProblemKind.CHANGED in kinds) is is_inside


def test_technical_data_that_cannot_be_had_is_said_to_be_unknown(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.technical = MeddlingRunner(
        runner=studio.technical, task="read_media_info", before=give_up
    )
    studio.reopen()
    inspection = studio.inspect(file)
    assert inspection.status is Status.NO_DECLARATION
    assert inspection.technical == {"unknown": "the worker died (signal 6)"}


def test_a_reader_that_gives_up_makes_the_file_undecided(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("rf64/pcm16.rf64"))
    studio.tag(file)
    studio.approve(file)
    assert studio.verdict(file) is Verdict.PASS
    studio.runner = MeddlingRunner(runner=studio.runner, task="read_store", before=give_up)
    studio.reopen()
    assert studio.verdict(file) is Verdict.UNDECIDED
    assert "the worker died" in studio.messages(file)
    with pytest.raises(ProvenanceError, match="the worker died"):
        studio.tag(studio.put(file, "copy.rf64").rename(file))


def test_a_manifest_that_reads_but_does_not_validate_gets_one_answer_from_scan_and_inspect(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)
    studio.approve(file)
    studio.runner = StrictRunner(runner=studio.runner)
    studio.reopen()
    assert studio.verdict(file) is Verdict.PASS
    inspection = studio.inspect(file)
    assert (inspection.status, inspection.facts.problems) == (Status.APPROVED, ())
    assert inspection.credentials is not None
    assert not inspection.credentials.is_ours
    assert "claim missing hard binding" in inspection.credentials.failures
