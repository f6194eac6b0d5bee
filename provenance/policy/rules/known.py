"""The one list of policy rules."""

from provenance.policy.interface import PolicyRule
from provenance.policy.rules.approval import ApprovalDoesNotHold
from provenance.policy.rules.content import CopiedTag, KnownByContent
from provenance.policy.rules.declared import AiDeclared, AiHint
from provenance.policy.rules.marking import MarkingRemoved
from provenance.policy.rules.override import OverrideDoesNotHold, OverrideInForce
from provenance.policy.rules.talent import ConsentMissing
from provenance.policy.rules.temporary import TemporaryUnapproved
from provenance.policy.rules.undecided import CouldNotDecide
from provenance.policy.rules.undeclared import AiUseUndeclared
from provenance.policy.rules.unread import FormatNotRead

RULES: tuple[PolicyRule, ...] = (
    TemporaryUnapproved(),
    AiDeclared(),
    KnownByContent(),
    CopiedTag(),
    ApprovalDoesNotHold(),
    OverrideInForce(),
    OverrideDoesNotHold(),
    ConsentMissing(),
    MarkingRemoved(),
    CouldNotDecide(),
    FormatNotRead(),
    AiUseUndeclared(),
    AiHint(),
)
"""Every rule in the order of a report; to add one, write its file and name it here."""

POLICY_RULES: dict[str, PolicyRule] = {rule.rule_id: rule for rule in RULES}
"""Every rule by its id."""
