"""How AI was used: declared, signed, held against approvals, inherited by what is made from it."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.attestation.ai_use_history import ai_use_in_force
from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trusted_key import KeyRole
from provenance.attestation.verify import Filed
from provenance.declaring import Declaration, Declared, Parent, read_declaration
from provenance.errors import ConfigError, UsageError
from provenance.model.ai_use import Answer, Prominence, Transform, UseCategory
from provenance.model.approval import RevocationKind
from provenance.model.condition import Condition
from provenance.model.finding import Verdict
from provenance.registry.records import AttestationKind
from tests.usecases.studio import Studio

NETFLIX = "netflix-2025-11"
Sample = Callable[[str], Path]
REPLICA = frozenset({UseCategory.TALENT_REPLICA})
GRADE = frozenset({Transform.GRADE})


def declare(
    studio: Studio,
    *paths: Path,
    parent: Path | None = None,
    key: Path | None = None,
    **values: object,
) -> Declared:
    studio.clock.advance(seconds=1)
    record = {"declared_by": "VFX", **values}
    declaration = read_declaration(record, "test", studio.home)
    if parent is not None:
        declaration = replace(declaration, parents=(Parent(path=parent, transforms=GRADE),))
    signer = load_signer(key or studio.production.approver_key)
    return studio.production.declarer.declare(paths, declaration, signer)


@pytest.fixture
def file(studio: Studio, sample: Sample) -> Path:
    """Return a file that says nothing of AI."""
    return studio.put(sample("png/rgb.png"))


@pytest.fixture
def other(studio: Studio, sample: Sample) -> Path:
    """Return another such file."""
    return studio.put(sample("png/palette.png"))


def test_a_declared_file_is_known_as_ai_media_from_then_on(studio: Studio, file: Path) -> None:
    assert studio.verdict(file) is Verdict.PASS
    assert not declare(studio, file, categories=["ideation"]).objection
    assert studio.verdict(file) is Verdict.BLOCK
    assert "known-by-content" in studio.rules(file)
    found = studio.inspect(file).facts.ai_use
    assert found is not None
    assert (found.declared_by, found.categories) == ("VFX", {UseCategory.IDEATION})


def test_an_ai_asset_without_a_record_is_remarked_and_with_strict_undecided(
    studio: Studio, file: Path
) -> None:
    studio.tag(file)
    assert studio.remarks(file) == set(), "the house pack does not ask"
    assert studio.remarks(file, policy=NETFLIX) == {"ai-use-undeclared"}
    studio.approve(file)
    assert studio.verdict(file, policy=NETFLIX) is Verdict.PASS
    assert studio.verdict(file, policy=NETFLIX, strict=True) is Verdict.UNDECIDED
    declare(studio, file)
    assert studio.remarks(file, policy=NETFLIX) == set()
    assert studio.verdict(file, policy=NETFLIX, strict=True) is Verdict.PASS


def test_an_approval_must_name_what_needs_one(studio: Studio, file: Path) -> None:
    studio.tag(file)
    declare(studio, file, categories=["talent_replica", "key_creative"], consents=["C-17"])
    studio.approve(file, categories=frozenset({UseCategory.KEY_CREATIVE}))
    assert studio.verdict(file) is Verdict.BLOCK
    message = studio.messages(file)
    assert "does not name talent_replica, which needs written approval by production" in message
    assert "does not name key_creative" not in message
    whole = studio.scan(file)
    assert not any(one.sets_aside for one in next(iter(whole.results)).facts.approvals)
    studio.approve(file, categories=REPLICA | {UseCategory.KEY_CREATIVE})
    assert studio.verdict(file) is Verdict.PASS


def test_what_a_pack_lets_go_without_approval_need_not_be_named(studio: Studio, file: Path) -> None:
    studio.tag(file)
    declare(studio, file, categories=["background_incidental"], prominence="incidental")
    studio.approve(file)
    assert studio.verdict(file) is Verdict.PASS
    declare(studio, file, categories=["background_incidental"], prominence="story")
    assert studio.verdict(file) is Verdict.BLOCK
    assert "does not name background_incidental" in studio.messages(file)


def test_talent_needs_a_consent_in_the_record_or_in_an_approval(studio: Studio, file: Path) -> None:
    studio.tag(file)
    declare(studio, file, categories=["talent_replica"])
    studio.approve(file, categories=REPLICA)
    assert studio.verdict(file) is Verdict.BLOCK
    assert {"consent-missing"} <= studio.rules(file)
    assert studio.verdict(file, policy="eu-ai-act-art50") is Verdict.PASS
    studio.approve(file, categories=REPLICA, consents=("C-17",))
    assert studio.verdict(file) is Verdict.PASS


def test_a_consent_in_the_record_counts_until_it_is_taken_back(studio: Studio, file: Path) -> None:
    studio.tag(file)
    declare(studio, file, categories=["talent_replica"], consents=["C-17", "C-18"])
    studio.approve(file, categories=REPLICA)
    assert studio.verdict(file) is Verdict.PASS
    approver, signer = studio.production.approver, load_signer(studio.production.approver_key)
    approver.revoke_consent("C-18", RevocationKind.SUSPENDED, "Strike.", signer)
    assert studio.verdict(file) is Verdict.BLOCK
    assert "C-18 was taken back" in studio.messages(file)
    approver.revoke_consent("C-18", RevocationKind.REINSTATED, "It is over.", signer)
    assert studio.verdict(file) is Verdict.PASS
    approver.revoke_consent("C-17", RevocationKind.REVOKED, "Withdrawn.", signer)
    assert studio.verdict(file) is Verdict.BLOCK


@pytest.mark.parametrize("named", ["C-12", "c-12", " C-12 "])
def test_a_consent_that_was_taken_back_is_not_made_up_for_by_another(
    named: str, studio: Studio, file: Path
) -> None:
    studio.tag(file)
    declare(studio, file, categories=["talent_replica"], consents=["C-11", "C-12"])
    studio.approve(file, categories=REPLICA, consents=("C-11",))
    assert studio.verdict(file) is Verdict.PASS
    signer = load_signer(studio.production.approver_key)
    studio.production.approver.revoke_consent(named, RevocationKind.REVOKED, "No more.", signer)
    assert studio.verdict(file) is Verdict.BLOCK
    assert "C-12 was taken back" in studio.messages(file)


def test_an_approval_falls_with_its_consent_however_that_is_spelled(
    studio: Studio, file: Path
) -> None:
    studio.tag(file)
    studio.approve(file, consents=("c-77",))
    assert studio.verdict(file) is Verdict.PASS
    approver, signer = studio.production.approver, load_signer(studio.production.approver_key)
    resting = approver.revoke_consent("C-77", RevocationKind.REVOKED, "No more.", signer)
    assert len(resting) == 1
    assert studio.verdict(file) is Verdict.BLOCK
    assert "rests on consent:C-77, which was revoked" in studio.messages(file)


def test_a_suspended_consent_is_given_back_however_it_is_spelled(
    studio: Studio, file: Path
) -> None:
    studio.tag(file)
    studio.approve(file, consents=("c-77",))
    approver, signer = studio.production.approver, load_signer(studio.production.approver_key)
    approver.revoke_consent("C-77", RevocationKind.SUSPENDED, "Talks.", signer)
    assert studio.verdict(file) is Verdict.BLOCK
    approver.revoke_consent("C - 77", RevocationKind.REINSTATED, "Agreed.", signer)
    assert studio.verdict(file) is Verdict.PASS


def test_a_record_by_somebody_who_may_approve_takes_the_place_of_an_earlier_one(
    studio: Studio, file: Path
) -> None:
    declare(studio, file, categories=["talent_replica"])
    declare(studio, file, categories=["ideation"])
    found = studio.inspect(file).facts.ai_use
    assert found is not None
    assert found.categories == {UseCategory.IDEATION}


def test_an_older_record_takes_nothing_back_however_late_it_is_filed(
    studio: Studio, file: Path
) -> None:
    declare(studio, file, categories=["ideation"])
    declare(studio, file, categories=["talent_replica"], consents=["C-17"])
    studio.approve(file)
    assert studio.verdict(file) is Verdict.BLOCK
    essence = studio.subject(file).essence_digest
    older, newer = studio.production.registry.attestations_for(essence, AttestationKind.AI_USE)
    studio.production.registry.add_attestation(
        replace(older, attestation_id=str(uuid.uuid4()), recorded_at=studio.clock())
    )
    assert studio.verdict(file) is Verdict.BLOCK
    trust = studio.production.trust
    replayed = [Filed(envelope=one.envelope) for one in (newer, older)]
    found = ai_use_in_force(replayed, trust)
    assert found is not None
    assert found.categories == REPLICA


def test_a_record_that_nobody_we_trust_signed_keeps_the_gate_from_deciding(
    studio: Studio, file: Path
) -> None:
    studio.approve(file)
    approver = studio.production.approver_key
    kept = approver.read_bytes()
    approver.unlink()
    create_key(approver, "Stranger")
    declared = declare(studio, file, categories=["ideation"])
    assert "signed with a key that is not in the trust list" in declared.objection
    assert studio.verdict(file) is Verdict.UNDECIDED
    assert "The AI-use record" in studio.messages(file)
    approver.unlink()
    approver.write_bytes(kept)
    approver.chmod(0o600)
    declare(studio, file, categories=["ideation"])
    assert studio.verdict(file) is Verdict.PASS


class TestRecorders:
    """Keys that may record and not approve."""

    @pytest.fixture
    def recorder(self, studio: Studio) -> Path:
        """Return the key of a recorder, trusted as that."""
        path = studio.home / "recorder.pem"
        made = create_key(path, "Recorder", roles=frozenset({KeyRole.RECORDER}))
        studio.trust(lambda trust: trust.with_key(made))
        return path

    def revoke(self, studio: Studio) -> None:
        (key,) = (one for one in studio.production.trust.keys.values() if one.holder == "Recorder")
        studio.trust(lambda trust: trust.with_key(replace(key, revoked=True)))

    def needs_naming(self, studio: Studio, file: Path, categories: set[str]) -> None:
        found = studio.inspect(file).facts.ai_use
        assert found is not None
        assert found.categories == {UseCategory(one) for one in categories}

    def test_what_they_declare_counts(self, studio: Studio, file: Path, recorder: Path) -> None:
        assert not declare(studio, file, key=recorder, categories=["key_creative"]).objection
        self.needs_naming(studio, file, {"key_creative"})

    def test_they_add_to_what_was_declared_and_take_nothing_back(
        self, studio: Studio, file: Path, other: Path, recorder: Path
    ) -> None:
        first = ["key_creative", "background_incidental"]
        declare(studio, file, parent=other, categories=first, prominence="story")
        declare(studio, file, key=recorder, categories=["union_work"], prominence="incidental")
        found = studio.inspect(file).facts.ai_use
        assert found is not None
        assert found.categories == {UseCategory(one) for one in (*first, "union_work")}
        assert found.prominence is Prominence.STORY
        assert len(found.derived_from) == 1
        studio.approve(file, categories=frozenset({UseCategory.UNION_WORK}))
        assert studio.verdict(file) is Verdict.BLOCK

    def test_what_nobody_said_of_prominence_stays_the_gravest(
        self, studio: Studio, file: Path, recorder: Path
    ) -> None:
        declare(studio, file, categories=["background_incidental"])
        declare(studio, file, key=recorder, prominence="incidental")
        studio.approve(file)
        assert studio.verdict(file) is Verdict.BLOCK
        declare(studio, file, categories=["background_incidental"], prominence="incidental")
        assert studio.verdict(file) is Verdict.PASS

    def test_one_approver_alone_takes_nothing_back_that_needs_two(
        self, studio: Studio, file: Path
    ) -> None:
        declare(studio, file, categories=["talent_replica"], consents=["C-17"])
        studio.trust(lambda trust: trust.with_approvers(UseCategory.TALENT_REPLICA, 2))
        declare(studio, file, categories=["ideation"])
        self.needs_naming(studio, file, {"talent_replica", "ideation"})

    def test_an_approver_of_some_categories_takes_back_no_others(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        path = studio.home / "designer.pem"
        roles = frozenset({KeyRole.RECORDER, KeyRole.APPROVER})
        made = create_key(path, "Designer", roles=roles)
        some = frozenset({UseCategory.BACKGROUND_STORY, UseCategory.IDEATION})
        studio.trust(lambda trust: trust.with_key(replace(made, categories=some)))
        declare(studio, file, categories=["background_story"])
        declare(studio, file, key=path, categories=["ideation"])
        self.needs_naming(studio, file, {"ideation"})
        declare(studio, file, categories=["key_creative"])
        declare(studio, file, key=path, categories=["ideation"])
        self.needs_naming(studio, file, {"key_creative", "ideation"})
        declare(studio, other, parent=file)
        declare(studio, other, key=path, categories=["ideation"])
        self.needs_naming(studio, other, {"key_creative", "ideation"})

    def test_revoking_their_key_does_not_lower_what_their_records_require(
        self, studio: Studio, file: Path, other: Path, recorder: Path
    ) -> None:
        declare(studio, file, key=recorder, categories=["key_creative"])
        studio.approve(file, derivatives=GRADE)
        declare(studio, other, parent=file)
        assert studio.verdict(file) is Verdict.BLOCK
        assert studio.verdict(other) is Verdict.BLOCK
        self.revoke(studio)
        assert studio.verdict(file) is Verdict.UNDECIDED
        assert studio.verdict(other) is not Verdict.PASS
        assert "which was revoked" in studio.messages(other)
        declare(studio, file, categories=["ideation"])
        assert studio.verdict(file) is Verdict.PASS
        assert studio.verdict(other) is Verdict.PASS

    def test_a_consent_that_only_they_name_shows_nothing(
        self, studio: Studio, file: Path, recorder: Path
    ) -> None:
        declare(studio, file, categories=["talent_replica"])
        studio.approve(file, categories=REPLICA)
        declare(studio, file, key=recorder, consents=["INVENTED"])
        assert "consent-missing" in studio.rules(file)
        assert "INVENTED is named only by a key that could not approve this" in studio.messages(
            file
        )
        declare(studio, file, categories=["talent_replica"], consents=["C-17"])
        assert studio.verdict(file) is Verdict.PASS

    @pytest.mark.parametrize("categories", [["union_work"], []])
    def test_they_extend_no_approval_to_what_they_say_was_made_of_it(
        self, categories: list[str], studio: Studio, file: Path, other: Path, recorder: Path
    ) -> None:
        studio.tag(file)
        named = frozenset(map(UseCategory, categories))
        studio.approve(file, derivatives=GRADE, categories=named)
        if categories:
            declare(studio, other, categories=categories)
        declare(studio, other, key=recorder, parent=file)
        assert studio.verdict(other) is Verdict.BLOCK
        declare(studio, other, parent=file, categories=categories)
        assert studio.verdict(other) is Verdict.PASS

    def test_who_may_approve_some_categories_vouches_for_no_consent_to_an_inherited_one(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        path = studio.home / "designer.pem"
        roles = frozenset({KeyRole.RECORDER, KeyRole.APPROVER})
        made = replace(
            create_key(path, "Designer", roles=roles), categories=frozenset({UseCategory.IDEATION})
        )
        studio.trust(lambda trust: trust.with_key(made))
        declare(studio, file, categories=["talent_replica"])
        declare(
            studio, other, key=path, parent=file, categories=["ideation"], consents=["INVENTED"]
        )
        studio.approve(other, categories=REPLICA)
        assert studio.rules(other) >= {"consent-missing"}

    def test_a_record_in_doubt_is_not_settled_by_another_recorder(
        self, studio: Studio, file: Path, recorder: Path
    ) -> None:
        declare(studio, file, key=recorder, categories=["key_creative"])
        self.revoke(studio)
        second = studio.home / "second.pem"
        made = create_key(second, "Second", roles=frozenset({KeyRole.RECORDER}))
        studio.trust(lambda trust: trust.with_key(made))
        assert declare(studio, file, key=second, categories=["ideation"]).objection
        studio.approve(file)
        assert studio.verdict(file) is Verdict.UNDECIDED


def test_the_tool_a_file_names_stands_in_the_record_unless_one_is_given(
    studio: Studio, fixtures_dir: Path
) -> None:
    made = studio.put(fixtures_dir / "ai/parameters.png")
    generators = [one.generator for one in studio.inspect(made).facts.signals if one.generator]
    (tool,) = declare(studio, made).ai_use.tools
    assert (tool.name, tool.is_enterprise_secured) == (generators[0].tool, Answer.UNSURE)
    given = declare(studio, made, tools=[{"name": "Mine", "enterprise": "yes"}]).ai_use.tools
    assert [one.name for one in given] == ["Mine"]
    assert "known-by-content" not in studio.rules(made)


class TestDerivatives:
    """What is made from approved material."""

    def test_one_is_covered_where_the_approval_allows_it(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        studio.tag(file)
        studio.approve(file, derivatives=GRADE)
        assert not declare(studio, other, parent=file).objection
        assert studio.verdict(other) is Verdict.PASS

    def test_one_is_as_prominent_as_what_it_was_made_from(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        declare(studio, file, categories=["background_incidental"], prominence="story")
        studio.approve(
            file,
            derivatives=GRADE,
            conditions=(Condition.parse("background-only"),),
            categories=frozenset({UseCategory.BACKGROUND_INCIDENTAL}),
        )
        assert studio.verdict(file) is Verdict.BLOCK
        declare(studio, other, parent=file, prominence="incidental")
        assert studio.verdict(other) is Verdict.BLOCK
        declare(studio, file, categories=["background_incidental"], prominence="incidental")
        assert studio.verdict(other) is Verdict.PASS

    def test_one_is_not_covered_where_it_does_not(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        studio.tag(file)
        studio.approve(file, derivatives=frozenset({Transform.CROP}))
        declare(studio, other, parent=file)
        assert studio.verdict(other) is Verdict.BLOCK
        message = studio.messages(other)
        assert "is for rgb.png and does not allow what was made of it by grade." in message

    def test_one_that_nobody_declared_is_not_covered(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        studio.tag(file)
        studio.tag(other)
        studio.approve(file, derivatives=GRADE)
        assert studio.verdict(other) is Verdict.BLOCK

    def test_it_inherits_what_was_declared_of_its_parent(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        declare(
            studio, file, categories=["talent_replica"], performers=["T-4"], consents=["C-17"],
            principles={"P1": "no", "P2": "yes"}, tools=[{"name": "Voice"}],
        )  # fmt: skip
        studio.approve(file, derivatives=GRADE)
        declared = declare(studio, other, parent=file, principles={"P1": "yes"}).ai_use
        assert declared.categories == REPLICA
        assert (declared.performers, declared.consents) == (("T-4",), ("C-17",))
        assert declared.principles == {"P1": Answer.NO}
        assert [tool.name for tool in declared.tools] == ["Voice"]
        assert studio.verdict(other) is Verdict.BLOCK
        assert "does not name talent_replica" in studio.messages(other)
        studio.approve(file, derivatives=GRADE, categories=REPLICA)
        assert studio.verdict(other) is Verdict.PASS

    def test_what_is_declared_of_the_parent_later_counts_too(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        studio.tag(file)
        studio.approve(file, derivatives=GRADE)
        declare(studio, other, parent=file)
        assert studio.verdict(other) is Verdict.PASS
        declare(studio, file, categories=["key_creative"])
        assert studio.verdict(other) is Verdict.BLOCK

    def test_two_made_from_each_other_are_judged_all_the_same(
        self, studio: Studio, file: Path, other: Path
    ) -> None:
        declare(studio, file, parent=other, categories=["key_creative"])
        declare(studio, other, parent=file, categories=["personal_data"])
        for path in (file, other):
            found = studio.inspect(path).facts.ai_use
            assert found is not None
            assert found.categories == {UseCategory.KEY_CREATIVE, UseCategory.PERSONAL_DATA}

    def test_a_file_is_not_made_from_itself(self, studio: Studio, file: Path) -> None:
        with pytest.raises(UsageError, match="derived from itself"):
            declare(studio, file, parent=file)
        assert studio.verdict(file) is Verdict.PASS


def test_what_nobody_can_stand_for_is_refused(
    studio: Studio, file: Path, fixtures_dir: Path
) -> None:
    with pytest.raises(UsageError, match="--declared-by"):
        declare(studio, file, declared_by=" ")
    with pytest.raises(UsageError, match="name with --category how they are concerned"):
        declare(studio, file, performers=["T-4"])
    with pytest.raises(UsageError, match=r"half\.png: a damaged file cannot be declared"):
        declare(studio, studio.put(fixtures_dir / "media/png/broken/half.png"))
    assert studio.verdict(file) is Verdict.PASS


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"category": []}, "'category' is no key"),
        ({"categories": ["talent"]}, "categories holds 'talent'"),
        ({"categories": "talent_replica", "performers": ["Ada Lee"]}, "opaque ids"),
        ({"consents": [3]}, "must be a list of texts"),
        ({"principles": {"1": "yes"}}, "no principle's id"),
        ({"principles": {"P1": "maybe"}}, "P1 holds 'maybe'"),
        ({"principles": []}, "principles must be a table"),
        ({"tools": [{"plan": "x"}]}, "tools 1: name is missing"),
        ({"tools": [{"name": "A", "enterprise": "perhaps"}]}, "enterprise holds 'perhaps'"),
        ({"inputs": [{"what": "a plate"}]}, "inputs 1: owned is missing"),
        ({"prominence": "loud"}, "prominence holds 'loud'"),
        ({"human_contribution": 3}, "human_contribution must be text"),
        ({"derived_from": [{"file": "a.png"}]}, "transforms is missing"),
        ({"derived_from": [{"file": "a.png", "transforms": ["melt"]}]}, "holds 'melt'"),
        ({"derived_from": [{"transforms": ["crop"]}]}, "file is missing"),
    ],
)
def test_a_declaration_that_is_wrong_is_refused_by_key(
    values: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=words):
        read_declaration(values, "use.toml", tmp_path)


def test_files_in_a_declaration_are_relative_to_its_folder(tmp_path: Path) -> None:
    values = {"derived_from": [{"file": "a/b.png", "transforms": ["crop", "grade"]}]}
    declaration = read_declaration(values, "use.toml", tmp_path)
    assert isinstance(declaration, Declaration)
    (parent,) = declaration.parents
    assert parent.path == tmp_path / "a/b.png"
    assert parent.transforms == {Transform.CROP, Transform.GRADE}
