import logging
import os
import resource
import stat
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from securesystemslib.signer import SSlibKey

from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.remote_signers import fetch_public_half
from provenance.attestation.signers import (
    PASSPHRASE_VARIABLE,
    create_key,
    load_signer,
    public_pem,
    trusted_key,
)
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import TrustedKey
from provenance.errors import ConfigError, UsageError


def test_a_created_key_signs_what_its_public_half_verifies(tmp_path: Path) -> None:
    public_half = create_key(tmp_path / "key.pem", "Paula Producer")
    envelope = sign_statement(b"{}", load_signer(tmp_path / "key.pem"))
    assert public_half.holder == "Paula Producer"
    assert public_half == trusted_key(load_signer(tmp_path / "key.pem"), "Paula Producer")
    assert open_envelope(envelope).is_signed_by(public_half.verifier())


def test_two_created_keys_differ(tmp_path: Path) -> None:
    assert create_key(tmp_path / "a", "A").keyid != create_key(tmp_path / "b", "A").keyid


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_key_and_its_new_folder_are_for_the_owner_only(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        create_key(tmp_path / "keys" / "key.pem", "Paula")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys" / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_key_file_is_pkcs8_pem(tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem", "Paula")
    create_key(tmp_path / "locked.pem", "Paula", passphrase=b"open sesame")
    assert (tmp_path / "key.pem").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    locked = (tmp_path / "locked.pem").read_bytes()
    assert locked.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")


def test_whatever_is_at_the_path_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"precious")
    with pytest.raises(UsageError, match=r"key\.pem exists .* name another file"):
        create_key(path, "Paula")
    assert path.read_bytes() == b"precious"


def test_a_dangling_link_at_the_path_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "key.pem").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="exists"):
        create_key(tmp_path / "key.pem", "Paula")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_in_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError):
        create_key(tmp_path / "file" / "deeper" / "key.pem", "Paula")


def test_a_key_that_could_not_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, limits[1]))
    try:
        with pytest.raises(UsageError, match="no key can be written to"):
            create_key(tmp_path / "key.pem", "Paula")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_key_without_a_holder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holder"):
        create_key(tmp_path / "key.pem", " ")
    assert list(tmp_path.iterdir()) == []


def test_an_encrypted_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public_half = create_key(path, "Paula", passphrase=b"open sesame")
    assert load_signer(path, passphrase=b"open sesame").public_key.keyid == public_half.keyid
    with pytest.raises(ConfigError, match=r"passphrase of the key .* is needed: set PROVENANCE_"):
        load_signer(path)
    with pytest.raises(ConfigError, match="needs its passphrase"):
        load_signer(path, passphrase=b"")
    with pytest.raises(ConfigError, match="the passphrase is wrong"):
        load_signer(path, passphrase=b"open barley")


def test_an_empty_passphrase_is_refused_when_a_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="empty"):
        create_key(tmp_path / "key.pem", "Paula", passphrase=b"")


def test_a_passphrase_for_a_key_that_has_none_is_refused(tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem", "Paula")
    with pytest.raises(ConfigError, match="has no passphrase"):
        load_signer(tmp_path / "key.pem", passphrase=b"open sesame")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no key at .*key\.pem"):
        load_signer(tmp_path / "key.pem")


def test_a_key_below_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        load_signer(tmp_path / "file" / "key.pem")


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="is not a private key"):
        load_signer(path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="not an Ed25519 key"):
        load_signer(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "my key.pem"
    create_key(path, "Paula")
    path.chmod(mode)
    with pytest.raises(ConfigError, match=r"chmod 600 '.*my key\.pem'"):
        load_signer(path)


def test_a_key_that_only_its_owner_can_read_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public_half = create_key(path, "Paula")
    path.chmod(0o400)
    assert load_signer(path).public_key.keyid == public_half.keyid


def test_a_folder_or_a_pipe_in_place_of_a_key_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(ConfigError, match="not a regular file"):
            load_signer(tmp_path / name)


def test_the_private_key_never_shows(tmp_path: Path, caplog: Any, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "key.pem"
    said = [repr(create_key(path, "Paula"))]
    signer = load_signer(path)
    said += [repr(signer), str(signer), repr(signer.public_key), repr(vars(signer))]
    said += [sign_statement(b"{}", signer).decode()]
    pem = path.read_bytes()
    for content, mode in ((pem, 0o644), (pem[:-40], 0o600), (pem.replace(b"M", b"!", 1), 0o600)):
        path.write_bytes(content)
        path.chmod(mode)
        with pytest.raises(ConfigError) as caught:
            load_signer(path)
        said += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    path.write_bytes(pem)
    with pytest.raises(UsageError) as refused:
        create_key(path, "Paula")
    output = capfd.readouterr()
    said += [str(refused.value), caplog.text, output.out, output.err]

    raw = signer._private_key.private_bytes_raw()
    secrets = [raw.hex(), repr(raw)[2:-1], pem.decode().splitlines()[1]]
    for secret in secrets:
        assert secret not in "\n".join(said)


def test_the_passphrase_is_asked_for_only_where_one_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_, locked = tmp_path / "open.pem", tmp_path / "locked.pem"
    create_key(open_, "Paula")
    public_half = create_key(locked, "Paula", passphrase="öffne dich".encode())
    asked: list[str] = []

    def secrets(wanted: str) -> str:
        asked.append(wanted)
        return "öffne dich"

    load_signer(open_, secrets=secrets)
    assert asked == []
    assert load_signer(f"file:{locked}", secrets=secrets).public_key.keyid == public_half.keyid
    assert asked == [f"the passphrase of the key {locked}"]
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "öffne dich")
    assert load_signer(locked).public_key.keyid == public_half.keyid
    load_signer(open_)  # what is set for another key is no hindrance
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "barley")
    with pytest.raises(ConfigError, match="the passphrase is wrong"):
        load_signer(locked)


def test_a_key_in_the_environment_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public_half = create_key(tmp_path / "key.pem", "Paula")
    monkeypatch.setenv("CI_KEY", (tmp_path / "key.pem").read_text())
    envelope = sign_statement(b"{}", load_signer("env:CI_KEY"))
    assert open_envelope(envelope).is_signed_by(public_half.verifier())


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(None, "no key in the environment variable CI_KEY"), ("Zm9v", "env:CI_KEY is not a private")],
)
def test_an_environment_without_a_key_is_named(
    value: str | None, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI_KEY", raising=False)
    if value:
        monkeypatch.setenv("CI_KEY", value)
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_signer("env:CI_KEY")
    assert "Zm9v" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "extra"),
    [
        ("awskms:alias/show", "aws"),
        ("gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "gcp"),
        ("azurekms://show.vault.azure.net/keys/approver/1", "azure"),
        ("hv:approver/1", "vault"),
    ],
)
class TestKeysAtServices:
    @pytest.fixture(autouse=True)
    def _without_clients(self, uri: str) -> None:
        client = {"awskms": "boto3", "gcpkms": "google.cloud.kms", "hv": "hvac"}
        name = client.get(uri.partition(":")[0], "azure.keyvault.keys")
        if _is_installed(name):
            pytest.skip(f"{name} is installed")

    def test_a_missing_client_names_what_to_install(self, uri: str, extra: str) -> None:
        trust = TrustList.of([ecdsa_key(uri)])
        for use in (lambda: load_signer(uri, trust=trust), lambda: fetch_public_half(uri, str)):
            with pytest.raises(ConfigError, match=rf"pip install 'provenance\[{extra}\]'"):
                use()


@pytest.mark.parametrize("trust", ["none", "empty", "revoked"])
def test_a_uri_that_no_key_in_use_has_is_refused(trust: str) -> None:
    uri = "hsm:2?label=show"
    lists = {
        "none": None,
        "empty": TrustList.of([]),
        "revoked": TrustList.of([replace(ecdsa_key(uri), revoked=True)]),
    }
    with pytest.raises(ConfigError, match="no key in use of the trust list has the uri"):
        load_signer(uri, trust=lists[trust])


def test_a_uri_that_two_keys_have_is_refused() -> None:
    trust = TrustList.of([ecdsa_key("hsm:2"), ecdsa_key("hsm:2")])
    with pytest.raises(ConfigError, match="several keys"):
        load_signer("hsm:2", trust=trust)


def ecdsa_key(uri: str) -> TrustedKey:
    public = SSlibKey.from_crypto(generate_private_key(SECP256R1()).public_key())
    return TrustedKey(keyid=public.keyid, public_key=public_pem(public), holder="Paula", uri=uri)


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of a package above it
        return False
