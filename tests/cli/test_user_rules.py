"""Rules of a production's own on the command line: a gate obeys them, `explain` knows them."""

from pathlib import Path

import pytest

from fixtures.png import with_text
from tests.cli.conftest import Terminal
from tests.cli.running import Show

RULE = """
[[signals]]
id = "house-tool"
level = "declares"
title = "Our tool names itself"
key = "Maker"
value = "Rig *"
"""


def add(show: Show, text: str) -> None:
    settings = show.home / "provenance.toml"
    settings.write_text(settings.read_text("utf-8") + text, "utf-8")


def test_a_rule_makes_a_scan_block(run: Terminal, show: Show) -> None:
    path = show.put("deliverables/a.png", with_text(Maker="Rig 2"))
    assert run("scan", path).code == 0
    add(show, RULE)
    done = run("scan", "--format", "json", path)
    assert done.code == 1
    evidence = [one for finding in done.json["findings"] for one in finding["evidence"]]
    assert [(one["signal"], one["place"], one["value"]) for one in evidence] == [
        ("house-tool", "png/tEXt/Maker", "Rig 2")
    ]


def test_a_hint_of_ones_own_does_not_block(run: Terminal, show: Show) -> None:
    path = show.put("deliverables/a.png", with_text(Maker="Rig 2"))
    add(show, RULE.replace("declares", "hint"))
    assert run("scan", path).code == 0
    assert run("scan", "--strict", path).code != 0


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"declares"', '"sure"', "signals.level"),
        ('"house-tool"', '"luma-model"', "signals.id"),
        ('"house-tool"', '"known-by-content"', "signals.id"),
        ("value", "regex", "signals.regex"),
    ],
)
def test_a_wrong_rule_is_a_configuration_error(
    run: Terminal, show: Show, old: str, new: str, key: str
) -> None:
    add(show, RULE.replace(old, new))
    done = run("scan", show.home / "deliverables")
    assert (done.code, done.out) == (2, "")
    assert f"{show.home / 'provenance.toml'}: {key} " in done.err


def test_explain_knows_it_inside_the_production_only(
    run: Terminal, show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(show, RULE)
    assert "house-tool [declares] Our tool names itself" in run("explain").words
    done = run("explain", "house-tool")
    assert done.code == 0
    assert done.words.startswith("house-tool Our tool names itself A rule of this production:")
    assert "key maker matches Rig *." in done.words
    assert done.words.endswith("Level: declares.")
    monkeypatch.chdir(tmp_path)
    assert run("explain", "house-tool").code == 2
    assert "house-tool" not in run("explain").out
