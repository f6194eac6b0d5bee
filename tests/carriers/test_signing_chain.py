"""The signing chain: made once, never overwritten, its key for nobody else's eyes."""

import errno
import os
import pwd
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provenance.carriers.chain_making import create_chain
from provenance.carriers.signing_chain import (
    CHAIN_FILE,
    KEY_FILE,
    ROOT_FILE,
    SigningChain,
    load_chain,
    load_root,
)
from provenance.errors import ConfigError

FILES = (KEY_FILE, CHAIN_FILE, ROOT_FILE)


def certificates(chain: SigningChain) -> tuple[x509.Certificate, x509.Certificate]:
    leaf, root = x509.load_pem_x509_certificates(chain.chain_pem.encode())
    return leaf, root


def test_a_chain_reads_back_and_its_key_is_secret(tmp_path: Path) -> None:
    create_chain(tmp_path, "The Harbour")
    chain = load_chain(tmp_path)
    assert chain.chain_pem.endswith(chain.root_pem)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert "PRIVATE KEY" in chain.key_pem
    assert chain.key_pem not in repr(chain)


def test_the_leaf_is_what_a_validator_accepts(tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    create_chain(tmp_path, "The Harbour", now)
    leaf, root = certificates(load_chain(tmp_path))
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert leaf.not_valid_before_utc < now
    assert leaf.not_valid_after_utc > now + timedelta(days=365 * 19)
    (organisation,) = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert organisation.value == "The Harbour"


@pytest.mark.parametrize("there", FILES)
def test_what_is_there_is_never_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        create_chain(tmp_path, "The Harbour")
    assert (tmp_path / there).read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == [there]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="File exists"):
        create_chain(tmp_path, "The Harbour")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        create_chain(tmp_path / "gone", "The Harbour")


@pytest.mark.parametrize("missing", FILES)
def test_a_chain_with_a_part_missing_is_refused(tmp_path: Path, missing: str) -> None:
    create_chain(tmp_path, "The Harbour")
    (tmp_path / missing).unlink()
    with pytest.raises(ConfigError, match="restore it from a backup"):
        load_chain(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    create_chain(tmp_path, "The Harbour")
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_chain(tmp_path)


def test_a_chain_that_is_no_text_is_refused(tmp_path: Path) -> None:
    create_chain(tmp_path, "The Harbour")
    (tmp_path / ROOT_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_chain(tmp_path)


def test_a_production_without_a_name_can_have_a_chain(tmp_path: Path) -> None:
    create_chain(tmp_path, "")
    assert certificates(load_chain(tmp_path))


def test_the_root_alone_is_enough_to_read(tmp_path: Path) -> None:
    create_chain(tmp_path, "Show")
    (tmp_path / "c2pa-key.pem").unlink()
    assert load_root(tmp_path) == (tmp_path / "c2pa-root.pem").read_text()
    with pytest.raises(ConfigError, match="restore it from a backup"):
        load_chain(tmp_path)


@pytest.mark.parametrize("load", [load_root, load_chain])
def test_who_may_not_read_it_is_told_whom_to_ask(
    load: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_chain(tmp_path, "Show")

    def refuse(path: Path, *_: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything
    owner = pwd.getpwuid(tmp_path.stat().st_uid).pw_name
    with pytest.raises(ConfigError, match=f"no permission.*belong to {owner}: ask them") as caught:
        load(tmp_path)
    assert "init" not in str(caught.value)
    assert "Errno" not in str(caught.value)
