"""Compressed metadata of JPEG XL: read like plain boxes, bounded on bombs, in a locked worker."""

import os
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.heif import TIFF, box
from fixtures.jxl import boxed
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.interface import Json, TaskRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.jxl import Jxl
from provenance.media.packed import PRELOAD, read_packed
from provenance.media.source import FileSource
from provenance.model.metadata import Contents

PICTURE = box(b"jxlc", b"picture")
MIB = 1 << 20
STORE = box(b"jumd", b"c2pa\0\x11\0\x10", bytes(8))


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    with UnsafeInProcessRunner(preload=PRELOAD) as opened:
        yield opened


def packed(kind: bytes, content: bytes) -> bytes:
    return box(b"brob", kind, brotli.compress(content))


def read(runner: TaskRunner, tmp_path: Path, *boxes: bytes) -> Contents:
    path = tmp_path / "picture.jxl"
    path.write_bytes(boxed(*boxes, PICTURE))
    with FileSource(path) as source:
        return read_packed(runner, source.descriptor, Jxl().read(source))


def seen(contents: Contents) -> list[tuple[str, str, str]]:
    return [(field.place, field.key, field.value) for field in contents.fields]


def test_compressed_boxes_say_what_plain_ones_say(runner: TaskRunner, tmp_path: Path) -> None:
    content = {b"Exif": bytes(4) + TIFF, b"xml ": b"<x/>", b"comf": b"prompt\0{}"}
    plain = read(runner, tmp_path, *(box(kind, data) for kind, data in content.items()))
    contents = read(runner, tmp_path, *(packed(kind, data) for kind, data in content.items()))
    assert seen(contents) == seen(plain)
    assert len(contents.fields) == 2
    assert contents.xmp == plain.xmp
    assert contents.problems == ()


def test_a_compressed_store_of_c2pa_is_one(runner: TaskRunner, tmp_path: Path) -> None:
    assert len(read(runner, tmp_path, packed(b"jumb", STORE)).c2pa) == 1
    assert read(runner, tmp_path, packed(b"jumb", STORE.replace(b"c2pa", b"json"))).c2pa == ()


def test_a_file_without_compressed_boxes_asks_no_worker(tmp_path: Path) -> None:
    with UnsafeInProcessRunner(preload=()) as runner:
        assert read(runner, tmp_path, box(b"xml ", b"<x/>")).problems == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff" * 30, "is damaged"),
        (brotli.compress(b"text") + b"more", "is damaged"),
        (brotli.compress(os.urandom(999))[:-9], "ends early"),
        (b"", "ends early"),
        (brotli.compress(bytes(100 * MIB), quality=3), "unpacks to more than"),
    ],
    ids=["noise", "more behind it", "cut", "empty", "bomb"],
)
def test_what_cannot_be_unpacked_is_a_problem(
    runner: TaskRunner, tmp_path: Path, content: bytes, problem: str
) -> None:
    contents = read(runner, tmp_path, packed(b"xml ", b"<x/>"), box(b"brob", b"Exif", content))
    (said,) = contents.problems
    assert problem in said
    assert [packet.data for packet in contents.xmp] == [b"<x/>"]


def test_all_boxes_together_are_bounded(runner: TaskRunner, tmp_path: Path) -> None:
    contents = read(runner, tmp_path, *[packed(b"xml ", bytes(MIB))] * 20)
    assert 0 < len(contents.xmp) < 20
    assert "unpacks to more than" in contents.problems[0]


def test_a_worker_that_does_not_answer_is_a_problem(tmp_path: Path) -> None:
    with UnsafeInProcessRunner(preload=()) as runner:
        runner.close()
        contents = read(runner, tmp_path, packed(b"xml ", b"<x/>"))
    assert contents.problems[0].startswith("its compressed metadata was not read: ")


class EmptyHandedRunner(UnsafeInProcessRunner):
    """A runner that answers nothing."""

    def run(self, *_: object) -> Json:
        return None


def test_an_answer_without_every_box_is_a_problem(tmp_path: Path) -> None:
    with EmptyHandedRunner(preload=()) as runner:
        contents = read(runner, tmp_path, packed(b"xml ", b"<x/>"))
    assert contents.problems == ("its compressed metadata was not read: too few answers",)


def test_it_works_in_a_locked_down_worker(tmp_path: Path) -> None:
    with WorkerProcess(preload=PRELOAD) as runner:
        contents = read(runner, tmp_path, packed(b"comf", b"workflow\0{}"))
    assert seen(contents) == [("jxl/comf", "workflow", "{}")]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_survived(runner: TaskRunner, tmp_path: Path, data: bytes) -> None:
    contents = read(runner, tmp_path, box(b"brob", b"xml ", data))
    assert contents.xmp or contents.problems
