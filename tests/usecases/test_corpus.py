"""Real files of others: nothing raises, nothing of theirs is lost, what declares AI blocks."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.inspecting import Inspector
from provenance.model.credential import Credentials
from provenance.model.finding import Verdict
from provenance.model.outcome import Action
from provenance.model.purpose import Purpose
from provenance.policy.engine import judge
from tests.exhaustive import exhaustive
from tests.usecases.studio import USE, Studio, listing

FOLDERS = ("c2pa", "post")
DECODED_BYTES = 500_000
"""Larger files are not decoded here; it would take half the time of all tests."""


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.tsv").open(newline="", encoding="utf-8") as index:
        return list(csv.DictReader(index, delimiter="\t"))


def labels(credentials: Credentials | None) -> list[str]:
    return [manifest.label for manifest in credentials.manifests] if credentials else []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_judged_and_inspected_without_an_error(
    folder: str, corpus: Path, studio: Studio
) -> None:
    production = studio.production
    options = production.scan_options()
    inspector = Inspector(
        examiner=production.examiner,
        runner=production.technical_runner,
        gatherer=production.gatherer,
    )
    statuses = set()
    for path in files_of(corpus / folder):
        facts = production.gatherer.facts_of(path, options.purpose)
        judge(facts, options.pack)
        statuses.add(inspector.inspect(path, Purpose(use=USE)).status)
    assert len(statuses) >= 2, "they are not all alike"


@exhaustive
def test_tagging_keeps_every_manifest_of_others(
    corpus: Path, studio: Studio, decoded: Callable[[Path], str]
) -> None:
    counted = 0
    for original in files_of(corpus / "c2pa"):
        file = studio.put(original)
        with studio.examined(file) as examined:
            before = labels(examined.reading.credentials)
            is_whole = examined.is_whole
        if not before or not is_whole:
            continue
        outcome = studio.tag(file)
        with studio.examined(file) as examined:
            after = labels(examined.reading.credentials)
            credentials = examined.reading.credentials
        assert set(before) <= set(after), (file.name, outcome)
        assert credentials is not None
        if outcome.action is Action.TAGGED and "c2pa" in outcome.carriers:
            assert len(after) == len(before) + 1, file.name
            assert credentials.is_ours, (file.name, credentials.failures)
            # Two of them name a second picture that was cut off, so nobody can decode them whole.
            if not file.name.startswith("cards_") and original.stat().st_size < DECODED_BYTES:
                assert decoded(file) == decoded(original), file.name
            counted += 1
        else:
            assert file.read_bytes() == original.read_bytes(), file.name
        assert studio.verdict(file) is Verdict.BLOCK, file.name
    assert counted >= 15


def test_a_tag_taken_back_leaves_the_file_as_others_signed_it(corpus: Path, studio: Studio) -> None:
    for name in ("openai_media_service_2026_ps256.png", "firefly_2024.jpg", "legacy.mp4"):
        file = studio.put(corpus / "c2pa" / name)
        studio.tag(file)
        assert studio.production.untagger.untag(file).action is Action.RESTORED
        assert listing(file.parent)[name] == (corpus / "c2pa" / name).read_bytes()


def test_a_scan_blocks_every_file_that_says_it_is_ai(corpus: Path, studio: Studio) -> None:
    folder = studio.home / "arrived"
    shutil.copytree(corpus / "c2pa", folder)
    rows = rows_of(corpus / "c2pa")
    expected = {row["file"] for row in rows if row["expected_ai"] == "yes"}
    assert len(expected) >= 10
    report = studio.scan(folder)
    blocked = {
        Path(result.facts.path).name for result in report.results if result.verdict is Verdict.BLOCK
    }
    assert expected - blocked == set()
    innocent = {row["file"] for row in rows if row["expected_ai"] == "no"}
    assert innocent & blocked == set()
    assert report.verdict is Verdict.BLOCK
