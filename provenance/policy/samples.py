"""Facts that rules use as examples."""

from dataclasses import replace
from datetime import UTC, datetime

from provenance.model.ai_use import AiUse, UseCategory
from provenance.model.approval import Approval, ApprovalStatus, CheckedApproval
from provenance.model.digest import sha256_digest
from provenance.model.evidence import Evidence
from provenance.model.facts import (
    AssetFacts,
    JudgedApproval,
    Problem,
    ProblemKind,
    Remembered,
)
from provenance.model.override import CheckedOverride, JudgedOverride, Override, OverrideStatus
from provenance.model.party import Party
from provenance.model.signal import Level, Signal
from provenance.model.source_type import DigitalSourceType
from provenance.model.subject import Subject
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.model.trust_edition import UNSIGNED

_ESSENCE = sha256_digest(b"essence")
_OTHER = sha256_digest(b"another essence")
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ID = "urn:uuid:00000000-0000-4000-8000-000000000001"

TAG = ProvenanceTag(
    asset_id=_ID,
    source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
    declared_by=DeclaredBy.ZONE,
    reasons=("landed in generated/",),
    essence_digest=_ESSENCE,
    tagged_at=_NOON,
    tool="provenance/0.1.0",
)
PLAIN = AssetFacts(path="plate.png", format_name="png", essence_digest=_ESSENCE)
TAGGED = AssetFacts(
    path="tagged.png", format_name="png", essence_digest=_ESSENCE, tag=TAG, carriers=("xmp",)
)
COPIED_TAG = AssetFacts(
    path="copied.png", format_name="png", essence_digest=_OTHER, tag=TAG, carriers=("xmp",)
)
REMEMBERED = AssetFacts(
    path="stripped.png",
    format_name="png",
    essence_digest=_ESSENCE,
    remembered=Remembered(asset_id=_ID, reasons=("landed in generated/",), is_withdrawn=False),
)
WITHDRAWN = AssetFacts(
    path="mistake.png",
    format_name="png",
    essence_digest=_ESSENCE,
    remembered=Remembered(asset_id=_ID, reasons=(), is_withdrawn=True, withdrawn_reason="a slip"),
)
DECLARED_USE = AiUse(
    record_id="urn:uuid:00000000-0000-4000-8000-000000000003",
    subjects=(Subject(name="a.png", file_digest=_OTHER, essence_digest=_ESSENCE),),
    declared_by="VFX",
    declared_at=_NOON,
    categories=frozenset({UseCategory.BACKGROUND_INCIDENTAL}),
)


def declaring(level: Level) -> AssetFacts:
    """Return facts of a file that says of itself, this surely, that it is AI-made."""
    signal = Signal(rule="iptc-source-type", level=level, place="png/iTXt", value="trained")
    return AssetFacts(path="made.png", format_name="png", signals=(signal,))


REMEMBERED_AND_DECLARING = replace(declaring(Level.DECLARES), remembered=REMEMBERED.remembered)


def approved(status: ApprovalStatus, not_covering: str | None = None) -> AssetFacts:
    """Return facts of a tagged file with one approval in this state."""
    approval = Approval(
        approval_id="urn:uuid:00000000-0000-4000-8000-000000000002",
        subjects=(Subject(name="a.png", file_digest=_OTHER, essence_digest=_ESSENCE),),
        uses=frozenset({"final-deliverable"}),
        approver=Party(name="Legal"),
        approved_at=_NOON,
        evidence=(Evidence(name="mail.eml", digest=_OTHER, size=1),),
    )
    checked = CheckedApproval(
        approval=approval, status=status, reason="The reason is given here.", is_general=True
    )
    return AssetFacts(
        path="approved.png",
        format_name="png",
        essence_digest=_ESSENCE,
        tag=TAG,
        carriers=("xmp",),
        approvals=(JudgedApproval(checked=checked, not_covering=not_covering),),
    )


def overridden(status: OverrideStatus, not_covering: str | None = None) -> AssetFacts:
    """Return facts of a tagged file with one emergency override in this state."""
    override = Override(
        override_id="urn:uuid:00000000-0000-4000-8000-000000000003",
        subjects=(Subject(name="a.png", file_digest=_OTHER, essence_digest=_ESSENCE),),
        use="final-deliverable",
        by="Jo Lee, Post",
        reason="air date tonight",
        made_at=_NOON,
        valid_until=_NOON,
        trust_edition=UNSIGNED,
    )
    checked = CheckedOverride(override=override, status=status, reason="The reason is given here.")
    judged = JudgedOverride(checked=checked, not_covering=not_covering)
    return replace(TAGGED, path="overridden.png", overrides=(judged,))


def with_consents(facts: AssetFacts) -> AssetFacts:
    """Return the facts with approvals that rest on a talent's consent."""
    return replace(
        facts,
        approvals=tuple(
            replace(
                one,
                checked=replace(
                    one.checked, approval=replace(one.checked.approval, consents=("C-17",))
                ),
            )
            for one in facts.approvals
        ),
    )


def troubled(kind: ProblemKind) -> AssetFacts:
    """Return facts of a file with one problem."""
    return AssetFacts(path="broken.png", problems=(Problem(kind=kind, detail="it is broken"),))
