"""Keys that lie in no file of ours: hardware tokens (PKCS#11) and key services, by URI.

securesystemslib speaks to them; their public halves stand in the trust list with the URI.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, parse_qs, urlsplit

from securesystemslib.exceptions import UnsupportedLibraryError, UnverifiedSignatureError
from securesystemslib.signer import (
    AWSSigner,
    AzureSigner,
    GCPSigner,
    HSMSigner,
    Key,
    Signature,
    Signer,
    SSlibKey,
    VaultSigner,
)

from provenance.attestation.trust import TrustList
from provenance.errors import ConfigError, ProvenanceError

Secrets = Callable[[str], str]
"""Is told which secret is wanted, and returns it; raises ConfigError if nobody can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyService:
    """A place where a private key can lie, and how to ask it for the public half."""

    extra: str
    """The optional dependency of ours that brings its client."""
    fetch: Callable[[SplitResult, Secrets], tuple[str, Key]]
    """Returns the full URI of a key and its public half."""


def _fetch_hsm(uri: SplitResult, secrets: Secrets) -> tuple[str, Key]:
    label = parse_qs(uri.query).get("label", [None])[0]
    return HSMSigner.import_(int(uri.path) if uri.path else None, label, secrets)


def _fetch_azure(uri: SplitResult, _: Secrets) -> tuple[str, Key]:
    return AzureSigner.import_(uri.netloc.partition(".")[0], uri.path.split("/")[2])


SERVICES = {
    "hsm": KeyService(extra="hsm", fetch=_fetch_hsm),
    "awskms": KeyService(extra="aws", fetch=lambda uri, _: AWSSigner.import_(uri.path)),
    "gcpkms": KeyService(extra="gcp", fetch=lambda uri, _: GCPSigner.import_(uri.path)),
    "azurekms": KeyService(extra="azure", fetch=_fetch_azure),
    "hv": KeyService(
        extra="vault", fetch=lambda uri, _: VaultSigner.import_(uri.path.partition("/")[0])
    ),
}
"""Every kind of place by the scheme of its URIs."""


class RemoteSigner(Signer):
    """Signs at a key service; a failure there is a ConfigError that names the key."""

    def __init__(self, uri: str, inner: Signer) -> None:
        self._uri = uri
        self._inner = inner

    @property
    def public_key(self) -> Key:
        """The public half as it stands in the trust list."""
        return self._inner.public_key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: Secrets | None = None
    ) -> "RemoteSigner":
        """See `Signer.from_priv_key_uri`."""
        try:
            inner = Signer.from_priv_key_uri(priv_key_uri, public_key, secrets_handler)
        except Exception as error:  # noqa: BLE001  (errors of five vendors have no common root)
            _explain(priv_key_uri, error)
        return cls(priv_key_uri, inner)

    def sign(self, payload: bytes) -> Signature:
        """Return the signature; raises ConfigError if there is none, or it is another key's."""
        try:
            signature = self._inner.sign(payload)
        except Exception as error:  # noqa: BLE001  (as above)
            _explain(self._uri, error)
        try:
            self.public_key.verify_signature(signature, payload)
        except UnverifiedSignatureError as error:
            raise ConfigError(
                f"what {self._uri} signs with is not the key that stands for it in the trust list"
            ) from error
        return signature


def is_remote(uri: str) -> bool:
    """Return whether this names a key at a service."""
    return urlsplit(uri).scheme in SERVICES


def remote_signer(uri: str, trust: TrustList | None, secrets: Secrets) -> Signer:
    """Return the signer of a key at a service; the trust list says what its public half is."""
    known = [] if trust is None else [key for key in trust.keys.values() if key.uri == uri]
    usable = [key for key in known if key.is_in_use]
    if len(usable) != 1:
        count = "several keys" if usable else "no key in use"
        raise ConfigError(
            f"{count} of the trust list has the uri {uri}; see: provenance keys list, and add it"
            " with: provenance keys add"
        )
    return RemoteSigner.from_priv_key_uri(uri, usable[0].verifier(), secrets)


def fetch_public_half(uri: str, secrets: Secrets) -> tuple[str, SSlibKey]:
    """Return a key's full URI and its public half; raises ConfigError if it cannot be asked."""
    split = urlsplit(uri)
    try:
        full, key = SERVICES[split.scheme].fetch(split, secrets)
    except Exception as error:  # noqa: BLE001  (as above)
        _explain(uri, error)
    if not isinstance(key, SSlibKey):
        raise ConfigError(f"the key {uri} is of a kind that no trust list can hold")
    return full, key


def _explain(uri: str, error: Exception) -> NoReturn:
    if isinstance(error, ProvenanceError):
        raise error
    if isinstance(error, UnsupportedLibraryError):
        extra = SERVICES[urlsplit(uri).scheme].extra
        raise ConfigError(
            f"signing with {uri} needs an optional part: pip install 'provenance[{extra}]'"
        ) from error
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    raise ConfigError(f"the key {uri} cannot be used: {said}") from error
