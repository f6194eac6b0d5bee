import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from provenance.attestation.signers import trusted_key
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import load_trust
from provenance.attestation.trust_text import dump_trust, parse_trust
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import ConfigError
from provenance.model.ai_use import UseCategory
from tests.exhaustive import exhaustive

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
LATE = datetime(2026, 6, 1, tzinfo=UTC)

HOLDERS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=20
).filter(str.strip)
MOMENTS = st.none() | st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))]),
)


@st.composite
def trusted_keys(draw: Any) -> TrustedKey:
    signer = CryptoSigner(
        Ed25519PrivateKey.from_private_bytes(draw(st.binary(min_size=32, max_size=32)))
    )
    public_half = trusted_key(signer, "x")
    bounds = [draw(MOMENTS), draw(MOMENTS)]
    if None not in bounds:
        bounds.sort()
    return TrustedKey(
        keyid=public_half.keyid,
        public_key=draw(st.sampled_from(["", '\x7f\t"\\ é 🎬\r\n'])) + public_half.public_key,
        holder=draw(HOLDERS),
        valid_from=bounds[0],
        valid_until=bounds[1],
        organisation=draw(st.sampled_from(["", "Studio Nord"])),
        roles=draw(st.frozensets(st.sampled_from(KeyRole), min_size=1)),
        categories=draw(st.frozensets(st.sampled_from(UseCategory))),
        uri=draw(st.sampled_from(["", "hsm:2?label=provenance"])),
        retired_at=draw(MOMENTS),
        revoked=draw(st.booleans()),
        revoked_reason=draw(st.sampled_from(["", 'left "in a taxi"'])),
    )


@exhaustive
@given(
    keys=st.lists(trusted_keys(), max_size=3, unique_by=lambda key: key.keyid),
    list_id=st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    serial=st.integers(1, 2**31),
    expires=MOMENTS,
    root_threshold=st.integers(1, 9),
    approvers=st.dictionaries(st.sampled_from(UseCategory), st.integers(1, 9)),
)
def test_a_dumped_trust_list_reads_back(keys: list[TrustedKey], **fields: Any) -> None:
    trust = TrustList.of(keys, **fields)
    assert parse_trust(dump_trust(trust)) == trust


def test_a_dumped_trust_list_says_what_it_is(trust: TrustList) -> None:
    document = tomllib.loads(dump_trust(trust))
    assert document["schema"] == "provenance-trust"
    assert document["version"] == 2
    assert [table["holder"] for table in document["keys"]] == ["Paula Producer", "Sam Supervisor"]


def write(path: Path, key: TrustedKey, **changes: str) -> Path:
    """Write a trust list of one key, fields given as raw TOML values; "" drops one."""
    fields = {
        "keyid": f'"{key.keyid}"',
        "holder": '"Paula"',
        "public_key": f'"""{key.public_key}"""',
    } | changes
    lines = ['schema = "provenance-trust"', "version = 1", "[[keys]]"]
    lines += [f"{name} = {value}" for name, value in fields.items() if value]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def key(trust: TrustList) -> TrustedKey:
    return next(iter(trust.keys.values()))


def test_a_list_written_by_hand_is_read(tmp_path: Path, key: TrustedKey) -> None:
    path = write(
        tmp_path / "trust.toml", key, valid_from="2026-01-01T02:00:00+02:00", revoked="true"
    )
    loaded = load_trust(path).keys[key.keyid]
    assert (loaded.holder, loaded.valid_from, loaded.revoked) == ("Paula", EARLY, True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"keyid": ""}, "has no keyid"),
        ({"holder": ""}, "has no holder"),
        ({"public_key": ""}, "has no public_key"),
        ({"keyid": "1"}, "keyid of a .* must be a str"),
        ({"keyid": '"00"'}, "does not have the keyid"),
        ({"public_key": '"nonsense"'}, "is not PEM"),
        ({"holder": '" "'}, "needs a holder's name"),
        ({"holder": '"a\\nb"'}, "needs a holder's name"),
        ({"valid_from": "2026-01-01T00:00:00"}, "has no time zone"),
        ({"valid_until": "2026-01-01T00:00:00"}, "has no time zone"),
        ({"valid_until": "0001-01-01T00:00:00+01:00"}, "outside the years"),
        ({"valid_until": "2026-01-01"}, "valid_until of a .* must be a datetime"),
        ({"valid_until": '"2026-01-01T00:00:00Z"'}, "must be a datetime"),
        (
            {"valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"},
            "ends before it begins",
        ),
        ({"revoked": "1"}, "revoked of a .* must be a bool"),
        ({"revokd": "true"}, "'revokd' is no field"),
    ],
)
def test_a_wrong_key_table_is_refused(
    tmp_path: Path, key: TrustedKey, changes: dict[str, str], sentence: str
) -> None:
    path = write(tmp_path / "trust.toml", key, **changes)
    with pytest.raises(ConfigError, match=rf"trust\.toml is wrong: .*{sentence}"):
        load_trust(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "schema must be"),
        (b'schema = "other"\nversion = 1', "schema must be"),
        (b'schema = "provenance-trust"', "version must be 2 or 1, not None"),
        (b'schema = "provenance-trust"\nversion = 3', "version must be 2 or 1, not 3"),
        (b'schema = "provenance-trust"\nversion = true', "version must be 2 or 1, not True"),
        (b'schema = "provenance-trust"\nversion = 1\nkeys = 1', "keys must be"),
        (b'schema = "provenance-trust"\nversion = 1\nkeys = [1]', "keys must be"),
        (b'schema = "provenance-trust"\nversion = 1\n[[key]]', "'key' is no field"),
        (b"schema = ", "is wrong"),
        (b"a = " + b"[" * 100_000, "is wrong"),
        (b"\xff", "is wrong"),
    ],
)
def test_a_wrong_trust_file_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "trust.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=sentence):
        load_trust(tmp_path / "trust.toml")


def test_a_missing_or_unreadable_trust_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no trust list at .*trust\.toml"):
        load_trust(tmp_path / "trust.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_trust(tmp_path)


def test_a_list_without_keys_trusts_nobody(tmp_path: Path) -> None:
    (tmp_path / "trust.toml").write_text('schema = "provenance-trust"\nversion = 1\n')
    assert dict(load_trust(tmp_path / "trust.toml").keys) == {}


def test_a_key_that_stands_twice_is_refused(key: TrustedKey) -> None:
    with pytest.raises(ConfigError, match="stands in the list twice"):
        TrustList.of([key, key])


def test_a_key_of_another_kind_is_refused() -> None:
    public_key = generate_rsa_key(65537, 2048).public_key()
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ConfigError, match="neither Ed25519 nor ECDSA"):
        TrustedKey(keyid="00", public_key=pem, holder="Paula")


def test_a_key_under_the_id_of_another_is_refused(trust: TrustList) -> None:
    first, second = trust.keys.values()
    with pytest.raises(ConfigError, match="does not have the keyid"):
        TrustedKey(keyid=first.keyid, public_key=second.public_key, holder="Paula")


def test_the_keys_of_a_list_cannot_be_exchanged(trust: TrustList, key: TrustedKey) -> None:
    with pytest.raises(TypeError):
        trust.keys["00"] = key  # type: ignore[index]  # the point of the test


def test_validity_includes_both_its_ends(key: TrustedKey) -> None:
    bounded = TrustedKey(
        keyid=key.keyid,
        public_key=key.public_key,
        holder="Paula",
        valid_from=EARLY,
        valid_until=LATE,
    )
    tick = timedelta(microseconds=1)
    assert bounded.is_valid_at(EARLY)
    assert bounded.is_valid_at(LATE)
    assert not bounded.is_valid_at(EARLY - tick)
    assert not bounded.is_valid_at(LATE + tick)
    assert key.is_valid_at(EARLY)
