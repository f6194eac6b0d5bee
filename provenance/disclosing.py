"""Put together what the registry knows of AI use, asset by asset, and what is missing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from provenance.errors import MediaError
from provenance.examining import Examiner, shown
from provenance.model.ai_use import AiUse, Answer
from provenance.model.digest import Digest
from provenance.model.disclosure import DisclosedUse, Disclosure
from provenance.model.signal import Generator
from provenance.registry.interface import AssetRecord, AssetStatus, AttestationKind, Registry
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

    def disclose(
        self, paths: Iterable[Path] = (), *, production: str = "", picture: Picture | None = None
    ) -> Disclosure:
        """Return every use known, or with paths those whose content lies below them now.

        A thumbnail is made only of a file that still has the content spoken of.
        """
        named = tuple(paths)
        unread: list[str] = []
        assets = {one.essence_digest: one for one in self._registry.assets()}
        known = dict.fromkeys([*assets, *self._spoken_of()])
        places = dict(self._found(named, unread)) if named else {}
        return Disclosure(
            production=production,
            made_at=self._clock(),
            uses=tuple(
                self._pictured(self._use(digest, assets.get(digest), places.get(digest)), picture)
                for digest in known
                if not named or digest in places
            ),
            paths=tuple(map(shown, named)),
            unread=tuple(unread),
        )

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
        self, digest: Digest, record: AssetRecord | None, place: tuple[Path, datetime] | None
    ) -> DisclosedUse:
        ai_use = self._verifier.ai_use(digest)
        approvals = self._verifier.approvals((digest,))
        overrides = self._verifier.overrides(digest)
        sightings = self._registry.sightings_of(record.asset_id) if record else ()
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
    subjects = [
        *(use.ai_use.subjects if use.ai_use else ()),
        *(subject for one in use.approvals for subject in one.approval.subjects),
        *(subject for one in use.overrides for subject in one.override.subjects),
    ]
    named = (one.name for one in subjects if one.essence_digest == use.essence_digest)
    return next(named, "unnamed")
