"""The label China's standard GB 45438-2025 (TC260) demands on AI media, in every container."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object, text_at, values_of
from provenance.signals._keys import REMARKS, fields_under, place_of, plain_namespace
from provenance.signals._samples import with_field, with_property
from provenance.signals.interface import ANY, JSON, Evidence, Places, SignalRule

_KEY, _LABEL = "aigc", "label"
_KEYS = REMARKS | {_KEY}
_NAMES = ("AIGC", "Aigc", "aigc")
_NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/"
_OURS = plain_namespace(_NAMESPACE)
_MEMBERS = ("Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")
_SERVICES = ("ServiceProvider", "ServiceUser")
_PARTIES = frozenset(name.lower() for name in (*_MEMBERS[1:], *_SERVICES))
_LOWER = frozenset(name.lower() for name in _SERVICES)
_BARE = re.compile(r"\s{0,8}AIGC\s{0,8}[:=]?\s{0,8}(?=\{)")
_PRODUCTS = {"001191110102MACQD9K64": "Doubao", "00119144030008867405X2": "Jimeng"}
"""Codes of producers that were seen, by their beginning."""
_SURE, _UNSURE = "1", frozenset({"2", "3"})


def _label(label: str, party: str = "ContentProducer") -> str:
    return f'{{"Label":"{label}","{party}":"001191110102MACQD9K64010000","ProduceID":"1"}}'


def _reading(value: str, key: str = "AIGC", place: str = "png/tEXt") -> Reading:
    return with_field(key, value, place)


def _structured(label: str, namespace: str = _NAMESPACE + "1.0/") -> Reading:
    first = with_property(namespace, "Label", label)
    second = with_property(namespace, "ContentProducer", "001191")
    return replace(first, properties=(*first.properties, *second.properties))


DECLARED = SignalRule(
    rule_id="tc260-aigc-label",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="The AIGC label of China's standard says that AI made the media",
    explanation=(
        "GB 45438-2025 demands a JSON label on AI media since September 2025: Label 1 beside the"
        " codes of producer or propagator, bare or wrapped in AIGC, as a field AIGC, in XMP or in"
        " a comment. Source: the standard, its practice guides, real files."
    ),
    examples=(
        _reading(_label("1")),
        _reading(f'{{"AIGC":{_label("1")}}}', "AIGC", "mp4/moov/udta/meta/ilst"),
        _reading(_label("1", "ServiceProvider"), "ImageDescription", "jpeg/Exif/IFD0"),
        _reading(f"AIGC{_label('1')}", "", "jpeg/APP11"),
        _reading(_label("1"), "----:com.apple.iTunes:AIGC", "mp4/moov/udta/meta/ilst"),
        _reading(_label("1"), "AIGC", "pdf/Info"),
        _reading('{"label":1,"contentProducer":"001191"}'),
        _reading(f'{{"data":{{"AIGC":{_label("1")}}}}}', "UserComment", "jpeg/Exif/ExifIFD"),
        _reading(" " + _label("1").replace('"', '\\"')),
        with_property(_NAMESPACE + "1.0/", "AIGC", _label("1")),
        with_property(_NAMESPACE.replace("http:", "https:"), "AIGC", _label("1")),
        _structured("1"),
        with_property(_NAMESPACE + "1.0/", "AIGC", _label("1").replace('"', "&quot;")),
    ),
    counterexamples=(
        _reading('{"Label":"1"}'),
        _reading('{"Label":"1","Artist":"X"}'),
        _reading('{"Label":"0","ContentProducer":"X"}'),
        _reading(_label("2")),
        _reading("AIGC Label 1 ContentProducer"),
        _reading(_label("1"), "Subject", "pdf/Info"),
        _reading('{"label":1,"serviceProvider":"Acme","serviceUser":"Jo"}', "Comment"),
        with_property("http://purl.org/dc/elements/1.1/", "AIGC", _label("1")),
        with_property(_NAMESPACE + "1.0/", "Label", "1"),
        _structured("2"),
        _structured("1", "http://ns.adobe.com/xap/1.0/"),
    ),
)
UNSURE = SignalRule(
    rule_id="tc260-aigc-suspected",
    level=Level.HINT,
    since=date(2026, 11, 1),
    title="The AIGC label of China's standard says that AI may have made the media",
    explanation=(
        "Label 2 (possibly) and 3 (suspected) are written by a platform that distributes, not by"
        " the producer; some write the parties without any label. Source: GB 45438-2025."
    ),
    examples=(
        _reading(_label("2")),
        _reading(_label("3")),
        _reading('{"AIGC":{"ServiceProvider":"X","ServiceUser":"Y"}}', "ImageDescription"),
    ),
    counterexamples=(_reading(_label("1")), _reading(_label("4"))),
)


class Tc260:
    """AIGC labels."""

    rules = (DECLARED, UNSURE)
    places = Places(
        fields=dict.fromkeys(_KEYS, JSON),
        properties=dict.fromkeys(_NAMES, JSON) | dict.fromkeys(_MEMBERS, ANY),
        namespace=_OURS,
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for key, found in fields_under(evidence, _KEYS):
            yield from _signals(place_of(found), found.value, is_named=key == _KEY)
        groups: dict[str, dict[str, object]] = {}
        for said in evidence.properties:
            if not plain_namespace(said.namespace).startswith(_OURS):
                continue
            if said.name in _NAMES:
                yield from _signals(f"{said.place}/TC260:{said.name}", said.value, is_named=True)
            elif said.name in _MEMBERS:
                groups.setdefault(f"{said.place}/TC260", {})[said.name.lower()] = said.value
        for place, group in groups.items():
            yield from _judged(place, group, is_ours=False)


def _signals(place: str, text: str, *, is_named: bool) -> Iterator[Signal]:
    bare = _BARE.match(text)
    document = parse_object(text[bare.end() :] if bare else text) if _may_label(text) else None
    if document is None:
        return
    inner = next((value for name in _NAMES for value in values_of(document, name)), None)
    wrapped = parse_object(inner) if isinstance(inner, str) else inner
    label = wrapped if isinstance(wrapped, Mapping) else document
    is_ours = is_named or bare is not None or label is wrapped
    # In the wrong case, `serviceProvider` is a word of other documents too.
    known = [key for key in label if is_ours or key in _SERVICES or key.lower() not in _LOWER]
    yield from _judged(place, {key.lower(): label[key] for key in known}, is_ours=is_ours)


def _judged(place: str, label: Mapping[str, object], *, is_ours: bool) -> Iterator[Signal]:
    """Yield what a label says; its keys are in lower case, as some write them."""
    said = text_at(label, _LABEL)
    if _PARTIES.isdisjoint(label):
        return
    if said == _SURE:
        yield DECLARED.hit(place, _shown(said, label), _generator(label))
    elif said in _UNSURE or (_LABEL not in label and is_ours):
        yield UNSURE.hit(place, _shown(said, label), _generator(label))


def _may_label(text: str) -> bool:
    lower = text.lower()
    return any(party in lower for party in _PARTIES)


def _shown(said: str, label: Mapping[str, object]) -> str:
    producer = text_at(label, "contentproducer")
    return f"Label {said or 'missing'}" + (f", ContentProducer {producer}" if producer else "")


def _generator(label: Mapping[str, object]) -> Generator | None:
    said = text_at(label, "contentproducer") or text_at(label, "serviceprovider")
    known = (name for code, name in _PRODUCTS.items() if said.startswith(code))
    tool = next(known, said)
    return Generator(tool=tool) if tool else None
