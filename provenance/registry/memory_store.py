"""The blob store in memory: a whole implementation, for tests and dry runs."""

from threading import RLock

from provenance.model.digest import Digest, sha256_digest


class MemoryBlobStore:
    """See `BlobStore`; forgets everything with the process."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._blobs: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        """See `BlobStore.put`."""
        digest = sha256_digest(data)
        with self._lock:
            self._blobs[digest] = bytes(data)
        return digest

    def get(self, digest: Digest) -> bytes | None:
        """See `BlobStore.get`."""
        with self._lock:
            return self._blobs.get(digest)
