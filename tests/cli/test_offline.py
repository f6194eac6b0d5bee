"""`scan --approvals DIR --trust FILE`: a gate without a production."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.cli.main import main
from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared, plain

GATE = ("--approvals", "sent", "--trust", "trust.toml")


@pytest.fixture
def vendor(
    run: Terminal,
    tagged_show: Show,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Show]:
    """Return a function that stands outside any production, with approvals of the concept."""

    def received(*words: str, then: tuple[tuple[str, ...], ...] = ()) -> Show:
        tagged_show.put("mail.eml", b"fine")
        done = run(
            *("approve", "generated/concept.png", "--approver", "Jo"),
            *("--evidence", "mail.eml", *words),
        )
        assert done.code == 0, done.err
        identity = done.out.split("urn:uuid:")[1].split()[0]
        for command in then:
            assert run(*(identity if word == "ID" else word for word in command)).code == 0
        home = tmp_path_factory.mktemp("vendor")
        assert run("approvals", "export", home / "sent").code == 0
        for name in ("trust.toml", "trust.toml.sig"):
            shutil.copy(tagged_show.home / ".provenance" / name, home / name)
        (home / "delivery").mkdir()
        shutil.copy(tagged_show.home / "generated/concept.png", home / "delivery")
        monkeypatch.chdir(home)
        return Show(home)

    return received


def test_what_was_approved_passes(run: Terminal, vendor: Callable[..., Show]) -> None:
    vendor()
    done = run("scan", *GATE, "delivery")
    assert done.code == 0, done.out
    assert "approved   delivery/concept.png" in done.out
    assert "not known here" in done.err
    assert not list(Path.cwd().rglob("registry*"))


def test_what_nobody_approved_is_blocked(run: Terminal, vendor: Callable[..., Show]) -> None:
    home = vendor()
    home.put("delivery/ai.jpg", declared("source_type_element.jpg"))
    home.put("delivery/plain.png", plain())
    done = run("scan", *GATE, "--format", "json", "delivery")
    verdicts = {asset["path"]: asset["verdict"] for asset in done.json["assets"]}
    assert verdicts == {
        "delivery/ai.jpg": "block",
        "delivery/concept.png": "pass",
        "delivery/plain.png": "pass",
    }


@pytest.mark.parametrize(
    ("words", "then"),
    [
        (("--use", "trailer"), ()),
        (("--title", "Hafen"), ()),
        ((), (("approvals", "revoke", "ID", "--reason", "x"),)),
        ((), (("approvals", "suspend", "ID", "--reason", "x"),)),
        (("--consent", "C"), (("approvals", "revoke", "--consent", "C", "--reason", "x"),)),
        (("--consent", "C"), (("approvals", "revoke", "--consent", "c ", "--reason", "x"),)),
        (
            (),
            (
                ("declare", "generated/concept.png", "--declared-by", "Jo", "--consent", "C"),
                ("approvals", "revoke", "--consent", "C", "--reason", "x"),
            ),
        ),
    ],
    ids=["use", "title", "revoked", "suspended", "consent", "spelled", "declared"],
)
def test_what_does_not_hold_is_blocked(
    words: tuple[str, ...],
    then: tuple[tuple[str, ...], ...],
    run: Terminal,
    vendor: Callable[..., Show],
) -> None:
    vendor(*words, then=then)
    assert run("scan", *GATE, "delivery").code == 1


def test_purpose_options_count_here_too(run: Terminal, vendor: Callable[..., Show]) -> None:
    vendor("--title", "Hafen", "--territory", "DE")
    assert run("scan", *GATE, "--title", "Hafen", "--territory", "DE", "delivery").code == 0
    assert run("scan", *GATE, "--title", "Hafen", "--territory", "GB", "delivery").code == 1


def test_without_the_evidence_it_is_blocked(run: Terminal, vendor: Callable[..., Show]) -> None:
    home = vendor()
    (document,) = home.home.glob("sent/evidence-*")
    document.write_bytes(b"fIne")
    done = run("scan", *GATE, "delivery")
    assert (done.code, done.out) == (3, "")
    assert "is missing or is not what was exported" in done.err


@pytest.mark.parametrize("kind", ["revocation", "approval", "export", "signer"])
def test_a_folder_from_which_a_file_was_taken_decides_nothing(
    kind: str, run: Terminal, vendor: Callable[..., Show]
) -> None:
    home = vendor(then=(("approvals", "revoke", "ID", "--reason", "x"),))
    assert run("scan", *GATE, "delivery").code == 1
    for path in home.home.glob(f"sent/{kind}-*"):
        path.unlink()
    done = run("scan", *GATE, "delivery")
    assert (done.code, done.out) == (3, "")
    assert "export anew" in " ".join(done.err.split())


def test_a_record_that_no_list_names_decides_nothing(
    run: Terminal, vendor: Callable[..., Show]
) -> None:
    """An approval put beside the export of another would come without what takes it back."""
    home = vendor()
    sent = next(home.home.glob("sent/approval-*"))
    shutil.copy(sent, sent.with_name("approval-0000000000000000.dsse.json"))
    done = run("scan", *GATE, "delivery")
    assert (done.code, done.out) == (3, "")
    assert "no signed list" in " ".join(done.err.split())


def test_a_list_of_others_trusts_nobody_here(
    run: Terminal, vendor: Callable[..., Show], tmp_path: Path
) -> None:
    vendor()
    assert main(["init", str(tmp_path / "other")]) == 0
    theirs = tmp_path / "other/.provenance/trust.toml"
    done = run("scan", "--approvals", "sent", "--trust", theirs, "delivery")
    assert (done.code, done.out) == (3, "")
    assert "not in the trust list" in " ".join(done.err.split())


@pytest.mark.parametrize("what", ["edited", "unsigned"])
def test_a_list_that_is_not_as_it_was_signed_is_refused(
    what: str, run: Terminal, vendor: Callable[..., Show]
) -> None:
    vendor()
    if what == "edited":
        text = Path("trust.toml").read_text("utf-8")
        Path("trust.toml").write_text(text + "# more\n", "utf-8")
    else:
        Path("trust.toml.sig").unlink()
    done = run("scan", *GATE, "delivery")
    assert (done.code, done.out) == (2, "")


def test_both_options_belong_together(run: Terminal, vendor: Callable[..., Show]) -> None:
    vendor()
    done = run("scan", "--trust", "trust.toml", "delivery")
    assert done.code == 2
    assert "belong together" in done.err
    assert run("scan", "--approvals", "delivery", "--trust", "trust.toml", "delivery").code == 2


def test_a_delivery_is_gated_so_too(run: Terminal, vendor: Callable[..., Show]) -> None:
    home = vendor()
    (home.home / "out").mkdir()
    assert run("deliver", *GATE, "delivery/concept.png", "out").code == 0
    home.put("delivery/ai2.jpg", declared("source_type_element.jpg"))
    assert run("deliver", *GATE, "delivery/ai2.jpg", "out").code == 1
    assert [path.name for path in sorted((home.home / "out").iterdir())] == ["concept.png"]
