"""The tag record: reads back, keeps what it does not know, refuses what is none of ours."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model.digest import sha256_digest
from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.policy.samples import TAG

VERSION_1 = (Path(__file__).parents[1] / "carriers/fixtures/tag-1.json").read_text("utf-8")
"""A record as version 0.1.0 wrote it; must read for ever."""

WORDS = st.text(max_size=20)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | WORDS, st.lists, max_leaves=5)
GENERATORS = st.builds(Generator, tool=WORDS, model=WORDS, version=WORDS)
TAGS = st.builds(
    ProvenanceTag,
    asset_id=st.uuids().map(lambda number: f"urn:uuid:{number}"),
    source_type=st.sampled_from(DigitalSourceType),
    declared_by=st.sampled_from(DeclaredBy),
    reasons=st.lists(WORDS, max_size=3).map(tuple),
    essence_digest=st.binary(max_size=5).map(sha256_digest),
    tagged_at=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
        timezones=st.just(UTC),
    ).map(lambda moment: moment.replace(microsecond=0)),
    tool=WORDS,
    generator=st.none() | GENERATORS,
    unknown=st.dictionaries(WORDS.map("x-".__add__), JSON, max_size=3).map(MappingProxyType),
)


def record(**changes: object) -> dict[str, Any]:
    return json.loads(VERSION_1) | changes


@given(tag=TAGS)
def test_a_tag_reads_back_with_all_it_does_not_know(tag: ProvenanceTag) -> None:
    assert ProvenanceTag.from_json(tag.to_json()) == tag
    assert "\n" not in tag.to_json()
    assert tag.to_json().isascii()


def test_a_record_of_version_1_still_reads() -> None:
    tag = ProvenanceTag.from_json(VERSION_1)
    assert tag.declared_by is DeclaredBy.SIGNAL
    assert tag.reasons == ("comfyui-graph",)
    assert tag.tagged_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert tag.generator == Generator(tool="ComfyUI", model="sd_xl")
    assert tag.comment == "GENAI-TEMP 6b1f0f9e"
    assert tag.to_record() == json.loads(VERSION_1)


def test_fields_of_a_later_version_survive_a_rewrite() -> None:
    later = record(version=2, mood={"a": [1, None]})
    written = ProvenanceTag.from_record(later).to_record()
    assert written["mood"] == {"a": [1, None]}


def test_an_unknown_field_cannot_overwrite_one_of_ours() -> None:
    tag = replace(TAG, unknown=MappingProxyType({"status": "cleared"}))
    assert tag.to_record()["status"] == "temporary"


def test_a_time_of_another_zone_becomes_utc() -> None:
    moment = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    assert replace(TAG, tagged_at=moment).to_record()["tagged_at"] == "2026-03-01T12:00:00+00:00"
    read = ProvenanceTag.from_record(record(tagged_at=moment.isoformat()))
    assert read.tagged_at.tzinfo is UTC


@pytest.mark.parametrize("generator", [None, "ComfyUI", {}, {"tool": 3}, {"model": "x"}])
def test_a_generator_that_is_none_is_left_out(generator: object) -> None:
    tag = ProvenanceTag.from_record(record(generator=generator))
    assert tag.generator is None
    assert "generator" not in tag.to_record()


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "another"},
        {"asset_id": "6b1f0f9e"},
        {"asset_id": "urn:uuid:6B1F0F9E-0D5C-4F6F-8F2A-3D1F5A9B7C11"},
        {"asset_id": None},
        {"version": "1"},
        {"version": 0},
        {"version": None},
        {"digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/unheardOf"},
        {"digital_source_type": 3},
        {"declared_by": "nobody"},
        {"essence_digest": "md5:00"},
        {"essence_digest": None},
        {"reasons": 7},
        {"tagged_at": "2026-03-01T12:00:00"},
        {"tagged_at": "yesterday"},
        {"tagged_at": 5},
        {"tagged_at": "0001-01-01T00:00:00+23:00"},
    ],
    ids=str,
)
def test_a_record_that_is_wrong_is_refused(changes: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ProvenanceTag.from_record(record(**changes))


@pytest.mark.parametrize("missing", ["asset_id", "reasons", "tool", "tagged_at"])
def test_a_record_with_a_field_missing_is_refused(missing: str) -> None:
    whole = record()
    del whole[missing]
    with pytest.raises(ValueError, match=missing):
        ProvenanceTag.from_record(whole)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"x"', "[" * 30_000, " " * 70_000])
def test_a_text_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ProvenanceTag.from_json(text)
