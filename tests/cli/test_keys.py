"""`provenance keys`: the list, its editions, and keys that never leave their file."""

import re
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provenance.attestation.signers import load_signer
from provenance.attestation.trust_text import parse_keys
from provenance.attestation.trusted_key import KeyRole
from provenance.cli.main import main
from tests.cli.conftest import Terminal
from tests.cli.running import Show

PUBLIC = "-----BEGIN PUBLIC KEY-----"


class Keys:
    """The keys of one production, as its commands tell of them."""

    def __init__(self, run: Terminal, show: Show) -> None:
        self.run = run
        self.folder = show.home / ".provenance"
        self.home = show.home

    def records(self) -> dict[str, dict[str, object]]:
        listed = self.run("keys", "list", "--json").json
        return {key["holder"]: key for key in listed["keys"]}

    @property
    def serial(self) -> int:
        return int(self.run("keys", "list", "--json").json["serial"])

    def id_of(self, holder: str) -> str:
        return str(self.records()[holder]["keyid"])

    def create(self, name: str, holder: str, *words: str) -> Path:
        """Make a key and return the file with its public half."""
        done = self.run(
            "keys", "create", f"{name}.pem", "--holder", holder, "--no-passphrase", *words
        )
        assert done.code == 0, done.err
        entry = self.home / f"{name}.toml"
        entry.write_text(done.out)
        return entry

    def add(self, name: str, holder: str, *words: str) -> None:
        done = self.run("keys", "add", self.create(name, holder), *words)
        assert done.code == 0, done.err

    def trust_files(self) -> tuple[bytes, bytes]:
        return tuple((self.folder / f"trust.toml{end}").read_bytes() for end in ("", ".sig"))


@pytest.fixture
def keys(run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch) -> Keys:
    monkeypatch.delenv("PROVENANCE_KEY_PASSPHRASE", raising=False)
    return Keys(run, show)


class TestLooking:
    def test_a_new_production_lists_its_three_keys(self, run: Terminal, keys: Keys) -> None:
        done = run("keys", "list")
        assert (done.code, done.err) == (0, "")
        for word in ("root", "approver", "gate", "valid", "every", "edition 1", "does not expire"):
            assert word in done.words
        assert [len(str(key["keyid"])) for key in keys.records().values()] == [64] * 3

    def test_one_key_is_shown_whole(self, run: Terminal, keys: Keys) -> None:
        keyid = keys.id_of("My Show: gate")
        assert run("keys", "show", keyid[:9], "--json").json["public_key"].startswith(PUBLIC)
        shown = run("keys", "show", keyid).out
        assert "state = valid" in shown
        assert 'holder = "My Show: gate"' in shown

    @pytest.mark.parametrize(("keyid", "why"), [("zz", "no key begins"), ("", "no key begins")])
    def test_a_key_that_is_not_there_is_named(
        self, run: Terminal, keys: Keys, keyid: str, why: str
    ) -> None:
        assert keys
        done = run("keys", "show", keyid)
        assert (done.code, done.out) == (2, "")
        assert why in done.err


class TestCreating:
    def test_the_public_half_is_printed_and_the_private_one_is_for_its_owner(
        self, run: Terminal, keys: Keys
    ) -> None:
        secret = keys.home / "secret"
        secret.write_text("open sesame\nand more\n")
        secret.chmod(0o600)
        words = ("--holder", "Jo", "--role", "approver", "--passphrase-file", secret)
        done = run("keys", "create", "jo.pem", *words)
        (key,) = parse_keys(done.out)
        assert (key.holder, key.roles) == ("Jo", {KeyRole.APPROVER})
        assert stat.S_IMODE((keys.home / "jo.pem").stat().st_mode) == 0o600
        assert b"ENCRYPTED" in (keys.home / "jo.pem").read_bytes()
        signer = load_signer(keys.home / "jo.pem", passphrase=b"open sesame")
        assert signer.public_key.keyid == key.keyid

    def test_without_a_passphrase_nothing_is_made(self, run: Terminal, keys: Keys) -> None:
        done = run("keys", "create", "jo.pem", "--holder", "Jo")
        assert (done.code, done.out) == (2, "")
        assert "--no-passphrase" in done.err
        assert not (keys.home / "jo.pem").exists()

    @pytest.mark.parametrize(("content", "mode"), [(b"x", 0o644), (b"\n", 0o600), (b"\xff", 0o600)])
    def test_an_unsafe_passphrase_file_is_refused(
        self, run: Terminal, keys: Keys, content: bytes, mode: int
    ) -> None:
        (keys.home / "secret").write_bytes(content)
        (keys.home / "secret").chmod(mode)
        words = ("--holder", "Jo", "--passphrase-file", "secret")
        assert run("keys", "create", "jo.pem", *words).code == 2
        assert not (keys.home / "jo.pem").exists()

    def test_a_key_is_made_outside_a_production_too(
        self, run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PROVENANCE_KEY_PASSPHRASE", "open sesame")
        assert run("keys", "create", "jo.pem", "--holder", "Jo").code == 0
        assert b"ENCRYPTED" in (tmp_path / "jo.pem").read_bytes()


class TestAdding:
    def test_an_entry_is_trusted_for_what_was_said(self, run: Terminal, keys: Keys) -> None:
        words = "--category key_creative --organisation Nord --until 2027-03-31 --from 2026-01-01"
        keys.add("jo", "Jo", *words.split())
        added = keys.records()["Jo"]
        assert added["categories"] == ["key_creative"]
        assert added["organisation"] == "Nord"
        assert added["valid_from"] == "2026-01-01T00:00:00+00:00"
        assert added["valid_until"] == "2027-03-31T23:59:59+00:00"
        assert keys.serial == 2
        assert run("status").code == 0

    def test_an_ecdsa_key_in_pem_is_trusted(self, run: Terminal, keys: Keys) -> None:
        public = generate_private_key(SECP256R1()).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (keys.home / "kms.pem").write_bytes(pem)
        done = run("keys", "add", "kms.pem", "--holder", "Kim", "--uri", "awskms:alias/kim")
        assert done.code == 0
        assert keys.records()["Kim"]["uri"] == "awskms:alias/kim"
        assert keys.records()["Kim"]["roles"] == ["approver", "recorder"]

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("nothing.toml",), "nothing.toml"),
            (("text.toml",), "holds no public key"),
            (("binary.toml",), "is no text"),
            (("damaged.pem", "--holder", "Jo"), "no public key in PEM"),
            ((".provenance/keys/root.pem", "--holder", "Jo"), "is a private key: it stays"),
            (("jo.toml", "--from", "2027-01-01", "--until", "2026-01-01"), "ends before it begins"),
            (("jo.toml", "--role", "root", "--until", "2027-01-01"), "no dates of its own"),
            (("jo.toml", "--until", "soon"), "--until 'soon' is no date"),
            (("hsm:2?label=nowhere", "--holder", "Jo"), "hsm:2?label=nowhere"),
            (("jo.toml", "--root-key", "jo.pem"), "keys of 0 of the 1 root holders"),
            (("jo.toml", "--root-key", "env:NOTHING"), "no key in the environment variable"),
        ],
    )
    def test_what_cannot_be_added_changes_nothing(
        self, run: Terminal, keys: Keys, words: tuple[str, ...], why: str
    ) -> None:
        keys.create("jo", "Jo")
        (keys.home / "text.toml").write_text("hello")
        (keys.home / "binary.toml").write_bytes(b"\xff")
        (keys.home / "damaged.pem").write_text(f"{PUBLIC}\nAAAA\n")
        before = keys.trust_files()
        done = run("keys", "add", *words)
        assert done.code in {2, 3}
        assert why in done.err
        assert "defect" not in done.err
        assert keys.trust_files() == before

    def test_a_pem_needs_a_holder(self, run: Terminal, keys: Keys) -> None:
        (keys.home / "public.pem").write_text(str(keys.records()["My Show: gate"]["public_key"]))
        assert "--holder must say" in run("keys", "add", "public.pem").err

    def test_a_key_is_changed_only_if_that_is_said(self, run: Terminal, keys: Keys) -> None:
        keys.add("jo", "Jo")
        assert "in the list already" in run("keys", "add", "jo.toml").err
        assert run("keys", "add", "jo.toml", "--replace", "--role", "gate").code == 0
        assert keys.records()["Jo"]["roles"] == ["gate"]

    def test_a_file_does_not_say_what_its_key_may_sign(self, run: Terminal, keys: Keys) -> None:
        entry = keys.create("jo", "Jo")
        text = entry.read_text()
        every = 'roles = ["approver", "gate", "override", "root"]'
        entry.write_text(re.sub(r"roles = .*", every, text))
        done = run("keys", "add", entry)
        assert done.out.endswith("Jo: trusted from edition 2 on, as approver\n")
        assert keys.records()["Jo"]["roles"] == ["approver"]
        assert run("keys", "add", entry, "--replace", "--role", "gate").code == 0
        assert run("keys", "add", entry, "--replace", "--organisation", "Nord").code == 0
        assert keys.records()["Jo"]["roles"] == ["gate"]

    def test_a_key_that_is_made_for_more_is_added_for_what_is_said(
        self, run: Terminal, keys: Keys
    ) -> None:
        entry = keys.create("jo", "Jo")
        entry.write_text(re.sub(r"roles = .*", 'roles = ["root"]', entry.read_text()))
        done = run("keys", "add", entry)
        assert (done.code, done.out) == (2, "")
        assert "say with --role" in done.err
        assert "Jo" not in keys.records()

    def test_a_number_without_end_is_refused(self, run: Terminal, keys: Keys) -> None:
        (keys.home / "many.toml").write_text("keys = 1" + "0" * 5000)
        done = run("keys", "add", "many.toml")
        assert (done.code, done.out) == (2, "")
        assert "holds no public key" in done.err
        assert "defect" not in done.err

    @pytest.mark.parametrize("end", [("retire",), ("revoke", "--reason", "lost")])
    def test_a_key_out_of_use_never_comes_back(
        self, run: Terminal, keys: Keys, end: tuple[str, ...]
    ) -> None:
        keys.add("jo", "Jo")
        assert run("keys", end[0], keys.id_of("Jo"), *end[1:]).code == 0
        done = run("keys", "add", "jo.toml", "--replace")
        assert done.code == 2
        assert "never comes back" in done.err


class TestEnding:
    def test_a_revoked_key_says_why(self, run: Terminal, keys: Keys) -> None:
        keys.add("jo", "Jo")
        assert run("keys", "revoke", keys.id_of("Jo"), "--reason", "left in a taxi").code == 0
        record = keys.records()["Jo"]
        assert (record["state"], record["revoked_reason"]) == ("revoked", "left in a taxi")
        again = run("keys", "revoke", keys.id_of("Jo"), "--reason", "x")
        assert "revoked already" in again.err

    def test_a_key_is_retired_since_a_day_but_not_ahead(self, run: Terminal, keys: Keys) -> None:
        keys.add("jo", "Jo")
        assert "in the future" in run("keys", "retire", keys.id_of("Jo"), "--at", "2999-01-01").err
        assert run("keys", "retire", keys.id_of("Jo"), "--at", "2026-01-01").code == 0
        assert keys.records()["Jo"]["retired_at"] == "2026-01-01T00:00:00+00:00"
        assert "out of use already" in run("keys", "retire", keys.id_of("Jo")).err

    @pytest.mark.parametrize("end", [("retire",), ("revoke", "--reason", "stolen")])
    def test_the_only_root_key_cannot_go(
        self, run: Terminal, keys: Keys, end: tuple[str, ...]
    ) -> None:
        before = keys.trust_files()
        done = run("keys", end[0], keys.id_of("My Show: trust root"), *end[1:])
        assert done.code == 2
        assert "nobody could sign the trust list any more" in done.err
        assert keys.trust_files() == before

    def test_the_root_cannot_lose_its_role_by_being_added_anew(
        self, run: Terminal, keys: Keys
    ) -> None:
        entry = run("keys", "show", keys.id_of("My Show: trust root")).out
        (keys.home / "root.toml").write_text("[[keys]]\n" + entry.partition("\n")[2])
        done = run("keys", "add", "root.toml", "--replace", "--role", "gate")
        assert "nobody could sign" in done.err


class TestThresholds:
    def test_a_category_needs_as_many_as_there_are_at_most(self, run: Terminal, keys: Keys) -> None:
        assert (
            "could be approved by 1 of 2 holders"
            in run("keys", "require", "talent_replica", "2").err
        )
        keys.add("jo", "Jo")
        assert run("keys", "require", "talent_replica", "2").code == 0
        assert run("keys", "list", "--json").json["requirements"] == {"talent_replica": 2}
        assert "talent_replica needs 2 approvers" in run("keys", "list").out

    def test_from_two_roots_on_both_sign(self, run: Terminal, keys: Keys) -> None:
        assert run("keys", "add", keys.create("deputy", "Deputy"), "--role", "root").code == 0
        both = ("--root-key", ".provenance/keys/root.pem", "--root-key", "deputy.pem")
        alone = run("keys", "require", "root", "2")
        assert alone.code == 2
        assert "signed by 1 of the 2 root holders" in alone.err
        assert run("keys", "require", "root", "2", *both).code == 0
        assert "keys of 1 of the 2 root holders" in run("keys", "renew").err
        assert run("keys", "renew", *both).code == 0
        assert keys.serial == 4


class TestRenewing:
    def test_an_expired_list_closes_the_gate_until_it_is_renewed(
        self, run: Terminal, keys: Keys
    ) -> None:
        assert run("keys", "renew", "--expires", "2020-01-01").code == 0
        closed = run("scan", "generated")
        assert closed.code == 2
        assert "provenance keys renew" in closed.err
        assert "expires on 2020-01-01" in run("keys", "list").out
        assert "expired on 2020-01-01" in run("status").out
        assert run("keys", "renew", "--expires", "2999-01-01").code == 0
        assert run("status").code == 0
        assert keys.serial == 3


class TestExchange:
    def test_an_exported_list_is_imported_elsewhere_by_key(
        self, run: Terminal, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = run("keys", "export", tmp_path / "studio.toml")
        assert done.code == 0
        theirs, approver = keys.trust_files(), keys.id_of("My Show: local approver")
        root = keys.id_of("My Show: trust root")
        files = [tmp_path / "studio.toml", tmp_path / "studio.toml.sig"]
        assert tuple(path.read_bytes() for path in files) == theirs
        assert run("keys", "export", tmp_path / "studio.toml").code == 0
        assert main(["init", str(tmp_path / "vendor")]) == 0
        monkeypatch.chdir(tmp_path / "vendor")
        words = ("import", "../studio.toml", "--key", approver[:10], "--role", "approver")
        assert run("keys", *words).code == 0
        assert keys.records()["My Show: local approver"]["roles"] == ["approver"]
        assert (
            "signs nothing that counts here"
            in run("keys", "import", "../studio.toml", "--key", root).err
        )
        assert run("keys", "import", "../studio.toml", "--all").code == 0
        assert "My Show: trust root" not in keys.records()
        assert "no key to add" in run("keys", "import", "../studio.toml", "--all").err

    def test_a_partner_s_key_signs_no_list_and_no_override_here(
        self, run: Terminal, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys.add("jo", "Jo", *["--role", "root", "--role", "gate", "--role", "override"])
        run("keys", "export", tmp_path / "studio.toml")
        assert main(["init", str(tmp_path / "vendor")]) == 0
        monkeypatch.chdir(tmp_path / "vendor")
        words = ("keys", "import", "../studio.toml", "--all")
        assert "cannot sign the list of this production" in run(*words, "--role", "root").err
        assert run(*words).code == 0
        assert keys.records()["Jo"]["roles"] == ["gate"]
        assert keys.records()["My Show: local approver"]["roles"] == ["approver", "recorder"]

    def test_which_keys_are_meant_must_be_said(
        self, run: Terminal, keys: Keys, tmp_path: Path
    ) -> None:
        assert keys
        run("keys", "export", tmp_path / "list.toml")
        for words in ((), ("--all", "--key", "aa")):
            assert run("keys", "import", tmp_path / "list.toml", *words).code == 2

    def test_a_partner_s_list_that_was_edited_is_refused(
        self, run: Terminal, keys: Keys, tmp_path: Path
    ) -> None:
        run("keys", "export", tmp_path / "list.toml")
        text = (tmp_path / "list.toml").read_text()
        (tmp_path / "list.toml").write_text(text.replace("My Show", "No Show"))
        before = keys.trust_files()
        assert "edited after signing" in run("keys", "import", tmp_path / "list.toml", "--all").err
        assert "other bytes" in run("keys", "export", tmp_path / "list.toml").err
        assert keys.trust_files() == before


class TestRoot:
    def test_a_new_root_takes_the_place_of_the_old(self, run: Terminal, keys: Keys) -> None:
        old = (keys.folder / "keys/root.pem").read_bytes()
        keyid = keys.id_of("My Show: trust root")
        done = run("keys", "rotate-root", "--no-passphrase", "--holder", "Root 2")
        assert done.code == 0
        retired = keys.folder / f"keys/root-retired-{keyid[:8]}.pem"
        assert retired.read_bytes() == old
        assert (keys.folder / "keys/root.pem").read_bytes() != old
        assert keys.records()["My Show: trust root"]["state"] == "retired"
        assert run("keys", "renew").code == 0
        assert "keys of 0 of the 1 root holders" in run("keys", "renew", "--root-key", retired).err
        assert run("status").code == 0

    def test_a_root_elsewhere_stays_where_it_is(self, run: Terminal, keys: Keys) -> None:
        safe = keys.home / "safe.pem"
        shutil.move(keys.folder / "keys/root.pem", safe)
        assert "there is no key at" in run("keys", "renew").err
        words = ("--no-passphrase", "--root-key", f"file:{safe}", "--new", "safe-2.pem")
        assert run("keys", "rotate-root", *words).code == 0
        assert safe.exists()
        assert not (keys.folder / "keys/root.pem").exists()
        assert run("keys", "renew", "--root-key", "safe-2.pem").code == 0

    def test_what_is_no_root_rotates_nothing(self, run: Terminal, keys: Keys) -> None:
        keys.add("jo", "Jo")
        before = keys.trust_files()
        done = run(
            "keys", "rotate-root", "--no-passphrase", "--root-key", "jo.pem", "--new", "n.pem"
        )
        assert done.code == 2
        assert keys.trust_files() == before
        assert not (keys.home / "n.pem").exists()

    def test_an_unsigned_list_is_brought_up_to_date(self, run: Terminal, keys: Keys) -> None:
        _make_old(keys)
        assert keys.serial == 0
        entry = keys.create("jo", "Jo")
        assert "provenance keys upgrade" in run("keys", "add", entry).err
        assert "provenance keys upgrade" in run("keys", "export", "list.toml").err
        assert run("keys", "upgrade", "--no-passphrase").code == 0
        assert keys.serial == 1
        assert run("keys", "add", entry).code == 0
        assert "is signed already" in run("keys", "upgrade", "--no-passphrase").err


class TestPutBack:
    def test_a_replayed_list_closes_the_gate_and_is_restored(
        self, run: Terminal, keys: Keys
    ) -> None:
        older = keys.trust_files()
        keys.add("jo", "Jo")
        newer = keys.trust_files()
        for end, data in zip(("", ".sig"), older, strict=True):
            (keys.folder / f"trust.toml{end}").write_bytes(data)
        closed = run("scan", "generated")
        assert closed.code == 2
        assert "an older list was put back" in closed.err
        assert "provenance keys restore" in closed.err
        assert "an older list was put back" in run("status").out
        assert run("keys", "add", "jo.toml").code == 2
        assert run("keys", "restore").out == "edition 2 of the trust list is back\n"
        assert keys.trust_files() == newer
        assert run("status").code == 0

    def test_the_list_of_init_is_the_first_and_no_other(
        self, run: Terminal, keys: Keys, tmp_path: Path
    ) -> None:
        assert main(["init", str(tmp_path / "evil")]) == 0
        for name in ("trust.toml", "trust.toml.sig"):
            shutil.copy(tmp_path / "evil/.provenance" / name, keys.folder)
        assert "was filed as that edition" in run("scan", "generated").err


class TestSecrets:
    def test_an_encrypted_key_signs_with_its_passphrase_only(
        self, run: Terminal, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret = keys.home / "secret"
        secret.write_text("open sesame")
        secret.chmod(0o600)
        assert run("keys", "rotate-root", "--new-passphrase-file", secret).code == 0
        refused = run("keys", "renew")
        assert refused.code == 2
        assert "root.pem is needed: set PROVENANCE_KEY_PASSPHRASE" in refused.err
        assert run("keys", "renew", "--passphrase-file", secret).code == 0
        monkeypatch.setenv("PROVENANCE_KEY_PASSPHRASE", "barley")
        wrong = run("keys", "renew")
        assert (wrong.code, "the passphrase is wrong" in wrong.err) == (2, True)
        assert "barley" not in wrong.err
        monkeypatch.setenv("PROVENANCE_KEY_PASSPHRASE", "open sesame")
        assert run("keys", "renew").code == 0

    def test_a_person_at_a_terminal_is_asked(
        self, run: Terminal, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def typed(prompt: str) -> str:
            asked.append(prompt)
            return "open sesame"

        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("click.termui.hidden_prompt_func", typed)
        done = run("keys", "rotate-root")
        assert done.code == 0
        assert len(asked) == 2  # twice the same, for a new key
        assert run("keys", "renew").code == 0
        assert asked[2].startswith(f"the passphrase of the key {keys.folder}/keys/root.pem")
        assert "open sesame" not in done.out + done.err

    def test_no_private_key_is_ever_seen_outside_its_file(
        self, run: Terminal, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = []

        def told(*words: str | Path) -> None:
            done = run(*words)
            said.append(done.out + done.err)

        monkeypatch.setenv("PROVENANCE_KEY_PASSPHRASE", "open sesame")
        told("keys", "create", "jo.pem", "--holder", "Jo")
        (keys.home / "jo.toml").write_text(said[0].partition("the private key")[0])
        told("keys", "add", "jo.toml")
        told("keys", "add", "jo.pem", "--holder", "Jo")
        told("keys", "list", "--json")
        told("keys", "show", keys.id_of("Jo"))
        told("keys", "rotate-root")
        told("keys", "renew")
        told("keys", "export", "list.toml")
        (keys.home / "broken.pem").write_bytes((keys.home / "jo.pem").read_bytes()[:-60])
        (keys.home / "broken.pem").chmod(0o600)
        told("keys", "renew", "--root-key", "broken.pem")
        pem = (keys.folder / "keys/approver.pem").read_text()
        monkeypatch.setenv("SECRET_KEY", pem)
        (keys.home / "work/x.png").write_bytes(b"x")
        (keys.home / "mail.eml").write_bytes(b"yes")
        approve = ("approve", "work/x.png", "--approver", "Jo", "--evidence", "mail.eml")
        told(*approve, "--key", "env:SECRET_KEY")
        told(*approve, "--key", "jo.pem")
        assert said[-1].count("recorded: valid") == 1

        secrets = _secrets_of(keys.home, ["open sesame"])
        assert len(secrets) >= 10
        others = [
            path.read_bytes().decode("latin-1")
            for path in keys.home.rglob("*")
            if path.is_file() and path.suffix != ".pem"
        ]
        for secret in secrets:
            assert not any(secret in text for text in [*said, *others])


def _secrets_of(home: Path, known: list[str]) -> list[str]:
    """Return every line of base64 of every private key below a folder, and what else is secret."""
    found = list(known)
    for path in home.rglob("*.pem"):
        text = path.read_text("latin-1")
        if "PRIVATE KEY" in text:
            body = text.partition("PRIVATE KEY-----")[2].partition("-----END")[0]
            found += [line for line in body.split() if len(line) > 20]
            if "ENCRYPTED" not in text and "approver" in path.name:
                found.append(load_signer(path)._private_key.private_bytes_raw().hex())
    return found


def _make_old(keys: Keys) -> None:
    """Make the production one from before lists were signed and filed."""
    record = keys.records()["My Show: local approver"]
    lines = ['schema = "provenance-trust"', "version = 1", "[[keys]]"]
    lines += [f'{name} = """{record[name]}"""' for name in ("keyid", "public_key", "holder")]
    (keys.folder / "trust.toml").write_text("\n".join(lines))
    (keys.folder / "trust.toml.sig").unlink()
    for name in ("root.pem", "gate.pem"):
        (keys.folder / "keys" / name).unlink()
    with closing(sqlite3.connect(keys.folder / "registry.db")) as database, database:
        database.execute("DELETE FROM attestations WHERE kind = 'trust'")
