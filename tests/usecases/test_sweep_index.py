"""The index spares opening files, and never a change: verdicts are as if there were none."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fixtures.build import recipes
from provenance.attestation.signers import load_signer
from provenance.config import DATA_FOLDER, load_config
from provenance.declaring import read_declaration
from provenance.model.approval import RevocationKind
from provenance.model.finding import Verdict
from provenance.wiring import INDEX_FILE, Production
from tests.usecases.later import hours_later
from tests.usecases.studio import Studio

BLOCK, PASS, UNDECIDED = Verdict.BLOCK, Verdict.PASS, Verdict.UNDECIDED
PROPERTY = b"DigitalSourceType"
Sample = Callable[[str], Path]


class Opens:
    """Which paths are opened, by whatever means, while it watches."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._watches = False
        sys.addaudithook(self._note)  # which stays; it is quiet when nobody watches

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._watches and event == "open":
            self.names.append(os.fsdecode(arguments[0]) if arguments[0] is not None else "")

    def during(self, do: Callable[[], object]) -> set[str]:
        """Return the names of files that were opened while this was done."""
        self.names, self._watches = [], True
        try:
            do()
        finally:
            self._watches = False
        return {Path(name).name for name in self.names}


@pytest.fixture(scope="module")
def opens() -> Opens:
    return Opens()


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    hours_later(monkeypatch, 1)


@pytest.fixture
def reel(studio: Studio, sample: Sample) -> Path:
    """Return a folder of files of which nothing is to be said, each scanned once."""
    for name in ("a.png", "sub/b.png"):
        studio.put(sample("png/rgb.png").read_bytes(), name)
    studio.put(sample("wav/pcm16.wav"), "c.wav")
    studio.put(mild(), "d.jpg")
    assert verdicts(studio) == {"a.png": PASS, "c.wav": PASS, "d.jpg": PASS, "b.png": PASS}
    return studio.home / "work"


@pytest.fixture
def stripped(reel: Path) -> Path:
    """Return one of them."""
    return reel / "a.png"


def declaring() -> bytes:
    return recipes()["ai"]["source_type_attribute.jpg"]()


def mild() -> bytes:
    """Return a file that says nothing and is as long as one that declares itself."""
    data = declaring()
    assert PROPERTY in data
    return data.replace(PROPERTY, b"DigitalSourceName")


def verdicts(studio: Studio, **options: object) -> dict[str, Verdict]:
    report = studio.scan(studio.home / "work", **options)
    return {Path(one.facts.path).name: one.verdict for one in report.results}


def index_of(studio: Studio) -> Path:
    return studio.home / DATA_FOLDER / INDEX_FILE


def overwrite(path: Path, data: bytes) -> None:
    """Change what is in a file, and have it look as it did, as far as that can be done."""
    status = path.stat()
    assert status.st_size == len(data)
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


# What is opened


def test_no_file_that_is_as_it_was_is_opened(studio: Studio, reel: Path, opens: Opens) -> None:
    studio.put(b"words", "unread.txt")
    studio.put(b"", "nothing.png")
    studio.put(declaring(), "made.jpg")
    first = verdicts(studio)
    assert set(first.values()) == {PASS, BLOCK, UNDECIDED}
    again = opens.during(lambda: verdicts(studio))
    assert not {path.name for path in reel.rglob("*.*")} & again
    assert verdicts(studio) == first
    names = {path.name for path in reel.iterdir() if path.is_file()}
    assert names <= opens.during(lambda: verdicts(studio, uses_index=False))


def test_with_pixels_and_for_a_receipt_each_file_is_opened(
    studio: Studio, reel: Path, opens: Opens
) -> None:
    names = {path.name for path in reel.rglob("*.*")}
    index_of(studio).unlink()
    with Production(load_config(studio.home / "provenance.toml"), pixels=True) as production:
        options = production.scan_options()
        for _ in range(2):
            assert names <= opens.during(partial(production.scanner.scan, (reel,), options))
    for _ in range(2):
        assert names <= opens.during(
            partial(studio.production.receipter.scan, reel, studio.options())
        )
    assert not index_of(studio).exists()


def test_a_file_that_was_written_just_now_is_looked_at_again(
    studio: Studio, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours_later(monkeypatch, 0)
    new = studio.put(mild(), "new/e.jpg")
    for _ in range(2):
        opened = opens.during(lambda: verdicts(studio))
        assert "e.jpg" in opened
        assert "a.png" not in opened
    hours_later(monkeypatch, 1)
    verdicts(studio)
    assert new.name not in opens.during(lambda: verdicts(studio))


# What changed


def test_other_content_of_the_same_size_and_date_is_seen(studio: Studio, reel: Path) -> None:
    overwrite(reel / "d.jpg", declaring())
    assert verdicts(studio)["d.jpg"] is BLOCK
    overwrite(reel / "d.jpg", mild())
    # The picture is known by its content now.
    assert verdicts(studio)["d.jpg"] is BLOCK
    assert studio.rules(reel / "d.jpg") == {"known-by-content"}


def test_files_that_changed_places_are_seen(studio: Studio, reel: Path, place: Path) -> None:
    other = place / "other.jpg"
    other.write_bytes(declaring())
    status = (reel / "d.jpg").stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    (reel / "d.jpg").rename(place / "kept.jpg")
    other.rename(reel / "d.jpg")
    assert verdicts(studio)["d.jpg"] is BLOCK


def test_a_new_file_in_a_folder_whose_date_was_set_back_is_seen(studio: Studio, reel: Path) -> None:
    status = (reel / "sub").stat()
    (reel / "sub/made.jpg").write_bytes(declaring())
    os.utime(reel / "sub", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert verdicts(studio)["made.jpg"] is BLOCK
    (reel / "sub/made.jpg").rename(reel / "sub/z.jpg")
    assert verdicts(studio)["z.jpg"] is BLOCK
    (reel / "sub/z.jpg").unlink()
    assert "z.jpg" not in verdicts(studio)


def test_a_sidecar_that_comes_later_is_seen(studio: Studio, reel: Path) -> None:
    (reel / "c.wav.xmp").write_bytes(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><")
    assert verdicts(studio)["c.wav"] is UNDECIDED
    (reel / "c.wav.xmp").unlink()
    assert verdicts(studio)["c.wav"] is PASS
    (reel / "a.xmp").symlink_to("../elsewhere.xmp")
    assert verdicts(studio)["a.png"] is PASS
    (studio.home / "elsewhere.xmp").write_bytes(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><")
    assert verdicts(studio)["a.png"] is UNDECIDED


# What is known


def test_a_copy_of_what_was_tagged_elsewhere_meanwhile_is_blocked(
    studio: Studio, stripped: Path, sample: Sample
) -> None:
    other = studio.home / "elsewhere.png"
    shutil.copyfile(stripped, other)
    studio.tag(other)
    found = verdicts(studio)
    assert (found["a.png"], found["b.png"], found["c.wav"]) == (BLOCK, BLOCK, PASS)
    sound = studio.home / "elsewhere.wav"
    shutil.copyfile(sample("wav/pcm16.wav"), sound)
    studio.tag(sound)
    assert verdicts(studio)["c.wav"] is BLOCK


def test_what_was_withdrawn_passes_and_what_is_tagged_again_does_not(
    studio: Studio, stripped: Path
) -> None:
    other = studio.home / "elsewhere.png"
    shutil.copyfile(stripped, other)
    studio.tag(other)
    assert verdicts(studio)["a.png"] is BLOCK
    record = studio.production.registry.find_by_essence(studio.subject(other).essence_digest)
    assert record is not None
    studio.production.registry.withdraw_asset(record.asset_id, "camera original")
    assert verdicts(studio)["a.png"] is PASS
    studio.tag(other)
    assert verdicts(studio)["a.png"] is BLOCK


@pytest.mark.usefixtures("reel")
def test_an_approval_counts_for_as_long_as_it_does(studio: Studio) -> None:
    file = studio.put(declaring(), "made.jpg")
    assert verdicts(studio)["made.jpg"] is BLOCK
    checked = studio.approve(file, valid_until=None)
    assert verdicts(studio)["made.jpg"] is PASS
    assert verdicts(studio, use="trailer")["made.jpg"] is BLOCK
    signer = load_signer(studio.production.approver_key)
    approver = studio.production.approver
    approver.revoke(checked.approval.approval_id, RevocationKind.REVOKED, "changed", signer)
    assert verdicts(studio)["made.jpg"] is BLOCK
    assert verdicts(studio)["a.png"] is PASS


@pytest.mark.usefixtures("reel")
def test_an_approval_of_a_whole_file_that_is_not_read_counts(studio: Studio) -> None:
    file = studio.put(b"no format at all", "unread.bin")
    studio.put(b"no format at two", "other.bin")
    assert verdicts(studio)["unread.bin"] is UNDECIDED
    studio.approve(file)
    found = verdicts(studio)
    assert (found["unread.bin"], found["other.bin"]) == (PASS, UNDECIDED)
    overwrite(file, b"no format at 2 !")
    assert verdicts(studio)["unread.bin"] is UNDECIDED


@pytest.mark.usefixtures("reel")
def test_an_override_counts_until_it_ends(studio: Studio) -> None:
    file = studio.put(declaring(), "made.jpg")
    assert verdicts(studio)["made.jpg"] is BLOCK
    signer = load_signer(studio.production.approver_key)
    until = studio.clock().replace(hour=20)
    studio.production.overrider.override(
        (file,), signer, by="Jo Lee", reason="Air date", use="final-deliverable", until=until
    )
    assert verdicts(studio)["made.jpg"] is PASS
    studio.clock.advance(hours=24)
    assert verdicts(studio)["made.jpg"] is BLOCK


def test_what_was_declared_of_a_file_meanwhile_counts(studio: Studio, stripped: Path) -> None:
    declaration = read_declaration(
        {"declared_by": "VFX", "categories": ["ideation"]}, "test", studio.home
    )
    signer = load_signer(studio.production.approver_key)
    studio.production.declarer.declare((stripped,), declaration, signer)
    assert verdicts(studio)["a.png"] is BLOCK


def test_another_policy_and_another_strictness_count(studio: Studio, reel: Path) -> None:
    studio.put(declaring(), "made.jpg")
    house = {name: studio_rules(studio, name) for name in ("a.png", "made.jpg")}
    netflix = {
        name: studio_rules(studio, name, policy="netflix-2025-11") for name in ("a.png", "made.jpg")
    }
    assert house["a.png"] == netflix["a.png"] == set()
    assert house["made.jpg"]
    for _ in range(2):
        report = studio.scan(reel, policy="netflix-2025-11")
        assert report.policy == "netflix-2025-11"
        found = {Path(one.facts.path).name: one.findings for one in report.results}
        assert {one.rule for one in found["made.jpg"]} == netflix["made.jpg"]


def studio_rules(studio: Studio, name: str, **options: object) -> set[str]:
    return studio.rules(studio.home / "work" / name, **options)


@pytest.mark.usefixtures("reel")
def test_another_rule_of_the_house_has_everything_looked_at_anew(
    studio: Studio, opens: Opens
) -> None:
    studio.configure(
        '[[signals]]\nid = "house-tool"\nlevel = "declares"\ntitle = "Our tool names itself"\n'
        'xmp = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ DigitalSourceName"\n'
    )
    assert verdicts(studio)["d.jpg"] is BLOCK
    assert not {"a.png", "c.wav"} & opens.during(lambda: verdicts(studio))
    studio.configure("")
    assert {"a.png", "c.wav"} <= opens.during(lambda: verdicts(studio))


# Copies


@pytest.mark.usefixtures("reel")
def test_a_copy_is_blocked_that_lies_before_what_declares_it(studio: Studio) -> None:
    studio.put(declaring(), "z.jpg")
    assert verdicts(studio)["d.jpg"] is BLOCK
    assert verdicts(studio)["d.jpg"] is BLOCK


@pytest.mark.usefixtures("reel")
def test_a_copy_in_a_folder_before_is_blocked_from_the_next_scan_on(studio: Studio) -> None:
    studio.put(declaring(), "sub/z.jpg")
    assert verdicts(studio)["z.jpg"] is BLOCK
    assert verdicts(studio)["d.jpg"] is BLOCK


# What may happen to it


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = b"\xa5" * len(data[100:])
    path.write_bytes(data)


def _replace(path: Path) -> None:
    path.write_bytes(b"This is no database at all." * 100)


def _other_tables(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("drop table folders")
        connection.execute("create table folders (x)")
    connection.close()


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere/at/all")


@pytest.fixture(params=[_cut, _empty, _garble, _replace, _other_tables, _make_folder, _link])
def spoil(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    return request.param


@pytest.mark.usefixtures("reel")
def test_an_index_that_was_spoilt_changes_no_verdict(
    spoil: Callable[[Path], None], studio: Studio
) -> None:
    studio.put(declaring(), "made.jpg")
    studio.put(b"words", "sub/unread.txt")
    expected = verdicts(studio)
    spoil(index_of(studio))
    assert verdicts(studio) == expected
    assert verdicts(studio) == expected


@pytest.fixture
def locked(studio: Studio, reel: Path) -> Iterator[None]:
    assert reel.exists()
    connection = sqlite3.connect(index_of(studio), isolation_level=None)
    connection.execute("begin exclusive")
    yield
    connection.close()


@pytest.mark.usefixtures("locked")
def test_an_index_that_others_use_is_done_without_and_left(studio: Studio, opens: Opens) -> None:
    assert "a.png" in opens.during(lambda: verdicts(studio))
    assert index_of(studio).exists()


@pytest.mark.usefixtures("reel")
def test_what_was_changed_in_an_index_counts_for_nothing(studio: Studio) -> None:
    studio.put(declaring(), "made.jpg")
    expected = verdicts(studio)
    with sqlite3.connect(index_of(studio)) as connection:
        rows = connection.execute("select path, kept from folders").fetchall()
        (path, kept), *_ = (row for row in rows if row[0].endswith(b"/work"))
        for at in range(0, len(kept), 7):
            changed = kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :]
            connection.execute("update folders set kept = ? where path = ?", (changed, path))
            connection.commit()
            assert verdicts(studio) == expected
        for changed in (b"", "text", 7, kept[:30], kept[:-1], kept + b"x"):
            connection.execute("update folders set kept = ? where path = ?", (changed, path))
            connection.commit()
            assert verdicts(studio) == expected
    connection.close()
