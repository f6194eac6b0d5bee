"""The explicit list of kinds of evidence, and the search through all of them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from provenance.model.credential import Credentials
from provenance.model.metadata import MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.model.signal import Signal
from provenance.signals._keys import plain_key, plain_namespace
from provenance.signals.bytedance import ByteDance
from provenance.signals.c2pa_name import C2paName
from provenance.signals.c2pa_source_type import C2paSourceType
from provenance.signals.c2pa_statement import C2paStatement
from provenance.signals.comfyui import ComfyUi
from provenance.signals.diffusion_text import DiffusionText
from provenance.signals.draw_things import DrawThings
from provenance.signals.easy_diffusion import EasyDiffusion
from provenance.signals.exact_words import ExactWords
from provenance.signals.fooocus import Fooocus
from provenance.signals.grok import Grok
from provenance.signals.hosted_job import HostedJob
from provenance.signals.interface import ReadingKind, SignalKind, SignalRule
from provenance.signals.invokeai import InvokeAi
from provenance.signals.iptc_ai_system import IptcAiSystem
from provenance.signals.kling import Kling
from provenance.signals.luma import Luma
from provenance.signals.midjourney import Midjourney
from provenance.signals.model_generator import ModelGenerator
from provenance.signals.novelai import NovelAi
from provenance.signals.samsung import Samsung
from provenance.signals.suno import Suno
from provenance.signals.swarmui import SwarmUi
from provenance.signals.tc260 import Tc260
from provenance.signals.xmp_source_type import XmpSourceType

SIGNALS: tuple[SignalKind, ...] = (
    C2paSourceType(),
    C2paStatement(),
    C2paName(),
    XmpSourceType(),
    IptcAiSystem(),
    Tc260(),
    DiffusionText(),
    ComfyUi(),
    InvokeAi(),
    NovelAi(),
    Fooocus(),
    SwarmUi(),
    EasyDiffusion(),
    DrawThings(),
    ExactWords(),
    Midjourney(),
    Samsung(),
    Grok(),
    Luma(),
    ByteDance(),
    Suno(),
    Kling(),
    HostedJob(),
    ModelGenerator(),
)
"""Every kind; to add one, write its file and name it here."""

SIGNAL_RULES: dict[str, SignalRule] = {
    rule.rule_id: rule for kind in SIGNALS for rule in kind.rules
}
"""Every rule by its id."""

_MOST_SIGNALS = 64
"""Signals one kind may give for one file."""
_MOST_PLACES = 1000
"""Fields one kind is shown of one file; a hostile file holds a hundred thousand."""


class _Excerpt(NamedTuple):
    """The part of a reading that one kind is shown."""

    fields: tuple[MetadataField, ...] = ()
    properties: tuple[XmpProperty, ...] = ()
    credentials: Credentials | None = None


_Index = dict[str, tuple[tuple[str, tuple[SignalKind, ...]], ...]]
"""By key or name: the words to look for, and the kinds that want to see a text holding them."""


def _index(wanted: Iterable[tuple[SignalKind, Mapping[str, tuple[str, ...]]]]) -> _Index:
    found: dict[str, dict[str, tuple[SignalKind, ...]]] = {}
    for kind, places in wanted:
        for key, words in places.items():
            by_word = found.setdefault(key, {})
            for word in words:
                by_word[word] = (*by_word.get(word, ()), kind)
    return {key: tuple(by_word.items()) for key, by_word in found.items()}


# Most files have nothing to say: a look-up and a few words decide that no kind need look.
_BY_KEY = _index((kind, kind.places.fields) for kind in SIGNALS)
_BY_NAME = _index((kind, kind.places.properties) for kind in SIGNALS)
_BY_CREDENTIALS = frozenset(kind for kind in SIGNALS if kind.places.credentials)


def words_under(key: str) -> tuple[str, ...] | None:
    """Return the words of which a field of this key holds one if a kind looks at it, or None."""
    wanted = _BY_KEY.get(plain_key(key))
    return tuple(word for word, _ in wanted) if wanted else None


def words_of_property(namespace: str, name: str) -> tuple[str, ...] | None:
    """Return the same for an XMP property."""
    plain = plain_namespace(namespace)
    wanted = [
        word
        for kind in SIGNALS
        if plain.startswith(kind.places.namespace)
        for word in kind.places.properties.get(name, ())
    ]
    return tuple(dict.fromkeys(wanted)) or None


def find_signals(reading: Reading, extra_kinds: Iterable[ReadingKind] = ()) -> tuple[Signal, ...]:
    """Return all evidence in a reading, the surest first."""
    found = list(_listed(reading))
    for kind in extra_kinds:
        found += islice(kind.find(reading), _MOST_SIGNALS)
    return tuple(sorted(found, key=lambda signal: -signal.level.rank))


def _listed(reading: Reading) -> Iterator[Signal]:
    fields = _shared_fields(reading.fields)
    properties = _shared_properties(reading.properties)
    credentials = reading.credentials
    if not fields and not properties and credentials is None:
        return
    asked = {*fields, *properties, *(_BY_CREDENTIALS if credentials else ())}
    for kind in SIGNALS:
        if kind not in asked:
            continue
        own, said = fields.get(kind, {}), properties.get(kind, {})
        store = credentials if kind in _BY_CREDENTIALS else None
        excerpt = _Excerpt(tuple(own.values()), tuple(said.values()), store)
        yield from islice(kind.find(excerpt), _MOST_SIGNALS)


def _shared_fields(fields: Iterable[MetadataField]) -> dict[SignalKind, dict[int, MetadataField]]:
    shared: dict[SignalKind, dict[int, MetadataField]] = {}
    for number, found in enumerate(fields):
        for word, kinds in _BY_KEY.get(plain_key(found.key), ()):
            if word in found.value:
                for kind in kinds:
                    own = shared.setdefault(kind, {})
                    if len(own) < _MOST_PLACES:
                        own[number] = found
    return shared


def _shared_properties(
    properties: Iterable[XmpProperty],
) -> dict[SignalKind, dict[int, XmpProperty]]:
    shared: dict[SignalKind, dict[int, XmpProperty]] = {}
    for number, found in enumerate(properties):
        for word, kinds in _BY_NAME.get(found.name, ()):
            if word in found.value:
                for kind in kinds:
                    own = shared.setdefault(kind, {})
                    if len(own) < _MOST_PLACES:
                        own[number] = found
    return shared
