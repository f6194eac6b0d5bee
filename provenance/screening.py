"""What may be passed over in a glance: the words of all signals and carriers, as one screen."""

from collections.abc import Sequence

from provenance.carriers import native, xmp_packet
from provenance.glances.screen import Screen, Words
from provenance.signals.interface import ANY, ReadingKind
from provenance.signals.kinds import words_of_property, words_under


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
