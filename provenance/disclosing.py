"""Put together what the registry knows of AI use, asset by asset, and what is missing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from provenance.errors import MediaError
from provenance.examining import Examiner
from provenance.media.frames import frame_of, named_together
from provenance.model.ai_use import AiUse, Answer
from provenance.model.digest import Digest
from provenance.model.disclosure import DisclosedUse, Disclosure
from provenance.model.sequence import in_sequences
from provenance.model.signal import Generator
from provenance.path_text import shown
from provenance.recalling import Earlier
from provenance.registry.interface import Registry
from provenance.registry.records import AssetRecord, AssetStatus, AttestationKind, Sighting
from provenance.verifying import Verifier
from provenance.walking import walk
from provenance.writing import absolute

Picture = Callable[[Path, str], bytes | None]
"""Returns a small JPEG of a picture file of a format, None where there is none to be had."""


class Discloser:
    """Says what is known of AI use."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        registry: Registry,
        verifier: Verifier,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._registry = registry
        self._verifier = verifier
        self._clock = clock
        self._earlier = Earlier()

    def disclose(
        self, paths: Iterable[Path] = (), *, production: str = "", picture: Picture | None = None
    ) -> Disclosure:
        """Return every use known, or with paths those whose content lies below them now.

        A thumbnail is made only of a file that still has the content spoken of.
        """
        named = tuple(paths)
        unread: list[str] = []
        known = dict.fromkeys([*self._remembered(), *self._spoken_of()])
        places = dict(self._found(named, unread)) if named else {}
        sightings = lru_cache(1)(self._registry.sightings_of)  # frames come asset by asset
        uses = (
            self._use(digest, places.get(digest), sightings)
            for digest in known
            if not named or digest in places
        )
        return Disclosure(
            production=production,
            made_at=self._clock(),
            uses=tuple(self._pictured(use, picture) for use in _frames_as_one(uses)),
            paths=tuple(map(shown, named)),
            unread=tuple(unread),
        )

    def _remembered(self) -> Iterator[Digest]:
        """Yield the essences of every asset, of an image sequence those of its frames."""
        for asset in self._registry.assets():
            yield from self._registry.frames_of(asset.asset_id) or (asset.essence_digest,)

    def _spoken_of(self) -> Iterator[Digest]:
        """Yield the bytes that records name, whether they were ever seen or not."""
        for kind in (AttestationKind.AI_USE, AttestationKind.APPROVAL, AttestationKind.OVERRIDE):
            for stored in self._registry.attestations(kind):
                yield from stored.subjects

    def _found(
        self, paths: Iterable[Path], unread: list[str]
    ) -> Iterator[tuple[Digest, tuple[Path, datetime]]]:
        for found in walk(paths):
            try:
                with self._examiner.examine(found.path, endings=found.endings) as examined:
                    yield examined.essence_digest, (found.path, self._clock())
            except MediaError as error:
                unread.append(f"{shown(found.path)}: {error}")

    def _use(
        self,
        digest: Digest,
        place: tuple[Path, datetime] | None,
        sightings_of: Callable[[str], tuple[Sighting, ...]],
    ) -> DisclosedUse:
        record = self._registry.find_by_essence(digest)
        ai_use = self._verifier.ai_use(digest)
        approvals = self._verifier.approvals((digest,), self._earlier)
        overrides = self._verifier.overrides(digest)
        sightings = sightings_of(record.asset_id) if record else ()
        last_path = absolute(place[0]) if place else sightings[-1].path if sightings else ""
        use = DisclosedUse(
            name="",
            essence_digest=digest,
            tools=tuple(dict.fromkeys(_tools(record, ai_use))),
            last_seen=place[1] if place else sightings[-1].seen_at if sightings else None,
            last_path=last_path,
            ai_use=ai_use,
            approvals=approvals,
            overrides=overrides,
        )
        if record is not None:
            is_withdrawn = record.status is AssetStatus.WITHDRAWN
            use = replace(
                use,
                asset_id=record.asset_id,
                media_type=record.media_type,
                made_as=record.source_type.name.lower().replace("_", " "),
                first_seen=record.recorded_at,
                withdrawn=record.withdrawn_reason if is_withdrawn else None,
            )
        return replace(use, name=_name(use), missing=tuple(missing(use)))

    def _pictured(self, use: DisclosedUse, picture: Picture | None) -> DisclosedUse:
        if picture is None or not use.last_path or not use.media_type.startswith("image/"):
            return use
        path = Path(use.last_path)
        try:
            with self._examiner.examine(path) as examined:
                if examined.essence_digest != use.essence_digest:
                    return use
                return replace(use, thumbnail=picture(path, examined.reading.format_name))
        except MediaError:
            return use


def _frames_as_one(uses: Iterable[DisclosedUse]) -> Iterator[DisclosedUse]:
    """Yield uses, those frames of one asset as one of which there is the same to say."""
    groups: dict[tuple[object, ...], list[DisclosedUse]] = {}
    for use in uses:
        about = (
            use.asset_id or use.essence_digest,
            use.withdrawn,
            use.missing,
            use.ai_use and use.ai_use.record_id,
            *((one.approval.approval_id, one.status) for one in use.approvals),
            *((one.override.override_id, one.status) for one in use.overrides),
        )
        groups.setdefault(about, []).append(use)
    for group in groups.values():
        yield replace(group[0], name=_name_of_all(group)) if len(group) > 1 else group[0]


def _name_of_all(frames: Sequence[DisclosedUse]) -> str:
    """Return the range of frames where records name each, else one of them and how many more."""
    names = [Path(name) for name in map(_spoken_name, frames) if name]
    if len(names) == len(frames) and len(in_sequences(names, frame_of)) == 1:
        return shown(named_together(names))
    return f"{frames[0].name} (+{len(frames) - 1} more)"


def missing(use: DisclosedUse) -> Iterator[str]:
    """Yield what a lawyer would ask for next, in sentences."""
    if use.withdrawn is not None:
        return
    holding = [one for one in use.approvals if one.status.holds]
    if not use.approvals:
        yield "No written approval is recorded."
    elif not holding:
        yield f"No approval holds: {use.approvals[-1].reason}"
    if not use.tools:
        yield "The tool is not known."
    if use.ai_use is None:
        yield "Nobody declared for what and how AI was used."
        return
    yield from _undeclared(use.ai_use)
    allowed = frozenset().union(*(one.approval.categories for one in holding))
    beyond = sorted(use.ai_use.categories - allowed) if holding else []
    if beyond:
        yield f"No approval names the category {', '.join(beyond)}."


def _undeclared(ai_use: AiUse) -> Iterator[str]:
    if not ai_use.categories:
        yield "No category of use is declared."
    if ai_use.prominence is None:
        yield "Nobody declared how much an audience sees or hears of it."
    if any(category.concerns_talent for category in ai_use.categories) and not ai_use.consents:
        yield "A performer is concerned, and no consent is on record."
    if any(one.is_owned is not Answer.YES for one in ai_use.inputs):
        yield "Something that was put into a tool is not surely owned or cleared."


def _tools(record: AssetRecord | None, ai_use: AiUse | None) -> Iterator[str]:
    if record is not None and record.generator is not None:
        yield _generator(record.generator)
    for tool in ai_use.tools if ai_use else ():
        plan = f" ({tool.plan})" if tool.plan else ""
        yield f"{tool.name} {tool.version}".strip() + plan


def _generator(maker: Generator) -> str:
    return " ".join(part for part in (maker.tool, maker.model, maker.version) if part)


def _name(use: DisclosedUse) -> str:
    if use.last_path:
        return shown(Path(Path(use.last_path).name))
    return _spoken_name(use) or "unnamed"


def _spoken_name(use: DisclosedUse) -> str:
    """Return the name that a record gives it; empty if none does."""
    subjects = [
        *(use.ai_use.subjects if use.ai_use else ()),
        *(subject for one in use.approvals for subject in one.approval.subjects),
        *(subject for one in use.overrides for subject in one.override.subjects),
    ]
    named = (one.name for one in subjects if one.essence_digest == use.essence_digest)
    return next(named, "")
