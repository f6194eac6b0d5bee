"""The one list of signal kinds, and the rule table derived from it."""

from provenance.model.reading import Reading
from provenance.model.signal import Signal
from provenance.signals.c2pa_source_type import C2paSourceType
from provenance.signals.c2pa_statement import C2paStatement
from provenance.signals.comfyui import ComfyUi
from provenance.signals.diffusion_text import DiffusionText
from provenance.signals.interface import SignalKind, SignalRule
from provenance.signals.xmp_source_type import XmpSourceType

SIGNALS: tuple[SignalKind, ...] = (
    C2paSourceType(),
    C2paStatement(),
    XmpSourceType(),
    DiffusionText(),
    ComfyUi(),
)
"""Every kind; to add one, write its file and name it here."""

SIGNAL_RULES: dict[str, SignalRule] = {
    rule.rule_id: rule for kind in SIGNALS for rule in kind.rules
}
"""Every rule by its id."""


def find_signals(reading: Reading) -> tuple[Signal, ...]:
    """Return all evidence in a reading, the surest first."""
    found = [signal for kind in SIGNALS for signal in kind.find(reading)]
    return tuple(sorted(found, key=lambda signal: -signal.level.rank))
