"""Keys on a PKCS#11 token, for real: SoftHSM is one that needs no hardware."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import SSlibKey

from provenance.attestation.envelope import open_envelope, sign_statement
from provenance.attestation.remote_signers import fetch_public_half
from provenance.attestation.signers import PASSPHRASE_VARIABLE, load_signer, public_pem
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_text import dump_trust, parse_trust
from provenance.attestation.trusted_key import TrustedKey
from provenance.cli.main import main
from provenance.errors import ConfigError

_LIB = Path("/usr/lib")
LIBRARY = next(
    (found for at in ("softhsm", "*/softhsm") for found in _LIB.glob(f"{at}/libsofthsm2.so")), None
)
UTILITY = shutil.which("softhsm2-util")
PIN = "8157"
LABEL = "show"
KEY, OTHER = 2, 3

pytestmark = pytest.mark.skipif(
    LIBRARY is None or UTILITY is None,
    reason="SoftHSM is not installed; .ci/packages installs it where that is allowed",
)


@dataclass(frozen=True, slots=True)
class Token:
    """An initialised token with two P-256 key pairs."""

    folder: Path

    @staticmethod
    def uri(keyid: int = KEY, label: str = "show") -> str:
        return f"hsm:{keyid}?label={label}"

    @classmethod
    def entry(cls, keyid: int = KEY, *, under: str = "") -> TrustedKey:
        """Return a key of the token as the trust list has it, `under` this or its own URI."""
        uri, public = fetch_public_half(cls.uri(keyid), _pin)
        return TrustedKey(
            keyid=public.keyid, public_key=public_pem(public), holder="Paula", uri=under or uri
        )


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    folder = tmp_path_factory.mktemp("softhsm")
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(settings))
        patch.setenv("PYKCS11LIB", str(LIBRARY))
        patch.delenv(PASSPHRASE_VARIABLE, raising=False)
        words = f"--init-token --free --label show --so-pin 1234 --pin {PIN}"
        subprocess.run([str(UTILITY), *words.split()], check=True, capture_output=True)
        _make_keys()
        yield Token(folder)


def test_the_public_half_is_asked_of_the_token(token: Token) -> None:
    uri, public = fetch_public_half(token.uri(), _pin)
    assert uri == token.uri()
    assert isinstance(public, SSlibKey)
    assert (public.keytype, public.scheme) == ("ecdsa", "ecdsa-sha2-nistp256")


def test_a_token_signs_what_the_trust_list_verifies(token: Token) -> None:
    trust = parse_trust(dump_trust(TrustList.of([token.entry()], serial=1)))
    (key,) = trust.keys.values()
    envelope = sign_statement(b"{}", load_signer(token.uri(), trust=trust, secrets=_pin))
    assert open_envelope(envelope).is_signed_by(key.verifier())
    (signature,) = open_envelope(envelope).signatures
    assert signature.keyid == key.keyid


def test_the_pin_may_stand_in_the_environment(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PIN)
    signer = load_signer(token.uri(), trust=TrustList.of([token.entry()]))
    assert signer.sign(b"{}").keyid == token.entry().keyid


def test_a_wrong_pin_is_named_and_not_shown(token: Token, capfd: Any, caplog: Any) -> None:
    signer = load_signer(token.uri(), trust=TrustList.of([token.entry()]), secrets=lambda _: "9999")
    with pytest.raises(
        ConfigError, match=r"hsm:2\?label=show cannot be used: PinIncorrect"
    ) as caught:
        sign_statement(b"{}", signer)
    output = capfd.readouterr()
    assert "9999" not in str(caught.value) + output.out + output.err + caplog.text


def test_without_a_pin_it_says_what_is_needed(token: Token) -> None:
    signer = load_signer(token.uri(), trust=TrustList.of([token.entry()]))
    with pytest.raises(ConfigError, match=f"^pin is needed: set {PASSPHRASE_VARIABLE}"):
        sign_statement(b"{}", signer)


def test_another_key_under_the_uri_of_the_listed_one_is_noticed(token: Token) -> None:
    trust = TrustList.of([token.entry(OTHER, under=token.uri(KEY))])
    signer = load_signer(token.uri(KEY), trust=trust, secrets=_pin)
    with pytest.raises(ConfigError, match="is not the key that stands for it in the trust list"):
        sign_statement(b"{}", signer)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        (Token.uri(9), "could not find ECDSA key"),
        (Token.uri(KEY, "elsewhere"), "No PKCS#11 token found for label elsewhere"),
        ("hsm:two", "invalid literal"),
    ],
)
def test_a_key_that_is_not_there_is_named(token: Token, uri: str, sentence: str) -> None:
    assert token
    with pytest.raises(ConfigError, match=sentence):
        fetch_public_half(uri, _pin)


def test_a_missing_library_is_named(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYKCS11LIB")
    with pytest.raises(ConfigError, match="PYKCS11LIB environment variable must be set"):
        fetch_public_half(token.uri(), _pin)


def test_a_production_is_approved_for_with_a_key_on_a_token(
    token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PIN)
    assert main(["init", str(tmp_path / "show")]) == 0
    monkeypatch.chdir(tmp_path / "show")
    Path("work/note.txt").write_text("made by a machine")
    Path("mail.eml").write_text("fine")
    assert main(["keys", "add", token.uri(), "--holder", "Kim Ray", "--role", "approver"]) == 0
    words = ("approve", "work/note.txt", "--approver", "Kim Ray", "--evidence", "mail.eml")
    assert main([*words, "--key", token.uri()]) == 0
    capfd.readouterr()
    assert main(["approvals", "list", "--json"]) == 0
    (approval,) = json.loads(capfd.readouterr().out)
    assert (approval["status"], approval["signed_by"]) == ("valid", "Kim Ray")
    assert main(["keys", "rotate-root", "--no-passphrase", "--root-key", token.uri()]) == 2
    keyid = token.entry().keyid
    assert main(["keys", "revoke", keyid, "--reason", "card lost"]) == 0
    assert main(["approvals", "verify"]) == 1
    assert "revoked (card lost)" in capfd.readouterr().out
    assert main([*words, "--key", token.uri()]) == 2


def _pin(wanted: str) -> str:
    assert wanted == "pin"
    return PIN


def _make_keys() -> None:
    import pkcs11  # noqa: PLC0415  (only where there is a token)
    from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415  (as above)

    token = pkcs11.lib(str(LIBRARY)).get_token(token_label=LABEL)
    with token.open(user_pin=PIN, rw=True) as session:
        for keyid in (KEY, OTHER):
            curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            parameters.generate_keypair(
                mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN, store=True, id=bytes([keyid])
            )
