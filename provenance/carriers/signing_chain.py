"""The certificate chain that signs our C2PA manifests, as it lies in the folder of keys."""

import pwd
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from provenance.errors import ConfigError

CHAIN_FILE = "c2pa-chain.pem"
KEY_FILE = "c2pa-key.pem"
ROOT_FILE = "c2pa-root.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningChain:
    """What a signer needs, as PEM text."""

    chain_pem: str
    """Leaf, then root."""
    root_pem: str
    """The anchor by which our manifests are recognised."""
    key_pem: str = field(repr=False)
    """The leaf's private key."""


def load_root(directory: Path) -> str:
    """Return the public root in PEM, which is all that reading needs; raises ConfigError."""
    try:
        return (directory / ROOT_FILE).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(directory, error) from error


def load_chain(directory: Path) -> SigningChain:
    """Return the chain that `init` made; raises ConfigError if a part is missing or open."""
    key = directory / KEY_FILE
    try:
        if key.stat().st_mode & 0o077:
            raise ConfigError(f"{key}: others can read this private key; run: chmod 600 {key}")
        return SigningChain(
            chain_pem=(directory / CHAIN_FILE).read_text("ascii"),
            root_pem=(directory / ROOT_FILE).read_text("ascii"),
            key_pem=key.read_text("ascii"),
        )
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(directory, error) from error


def _unreadable(directory: Path, error: Exception) -> ConfigError:
    if isinstance(error, PermissionError):
        owner = _owner(Path(error.filename or directory))
        return ConfigError(
            f"{directory}: you have no permission to read the production's keys; they belong to"
            f" {owner}: ask them, or run this as {owner}"
        )
    return ConfigError(
        f"{directory}: the signing chain cannot be read ({error}); restore it from a backup,"
        " or run `provenance init` in a new folder"
    )


def _owner(path: Path) -> str:
    """Return who owns a file, or the folder that hides it."""
    for place in (path, *path.parents):
        with suppress(OSError):
            number = place.stat().st_uid
            with suppress(KeyError):
                return pwd.getpwuid(number).pw_name
            return f"user {number}"
    return "its owner"
