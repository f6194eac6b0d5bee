"""Blobs as files named by their digest, in 256 folders: `ab/abcdef...`."""

import os
import stat
import uuid
from pathlib import Path

from provenance.model.digest import Digest, hex_of, parse_digest, sha256_digest
from provenance.registry.door import door
from provenance.registry.durable import replace_durably, sync_directory

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class DirectoryBlobStore:
    """See `BlobStore`; a blob that was altered counts as missing and is healed by `put`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, data: bytes) -> Digest:
        """See `BlobStore.put`."""
        digest = sha256_digest(data)
        path = self._path(digest)
        with door(str(path)):
            if _read(path) != data:
                self._make_folder(path.parent)
                staging = path.with_name(f".{uuid.uuid4().hex}.staging")
                replace_durably(path, data, staging=staging)
        return digest

    def get(self, digest: Digest) -> bytes | None:
        """See `BlobStore.get`."""
        try:
            path = self._path(parse_digest(digest))
        except ValueError:
            return None
        with door(str(path)):
            data = _read(path)
        return data if data is not None and sha256_digest(data) == digest else None

    def _path(self, digest: Digest) -> Path:
        name = hex_of(digest)
        return self._directory / name[:2] / name

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_directory(self._directory)


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123  (a descriptor)
        # A pipe under this name would make a plain read wait for ever.
        return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
