"""What an auditor probes: each row one way an approval may stand up or not, and what is said."""

import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provenance.attestation.approval_statement import approval_statement
from provenance.attestation.envelope import sign_statement
from provenance.attestation.signers import load_signer
from provenance.attestation.trusted_key import KeyRole
from provenance.errors import NotAuthorisedError, UnknownKeyError
from provenance.model.ai_use import Prominence, Transform, UseCategory
from provenance.model.approval import Decision, RevocationKind
from provenance.model.condition import Condition
from provenance.model.finding import Verdict
from provenance.model.purpose import Scope
from provenance.offline import OfflineProduction
from tests.attestation.mails import signed
from tests.media.png_chunks import with_chunks_of
from tests.usecases.audit_desk import APPROVER, Desk
from tests.usecases.studio import MORNING

PASS, BLOCK = Verdict.PASS, Verdict.BLOCK
HOUR = timedelta(hours=1)
LIKENESS = frozenset({UseCategory.TALENT_REPLICA})
GRADE, CROP = frozenset({Transform.GRADE}), frozenset({Transform.CROP})
REVOKED, SUSPENDED, REINSTATED = RevocationKind
Prepare = Callable[[Desk], Path | None]
WRONG = "is not what Approver: local approver signed"


@dataclass(frozen=True, slots=True)
class Row:
    """One case."""

    name: str
    prepare: Callable[[Desk], object]
    verdict: Verdict
    says: str = ""
    asked: dict[str, Any] = field(default_factory=dict)


def row(
    name: str, prepare: Callable[[Desk], object], verdict: Verdict, says: str = "", **asked: Any
) -> Row:
    return Row(name, prepare, verdict, says, asked)


def scoped(**scope: Any) -> Callable[[Desk], object]:
    return lambda desk: desk.approve(scope=Scope(**scope))


def under(*conditions: str, **request: Any) -> Callable[[Desk], object]:
    parsed = tuple(map(Condition.parse, conditions))
    return lambda desk: desk.approve(conditions=parsed, **request)


def some(*texts: str) -> frozenset[str]:
    return frozenset(texts)


# --- the asset -----------------------------------------------------------------------------------


def copied_tag(desk: Desk) -> Path:
    desk.approve()
    data = with_chunks_of(desk.file.read_bytes(), desk.other.read_bytes())
    return desk.studio.put(data, "copied.png")


def stripped(desk: Desk) -> None:
    desk.studio.production.untagger.untag(desk.file)


def approved_and_stripped(desk: Desk) -> None:
    desk.approve()
    stripped(desk)


def renamed(desk: Desk) -> Path:
    desk.approve()
    return desk.file.rename(desk.file.with_name("final_FINAL.png"))


def other_version(desk: Desk) -> None:
    desk.approve()
    desk.replace_file(desk.other)
    desk.studio.tag(desk.file)


def relabelled(desk: Desk) -> None:
    """An intruder files the approval of another file under this one."""
    approval = desk.draft(desk.other)
    mine = desk.draft().subjects[0].essence_digest
    desk.put(approval, sign_statement(approval_statement(approval), desk.own), mine)


ASSET = (
    row("nobody approved", lambda _: None, BLOCK, "Tagged TEMPORARY"),
    row("this file", lambda desk: desk.approve(), PASS),
    row("another file", lambda desk: desk.approve(desk.other), BLOCK, "Tagged TEMPORARY"),
    row("both files", lambda desk: desk.approve(desk.file, desk.other), PASS),
    row("renamed", renamed, PASS),
    row("stripped", stripped, BLOCK, "Known by its content"),
    row("approved and stripped", approved_and_stripped, PASS),
    row("a later version", other_version, BLOCK, "Tagged TEMPORARY"),
    row("a copied tag", copied_tag, BLOCK, "written for other picture or sound"),
    row("filed under another", relabelled, BLOCK, "is for other picture or sound: other.png"),
)

# --- use and scope -------------------------------------------------------------------------------

SCOPE = (
    row("its use", lambda desk: desk.approve(uses=some("trailer")), PASS, use="trailer"),
    row(
        *("another use", lambda desk: desk.approve(uses=some("trailer")), BLOCK),
        "is not for final-deliverable, only for trailer",
    ),
    row("its title", scoped(title="Hafen"), PASS, title="HAFEN"),
    row("another title", scoped(title="Hafen"), BLOCK, "“Hafen”, not “Insel”", title="Insel"),
    row("no title said", scoped(title="Hafen"), BLOCK, "an unnamed title: say which with --title"),
    row("its episode", scoped(episode="S01E02"), PASS, episode="s01e02"),
    row("another episode", scoped(episode="S01E02"), BLOCK, "not “S01E03”", episode="S01E03"),
    row("no episode said", scoped(episode="S01E02"), BLOCK, "say which with --episode"),
    row("its cut", scoped(cut="v7"), PASS, cut="v7"),
    row("another cut", scoped(cut="v7"), BLOCK, "the cut “v7”, not “v8”", cut="v8"),
    row("its territory", scoped(territories=some("DE", "AT")), PASS, territories=some("AT")),
    row(
        *("one territory beyond", scoped(territories=some("DE")), BLOCK),
        *("is for the territory DE only, not “GB”",),
        territories=some("DE", "GB"),
    ),
    row("no territory said", scoped(territories=some("DE")), BLOCK, "say which with --territory"),
    row(
        *("the world, of one country", scoped(territories=some("DE")), BLOCK, "not “worldwide”"),
        territories=some("worldwide"),
    ),
    row(
        *("a country, of the world", scoped(territories=some("worldwide")), PASS),
        territories=some("DE"),
    ),
    row("its language", scoped(languages=some("de")), PASS, languages=some("DE")),
    row("another language", scoped(languages=some("de")), BLOCK, "not “fr”", languages=some("fr")),
    row("its medium", scoped(media=some("svod")), PASS, media=some("svod")),
    row(
        *("another medium", scoped(media=some("svod")), BLOCK, "the medium svod only"),
        media=some("theatrical"),
    ),
)

# --- time ----------------------------------------------------------------------------------------


def after(**by: float) -> Callable[[Desk, dict[str, Any]], None]:
    def approve_and_wait(desk: Desk, request: dict[str, Any]) -> None:
        desk.approve(**request)
        desk.studio.clock.advance(**by)

    return approve_and_wait


def dated_ahead(desk: Desk) -> None:
    desk.studio.clock.advance(days=1)
    desk.approve()
    desk.studio.clock.advance(days=-1)
    desk.studio.reopen()  # as on another machine, whose clock is right


UNTIL = {"valid_until": MORNING + HOUR}
FROM = {"valid_from": MORNING + HOUR}
TIME = (
    row("within its time", lambda desk: desk.approve(**UNTIL), PASS),
    row("its last moment", lambda desk: after(hours=1)(desk, UNTIL), PASS),
    row(
        *("expired", lambda desk: after(hours=1, seconds=1)(desk, UNTIL), BLOCK),
        "expired on 2026-11-03 10:00 UTC",
    ),
    row("before its time", lambda desk: desk.approve(**FROM), BLOCK, "holds from 2026-11-03 10:00"),
    row("from then on", lambda desk: after(hours=1)(desk, FROM), PASS),
    row("dated ahead", dated_ahead, BLOCK, "is dated 2026-11-04 09:00 UTC"),
)

# --- who signed ----------------------------------------------------------------------------------


def by(**fields: Any) -> Callable[[Desk], object]:
    """Approve with the key of somebody the trust list knows."""
    return lambda desk: desk.approve(signer=desk.key("Vera", **fields))


def then(**fields: Any) -> Callable[[Desk], None]:
    """Approve with a good key, which changes afterwards."""

    def changed(desk: Desk) -> None:
        key = desk.key("Vera")
        desk.approve(signer=key)
        desk.studio.clock.advance(hours=2)
        desk.change_key(key, **fields)

    return changed


def signed_after_retirement(desk: Desk) -> None:
    key = desk.key("Vera", retired_at=MORNING)
    desk.studio.clock.advance(hours=1)
    desk.approve(signer=key)


def needing_two(desk: Desk) -> None:
    desk.studio.trust(lambda trust: trust.with_approvers(UseCategory.TALENT_REPLICA, 2))
    desk.approve(categories=LIKENESS)


def two_approvers(desk: Desk) -> None:
    needing_two(desk)
    desk.sign(desk.key("Vera"))


def one_holder_twice(desk: Desk) -> None:
    needing_two(desk)
    desk.sign(desk.key("APPROVER: local approver"))


def same_key_twice(desk: Desk) -> None:
    needing_two(desk)
    desk.sign(desk.own)


def and_a_stranger(desk: Desk) -> None:
    needing_two(desk)
    desk.sign(desk.stranger())


def and_one_without_the_category(desk: Desk) -> None:
    needing_two(desk)
    desk.sign(desk.key("Vera", categories=frozenset({UseCategory.IDEATION})))


def countersigned_elsewhere(desk: Desk) -> None:
    """The second signature is right, and over another approval."""
    needing_two(desk)
    other = approval_statement(desk.draft(categories=LIKENESS))
    desk.file_countersignature(sign_statement(other, desk.key("Vera")))


def countersignature_forged(desk: Desk) -> None:
    needing_two(desk)
    vera = desk.key("Vera")
    envelope = json.loads(sign_statement(desk.payload(), desk.stranger()))
    envelope["signatures"][0]["keyid"] = vera.public_key.keyid
    desk.file_countersignature(json.dumps(envelope).encode())


DENIED = {"decision": Decision.DENIED}


def declared_likeness(desk: Desk) -> None:
    desk.declare(desk.file)
    desk.approve(signer=desk.key("V", categories=LIKENESS), categories=LIKENESS)


def denied_later(desk: Desk) -> None:
    desk.approve()
    desk.studio.clock.advance(minutes=1)
    desk.approve(**DENIED)


def denied_before(desk: Desk) -> None:
    desk.approve(**DENIED)
    desk.studio.clock.advance(minutes=1)
    desk.approve()


WHO = (
    row("a stranger", lambda desk: desk.approve(signer=desk.stranger()), BLOCK, "not in the trust"),
    row("a trusted approver", by(), PASS),
    row("a recorder", by(roles=frozenset({KeyRole.RECORDER})), BLOCK, "may not sign as approver"),
    row("a gate", by(roles=frozenset({KeyRole.GATE})), BLOCK, "may not sign as approver"),
    row("a root", by(roles=frozenset({KeyRole.ROOT})), BLOCK, "may not sign as approver"),
    row(
        "a category that is theirs",
        declared_likeness,
        PASS,
    ),
    row(
        "a category of a file nobody declared",
        lambda desk: desk.approve(signer=desk.key("V", categories=LIKENESS), categories=LIKENESS),
        BLOCK,
        "nobody declared how AI was used",
    ),
    row("denied later", denied_later, BLOCK, "was given before approval"),
    row("denied before", denied_before, PASS),
    row(
        "a category that is not",
        lambda desk: desk.approve(
            signer=desk.key("V", categories=LIKENESS),
            categories=frozenset({UseCategory.KEY_CREATIVE}),
        ),
        BLOCK,
        "may not approve key_creative",
    ),
    row("a limited approver, no category", by(categories=LIKENESS), BLOCK, "and it names none"),
    row("a revoked key", by(revoked=True), BLOCK, "which was revoked"),
    row("revoked after signing", then(revoked=True), BLOCK, "which was revoked"),
    row("retired after signing", then(retired_at=MORNING + HOUR), PASS),
    row("signed after retirement", signed_after_retirement, BLOCK, "retired on 2026-11-03 09:00"),
    row("a key of the past", by(valid_until=MORNING - HOUR), BLOCK, "valid until 2026-11-03 08:00"),
    row("a key of the future", by(valid_from=MORNING + HOUR), BLOCK, "valid from 2026-11-03 10:00"),
    row("ended after signing", then(valid_until=MORNING + HOUR), BLOCK, "valid until"),
    row("one where two are needed", needing_two, BLOCK, "needs 2 approvers for talent_replica"),
    row("two where two are needed", two_approvers, PASS),
    row("one holder with two keys", one_holder_twice, BLOCK, "needs 2 approvers"),
    row("one signature twice", same_key_twice, BLOCK, "and 1 signed it"),
    row("the second a stranger", and_a_stranger, BLOCK, "and 1 signed it"),
    row("the second without the category", and_one_without_the_category, BLOCK, "and 1 signed it"),
    row("the second over another", countersigned_elsewhere, BLOCK, "over other bytes"),
    row("the second forged", countersignature_forged, BLOCK, "is not what Vera signed"),
)

# --- taken back ----------------------------------------------------------------------------------


def taken_back(*kinds: RevocationKind) -> Callable[[Desk], None]:
    def prepared(desk: Desk) -> None:
        desk.approve()
        for kind in kinds:
            desk.take_back(kind)

    return prepared


def consent(*kinds: RevocationKind, of: str = "C-17") -> Callable[[Desk], None]:
    def prepared(desk: Desk) -> None:
        desk.approve(consents=("C-17",))
        desk.take_consent_back(of, *kinds)

    return prepared


def revoked_by_stranger(desk: Desk) -> None:
    desk.approve()
    with pytest.raises(UnknownKeyError):
        desk.take_back(REVOKED, desk.stranger())


def lifted_by_less(desk: Desk) -> None:
    desk.approve()
    desk.take_back(SUSPENDED)
    low = desk.key("Low", categories=frozenset({UseCategory.IDEATION}))
    with pytest.raises(NotAuthorisedError):
        desk.take_back(REINSTATED, low)


def superseded(desk: Desk, **request: Any) -> None:
    desk.approve(supersedes=desk.approve(), **request)


def superseded_by_stranger(desk: Desk) -> None:
    first = desk.approve()
    desk.approve(supersedes=first, uses=some("trailer"), signer=desk.stranger())


BACK = (
    row("a denial", lambda desk: desk.approve(**DENIED), BLOCK, "is a denial by Ada"),
    row("revoked", taken_back(REVOKED), BLOCK, "was revoked on 2026-11-03 09:00 UTC: Rights are"),
    row("suspended", taken_back(SUSPENDED), BLOCK, "was suspended on 2026-11-03"),
    row("given back", taken_back(SUSPENDED, REINSTATED), PASS),
    row("suspended again", taken_back(SUSPENDED, REINSTATED, SUSPENDED), BLOCK, "was suspended"),
    row("revoked for good", taken_back(SUSPENDED, REVOKED, REINSTATED), BLOCK, "was revoked"),
    row("revoked by a stranger", revoked_by_stranger, PASS),
    row("given back by a lesser key", lifted_by_less, BLOCK, "was suspended"),
    row("consent suspended", consent(SUSPENDED), BLOCK, "rests on consent:C-17, which was suspen"),
    row("consent given back", consent(SUSPENDED, REINSTATED), PASS),
    row("consent revoked", consent(REVOKED), BLOCK, "rests on consent:C-17, which was revoked"),
    row("another's consent", consent(SUSPENDED, of="C-18"), PASS),
    row("superseded by less", lambda desk: superseded(desk, uses=some("trailer")), BLOCK, "only f"),
    row("superseded by as much", superseded, PASS),
    row("superseded by a denial", lambda desk: superseded(desk, **DENIED), BLOCK, "was superseded"),
    row("superseded by a stranger", superseded_by_stranger, PASS),
)

# --- conditions and derivatives ------------------------------------------------------------------


def seen(prominence: Prominence) -> Callable[[Desk], None]:
    def prepared(desk: Desk) -> None:
        under("background-only")(desk)
        desk.declare(desk.file, prominence=prominence)

    return prepared


def sound(limit: str) -> Callable[[Desk], Path]:
    def prepared(desk: Desk) -> Path:
        fixtures = desk.studio.home / "voice.wav"
        path = desk.studio.put(fixtures)
        desk.studio.tag(path)
        desk.approve(path, conditions=(Condition.parse(f"max-seconds={limit}"),))
        return path

    return prepared


def derived(
    allowed: frozenset[Transform], done: frozenset[Transform], *, is_forged: bool = False
) -> Callable[[Desk], Path]:
    def prepared(desk: Desk) -> Path:
        desk.approve(derivatives=allowed)
        signer = desk.stranger() if is_forged else desk.own
        desk.declare(desk.other, made_of=desk.file, by=done, signer=signer)
        return desk.other

    return prepared


TERMS = (
    row("words", under("Credit the model"), PASS),
    row("background, declared so", seen(Prominence.INCIDENTAL), PASS),
    row("background, in the story", seen(Prominence.STORY), BLOCK, "contribute to the story"),
    row("background, undeclared", under("background-only"), BLOCK, "nobody declared how much"),
    row("short enough", sound("10"), PASS),
    row("too long", sound("0.05"), BLOCK, "allows at most 0.05 s of it, and it lasts"),
    row("of no duration", under("max-seconds=3"), BLOCK, "its duration cannot be read"),
    row(
        *("until it is replaced", under("replace-before-final", uses=some("rough-cut")), PASS),
        use="rough-cut",
    ),
    row("a grade that is allowed", derived(GRADE, GRADE), PASS),
    row("a crop that is not", derived(GRADE, CROP), BLOCK, "what was made of it by crop"),
    row("both of which one is not", derived(GRADE, GRADE | CROP), BLOCK, "made of it by crop"),
    row("none is allowed", derived(frozenset(), GRADE), BLOCK, "made of it by grade"),
    row("declared by a stranger", derived(GRADE, GRADE, is_forged=True), BLOCK, "Tagged TEMPORARY"),
)

# --- papers --------------------------------------------------------------------------------------


def without_evidence(desk: Desk) -> None:
    desk.approve()
    desk.evidence().unlink()


def altered_evidence(desk: Desk) -> None:
    desk.approve()
    path = desk.evidence()
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"may", b"MAY"))


def failing_mail(desk: Desk) -> None:
    """A wrong DKIM signature is shown, and decides nothing by itself."""
    mail = desk.studio.home / "re.eml"
    mail.write_bytes(signed())
    desk.approve(evidence=(mail,), lookup=lambda _: "v=DKIM1; p=")


def forged(edit: Callable[[dict[str, Any]], object], **request: Any) -> Callable[[Desk], None]:
    return lambda desk: desk.forge(edit, **request)


def respelt(envelope: dict[str, Any]) -> None:
    """The same JSON value in other bytes: what was signed are bytes."""
    statement = json.loads(b64decode(envelope["payload"]))
    envelope["payload"] = b64encode(json.dumps(statement, indent=1).encode()).decode()


def wrapped_anew(desk: Desk) -> None:
    """Another spelling of the envelope around the same signed bytes is no change."""
    desk.forge_envelope(lambda envelope: envelope.update(comment="hello"))


PAPERS = (
    row("evidence gone", without_evidence, BLOCK, "evidence that is no longer stored: mail.eml"),
    row("evidence altered", altered_evidence, BLOCK, "evidence that is no longer stored: mail.eml"),
    row("a mail that fails DKIM", failing_mail, PASS),
    row(
        "use edited", forged(lambda one: one.update(uses=["final-deliverable", "x"])), BLOCK, WRONG
    ),
    row(
        "title edited",
        forged(lambda one: one["scope"].update(title=""), scope=Scope(title="Hafen")),
        BLOCK,
        WRONG,
    ),
    row(
        "denial edited",
        forged(lambda one: one.update(decision="approved"), decision=Decision.DENIED),
        BLOCK,
        WRONG,
    ),
    row(
        "condition edited",
        forged(
            lambda one: one.update(conditions=[]),
            conditions=(Condition.parse("max-seconds=3"),),
        ),
        BLOCK,
        WRONG,
    ),
    row("JSON respelt", lambda desk: desk.forge_envelope(respelt), BLOCK, WRONG),
    row("envelope respelt", wrapped_anew, PASS),
    row(
        "signature gone",
        lambda desk: desk.forge_envelope(lambda one: one.update(signatures=[])),
        BLOCK,
        "bears no signature",
    ),
    row(
        "signature twice",
        lambda desk: desk.forge_envelope(
            lambda one: one["signatures"].append(one["signatures"][0])
        ),
        BLOCK,
        "cannot be read",
    ),
)

ROWS = (*ASSET, *SCOPE, *TIME, *WHO, *BACK, *TERMS, *PAPERS)


def test_there_are_as_many_rows_as_an_audit_takes() -> None:
    assert len(ROWS) >= 60
    assert len({each.name for each in ROWS}) == len(ROWS)


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.name)
def test_each_case_has_its_verdict_and_says_why(case: Row, desk: Desk) -> None:
    path = case.prepare(desk)
    judged = path if isinstance(path, Path) else desk.file
    assert desk.studio.verdict(judged, **case.asked) is case.verdict
    assert case.says in desk.studio.messages(judged, **case.asked)


def test_an_older_trust_list_cannot_judge_a_newer_approval(desk: Desk) -> None:
    """The replay of an older list, which still had a key that was revoked since."""
    place = desk.studio.home / ".provenance"
    older = desk.studio.home / "older"
    older.mkdir()
    for name in ("trust.toml", "trust.toml.sig"):
        shutil.copyfile(place / name, older / name)
    desk.key("Vera", roles=APPROVER)
    desk.approve()
    assert desk.studio.verdict(desk.file) is PASS
    gate_key = load_signer(desk.studio.production.gate_key)
    desk.studio.production.exchange.export(desk.studio.home / "sent", (), gate_key)
    for folder, verdict in ((place, PASS), (older, BLOCK)):
        gate = OfflineProduction(desk.studio.home / "sent", folder / "trust.toml")
        gate.clock = desk.studio.clock
        with gate:
            report = gate.scanner.scan((desk.file,), gate.scan_options())
        assert report.verdict is verdict
    assert "this is edition 1: get the newer list" in " ".join(
        finding.message for finding in report.findings
    )
