"""What each pack requires of declared uses: a table of records, and what never lowers it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model.ai_use import (
    AiUse,
    Answer,
    InputMaterial,
    Prominence,
    ToolUse,
    UseCategory,
)
from provenance.model.finding import Verdict
from provenance.model.requirement import Outcome
from provenance.policy.checking import failed_cases
from provenance.policy.pack import load_pack, pack_names, parse_pack
from provenance.policy.requirement import requirement

PACKS = {name: load_pack(name) for name in pack_names()}
NETFLIX, HOUSE, EU = "netflix-2025-11", "house", "eu-ai-act-art50"
KEPT = MappingProxyType({f"P{number}": Answer.YES for number in (1, 2, 3, 5)})
RECORD = AiUse(
    record_id="",
    subjects=(),
    declared_by="VFX",
    declared_at=datetime(2026, 11, 3, tzinfo=UTC),
    principles=KEPT,
)
TALENT = frozenset({UseCategory.TALENT_REPLICA})
OWN = InputMaterial(what="own matte painting", is_owned=Answer.YES)
FOUND = InputMaterial(what="a found photo", is_owned=Answer.UNSURE)
SECURED = ToolUse(name="A", is_enterprise_secured=Answer.YES)
UNSECURED = ToolUse(name="B", is_enterprise_secured=Answer.NO)
SEEN = Prominence.INCIDENTAL
FINAL = "final-deliverable"


def record(*categories: UseCategory, **changes: object) -> AiUse:
    return replace(RECORD, categories=frozenset(categories), **changes)


POSTER = record(UseCategory.ON_SCREEN_TEXT_OR_DOCUMENT, prominence=SEEN)
HOAX = record(UseCategory.MISLEADING_REAL_EVENT)
SILENT = replace(RECORD, principles={})
TABLE = [
    # what, record, use, outcome by Netflix, by the house, by the EU act
    ("all kept", record(), "temporary", "temporary", "temporary", "temporary"),
    ("an idea", record(UseCategory.IDEATION), "temporary", "temporary", "temporary", "temporary"),
    ("an idea", record(UseCategory.IDEATION), FINAL, "approve", "approve", "temporary"),
    ("own input", record(inputs=(OWN,)), "temporary", "temporary", "temporary", "temporary"),
    ("found input", record(inputs=(OWN, FOUND)), "temporary", "approve", "approve", "temporary"),
    ("secured", record(tools=(SECURED,)), "temporary", "temporary", "temporary", "temporary"),
    ("unsecured", record(tools=(UNSECURED,)), "temporary", "temporary", "approve", "temporary"),
    ("poster", POSTER, "temporary", "disclose", "disclose", "temporary"),
    ("poster", POSTER, FINAL, "approve", "approve", "temporary"),
    ("poster", replace(POSTER, prominence=None), "temporary", "approve", "approve", "temporary"),
    ("replica", record(*TALENT, consents=("C",)), "temporary", "approve", "approve", "disclose"),
    ("performer", record(performers=("T",)), "temporary", "approve", "approve", "temporary"),
    ("hoax", HOAX, "temporary", "approve", "approve", "disclose"),
    ("nothing said", SILENT, "temporary", "approve", "approve", "temporary"),
    ("all kept", record(), "trailer", "approve", "approve", "temporary"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "declared", "use", "netflix", "house", "eu"), TABLE)
def test_a_record_requires_what_its_pack_says(
    what: str, declared: AiUse, use: str, netflix: str, house: str, eu: str
) -> None:
    decided = {name: requirement(declared, pack, use) for name, pack in PACKS.items()}
    outcomes = {name: one.outcome.value for name, one in decided.items()}
    assert outcomes == {NETFLIX: netflix, HOUSE: house, EU: eu}, what
    for one in decided.values():
        assert bool(one.by) is (one.outcome is not Outcome.TEMPORARY)
        assert bool(one.reasons) is (one.outcome is not Outcome.TEMPORARY)
        assert one.categories <= declared.categories


def test_reasons_are_sentences_that_name_what_is_wrong() -> None:
    declared = record(*TALENT, inputs=(FOUND,), performers=("T-4",))
    decided = requirement(declared, PACKS[NETFLIX], "final-deliverable")
    text = " | ".join(decided.reasons)
    assert "P1: Answered yes, but the input “a found photo” is perhaps not owned." in text
    assert "P4: final-deliverable is no temporary use." in text
    assert "P5: Answered yes, but a performer is concerned and no consent is named." in text
    assert "talent_replica: Talent and performance: A replica of real talent" in text
    assert decided.categories == TALENT
    assert "documented consent" in decided.by_of(UseCategory.TALENT_REPLICA)


def test_what_nobody_said_of_prominence_is_said_and_counts_as_the_gravest() -> None:
    decided = requirement(replace(POSTER, prominence=None), PACKS[NETFLIX], "temporary")
    (reason,) = decided.reasons
    assert reason.endswith("Nobody declared how much is seen of it (prominence).")
    assert decided.categories == POSTER.categories


@pytest.mark.parametrize("category", UseCategory)
@pytest.mark.parametrize("name", [NETFLIX, HOUSE])
def test_only_ideation_and_what_is_seen_in_passing_go_without_approval(
    name: str, category: UseCategory
) -> None:
    mild = {
        UseCategory.IDEATION,
        UseCategory.BACKGROUND_INCIDENTAL,
        UseCategory.ON_SCREEN_TEXT_OR_DOCUMENT,
    }
    declared = record(category, prominence=SEEN, consents=("C",))
    decided = requirement(declared, PACKS[name], "temporary")
    assert (decided.outcome is Outcome.APPROVE) is (category not in mild)
    assert decided.categories == (frozenset() if category in mild else {category})


def answers() -> st.SearchStrategy[Mapping[str, Answer]]:
    ids = st.sampled_from(["P1", "P2", "P3", "P4", "P5"])
    return st.dictionaries(ids, st.sampled_from(Answer))


RECORDS = st.builds(
    AiUse,
    record_id=st.just(""),
    subjects=st.just(()),
    declared_by=st.just("VFX"),
    declared_at=st.just(RECORD.declared_at),
    tools=st.lists(st.sampled_from([SECURED, UNSECURED]), max_size=2).map(tuple),
    inputs=st.lists(st.sampled_from([OWN, FOUND]), max_size=2).map(tuple),
    principles=answers(),
    categories=st.frozensets(st.sampled_from(UseCategory)),
    prominence=st.sampled_from([None, *Prominence]),
    performers=st.sampled_from([(), ("T",)]),
    consents=st.sampled_from([(), ("C",)]),
)
USES = st.sampled_from(["temporary", "internal-review", "trailer", "final-deliverable"])
each_pack = pytest.mark.parametrize("name", PACKS)


@each_pack
@given(declared=RECORDS, use=USES, category=st.sampled_from(UseCategory))
def test_a_further_category_never_lowers_what_is_required(
    name: str, declared: AiUse, use: str, category: UseCategory
) -> None:
    more = replace(declared, categories=declared.categories | {category})
    before, after = (requirement(one, PACKS[name], use) for one in (declared, more))
    assert after.outcome.rank >= before.outcome.rank
    assert after.categories >= before.categories


@each_pack
@given(declared=RECORDS, use=USES, answer=st.sampled_from([Answer.NO, Answer.UNSURE, None]))
def test_a_yes_that_becomes_less_never_lowers_what_is_required(
    name: str, declared: AiUse, use: str, answer: Answer | None
) -> None:
    before = requirement(declared, PACKS[name], use)
    for asked, given_answer in declared.principles.items():
        if given_answer is Answer.YES:
            changed = {key: value for key, value in declared.principles.items() if key != asked}
            less = changed if answer is None else changed | {asked: answer}
            after = requirement(replace(declared, principles=less), PACKS[name], use)
            assert after.outcome.rank >= before.outcome.rank


@each_pack
@given(declared=RECORDS, use=USES)
def test_an_input_or_tool_in_doubt_never_lowers_what_is_required(
    name: str, declared: AiUse, use: str
) -> None:
    before = requirement(declared, PACKS[name], use)
    doubtful = replace(
        declared, tools=(*declared.tools, UNSECURED), inputs=(*declared.inputs, FOUND)
    )
    assert requirement(doubtful, PACKS[name], use).outcome.rank >= before.outcome.rank


def test_a_version_1_pack_is_read_and_asks_at_least_for_what_it_asked_before() -> None:
    text = (Path(__file__).parent / "fixtures/pack-1.toml").read_text("utf-8")
    assert "version = 1\n" in text
    pack = parse_pack("old", text)
    before = {"temporary-unapproved": Verdict.BLOCK, "ai-hint": Verdict.PASS}
    assert before.items() <= pack.verdicts.items()
    assert pack.verdicts["marking-removed"] is None
    assert (pack.principles, pack.cases) == ((), ())
    decided = requirement(record(UseCategory.IDEATION), pack, "temporary")
    assert decided.outcome is Outcome.APPROVE
    assert decided.categories == {UseCategory.IDEATION}


def test_cases_that_fail_say_what_should_be_and_what_is() -> None:
    pack = PACKS[NETFLIX]
    wrong = replace(
        pack.cases[0],
        outcome=Outcome.APPROVE,
        by=frozenset({"Nobody"}),
        reasons=frozenset({"P9"}),
        categories=TALENT,
    )
    found = list(failed_cases(replace(pack, cases=(wrong,))))
    assert [one.partition(": ")[2].split(": ")[-1] for one in found] == [
        "outcome should be approve, the pack says temporary",
        "by should be Nobody, the pack says nothing",
        "reasons should be P9, the pack says nothing",
        "categories should be talent_replica, the pack says nothing",
    ]
