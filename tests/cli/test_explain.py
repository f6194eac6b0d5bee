"""`provenance explain`: every rule id a report can name has its explanation."""

import pytest

from provenance.cli.main import main
from provenance.policy.rules.known import POLICY_RULES
from provenance.policy.rules.undecided import REMEDIES
from provenance.signals.kinds import SIGNAL_RULES
from tests.cli.conftest import Terminal


@pytest.mark.parametrize("rule_id", [*POLICY_RULES, *SIGNAL_RULES])
def test_every_rule_is_explained(run: Terminal, rule_id: str) -> None:
    done = run("explain", rule_id)
    assert (done.code, done.err) == (0, "")
    paragraphs = [" ".join(part.split()) for part in done.out.strip().split("\n\n")]
    rule = POLICY_RULES.get(rule_id) or SIGNAL_RULES[rule_id]
    assert paragraphs[:3] == [rule_id, rule.title, " ".join(rule.explanation.split())]
    assert paragraphs[3].startswith("What to do: " if rule_id in POLICY_RULES else "Level: ")
    assert max(map(len, done.out.splitlines())) < 80


def test_the_list_names_every_rule(run: Terminal) -> None:
    done = run("explain")
    assert done.code == 0
    firsts = {line.split()[0] for line in done.out.splitlines() if line.startswith("  ")}
    assert POLICY_RULES.keys() | SIGNAL_RULES.keys() <= firsts
    assert max(map(len, done.out.splitlines())) < 80


def test_an_unknown_rule_is_a_usage_error(run: Terminal) -> None:
    done = run("explain", "nothing")
    assert (done.code, done.out) == (2, "")
    assert "provenance explain lists them" in done.err


def test_each_kind_of_trouble_names_its_remedy(run: Terminal) -> None:
    words = run("explain", "could-not-decide").words
    for kind, remedy in REMEDIES.items():
        assert f"{kind.value} {remedy}" in words


def test_a_pack_says_what_each_rule_counts_for(run: Terminal) -> None:
    done = run("explain", "house")
    assert done.code == 0
    assert "temporary-unapproved block" in done.words
    assert "ai-hint pass" in done.words


def test_the_nearest_name_is_offered(run: Terminal) -> None:
    assert "did you mean known-by-content?" in run("explain", "known-by-contents").err
    assert "did you mean" not in run("explain", "xyzzy").err


def test_names_of_rules_and_packs_are_completed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_PROVENANCE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "provenance explain known")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert main([]) == 0
    assert "known-by-content" in capsys.readouterr().out
