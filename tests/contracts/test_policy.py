"""What every policy rule and pack must do, and how a verdict comes of them."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import ConfigError
from provenance.model.ai_use import UseCategory
from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts, ProblemKind
from provenance.model.finding import Origin, Verdict, verdict_of
from provenance.model.override import OverrideStatus
from provenance.model.purpose import is_use_term
from provenance.model.signal import Generator, Level
from provenance.policy.checking import failed_cases
from provenance.policy.engine import judge
from provenance.policy.interface import PolicyRule
from provenance.policy.pack import load_pack, pack_names, parse_pack
from provenance.policy.rules.known import POLICY_RULES, RULES
from provenance.policy.samples import (
    COPIED_TAG,
    PLAIN,
    REMEMBERED,
    TAGGED,
    WITHDRAWN,
    approved,
    declaring,
    overridden,
    troubled,
)

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HOUSE = load_pack("house")
OVERRIDDEN = (
    overridden(OverrideStatus.IN_FORCE, "It is for another use."),
    *map(overridden, OverrideStatus),
)
SAMPLES = (
    PLAIN,
    TAGGED,
    COPIED_TAG,
    REMEMBERED,
    WITHDRAWN,
    *map(declaring, Level),
    *map(approved, ApprovalStatus),
    *map(troubled, ProblemKind),
    *OVERRIDDEN,
    approved(ApprovalStatus.VALID, "It was given for other uses."),
)
FACTS = st.builds(
    lambda base, signals, approvals, problems, memory, overrides: replace(
        base,
        signals=signals.signals,
        approvals=approvals.approvals,
        problems=problems.problems,
        remembered=memory.remembered,
        overrides=overrides.overrides,
    ),
    *[st.sampled_from(SAMPLES)] * 5,
    st.sampled_from((PLAIN, *OVERRIDDEN)),
)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
each_pack = pytest.mark.parametrize("name", pack_names())


@each_rule
def test_a_rule_finds_something_in_its_examples(rule: PolicyRule) -> None:
    assert rule.examples
    for facts in rule.examples:
        found = list(rule.find(facts))
        assert found
        for finding in found:
            assert finding.rule == rule.rule_id
            assert finding.path == facts.path
            assert finding.message.endswith((".", ")", "broken"))
            assert finding.remedy
            assert finding.waived_by is None


@each_rule
def test_a_rule_finds_nothing_in_its_counterexamples(rule: PolicyRule) -> None:
    assert rule.counterexamples
    for facts in rule.counterexamples:
        assert list(rule.find(facts)) == []


@each_rule
def test_a_rule_explains_itself(rule: PolicyRule) -> None:
    assert KEBAB.fullmatch(rule.rule_id)
    assert rule.title
    assert "\n" not in rule.title
    assert rule.explanation.strip()
    assert rule.remedy.strip()
    assert POLICY_RULES[rule.rule_id] is rule


@each_rule
@given(facts=FACTS)
def test_a_rule_is_pure_and_speaks_for_itself_alone(rule: PolicyRule, facts: AssetFacts) -> None:
    found = list(rule.find(facts))
    assert found == list(rule.find(facts))
    assert {finding.rule for finding in found} <= {rule.rule_id}


def test_no_two_rules_share_an_id() -> None:
    assert len(POLICY_RULES) == len(RULES)


@each_pack
def test_a_pack_names_every_rule(name: str) -> None:
    pack = load_pack(name)
    assert set(pack.verdicts) == set(POLICY_RULES)
    assert is_use_term(pack.use)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", pack.revised_on)
    assert pack.title
    assert pack.source
    assert pack.name == name


@each_pack
def test_a_pack_keeps_its_own_cases(name: str) -> None:
    pack = load_pack(name)
    assert pack.cases
    assert list(failed_cases(pack)) == []


@each_pack
def test_no_pack_lets_pass_what_could_not_be_judged(name: str) -> None:
    for kind in ProblemKind:
        assert verdict_of(judge(troubled(kind), load_pack(name))) is not Verdict.PASS


@each_pack
def test_no_pack_lets_temporary_media_pass(name: str) -> None:
    pack = load_pack(name)
    for facts in (TAGGED, COPIED_TAG, REMEMBERED, declaring(Level.DECLARES)):
        assert verdict_of(judge(facts, pack)) is Verdict.BLOCK
    assert verdict_of(judge(PLAIN, pack)) is Verdict.PASS


@given(facts=FACTS)
def test_a_finding_is_set_aside_by_what_holds_and_covers_and_by_nothing_else(
    facts: AssetFacts,
) -> None:
    holding = [one.checked.approval.approval_id for one in facts.approvals if one.sets_aside]
    holding += [one.checked.override.override_id for one in facts.overrides if one.sets_aside]
    for finding in judge(facts, HOUSE):
        is_waived = holding and POLICY_RULES[finding.rule].is_waivable
        assert finding.waived_by == (holding[0] if is_waived else None)


@pytest.mark.parametrize("facts", OVERRIDDEN)
def test_only_an_override_in_force_lets_pass_and_a_pack_may_refuse_it(facts: AssetFacts) -> None:
    (judged,) = facts.overrides
    passes = verdict_of(judge(facts, HOUSE)) is Verdict.PASS
    assert passes is judged.sets_aside
    verdicts = {**HOUSE.verdicts, "override-in-force": Verdict.BLOCK}
    refusing = replace(HOUSE, verdicts=verdicts)
    assert verdict_of(judge(facts, refusing)) is Verdict.BLOCK
    troubles = replace(facts, problems=troubled(ProblemKind.DAMAGED).problems)
    assert verdict_of(judge(troubles, HOUSE)) is not Verdict.PASS


@given(facts=FACTS)
def test_stripping_a_tag_never_turns_block_into_pass_for_bytes_once_known(
    facts: AssetFacts,
) -> None:
    known = replace(facts, remembered=REMEMBERED.remembered, problems=())
    stripped = replace(known, tag=None, carriers=())
    # With an approval of these very bytes only the tag was wrong, and it is gone.
    is_approved = any(one.sets_aside for one in (*facts.approvals, *facts.overrides))
    if verdict_of(judge(known, HOUSE)) is Verdict.BLOCK and not is_approved:
        assert verdict_of(judge(stripped, HOUSE)) is Verdict.BLOCK


@given(facts=FACTS)
def test_strict_is_never_milder(facts: AssetFacts) -> None:
    rank = [Verdict.PASS, Verdict.UNDECIDED, Verdict.BLOCK].index
    strict = verdict_of(judge(facts, HOUSE, strict=True))
    assert rank(strict) >= rank(verdict_of(judge(facts, HOUSE)))


def test_a_hint_needs_a_persons_look_only_with_strict() -> None:
    facts = declaring(Level.HINT)
    assert verdict_of(judge(facts, HOUSE)) is Verdict.PASS
    assert verdict_of(judge(facts, HOUSE, strict=True)) is Verdict.UNDECIDED


def test_trouble_is_of_our_making_and_no_approval_sets_it_aside() -> None:
    facts = replace(approved(ApprovalStatus.VALID), problems=troubled(ProblemKind.DAMAGED).problems)
    findings = {finding.rule: finding for finding in judge(facts, HOUSE)}
    assert findings["could-not-decide"].origin is Origin.INTERNAL
    assert findings["could-not-decide"].waived_by is None
    assert findings["temporary-unapproved"].waived_by
    assert verdict_of(findings.values()) is Verdict.UNDECIDED


def test_a_message_says_who_and_why() -> None:
    made = declaring(Level.DECLARES)
    named = replace(made.signals[0], generator=Generator(tool="Desk 4"))
    (finding,) = POLICY_RULES["ai-declared-unapproved"].find(replace(made, signals=(named,)))
    assert "AI-made by Desk 4 (iptc-source-type in png/iTXt)" in finding.message
    (finding,) = POLICY_RULES["temporary-unapproved"].find(TAGGED)
    assert finding.message.startswith("Tagged TEMPORARY since 2026-03-01 (")
    assert [signal.place for signal in finding.evidence] == ["xmp"]
    silent = replace(REMEMBERED, remembered=replace(REMEMBERED.remembered, reasons=()))
    (finding,) = POLICY_RULES["known-by-content"].find(silent)
    assert "(no reason recorded)" in finding.message


@pytest.mark.parametrize("status", ApprovalStatus)
def test_an_approval_that_does_not_hold_says_which_way(status: ApprovalStatus) -> None:
    found = list(POLICY_RULES["approval-does-not-hold"].find(approved(status)))
    if status.holds:
        assert found == []
    else:
        assert found[0].message == f"The reason is given here. ({status.value})"


GOOD = (
    """
schema = "provenance-policy"
version = 2
title = "T"
revised_on = "2026-01-01"
source = "S"
use = "trailer"
[[principles]]
id = "P1"
question = "Is it ours?"
by = "Legal"
[[principles]]
id = "P4"
question = "Is it temporary?"
by = "Legal"
checked_by = "use"
temporary_uses = ["temporary"]
final_uses = ["trailer"]
[[matrix]]
categories = ["ideation"]
action = "allow"
why = "It is not seen."
[[matrix]]
"""
    f"categories = {[one.value for one in UseCategory if one is not UseCategory.IDEATION]}\n"
    """
action = "approve"
by = "Legal"
why = "It is seen."
[[cases]]
title = "An idea"
record = { principles = { P1 = "yes" }, categories = ["ideation"] }
outcome = "approve"
by = ["Legal"]
reasons = ["P4"]
[rules]
""" + "".join(f'{rule_id} = "block"\n' for rule_id in POLICY_RULES)
)


def test_a_pack_is_read() -> None:
    pack = parse_pack("mine", GOOD)
    assert (pack.name, pack.title, pack.source, pack.use) == ("mine", "T", "S", "trailer")
    assert set(pack.verdicts.values()) == {Verdict.BLOCK}
    assert list(failed_cases(pack)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema", "scheme", "not provenance-policy"),
        ("version = 2", "version = 3", "not provenance-policy version 2"),
        ('revised_on = "2026-01-01"', 'revised_on = "lately"', "no date"),
        ('use = "trailer"', 'use = "trailer"\nwhom = "x"', "'whom' is no key"),
        ('id = "P1"', 'id = "P4"', "name P4 twice"),
        ('id = "P1"', 'id = "1"', "'1' is none like P1"),
        ('question = "Is it ours?"', "", "principles 1: question is missing"),
        ('question = "Is it ours?"\nby = "Legal"', 'question = "?"', "principles 1: by is missing"),
        ('checked_by = "use"', "", "go with checked_by"),
        ('checked_by = "use"', 'checked_by = "luck"', "'luck', none of use, inputs"),
        ('temporary_uses = ["temporary"]', 'temporary_uses = ["trailer"]', "contradict"),
        ('temporary_uses = ["temporary"]', 'temporary_uses = ["A B"]', "not a use term"),
        ('["ideation"]\naction', '["idea"]\naction', "matrix 1: categories holds 'idea'"),
        ('["ideation"]\naction', "[]\naction", "matrix 1: categories is missing"),
        ('["ideation"]\naction', '["ideation", "ideation"]\naction', "names one twice"),
        ('["ideation"]\naction', '["union_work"]\naction', "row names the category ideation"),
        (
            '["ideation"]\naction',
            '["ideation", "union_work"]\naction',
            "2 [[matrix]] rows contradict each other: all name union_work with prominence story",
        ),
        (
            'action = "allow"',
            'action = "allow"\nprominence = "story"',
            "no [[matrix]] row names ideation with prominence incidental",
        ),
        ('action = "allow"', 'action = "allow"\nprominence = []', "prominence is empty"),
        ('action = "allow"', 'action = "permit"', "'permit', none of allow, disclose"),
        ('action = "approve"\nby = "Legal"', 'action = "approve"', "matrix 2: by is missing"),
        ('why = "It is seen."', "reason = 3", "matrix 2: 'reason' is no key"),
        ('outcome = "approve"', 'outcome = "block"', "cases 1: outcome holds 'block'"),
        ('principles = { P1 = "yes" }', "principles = { P1 = true }", "principles: P1 is missing"),
        ('principles = { P1 = "yes" }', "principle = {}", "cases 1: record: 'principle' is no key"),
        ("[[cases]]", "[cases]", "cases must be [[cases]] tables"),
        ('title = "T"', 'title = ""', "title is missing"),
        ('source = "S"', "source = 3", "source is missing"),
        ('use = "trailer"', 'use = "The Trailer"', "not a use term"),
        ('use = "trailer"', "use = 3", "use is missing"),
        ("copied-tag", "copied-tags", "copied-tag, copied-tags"),
        ("[rules]", "[ruling]", "'ruling' is no key"),
        ('ai-hint = "block"', 'ai-hint = "perhaps"', "ai-hint cannot be 'perhaps'"),
        ('could-not-decide = "block"', 'could-not-decide = "pass"', "could-not-decide cannot be"),
        ("[rules]", "[rules", "policy pack mine: "),
        pytest.param('title = "T"', f"title = {'[' * 9999}", "policy pack mine: ", id="nested"),
    ],
)
def test_a_pack_that_is_wrong_is_refused(old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=re.escape(words)):
        parse_pack("mine", GOOD.replace(old, new))


def test_a_pack_nobody_knows_is_refused_with_the_names_there_are() -> None:
    for name in ("none", "../house", ""):
        with pytest.raises(ConfigError, match="eu-ai-act-art50, house, netflix-2025-11"):
            load_pack(name)
