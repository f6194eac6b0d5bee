"""Text hidden in pixels: found in every layout, silent on noise, bounded on bombs."""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, features

from fixtures.png import chunk, encode
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.interface import TaskRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.pixels import PRELOAD, read_pixels
from provenance.model.metadata import Contents, MetadataField
from tests.stealth_samples import TEXT, VARIANTS, hide, noise, packed

MIB = 1 << 20


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    with UnsafeInProcessRunner(preload=PRELOAD) as opened:
        yield opened


def read(runner: TaskRunner, data: bytes, tmp_path: Path, name: str = "png") -> Contents:
    path = tmp_path / "picture"
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return read_pixels(runner, descriptor, name)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("signature", VARIANTS)
def test_a_hidden_text_is_read(runner: TaskRunner, tmp_path: Path, signature: str) -> None:
    found = read(runner, encode(hide(signature, packed(signature))), tmp_path)
    assert found.problems == ()
    assert found.fields == (MetadataField(place="png/stealth", key=signature, value=TEXT),)


def test_colours_are_read_beside_an_alpha_channel_too(runner: TaskRunner, tmp_path: Path) -> None:
    image = hide("stealth_rgbinfo", packed("stealth_rgbinfo"), mode="RGBA")
    (field,) = read(runner, encode(image), tmp_path).fields
    assert (field.key, field.value) == ("stealth_rgbinfo", TEXT)


def test_a_lossless_webp_is_read(runner: TaskRunner, tmp_path: Path) -> None:
    assert features.check("webp")
    out = BytesIO()
    image = hide("stealth_pngcomp", packed("stealth_pngcomp"))
    image.save(out, "WEBP", lossless=True, exact=True)
    (field,) = read(runner, out.getvalue(), tmp_path, "webp").fields
    assert (field.place, field.value) == ("webp/stealth", TEXT)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(96, 64), (1, 1), (700, 1)])
def test_noise_hides_nothing(
    runner: TaskRunner, tmp_path: Path, mode: str, size: tuple[int, int]
) -> None:
    assert read(runner, encode(noise(mode, size)), tmp_path) == Contents()


@pytest.mark.parametrize("signature", VARIANTS)
@pytest.mark.parametrize("length", [0, 7, 8 * 96 * 64, 2**32 - 8])
def test_a_length_that_cannot_be_is_ignored(
    runner: TaskRunner, tmp_path: Path, signature: str, length: int
) -> None:
    image = hide(signature, packed(signature), length=length)
    assert read(runner, encode(image), tmp_path) == Contents()


def test_what_is_no_gzip_is_ignored(runner: TaskRunner, tmp_path: Path) -> None:
    assert read(runner, encode(hide("stealth_pngcomp", b"plain")), tmp_path) == Contents()


def test_a_text_that_inflates_without_end_is_a_problem(runner: TaskRunner, tmp_path: Path) -> None:
    bomb = packed("stealth_rgbcomp", "x" * (MIB + 1))
    (problem,) = read(runner, encode(hide("stealth_rgbcomp", bomb)), tmp_path).problems
    assert "inflates to more than 1 MiB" in problem
    (field,) = read(
        runner,
        encode(hide("stealth_rgbcomp", packed("stealth_rgbcomp", "x" * MIB))),
        tmp_path,
    ).fields
    assert len(field.value) == MIB


def test_an_overlong_text_is_a_problem(runner: TaskRunner, tmp_path: Path) -> None:
    image = hide("stealth_rgbinfo", b"x", length=8 * (MIB + 1), size=(1700, 1700))
    (problem,) = read(runner, encode(image), tmp_path).problems
    assert "longer than 1 MiB" in problem


@pytest.mark.parametrize("side", [8193, 9600, 60_000])
def test_a_picture_of_too_many_pixels_is_not_decoded(
    runner: TaskRunner, tmp_path: Path, side: int
) -> None:
    sound = encode(noise("RGB"))
    size = side.to_bytes(4, "big")
    header = chunk(b"IHDR", size + size + sound[24:29])
    (problem,) = read(runner, sound[:8] + header + sound[33:], tmp_path).problems
    assert "more than 64 million pixels" in problem


def test_a_webp_of_too_many_pixels_is_not_decoded(runner: TaskRunner, tmp_path: Path) -> None:
    sides = (4096, 3073)
    out = BytesIO()
    Image.new("RGBA", sides).save(out, "WEBP", lossless=True, method=0)
    (problem,) = read(runner, out.getvalue(), tmp_path, "webp").problems
    assert "a WebP of more than 12 million pixels" in problem


def test_a_picture_that_cannot_be_decoded_is_a_problem(runner: TaskRunner, tmp_path: Path) -> None:
    (problem,) = read(runner, encode(noise("RGB"))[:900], tmp_path).problems
    assert "cannot be decoded" in problem


def test_formats_that_lose_the_lowest_bits_are_not_decoded(
    runner: TaskRunner, tmp_path: Path
) -> None:
    image = hide("stealth_rgbinfo", packed("stealth_rgbinfo"))
    assert read(runner, encode(image), tmp_path, "jpeg") == Contents()


def test_it_works_in_a_locked_down_worker(tmp_path: Path) -> None:
    image = hide("stealth_pngcomp", packed("stealth_pngcomp"))
    with WorkerProcess(preload=PRELOAD) as runner:
        (field,) = read(runner, encode(image), tmp_path).fields
    assert field.value == TEXT
