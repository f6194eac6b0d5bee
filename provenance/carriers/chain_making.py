"""Make the certificate chain that signs our C2PA manifests: once, at `init`.

A root of the production and one long-lived leaf. Without a time-stamp a manifest turns invalid the
day its leaf expires, hence twenty years; e-mail protection is the one purpose every C2PA validator
accepts without configuration (C2PA 2.2 §14.5.1 lists the profile of the leaf).
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provenance.carriers.signing_chain import CHAIN_FILE, KEY_FILE, ROOT_FILE
from provenance.errors import ConfigError

_LIFETIME = timedelta(days=365 * 20)
_CLOCK_SKEW = timedelta(days=1)
_SECRET = 0o600


def create_chain(directory: Path, organisation: str, now: datetime | None = None) -> None:
    """Make a root and a leaf and write them; never overwrites.

    Raises ConfigError if any of the files is there already.
    """
    for name in (KEY_FILE, CHAIN_FILE, ROOT_FILE):
        if (directory / name).exists():
            raise ConfigError(f"{directory / name}: is there already; it is left as it is")
    begun_at = (now or datetime.now(UTC)) - _CLOCK_SKEW
    root_key = ec.generate_private_key(ec.SECP256R1())
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    root = _root(organisation, root_key, begun_at)
    leaf = _leaf(organisation, leaf_key.public_key(), root_key, begun_at)
    key_pem = leaf_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write_new(directory / KEY_FILE, key_pem, _SECRET)
    _write_new(directory / CHAIN_FILE, _pem(leaf) + _pem(root), 0o644)
    _write_new(directory / ROOT_FILE, _pem(root), 0o644)


def _root(
    organisation: str, key: ec.EllipticCurvePrivateKey, begun_at: datetime
) -> x509.Certificate:
    name = _name(organisation, "provenance root")
    return (
        _builder(name, name, key.public_key(), begun_at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    organisation: str,
    public_key: ec.EllipticCurvePublicKey,
    root_key: ec.EllipticCurvePrivateKey,
    begun_at: datetime,
) -> x509.Certificate:
    subject = _name(organisation, "provenance tagging")
    issuer = _name(organisation, "provenance root")
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return (
        _builder(subject, issuer, public_key, begun_at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(authority, critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begun_at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun_at)
        .not_valid_after(begun_at + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be made: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
