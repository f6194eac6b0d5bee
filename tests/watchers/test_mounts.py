"""Which roots are polled, by real lines of mount tables."""

from pathlib import Path

import pytest

from watchers.mounts import find_cache_seconds, find_polled, parse_table, read_table
from watchers.options import SourceKind

TABLE = b"""\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/show rw,relatime shared:9 - nfs4 srv:/show rw,vers=4.2,acdirmax=20,hard
31 22 0:41 / /mnt/smb rw,relatime - cifs //srv/show rw,vers=3.1.1,actimeo=1
32 22 0:42 / /mnt/old rw - nfs srv:/old rw,vers=3
33 22 0:43 / /mnt/strict rw - nfs srv:/strict rw,noac
34 22 0:44 / /mnt/cluster rw - lustre srv:/fs rw
35 22 0:45 / /mnt/cloud rw - fuse.rclone cloud rw
36 22 8:2 / /srv/post rw - xfs /dev/sdb1 rw
37 36 0:46 / /srv/post/far\\040away rw - nfs4 srv:/far rw
38 36 0:47 / /srv/post/cache rw - tmpfs tmpfs rw
39 22 8:3 / /mnt/odd rw - newfs /dev/sdc1 rw
40 22 8:4 / /mnt/hidden rw - nfs4 srv:/a rw
41 22 8:5 / /mnt/hidden rw - ext4 /dev/sdd1 rw
"""
MOUNTS = parse_table(TABLE)


@pytest.mark.parametrize(
    ("root", "word"),
    [
        ("/mnt/show/work", "nfs4"),
        ("/mnt/smb", "cifs"),
        ("/mnt/cluster/a/b", "lustre"),
        ("/mnt/cloud", "fuse.rclone"),
        ("/mnt/odd", "newfs"),
    ],
)
def test_a_share_and_what_is_not_known_is_polled(root, word):
    ((path, why),) = find_polled(Path(root), SourceKind.AUTO, MOUNTS).items()
    assert path == Path(root)
    assert word in why


@pytest.mark.parametrize("root", ["/var/media", "/srv/post/cache/x", "/mnt/hidden", "/mnt/showy"])
def test_a_local_file_system_sends_events(root):
    assert find_polled(Path(root), SourceKind.AUTO, MOUNTS) == {}


def test_only_the_share_below_a_local_root_is_polled():
    root = Path("/srv/post")
    assert set(find_polled(root, SourceKind.AUTO, MOUNTS)) == {root / "far away"}


def test_the_settings_overrule_the_table():
    show, local = Path("/mnt/show"), Path("/var/media")
    assert find_polled(show, SourceKind.NATIVE, MOUNTS) == {}
    assert find_polled(local, SourceKind.POLLING, MOUNTS) == {local: "as configured"}


def test_without_a_table_everything_is_polled(tmp_path):
    assert read_table(tmp_path / "none") == b""
    assert set(find_polled(Path("/var"), SourceKind.AUTO, ())) == {Path("/var")}


def test_a_root_behind_a_link_is_named_as_it_was_given(tmp_path):
    (tmp_path / "share").symlink_to("/srv/post")
    polled = find_polled(tmp_path / "share", SourceKind.AUTO, MOUNTS)
    assert set(polled) == {tmp_path / "share/far away"}


@pytest.mark.parametrize(
    ("root", "seconds"),
    [
        ("/mnt/show", 20.0),
        ("/mnt/smb", 1.0),
        ("/mnt/old", 60.0),
        ("/mnt/strict", 0.0),
        ("/srv/post", 60.0),
        ("/var/media", 0.0),
    ],
)
def test_a_mount_says_how_long_it_may_show_what_was(root, seconds):
    assert find_cache_seconds(Path(root), MOUNTS) == seconds


def test_the_machine_has_a_table(tmp_path):
    mounts = parse_table(read_table())
    assert find_polled(tmp_path, SourceKind.NATIVE, mounts) == {}
    assert any(mount.point == Path("/") for mount in mounts)
