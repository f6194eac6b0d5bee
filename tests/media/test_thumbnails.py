"""Thumbnails: small, upright, without what the file says of itself; none where there is trouble."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fixtures.build import recipes
from fixtures.png import chunk, encode
from fixtures.raster import noise, picture
from provenance.errors import IsolationError
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.interface import TaskRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.thumbnails import PRELOAD, Thumbnails

PICTURES = ("png", "jpeg", "webp", "gif", "tiff")


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    with UnsafeInProcessRunner(preload=PRELOAD) as opened:
        yield opened


def written(folder: Path, data: bytes) -> Path:
    path = folder / "picture"
    path.write_bytes(data)
    return path


def saved(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def opened(jpeg: bytes | None) -> Image.Image:
    assert jpeg is not None
    image = Image.open(BytesIO(jpeg), formats=("JPEG",))
    image.load()
    return image


@pytest.mark.parametrize("fmt", PICTURES)
def test_every_kind_of_picture_is_drawn_in_a_locked_down_worker(tmp_path: Path, fmt: str) -> None:
    data = next(iter(recipes()[f"media/{fmt}/sound"].values()))()
    with WorkerProcess(preload=PRELOAD) as runner:
        image = opened(Thumbnails(runner)(written(tmp_path, data), fmt))
    assert max(image.size) <= 160


@pytest.mark.parametrize("size", [(1600, 900), (900, 1600), (161, 1), (40, 30)])
@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
def test_it_is_small_and_keeps_its_shape(
    runner: TaskRunner, tmp_path: Path, fmt: str, size: tuple[int, int]
) -> None:
    data = saved(picture(1, *size), fmt)
    image = opened(Thumbnails(runner)(written(tmp_path, data), fmt.lower()))
    scale = min(1, 160 / max(size))
    assert image.mode == "RGB"
    assert image.size == pytest.approx([max(1, side * scale) for side in size], abs=1)


def test_noise_which_nothing_compresses_is_small_too(runner: TaskRunner, tmp_path: Path) -> None:
    data = encode(Image.fromarray(noise(400, 400)))
    jpeg = Thumbnails(runner)(written(tmp_path, data), "png")
    assert jpeg is not None
    assert len(jpeg) < 48 * 1024


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_drawn(runner: TaskRunner, tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (50, 20), 1 if mode in {"1", "L", "P", "I;16"} else None)
    data = saved(image, "TIFF")
    assert opened(Thumbnails(runner)(written(tmp_path, data), "tiff")).size == (50, 20)


def test_what_is_transparent_shows_a_background(runner: TaskRunner, tmp_path: Path) -> None:
    data = saved(Image.new("RGBA", (32, 32), (255, 0, 0, 0)), "PNG")
    assert opened(Thumbnails(runner)(written(tmp_path, data), "png")).getpixel((9, 9)) == (200,) * 3


def test_it_stands_upright_and_says_nothing_of_itself(runner: TaskRunner, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a private remark"
    data = saved(picture(1, 64, 48), "JPEG", exif=exif, comment=b"another", icc_profile=b"icc" * 9)
    jpeg = Thumbnails(runner)(written(tmp_path, data), "jpeg")
    image = opened(jpeg)
    assert image.size == (48, 64)
    assert not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not image.getexif()


@pytest.mark.parametrize("exif", [b"Exif\0\0no tiff", b"Exif\0\0II*\0\xff\0\0\0", b"Exif\0\0"])
def test_an_exif_that_is_none_does_no_harm(runner: TaskRunner, tmp_path: Path, exif: bytes) -> None:
    data = saved(picture(1, 64, 48), "JPEG", exif=exif)
    assert opened(Thumbnails(runner)(written(tmp_path, data), "jpeg")).size == (64, 48)


@pytest.mark.parametrize("name", ["mov", "wav", "svg", ""])
def test_what_is_no_picture_has_none(runner: TaskRunner, tmp_path: Path, name: str) -> None:
    assert Thumbnails(runner)(written(tmp_path, encode(picture())), name) is None


@pytest.mark.parametrize("side", [8193, 60_000])
def test_a_picture_of_too_many_pixels_has_none(
    runner: TaskRunner, tmp_path: Path, side: int
) -> None:
    sound = encode(picture())
    size = side.to_bytes(4, "big")
    data = sound[:8] + chunk(b"IHDR", size + size + sound[24:29]) + sound[33:]
    assert Thumbnails(runner)(written(tmp_path, data), "png") is None


@pytest.mark.parametrize("fmt", PICTURES)
def test_a_damaged_picture_has_none_and_the_next_one_has(
    runner: TaskRunner, tmp_path: Path, fmt: str
) -> None:
    draw = Thumbnails(runner)
    sound = next(iter(recipes()[f"media/{fmt}/sound"].values()))()
    assert draw(written(tmp_path, sound[: len(sound) // 3]), fmt) is None
    assert draw(written(tmp_path, sound), fmt) is not None


def test_a_file_that_is_gone_or_of_another_format_has_none(
    runner: TaskRunner, tmp_path: Path
) -> None:
    draw = Thumbnails(runner)
    assert draw(tmp_path / "nowhere.png", "png") is None
    assert draw(written(tmp_path, encode(picture())), "jpeg") is None


def test_there_is_an_end_to_them(runner: TaskRunner, tmp_path: Path) -> None:
    path = written(tmp_path, encode(picture(1, 8, 8)))
    draw = Thumbnails(runner)
    drawn = [draw(path, "png") is not None for _ in range(502)]
    assert drawn == [True] * 500 + [False] * 2


def test_pictures_that_cost_a_worker_each_are_soon_given_up(tmp_path: Path) -> None:
    asked = []

    class Dying(UnsafeInProcessRunner):
        def run(self, task: str, *_words: object, **_more: object) -> object:
            asked.append(task)
            raise IsolationError(f"{task} failed: the worker was killed")

    path = written(tmp_path, encode(picture(1, 8, 8)))
    with Dying(preload=()) as dying:
        draw = Thumbnails(dying)
        assert {draw(path, "png") for _ in range(100)} == {None}
    assert len(asked) == 10


@pytest.mark.parametrize("answer", [None, 5, "no base64!", "aGVsbG8=", "/9j/" + "A" * 70_000])
def test_an_answer_that_is_no_small_jpeg_is_not_used(tmp_path: Path, answer: object) -> None:
    class Lying(UnsafeInProcessRunner):
        def run(self, *_words: object, **_more: object) -> object:
            return answer

    with Lying(preload=()) as lying:
        assert Thumbnails(lying)(written(tmp_path, encode(picture())), "png") is None
