"""Signing keys by URI: files that only their owner can read, the environment, key services."""

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
    Key,
    Signer,
)

from provenance.attestation.remote_signers import Secrets, is_remote, remote_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import ConfigError, UsageError

PERSONAL_ROLES = frozenset({KeyRole.APPROVER, KeyRole.RECORDER})
"""What the key of a person may sign unless told otherwise."""
PASSPHRASE_VARIABLE = "PROVENANCE_KEY_PASSPHRASE"  # noqa: S105  (only its name)
"""Environment variable with the passphrase of an encrypted key, or the PIN of a token."""
_MAX_KEY_SIZE = 1 << 16
_FILE = "file:"
_ENVIRONMENT = "env:"


def secret_from_environment(wanted: str) -> str:
    """Return the passphrase the environment has; raises ConfigError if it has none."""
    secret = os.environ.get(PASSPHRASE_VARIABLE)
    if not secret:
        raise ConfigError(f"{wanted} is needed: set {PASSPHRASE_VARIABLE}, or run it in a terminal")
    return secret


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


def load_signer(
    where: Path | str,
    *,
    passphrase: bytes | None = None,
    secrets: Secrets = secret_from_environment,
    trust: TrustList | None = None,
) -> Signer:
    """Return the signer of a private key: `PATH`, `file:PATH`, `env:NAME`, `hsm:..`, `awskms:..`.

    Without a passphrase `secrets` is asked for it where one is needed; keys at services are found
    in the trust list by their URI. Raises ConfigError if it is missing, unsafe, or no key.
    """
    uri = str(where)
    if is_remote(uri):
        return remote_signer(uri, trust, secrets)
    if uri.startswith(_ENVIRONMENT):
        name = uri.removeprefix(_ENVIRONMENT)
        pem = os.environ.get(name, "").encode("utf-8", "surrogateescape")
        if not pem:
            raise ConfigError(f"there is no key in the environment variable {name}")
        return _signer_of(pem, f"the key {uri}", passphrase, secrets)
    path = Path(uri.removeprefix(_FILE))
    return _signer_of(read_private(path), f"the key {path}", passphrase, secrets)


def trusted_key(
    signer: Signer, holder: str, *, roles: frozenset[KeyRole] = PERSONAL_ROLES
) -> TrustedKey:
    """Return the public half of a signer as an entry for the trust list."""
    return TrustedKey(
        keyid=signer.public_key.keyid,
        public_key=public_pem(signer.public_key),
        holder=holder,
        roles=roles,
    )


def public_pem(key: Key) -> str:
    """Return a public key of the signing library as PEM text."""
    public = str(key.keyval["public"])
    if public.startswith("-----BEGIN"):
        return public
    raw = bytes.fromhex(public)
    return (
        Ed25519PublicKey.from_public_bytes(raw)
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def read_private(path: Path) -> bytes:
    """Return the bytes of a file that nobody but its owner can reach; raises ConfigError."""
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


def _signer_of(pem: bytes, what: str, passphrase: bytes | None, secrets: Secrets) -> CryptoSigner:
    """Return the signer of PEM text, which no message of ours quotes."""
    if passphrase is None and pem.lstrip().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"):
        passphrase = secrets(f"the passphrase of {what}").encode("utf-8")
    try:
        private_key = load_pem_private_key(pem, passphrase)
    except TypeError as error:
        need = "needs its passphrase" if not passphrase else "has no passphrase, but one was given"
        raise ConfigError(f"{what} {need}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        doubt = "" if passphrase is None else ", or the passphrase is wrong"
        raise ConfigError(f"{what} is not a private key in PEM{doubt}") from error
    if not isinstance(private_key, Ed25519PrivateKey):
        raise ConfigError(f"{what} is not an Ed25519 key; create one to sign with")
    return CryptoSigner(private_key)


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


def _require_private(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is not a regular file, so not a key")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"others can reach the key {path}; run: chmod 600 {shlex.quote(str(path))}"
        )
