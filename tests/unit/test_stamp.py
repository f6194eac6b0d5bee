"""An index is not believed by a version that looks for something else."""

import hashlib

from provenance.glances.known import GLANCES
from provenance.signals.kinds import SIGNAL_RULES
from provenance.stamp import LOOKED_FOR, stamp_of


def test_the_stamp_knows_every_rule_and_every_glance() -> None:
    rules = sorted((rule.rule_id, str(rule.since)) for rule in SIGNAL_RULES.values())
    cleared = [(glance.format_name, glance.is_exact) for glance in GLANCES]
    now = hashlib.sha256(repr((rules, cleared)).encode()).hexdigest()
    assert now == LOOKED_FOR, f"set LOOKED_FOR in provenance/stamp.py to {now}"


def test_it_hangs_on_the_certificate_by_which_tags_are_ours() -> None:
    assert stamp_of((), "one") == stamp_of((), "one") != stamp_of((), "two")
