"""`provenance scan --receipt` and `provenance receipt`: sent with a delivery, verified there."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, plain


@pytest.fixture
def sent(
    show: Show, run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path, Path]:
    """Stand at the receiver, who has no production: return receipt, folder and trust list."""
    show.put("deliverables/a.png", another_picture())
    show.put("deliverables/sub/b.png", plain())
    done = run("scan", "deliverables", "--receipt", "receipt.json")
    assert done.code == 0
    assert "receipt of 2 files" in done.err
    there = tmp_path / "receiver"
    shutil.copytree(show.home / "deliverables", there / "received")
    shutil.copy(show.home / "receipt.json", there)
    for name in ("trust.toml", "trust.toml.sig"):
        shutil.copy(show.home / ".provenance" / name, there)
    monkeypatch.chdir(there)
    return there / "receipt.json", there / "received", there / "trust.toml"


def test_the_receiver_verifies_offline(run: Terminal, sent: tuple[Path, Path, Path]) -> None:
    receipt, folder, trust = sent
    done = run("receipt", "verify", receipt, folder, "--trust", trust)
    assert done.code == 0
    assert "signed by My Show: gate" in done.out
    assert done.out.splitlines()[-1].startswith("PASSED: ")
    record = run("receipt", "verify", receipt, folder, "--trust", trust, "--json").json
    assert (record["verdict"], record["exit_code"], record["matching"]) == ("pass", 0, 2)


def test_what_differs_is_named(run: Terminal, sent: tuple[Path, Path, Path]) -> None:
    receipt, folder, trust = sent
    (folder / "a.png").rename(folder / "z.png")
    (folder / "sub/b.png").write_bytes(b"other")
    (folder / ".extra").write_bytes(b"x")
    done = run("receipt", "verify", receipt, folder, "--trust", trust)
    assert done.code == 1
    assert "RENAMED    z.png: it was a.png" in done.out
    assert "CHANGED    sub/b.png: other bytes" in done.out
    assert "ADDED      .extra: not in the receipt" in done.out
    record = run("receipt", "verify", receipt, folder, "--trust", trust, "--json").json
    assert record["renamed"] == [{"path": "z.png", "what": "it was a.png"}]
    assert record["verdict"] == "block"


def test_a_receipt_that_cannot_be_relied_on_decides_nothing(
    run: Terminal, sent: tuple[Path, Path, Path]
) -> None:
    receipt, folder, trust = sent
    data = receipt.read_bytes()
    receipt.write_bytes(data.replace(b'"keyid":"', b'"keyid":"0'))
    assert run("receipt", "verify", receipt, folder, "--trust", trust).code == 3
    receipt.write_bytes(b"{}")
    assert run("receipt", "verify", receipt, folder, "--trust", trust).code == 3
    assert run("receipt", "show", receipt).code == 3
    receipt.unlink()
    assert run("receipt", "verify", receipt, folder, "--trust", trust).code == 3


def test_without_a_trust_list_nothing_is_verified(
    run: Terminal, sent: tuple[Path, Path, Path]
) -> None:
    receipt, folder, trust = sent
    done = run("receipt", "verify", receipt, folder)
    assert (done.code, "--trust" in done.err) == (2, True)
    assert run("receipt", "verify", receipt, folder / "a.png", "--trust", trust).code == 2
    trust.with_name("trust.toml.sig").unlink()
    assert run("receipt", "verify", receipt, folder, "--trust", trust).code == 2


def test_a_receipt_is_shown(run: Terminal, sent: tuple[Path, Path, Path]) -> None:
    receipt, _, _ = sent
    done = run("receipt", "show", receipt)
    assert done.code == 0
    assert "signature not verified" in done.out
    assert "pass       sub/b.png  sha256:" in done.out
    record = run("receipt", "show", receipt, "--json").json
    assert [one["path"] for one in record["files"]] == ["a.png", "sub/b.png"]
    assert record["use"] == "final-deliverable"


@pytest.mark.parametrize("field", ["folder", "name"])
def test_a_receipt_that_names_half_a_character_is_refused(
    field: str, run: Terminal, sent: tuple[Path, Path, Path]
) -> None:
    receipt, _, _ = sent
    envelope = json.loads(receipt.read_bytes())
    statement = base64.b64decode(envelope["payload"]).decode("ascii")
    old = '"folder":"deliverables"' if field == "folder" else '"name":"a.png"'
    assert old in statement
    edited = statement.replace(old, f'"{field}":"\\ud800"').encode()
    text = json.dumps(
        {**envelope, "payload": base64.b64encode(edited).decode()},
        sort_keys=True,
        separators=(",", ":"),
    )
    receipt.write_text(text)
    done = run("receipt", "show", receipt)
    assert (done.code, done.out) == (3, "")
    assert "holds half a character" in done.err


def test_a_blocked_folder_has_a_receipt_that_never_verifies(
    tagged_show: Show, run: Terminal
) -> None:
    done = run("scan", "generated", "--receipt", "receipt.json")
    assert done.code == 1
    done = run("receipt", "verify", "receipt.json", "generated")
    assert done.code == 1
    assert "The scan itself did not pass: block" in done.out
    assert json.loads((tagged_show.home / "receipt.json").read_bytes()).keys() == {
        *("payload", "payloadType", "signatures")
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("work", "generated", "--receipt", "r.json"), "one folder"),
        (("work", "--receipt", "work/r.json"), "cannot lie in the folder"),
        (("work", "--receipt", "work/../work/deep/r.json"), "cannot lie in the folder"),
        (("work", "--receipt", "nowhere/r.json"), "cannot be written"),
        (("work/plain.png", "--receipt", "r.json"), "no folder"),
    ],
)
def test_a_receipt_that_could_not_hold_is_refused_before_the_scan(
    show: Show, run: Terminal, words: tuple[str, ...], complaint: str
) -> None:
    show.put("work/plain.png", another_picture())
    done = run("scan", *words)
    assert (done.code, complaint in done.err) == (2, True)
    assert list(show.home.rglob("r.json")) == []
