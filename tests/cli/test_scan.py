"""`provenance scan`: the gate, by its exit codes and its reports."""

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

import provenance.reports
from provenance.reports.known import REPORTS
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, sample

KEYS = {
    "report": {
        *("schema", "version", "verdict", "exit_code", "policy", "use", "counts", "assets"),
        *("findings", "ignored"),
    },
    "counts": {"files", "assets", "blocked", "undecided", "passed", "overridden", "ignored"},
    "asset": {
        *("path", "format", "asset_id", "verdict", "tagged", "ai", "file_digest"),
        *("essence_digest", "approvals", "overrides", "findings"),
    },
    "finding": {
        *("id", "rule", "path", "verdict", "origin", "message", "evidence", "remedy"),
        "waived_by",
    },
}
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:\dZUTC ]*")
SCHEMA = Path(provenance.reports.__file__).parent / "schemas/scan-1.json"


@pytest.fixture
def mixed(tagged_show: Show) -> Show:
    """Stand in a production with a tagged, a declared, a damaged and an ordinary file."""
    tagged_show.put("generated/declared.png", declared())
    tagged_show.put("work/damaged.png", another_picture()[:-9])
    tagged_show.put("work/plain.png", another_picture())
    tagged_show.put("work/notes.txt", b"no media")
    return tagged_show


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize(
    ("paths", "code", "verdict"),
    [
        (("work/plain.png",), 0, "PASSED"),
        (("generated",), 1, "BLOCKED"),
        (("work",), 3, "UNDECIDED"),
        (("work", "generated"), 1, "BLOCKED"),
        (("deliverables",), 3, "UNDECIDED"),
    ],
)
def test_the_exit_code_is_the_verdict(
    run: Terminal, paths: tuple[str, ...], code: int, verdict: str
) -> None:
    done = run("scan", *paths)
    assert (done.code, done.err) == (code, "")
    assert done.out.splitlines()[-1].startswith(f"{verdict}: ")
    report = run("scan", "--format", "json", *paths).json
    assert (report["exit_code"], report["verdict"]) == (
        code,
        {0: "pass", 1: "block", 3: "undecided"}[code],
    )


@pytest.mark.usefixtures("mixed")
def test_the_json_report_keeps_its_contract(run: Terminal) -> None:
    done = run("scan", "--format", "json", "generated", "work")
    report = done.json
    assert report.keys() == KEYS["report"]
    assert (report["schema"], report["version"]) == ("provenance-scan", 1)
    assert report["counts"].keys() == KEYS["counts"]
    assert report["counts"]["files"] == len(report["assets"]) == 5
    assert {frozenset(asset) for asset in report["assets"]} == {frozenset(KEYS["asset"])}
    assert {frozenset(finding) for finding in report["findings"]} == {frozenset(KEYS["finding"])}
    named = [number for asset in report["assets"] for number in asset["findings"]]
    assert named == [finding["id"] for finding in report["findings"]]
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)


@pytest.mark.parametrize("name", [report.name for report in REPORTS])
def test_a_report_on_the_terminal_and_in_a_file_are_the_same(
    run: Terminal, mixed: Show, name: str
) -> None:
    shown = run("scan", "--format", name, "generated")
    written = run("scan", "--format", name, "--output", "report", "generated")
    assert written.code == shown.code == 1
    assert written.out == ""
    report = (mixed.home / "report").read_bytes().decode()
    assert TIME.sub("", report) == TIME.sub("", shown.out)
    assert "BLOCKED: not to be delivered as it is." in written.err


def test_only_the_page_for_people_has_pictures_and_only_of_what_is_spoken_of(
    run: Terminal, mixed: Show
) -> None:
    page = run("scan", "--format", "html", "generated", "work").out
    assert "Blocked: My Show" in page
    assert page.count('<img src="data:image/jpeg;base64,') == 3
    (mixed.home / "work/damaged.png").unlink()
    (mixed.home / "work/notes.txt").unlink()
    assert "<img" not in run("scan", "--format", "html", "work").out


def test_sarif_names_a_file_by_its_bytes(run: Terminal, show: Show) -> None:
    name = os.fsdecode(b"caf\xe9 1.png")
    show.put(f"deliverables/{name}", declared())
    run_of = run("scan", "--format", "sarif", "deliverables").json["runs"][0]
    (artifact,) = run_of["artifacts"]
    assert artifact["location"]["uri"] == "deliverables/caf%E9%201.png"
    assert run_of["properties"]["production"] == "My Show"


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize(("output", "code"), [("work", 2), ("nowhere/report.json", 2)])
def test_an_output_that_cannot_be_written_is_named(run: Terminal, output: str, code: int) -> None:
    done = run("scan", "--output", output, "work/plain.png")
    assert (done.code, done.out) == (code, "")
    assert output.split("/", maxsplit=1)[0] in done.err
    assert "defect" not in done.err


def test_several_jobs_report_the_same_in_the_same_order(run: Terminal, mixed: Show) -> None:
    for number in range(6):
        mixed.put(f"work/{number}.png", declared())
    words = ("scan", "--format", "json", "generated", "work")
    assert run(*words, "--jobs", "4") == run(*words)


@pytest.mark.usefixtures("mixed")
def test_jobs_must_be_a_number_that_makes_sense(run: Terminal) -> None:
    assert run("scan", "--jobs", "0", "work").code == 2
    assert run("scan", "--jobs", "many", "work").code == 2


def test_an_approval_for_another_use_or_title_does_not_open_the_gate(
    run: Terminal, tagged_show: Show
) -> None:
    mail = tagged_show.put("mail.eml", b"fine")
    path = "generated/concept.png"
    run(
        *("approve", path, "--approver", "Jo", "--evidence", mail),
        *("--use", "trailer", "--title", "Ep 1"),
    )
    assert run("scan", path).code == 1
    assert run("scan", path, "--use", "trailer").code == 1
    assert run("scan", path, "--use", "trailer", "--title", "Ep 1").code == 0
    assert run("scan", path, "--use", "trailer", "--title", "Ep 2").code == 1
    assert run("scan", path, "--use", "No Term").code == 2


def test_the_settings_name_use_and_policy_and_flags_outrank_them(
    run: Terminal, mixed: Show
) -> None:
    mixed.set('use = "final-deliverable"', 'use = "poster"')
    mixed.set('policy = "house"', 'policy = "netflix-2025-11"')
    words = ("scan", "--format", "json", "work/plain.png")
    report = run(*words).json
    assert (report["use"], report["policy"]) == ("poster", "netflix-2025-11")
    report = run(*words, "--use", "trailer", "--policy", "house").json
    assert (report["use"], report["policy"]) == ("trailer", "house")
    assert run(*words, "--policy", "nobody").code == 2


def test_an_unknown_policy_in_the_settings_is_a_usage_error(run: Terminal, mixed: Show) -> None:
    mixed.set('policy = "house"', 'policy = "nobody"')
    done = run("scan", "work/plain.png")
    assert (done.code, done.out) == (2, "")
    assert "netflix-2025-11" in done.err


def test_what_is_ignored_is_listed_and_media_is_judged_whatever_its_name(
    run: Terminal, mixed: Show
) -> None:
    mixed.set("ignore = []", 'ignore = ["*.txt", "dam*"]')
    report = run("scan", "--format", "json", "work").json
    assert report["ignored"] == ["work/notes.txt"]
    assert report["exit_code"] == 3
    (mixed.home / "work/damaged.png").unlink()
    done = run("scan", "work")
    assert done.code == 0
    assert "work/notes.txt" in done.out


def test_quarantine_and_our_own_folder_are_no_deliverables(run: Terminal, show: Show) -> None:
    show.put("deliverables/a.png", another_picture())
    show.put(".quarantine/deliverables/b.png", sample("png"))
    show.set("ignore = []", 'ignore = ["*.toml"]')
    report = run("scan", "--format", "json", ".").json
    assert [asset["path"] for asset in report["assets"]] == ["deliverables/a.png"]
    assert report["exit_code"] == 0


def test_a_path_that_is_not_there_is_a_usage_error(run: Terminal, show: Show) -> None:
    show.put("work/a.png", another_picture())
    (show.home / "work/link.png").symlink_to("nowhere")
    done = run("scan", "work", "nope")
    assert (done.code, done.out) == (2, "")
    assert done.err == "provenance: nope: no such file or folder\n"
    assert run("scan", "work/link.png").code == 3, "a broken link is something"


def test_a_file_that_may_not_be_read_is_undecided_however_it_is_named(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.put("work/a.png", another_picture())
    monkeypatch.setattr("os.access", lambda *_, **__: False)  # root may read everything
    assert run("scan", "work/a.png").code == 0
    assert run("inspect", "work/a.png").code == 0


def test_every_file_is_listed_on_demand(run: Terminal, show: Show) -> None:
    for letter in "abcde":
        show.put(f"work/{letter}.exr", b"\x76\x2f\x31\x01" + bytes(8))
    short, whole = run("scan", "work"), run("scan", "--all", "work")
    assert short.code == whole.code == 3
    assert "OpenEXR, not a format this version reads" in short.words
    assert "and 4 more .exr" in short.out
    assert whole.out.count("UNDECIDED  work/") == 5
