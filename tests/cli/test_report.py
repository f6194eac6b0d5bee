"""`provenance report disclosure`, from the terminal."""

import json
from pathlib import Path

import pytest

from provenance.printing import print_pdf
from tests.browser import chromium
from tests.cli.conftest import Terminal
from tests.cli.running import Show


def test_the_page_is_the_usual_form_and_shows_the_picture(tagged_show: Show, run: Terminal) -> None:
    done = run("report", "disclosure", "--output", "ai.html")
    assert done.code == 0
    assert "uses of AI: 1" in done.err
    page = (tagged_show.home / "ai.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "concept.png" in page
    assert "data:image/jpeg;base64," in page
    assert "My Show" in page


@pytest.mark.usefixtures("tagged_show")
def test_other_forms_go_to_standard_output_too(run: Terminal) -> None:
    assert json.loads(run("report", "disclosure", "--format", "json").out)["uses"][0]["name"] == (
        "concept.png"
    )
    done = run("report", "disclosure", "generated", "--format", "csv")
    assert (done.code, "concept.png" in done.out) == (0, True)
    assert run("report", "disclosure", "work", "--format", "json").json["uses"] == []


def test_what_could_not_be_read_is_no_full_answer(tagged_show: Show, run: Terminal) -> None:
    (tagged_show.home / "work/link.png").symlink_to("nowhere")
    done = run("report", "disclosure", "work", "--format", "json")
    assert done.code == 3
    assert len(done.json["unread"]) == 1


def test_a_pdf_is_printed(tagged_show: Show, run: Terminal) -> None:
    chromium()
    done = run("report", "disclosure", "--format", "pdf", "--output", "ai.pdf")
    assert done.code == 0
    assert (tagged_show.home / "ai.pdf").read_bytes().startswith(b"%PDF-")
    assert run("report", "disclosure", "--format", "pdf").code == 2


@pytest.mark.usefixtures("tagged_show")
def test_without_a_browser_it_says_what_to_do(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("report", "disclosure", "--format", "pdf", "--output", "ai.pdf")
    assert (done.code, "--format html" in done.err) == (2, True)


def test_a_browser_that_prints_nothing_is_no_pdf(
    tagged_show: Show, run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for script in ("exit 1", "exit 0"):
        browser = tmp_path / "chromium"
        browser.write_text(f"#!/bin/sh\n{script}\n")
        browser.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path))
        done = run("report", "disclosure", "--format", "pdf", "--output", "ai.pdf")
        assert (done.code, "printed no PDF" in done.err) == (3, True)
        assert not (tagged_show.home / "ai.pdf").exists()


@pytest.mark.usefixtures("tagged_show")
def test_where_it_cannot_be_written_is_said_first(run: Terminal) -> None:
    for place in ("work", "nowhere/ai.html"):
        assert run("report", "disclosure", "--output", place).code == 2


def test_a_page_is_printed_whatever_characters_it_has() -> None:
    chromium()
    assert print_pdf("<!doctype html><p>Zoë \udcff</p>").startswith(b"%PDF-")
