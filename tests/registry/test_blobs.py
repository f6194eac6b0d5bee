"""What both blob stores keep to, and what the one in a directory survives."""

import os

import pytest

from provenance.errors import RegistryError
from provenance.model.digest import Digest, hex_of, sha256_digest
from provenance.registry.memory_store import MemoryBlobStore
from provenance.registry.store import DirectoryBlobStore


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "new" / "blobs"


@pytest.fixture(params=["memory", "directory"])
def store(request, directory):
    return MemoryBlobStore() if request.param == "memory" else DirectoryBlobStore(directory)


def file_of(directory, digest):
    return directory / hex_of(digest)[:2] / hex_of(digest)


@pytest.mark.parametrize("data", [b"", b"evidence", bytes(1_000_000)], ids=["none", "few", "many"])
def test_kept_bytes_are_given_back(store, data):
    assert store.put(data) == sha256_digest(data)
    assert store.put(data) == sha256_digest(data)
    assert store.get(sha256_digest(data)) == data


@pytest.mark.parametrize("digest", [sha256_digest(b"other"), "sha256:../../etc/passwd", ""])
def test_what_was_never_kept_is_missing(store, digest):
    store.put(b"evidence")
    assert store.get(Digest(digest)) is None


def test_a_blob_is_for_its_owner_only_and_leaves_no_staging(directory):
    digest = DirectoryBlobStore(directory).put(b"evidence")
    path = file_of(directory, digest)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("altered", [b"evidencE", b"", b"evidence and more"])
def test_an_altered_blob_is_missing_and_healed_by_keeping_it_again(directory, altered):
    store = DirectoryBlobStore(directory)
    digest = store.put(b"evidence")
    file_of(directory, digest).write_bytes(altered)
    assert store.get(digest) is None
    store.put(b"evidence")
    assert store.get(digest) == b"evidence"


def test_a_pipe_in_place_of_a_blob_is_missing_and_waits_for_nobody(directory):
    store = DirectoryBlobStore(directory)
    path = file_of(directory, store.put(b"evidence"))
    path.unlink()
    os.mkfifo(path)
    assert store.get(sha256_digest(b"evidence")) is None


def test_a_link_in_place_of_a_blob_is_not_followed(directory, tmp_path):
    store = DirectoryBlobStore(directory)
    path = file_of(directory, store.put(b"evidence"))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RegistryError, match=str(path)):
        store.get(sha256_digest(b"evidence"))


def test_a_full_disk_keeps_nothing_and_leaves_nothing(directory, no_room):
    store = DirectoryBlobStore(directory)
    with no_room(3), pytest.raises(RegistryError, match="too large"):
        store.put(b"evidence")
    assert store.get(sha256_digest(b"evidence")) is None
    assert list(file_of(directory, sha256_digest(b"evidence")).parent.iterdir()) == []


def test_a_store_where_a_file_lies_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    store = DirectoryBlobStore(tmp_path / "file")
    with pytest.raises(RegistryError, match="file"):
        store.put(b"evidence")
    with pytest.raises(RegistryError, match="file"):
        store.get(sha256_digest(b"evidence"))
