"""Signing keys: Ed25519 private keys in files that only their owner can read."""

import os
import shlex
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from securesystemslib.signer import (
    CryptoSigner,
)

from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import ConfigError, UsageError

PERSONAL_ROLES = frozenset({KeyRole.APPROVER, KeyRole.RECORDER})
"""What the key of a person may sign unless told otherwise."""
_MAX_KEY_SIZE = 1 << 16


def create_key(
    path: Path,
    holder: str,
    *,
    passphrase: bytes | None = None,
    roles: frozenset[KeyRole] = PERSONAL_ROLES,
) -> TrustedKey:
    """Make a new private key in a new file and return its public half for the trust list.

    Raises UsageError if there is already something at the path, or it cannot be written.
    """
    if passphrase == b"":
        raise UsageError(f"the passphrase for {path} is empty; give one, or none at all")
    private_key = Ed25519PrivateKey.generate()
    public_half = trusted_key(CryptoSigner(private_key), holder, roles=roles)
    protection: KeySerializationEncryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    )
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    try:
        _write_private(path, pem)
    except FileExistsError as error:
        raise UsageError(
            f"{path} exists and is never overwritten; name another file, or move it away first"
        ) from error
    except OSError as error:
        raise UsageError(f"no key can be written to {path}: {error.strerror}") from error
    return public_half


def load_signer(path: Path, *, passphrase: bytes | None = None) -> CryptoSigner:
    """Return the signer of a key file; raises ConfigError if it is missing, unsafe or no key."""
    pem = _read_private(path)
    try:
        private_key = load_pem_private_key(pem, passphrase)
    except TypeError as error:
        need = "needs its passphrase" if not passphrase else "has no passphrase, but one was given"
        raise ConfigError(f"the key {path} {need}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        doubt = "" if passphrase is None else ", or the passphrase is wrong"
        raise ConfigError(f"{path} is not a private key in PEM{doubt}") from error
    if not isinstance(private_key, Ed25519PrivateKey):
        raise ConfigError(f"{path} is not an Ed25519 key; create one to sign approvals")
    return CryptoSigner(private_key)


def trusted_key(
    signer: CryptoSigner, holder: str, *, roles: frozenset[KeyRole] = PERSONAL_ROLES
) -> TrustedKey:
    """Return the public half of a signer as an entry for the trust list."""
    raw = bytes.fromhex(signer.public_key.keyval["public"])
    pem = Ed25519PublicKey.from_public_bytes(raw).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return TrustedKey(
        keyid=signer.public_key.keyid,
        public_key=pem.decode("ascii"),
        holder=holder,
        roles=roles,
    )


def _write_private(path: Path, pem: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        # ours since O_EXCL; half a key would only be in the way of the next attempt
        path.unlink()
        raise


def _read_private(path: Path) -> bytes:
    try:
        # O_NONBLOCK: a FIFO in place of the key must not hang us
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            # asked of the descriptor, so that it holds for the bytes that are read
            _require_private(path, os.fstat(descriptor).st_mode)
            return os.read(descriptor, _MAX_KEY_SIZE)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no key at {path}; create one, or name another") from error
    except OSError as error:
        raise ConfigError(f"the key {path} cannot be read: {error.strerror}") from error


def _require_private(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is not a regular file, so not a key")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"others can reach the key {path}; run: chmod 600 {shlex.quote(str(path))}"
        )
