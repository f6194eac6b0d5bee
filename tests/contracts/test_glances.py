"""What every glance must do: clear nothing that a full reading has a word on, and much else."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.build import MEDIA, recipes
from provenance.examining import Examiner
from provenance.glances.interface import HEAD
from provenance.glances.known import GLANCES
from provenance.glances.screen import Screen
from provenance.media.formats import SUFFIXES, identify
from tests.builders.hand_made import HAND_MADE
from tests.exhaustive import exhaustive
from tests.glancing import look_at, make_examiner, make_screen, objections

pytestmark = exhaustive

EXACT = {glance.format_name: glance.is_exact for glance in GLANCES}
UNSURE = frozenset(
    {"trailer.jpg", "fragmented.mp4", "open_mdat.mp4", "foreign_text.png", "bigtiff.tif"}
    | {"live.mkv", "live.webm", "wide.svg", "packed.jxl"}
    | {"bare.mp3", "id3v1.mp3", "no_xing.mp3", "ten_times.gif"}
)
"""Sound samples that take a full reading, for what is rare in them."""
EVERYDAY = [
    (name, file)
    for name in EXACT
    for file in (*MEDIA[name].sound, *MEDIA[name].long)
    if file not in UNSURE and not (name == "mp3" and file in MEDIA[name].long)
]
SMALL = [(name, file) for name, file in EVERYDAY if file in MEDIA[name].sound]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "number", "cut", "insert", "repeat", "move", "end", "append"]),
        st.integers(0, 1 << 16),
        st.booleans(),
        st.binary(min_size=1, max_size=12) | st.sampled_from([b"\0", b"\xff", b"{", b"TAG", b"<"]),
        st.integers(0, 512),
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def screen() -> Screen:
    return make_screen()


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return make_examiner()


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """Return a file to write, in memory where there is room for it."""
    memory = Path("/dev/shm")  # noqa: S108  (beneath it a folder of ours alone is made)
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder) / "sample"


def require_silence(data: bytes, scratch: Path, screen: Screen, examiner: Examiner) -> bool:
    """Fail if a glance clears what a full reading would not; return whether it clears it."""
    cleared = look_at(data, screen)
    if cleared is None:
        return False
    scratch.write_bytes(data)
    assert objections(scratch, cleared, examiner, EXACT.__getitem__) == []
    return True


Edit = tuple[str, int, bool, bytes, int]


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Return the file with these edits, near its beginning or near its end."""
    out = data
    for kind, place, is_near_end, value, number in edits:
        at = place % (len(out) + 1)
        if is_near_end:
            at = len(out) - at % 512 if len(out) > 512 else 0
        taken, to = out[at : at + number], place * 7 % (len(out) + 1)
        rest = out[:at] + out[at + number :]
        out = {
            "set": out[:at] + value + out[at + len(value) :],
            "number": _with_number(out, at, number),
            "cut": rest,
            "insert": out[:at] + value + out[at:],
            "repeat": out[: at + number] + taken + out[at + number :],
            "move": rest[:to] + taken + rest[to:],
            "end": out[:at],
            "append": out + value * (number + 1),
        }[kind]
    return out


def _with_number(data: bytes, at: int, choice: int) -> bytes:
    """Return the file with one of the numbers here on which readers stumble."""
    width = 2 if choice % 2 else 4
    known = (0, 1, 7, 8, 16, 0x7FFF, 0xFFFF, len(data), len(data) - at, at, (1 << 32) - 1)
    number = known[choice % len(known)] % (1 << 8 * width)
    return (
        data[:at] + number.to_bytes(width, "big" if choice % 3 else "little") + data[at + width :]
    )


@pytest.mark.parametrize(("name", "file"), EVERYDAY)
def test_an_everyday_file_is_cleared(
    name: str, file: str, fixtures_dir: Path, screen: Screen
) -> None:
    kind = "sound" if file in MEDIA[name].sound else "long"
    cleared = look_at((fixtures_dir / f"media/{name}/{kind}/{file}").read_bytes(), screen)
    assert cleared is not None
    assert cleared[0] == name


@pytest.mark.parametrize(("name", "file"), SMALL)
def test_a_cleared_file_is_of_the_format_of_its_glance_whatever_its_name(
    name: str, file: str, fixtures_dir: Path
) -> None:
    head = (fixtures_dir / f"media/{name}/sound/{file}").read_bytes()[:HEAD]
    assert {identify(head, suffix).name for suffix in ("", ".txt", *SUFFIXES)} == {name}


@pytest.mark.parametrize(
    "brand", [b"XAVC", b"3gp4", b"heic", b"mif2", b"hevx", b"avif", b"crx ", b"qt  "]
)
def test_the_brand_tells_which_movie_it_is(
    brand: bytes, fixtures_dir: Path, screen: Screen
) -> None:
    movie = (fixtures_dir / "media/mp4/sound/moov_last.mp4").read_bytes()
    data = movie[:8] + brand + movie[12:]
    cleared = look_at(data, screen)
    assert cleared is None or cleared[0] == identify(data, "").name
    assert (cleared is None) == (brand == b"crx ")


@pytest.mark.parametrize("folder", [folder for folder, files in recipes().items() if files])
def test_nothing_is_cleared_that_a_full_reading_has_a_word_on(
    folder: str, fixtures_dir: Path, scratch: Path, screen: Screen, examiner: Examiner
) -> None:
    for file in recipes()[folder]:
        data = (fixtures_dir / folder / file).read_bytes()
        require_silence(data, scratch, screen, examiner)
        if folder == "ai":
            assert look_at(data, screen) is None


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "file"), SMALL)
def test_a_file_cut_anywhere_is_not_cleared_unless_it_is_whole(
    name: str, file: str, fixtures_dir: Path, scratch: Path, screen: Screen, examiner: Examiner
) -> None:
    data = (fixtures_dir / f"media/{name}/sound/{file}").read_bytes()
    for length in (*range(0, len(data), 1 + len(data) // 120), *range(len(data) - 64, len(data))):
        require_silence(data[:length], scratch, screen, examiner)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "file"), SMALL)
@settings(max_examples=40, deadline=None)
@given(edits=EDITS)
def test_a_damaged_file_is_not_cleared_unless_a_full_reading_is_silent(
    name: str,
    file: str,
    fixtures_dir: Path,
    scratch: Path,
    screen: Screen,
    examiner: Examiner,
    edits: list[Edit],
) -> None:
    data = (fixtures_dir / f"media/{name}/sound/{file}").read_bytes()
    require_silence(edited(data, edits), scratch, screen, examiner)


def test_hand_made_files_are_looked_at_in_full_or_are_silent(
    scratch: Path, screen: Screen, examiner: Examiner
) -> None:
    for made in HAND_MADE.values():
        for data in (*made.files, *made.open_files):
            require_silence(data, scratch, screen, examiner)


def test_nothing_of_the_corpus_is_cleared_that_a_full_reading_has_a_word_on(
    corpus: Path, scratch: Path, screen: Screen, examiner: Examiner
) -> None:
    cleared = 0
    for path in corpus.rglob("*"):
        if path.is_file() and path.stat().st_size < 1 << 26:
            cleared += require_silence(path.read_bytes(), scratch, screen, examiner)
    assert cleared


@pytest.mark.parametrize("glance", GLANCES, ids=lambda glance: glance.format_name)
def test_a_glance_says_how_a_file_of_its_format_begins(glance: object) -> None:
    assert glance in GLANCES
    assert all(where in (0, 4, 8) and len(magic) == 4 for where, magic in glance.magics)
