"""Roots by themselves: several hosts, folders that cannot be marked."""

import os
from pathlib import Path

import pytest

from provenance.errors import NotWritableError, TaggingError
from provenance.rooting import MARKER, Roots, is_marker


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    folder = tmp_path / "share/zone"
    folder.mkdir(parents=True)
    return folder


def roots_of(host: Path, *zones: Path) -> Roots:
    host.mkdir(exist_ok=True)
    return Roots(zones, home=host, data=host)


def test_hosts_that_see_one_share_share_its_marker(zone: Path, tmp_path: Path) -> None:
    first, second = (roots_of(tmp_path / name, zone) for name in ("first", "second"))
    assert first.greet(zone)
    marker = (zone / MARKER).read_bytes()
    assert is_marker(zone / MARKER)
    assert second.greet(zone)
    assert (zone / MARKER).read_bytes() == marker
    assert (first.trouble(zone), second.trouble(zone)) == ("", "")
    assert not first.greet(zone)
    assert [entry.name for entry in zone.iterdir()] == [MARKER]


def test_what_nobody_adopted_is_trusted_and_what_is_gone_is_not(zone: Path, tmp_path: Path) -> None:
    roots = roots_of(tmp_path / "host", zone)
    assert roots.trouble(zone) == ""
    assert list(roots.lost(zone)) == []
    roots.adopt(zone)
    zone.rename(zone.with_name("away"))
    assert "it cannot be read: No such file" in roots.trouble(zone)
    assert [lost.path for lost in roots.lost(zone / "sub/file.png")] == [zone]
    assert [lost.path for lost in roots.lost(tmp_path)] == [zone]
    assert list(roots.lost(tmp_path / "host")) == []
    with pytest.raises(TaggingError, match="cannot be adopted"):
        roots.adopt(zone)
    assert not roots_of(tmp_path / "other", zone).greet(zone)


def test_a_zone_that_cannot_be_written_is_known_by_its_folder(
    zone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where root runs the tests nothing is read-only, so the refusal is made."""

    def refuse(path: Path, data: bytes) -> None:
        if path.parent == zone:
            raise NotWritableError(f"{path.parent}: cannot be written: Read-only file system")
        path.write_bytes(data)

    monkeypatch.setattr("provenance.rooting.write_beside", refuse)
    (zone / "plate.png").write_bytes(b"1")
    roots = roots_of(tmp_path / "host", zone)
    assert roots.greet(zone)
    assert roots.trouble(zone) == ""
    assert not roots.greet(zone)
    (zone / "plate.png").unlink()
    assert "another folder stands in its place" in roots.trouble(zone)
    (zone / "plate.png").write_bytes(b"1")
    assert roots.trouble(zone) == ""
    zone.rename(zone.with_name("away"))
    zone.mkdir()
    (zone / "plate.png").write_bytes(b"1")
    assert "another folder stands in its place" in roots.trouble(zone)
    monkeypatch.undo()
    assert not roots.greet(zone)
    assert not (zone / MARKER).exists()
    zone.rename(zone.with_name("other"))
    zone.with_name("away").rename(zone)
    (zone / "plate.png").write_bytes(b"1")
    assert not roots.greet(zone)  # it was known before; now it can be marked too
    assert is_marker(zone / MARKER)


def test_a_marker_is_read_and_never_followed_or_waited_for(zone: Path, tmp_path: Path) -> None:
    roots = roots_of(tmp_path / "host", zone)
    roots.adopt(zone)
    (zone / MARKER).rename(tmp_path / "marker")
    (zone / MARKER).symlink_to(tmp_path / "marker")
    assert roots.trouble(zone)
    assert not is_marker(zone / MARKER)
    (zone / MARKER).unlink()
    os.mkfifo(zone / MARKER)
    assert roots.trouble(zone)
    (zone / MARKER).unlink()
    (zone / MARKER).write_text("[" * 400)
    assert "is no marker of a zone" in roots.trouble(zone)
    (zone / MARKER).write_bytes(b"\xff" * 2000)
    assert "is no marker of a zone" in roots.trouble(zone)
