"""Scans of every sort, for whatever tests a report: empty, one file, many, odd paths, strict."""

from dataclasses import replace
from datetime import UTC, datetime

from provenance.model.approval import ApprovalStatus
from provenance.model.condition import Condition
from provenance.model.digest import sha256_digest
from provenance.model.facts import AssetFacts, JudgedApproval, ProblemKind
from provenance.model.party import Party
from provenance.model.report import AssetResult, ScanReport
from provenance.model.signal import Generator, Level
from provenance.policy.engine import judge, rule_texts
from provenance.policy.pack import load_pack
from provenance.policy.samples import (
    COPIED_TAG,
    PLAIN,
    REMEMBERED,
    TAGGED,
    WITHDRAWN,
    approved,
    declaring,
    troubled,
)
from provenance.reports.interface import Report

HOUSE = load_pack("house")
JUDGED_AT = datetime(2026, 11, 25, 15, 4, 5, tzinfo=UTC)
ODD_PATHS = (
    "Grüße/Straße ☂ 海港.png",
    "two\nlines.png",
    "\x1b[2J\x1b]0;owned\x07.png",
    "right\u202eto left.png",
    "caf\\xe9.png",
    "lone \ud800 surrogate.png",
    "a b\tc\r\x00\x7f\x85.png",
    "d" * 300 + ".png",
    "=cmd|' /C calc'!A0;@b.png",
    "<script>alert(1)</script> & \"'.png",
    "]]>\ufffe\x0b.png",
    "100%/shot#1?a:b.png",
)
FACTS = (
    PLAIN,
    TAGGED,
    COPIED_TAG,
    REMEMBERED,
    WITHDRAWN,
    *map(declaring, Level),
    *map(approved, ApprovalStatus),
    *map(troubled, ProblemKind),
    approved(ApprovalStatus.VALID, "It was given for other uses."),
    replace(approved(ApprovalStatus.VALID), problems=troubled(ProblemKind.CHANGED).problems),
)


def scanned(*facts: AssetFacts, ignored: tuple[str, ...] = (), strict: bool = False) -> ScanReport:
    results = tuple(
        AssetResult(facts=one, findings=judge(one, HOUSE, strict=strict)) for one in facts
    )
    return ScanReport(
        results=results,
        policy=HOUSE.name,
        use="final-deliverable",
        ignored=ignored,
        rules=rule_texts(HOUSE),
        production="Grüße aus <Köln> & \x1b[31m",
        judged_at=JUDGED_AT,
    )


def rendered(report: Report, scan: ScanReport) -> str:
    """Return the whole of a report."""
    return "".join(report.render(scan))


def conditional() -> AssetFacts:
    """Return facts of a file approved by somebody with a long list of conditions."""
    facts = approved(ApprovalStatus.VALID)
    (judged,) = facts.approvals
    approval = replace(
        judged.checked.approval,
        approver=Party(name="Légal \x1b[31m & Söhne"),
        conditions=(
            Condition(text="only in episode 3\x07"),
            Condition(text="credit the artist " * 10),
        ),
        valid_until=datetime(2026, 12, 31, tzinfo=UTC),
    )
    checked = replace(judged.checked, approval=approval)
    return replace(facts, approvals=(JudgedApproval(checked=checked, not_covering=None),))


def named() -> AssetFacts:
    """Return facts of a file whose signal names what made it."""
    facts = declaring(Level.DECLARES)
    generator = Generator(tool="Desk \x1b[0m", model="m", version="4")
    return replace(facts, signals=(replace(facts.signals[0], generator=generator),))


def frames(*numbers: int, facts: AssetFacts = TAGGED) -> tuple[AssetFacts, ...]:
    """Return facts of frames of one sequence, each with digests of its own."""
    return tuple(
        replace(
            facts,
            path=f"render/shot.{number:04d}.png",
            file_digest=sha256_digest(b"file %d" % number),
            essence_digest=sha256_digest(b"essence %d" % number),
        )
        for number in numbers
    )


SEQUENCE = scanned(
    *frames(1, 2, 3),
    *frames(4, facts=approved(ApprovalStatus.VALID)),
    *frames(5, 6, 8),
    *frames(9, facts=troubled(ProblemKind.DAMAGED)),
)
"""Eight frames: six blocked for one reason, one approved, one damaged."""
EMPTY = scanned()
ONE = scanned(PLAIN)
MANY = scanned(*FACTS, conditional(), named(), ignored=("notes\x07.txt",))
ODD = scanned(
    *(replace(facts, path=path) for path in ODD_PATHS for facts in FACTS), ignored=ODD_PATHS
)
STRICT = scanned(*FACTS, strict=True)
SCANS = {
    "empty": EMPTY,
    "one": ONE,
    "many": MANY,
    "odd paths": ODD,
    "strict": STRICT,
    "sequence": SEQUENCE,
}
