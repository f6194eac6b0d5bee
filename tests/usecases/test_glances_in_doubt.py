"""A glance clears nothing of which a full reading would have something to say."""

import errno
import os
import random
import re
from pathlib import Path

import pytest

from fixtures.build import MEDIA, recipes
from fixtures.waveform import assemble, chunk, pcm
from provenance.model.finding import Verdict
from provenance.model.known_essences import known_of
from provenance.screening import screen_for
from provenance.sweep_findings import Findings
from provenance.sweep_glance import CLEARED, look_at, may_be_known
from tests.exhaustive import exhaustive
from tests.usecases.later import hours_later
from tests.usecases.studio import Studio

SCREEN = screen_for()
TELLING = (
    *(b"trainedAlgorithmicMedia", b"Midjourney", b"parameters", b"Steps: 20, Sampler: Euler"),
    *(b"<!DOCTYPE", b"&#65;", b"LIST", b"TXXX", b"TAG", b"APETAGEX", b"uuid", b"meta", b"moov"),
    *(b"iTXt", b"IEND", b"\xff\xe1", b"\xff\xda", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1"),
)
SAMPLES = [(fmt, name) for fmt in CLEARED if fmt in MEDIA for name in MEDIA[fmt].sound]
MUTATIONS = 30


def looked_at(path: Path, *wanted: int) -> Findings:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        return look_at(folder, [path.name], SCREEN, frozenset(wanted))
    finally:
        os.close(folder)


def is_cleared(path: Path) -> bool:
    return looked_at(path).codes != b"\0"


def changed(data: bytes, chance: random.Random) -> bytes:
    """Return a file that somebody tampered with, or that a disk spoilt."""
    made = bytearray(data)
    near = chance.choice((len(data), 600, 120))
    at = min(len(data) - 1, chance.randrange(near))
    word = chance.choice(TELLING)
    kinds = (
        lambda: made.__setitem__(at, made[at] ^ 1 << chance.randrange(8)),
        lambda: made.__setitem__(slice(at, at + len(word)), word),
        lambda: made.__setitem__(slice(at, at), word),
        lambda: made.__delitem__(slice(at, at + chance.choice((1, 2, 8)))),
        lambda: made.__delitem__(slice(at, len(made))),
        lambda: made.extend(chance.choice((word, b"\0", data[:40]))),
        lambda: _overwrite_text(made, word, chance),
    )
    chance.choice(kinds)()
    return bytes(made)


def _overwrite_text(made: bytearray, word: bytes, chance: random.Random) -> None:
    runs = [one.span() for one in re.finditer(rb"[ -~]{4,}", made[:4000])]
    if runs:
        begin, end = chance.choice(runs)
        made[begin:end] = (word * 9)[: end - begin]


@exhaustive
@pytest.mark.parametrize(("fmt", "name"), SAMPLES)
def test_what_is_cleared_has_nothing_to_say(
    fmt: str, name: str, studio: Studio, place: Path, fixtures_dir: Path
) -> None:
    chance = random.Random(name)  # noqa: S311  (the same each time)
    data = (fixtures_dir / f"media/{fmt}/sound/{name}").read_bytes()
    path = place / name
    for number in range(MUTATIONS):
        path.write_bytes(changed(data, chance) if number else data)
        found = looked_at(path)
        if found.codes == b"\0":
            continue
        with studio.examined(path) as examined:
            said = (examined.tag, examined.signals, examined.problems, examined.is_complete)
            assert said == (None, (), (), True)
            assert examined.format_name == CLEARED[found.codes[0] - 1]
            identity = examined.identity
        known = known_of([(identity.essence_length, identity.essence_lead)])
        assert found.perhaps_known(known) == [0]
        assert looked_at(path, identity.essence_length).perhaps_known(known) == [0]
        assert may_be_known(str(path), known, SCREEN)


def test_the_shortest_known_sound_is_known_whatever_follows_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    fmt, data = pcm(bytes(range(40)))
    file = studio.put(assemble(fmt, data, chunk(b"cue ", bytes(range(80)))), "work.wav")
    assert is_cleared(file)
    other = studio.home / "elsewhere.wav"
    other.write_bytes(assemble(fmt, data))
    studio.tag(other)
    hours_later(monkeypatch, 1)
    for _ in range(2):
        assert studio.verdict(file.parent) is Verdict.BLOCK


def test_what_is_as_long_as_another_is_told_from_it_in_the_same_look(studio: Studio) -> None:
    file = studio.put(assemble(*pcm(bytes(range(200)))), "work.wav")
    known = known_of([(200, bytes(32))])
    assert looked_at(file).perhaps_known(known) == [0]
    assert looked_at(file, 200).perhaps_known(known) == []


@pytest.mark.parametrize("name", ["a.png", "a.txt"])
def test_a_file_that_goes_stale_amid_a_look_is_left_in_doubt(
    name: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = recipes()["media/png/sound"]["rgb.png"]() if name == "a.png" else b"words"
    path, fstat = studio.put(data, name), os.fstat
    assert looked_at(path).lengths[0] > 0
    asked: list[int] = []

    def stale(descriptor: int) -> os.stat_result:
        asked.append(descriptor)
        if len(asked) > 1:
            raise OSError(errno.ESTALE, "stale file handle")
        return fstat(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", stale)
        found = looked_at(path)
    assert (found.codes, found.observed(0), len(asked)) == (b"\0", None, 2)


def test_a_jpeg_whose_scan_begins_behind_its_end_is_undecided(studio: Studio) -> None:
    data = recipes()["media/jpeg/sound"]["baseline.jpg"]()
    assert is_cleared(studio.put(data, "a.jpg"))
    length_at = data.index(b"\xff\xda") + 2
    path = studio.put(data[:length_at] + b"\xff\xf0" + data[length_at + 2 :], "a.jpg")
    assert studio.verdict(path) is Verdict.UNDECIDED
    assert studio.verdict(path.parent) is Verdict.UNDECIDED


def test_a_packet_that_a_full_reading_refuses_is_undecided(studio: Studio) -> None:
    data = recipes()["media/jpeg/sound"]["foreign_xmp.jpg"]()
    assert is_cleared(studio.put(data, "a.jpg"))
    path = studio.put(data.replace(b'"adobe:ns:meta/"', b'"adobe:ns:}eta/"'), "a.jpg")
    assert studio.verdict(path) is Verdict.UNDECIDED
    assert studio.verdict(path.parent) is Verdict.UNDECIDED


@pytest.mark.parametrize("length", [4, 5, 7, 8, 9])
def test_a_file_that_ends_amid_its_first_bytes_is_undecided(length: int, studio: Studio) -> None:
    path = studio.put(b"ID3\4\0\0\0\0\0\0"[:length], "a.mp3")
    assert studio.verdict(path) is Verdict.UNDECIDED
    assert studio.verdict(path.parent) is Verdict.UNDECIDED
