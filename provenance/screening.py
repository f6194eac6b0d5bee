"""What may be passed over in a glance: the words of all signals and carriers, as one screen."""

import hashlib
from collections.abc import Sequence

from provenance import __version__
from provenance.carriers import native, xmp_packet
from provenance.glances.known import GLANCES
from provenance.glances.screen import Screen, Words
from provenance.signals.interface import ANY, ReadingKind
from provenance.signals.kinds import SIGNAL_RULES, words_of_property, words_under

_EDITION = 2
"""To be raised when something else is found in files than was in the same version."""


def screen_for(extra_kinds: Sequence[ReadingKind] = ()) -> Screen:
    """Return the screen that lets through to a full reading whatever anybody here looks at."""

    def under(key: str) -> Words | None:
        if native.is_own_key(key) or any(kind.looks_under(key) for kind in extra_kinds):
            return ANY
        return words_under(key)

    def of_property(namespace: str, name: str) -> Words | None:
        is_ours = namespace == xmp_packet.NAMESPACE
        if is_ours or any(kind.looks_at(namespace, name) for kind in extra_kinds):
            return ANY
        return words_of_property(namespace, name)

    return Screen(words_under=under, words_of_property=of_property)


def stamp_of(extra_kinds: Sequence[ReadingKind], root_pem: str) -> str:
    """Return a text that is another one when files might be found to say something else.

    By the root certificate it is told which tags in C2PA manifests are ours.
    """
    known = sorted((rule.rule_id, str(rule.since)) for rule in SIGNAL_RULES.values())
    cleared = [glance.format_name for glance in GLANCES]
    told = (__version__, _EDITION, cleared, known, [kind.told for kind in extra_kinds], root_pem)
    return hashlib.sha256(repr(told).encode()).hexdigest()
