"""Tag a file as temporary: staged, read back, exchanged, remembered.

Order of a write: intent recorded, native fields and XMP and C2PA into a staging copy, the copy
read back and compared, exchanged with the original, registry told, intent settled. A failure or a
crash at any point leaves the original or the whole tagged file.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from provenance.carriers.c2pa import sign_detached
from provenance.carriers.interface import Carrier
from provenance.carriers.sidecar import write_c2pa_sidecar, write_xmp_sidecar
from provenance.carriers.signing_chain import SigningChain
from provenance.composing import Composer
from provenance.errors import (
    CarrierError,
    DamagedMediaError,
    IsolationError,
    MediaError,
    NotWritableError,
    TaggingError,
)
from provenance.examining import Examined, Examiner, shown
from provenance.isolation.interface import TaskRunner
from provenance.media.source import FileSource
from provenance.media.staging import Staging, require_writable
from provenance.media.undo import undo_record
from provenance.model.digest import Digest
from provenance.model.outcome import Action, TagOutcome
from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.registry.interface import AssetStatus, BlobStore, Registry, Sighting
from provenance.remembering import Rememberer
from provenance.writing import absolute, announced_staging

_SIDECAR = "sidecar"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRequest:
    """Why a file is to be tagged."""

    declared_by: DeclaredBy
    """Zone, person, or the signals of the file itself."""
    reasons: tuple[str, ...] = ()
    """Why, in short."""
    source_type: DigitalSourceType | None = None
    """What is declared of the making; None takes what the file says, else fully generated."""
    generator: Generator | None = None
    """What made it; None takes what the file says."""


class Tagger:
    """Writes tags."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        carriers: Sequence[Carrier],
        registry: Registry,
        blobs: BlobStore,
        chain: SigningChain,
        runner: TaskRunner,
        clock: Callable[[], datetime],
        embed_limit: int,
    ) -> None:
        self._examiner = examiner
        self._composer = Composer(examiner, carriers)
        self._registry = registry
        self._blobs = blobs
        self._chain = chain
        self._runner = runner
        self._clock = clock
        self._embed_limit = embed_limit
        self._rememberer = Rememberer(registry, clock)

    def tag(self, path: Path, request: TagRequest, *, dry_run: bool = False) -> TagOutcome:
        """Tag one file; a file that already carries its tag is left byte for byte.

        A file that must not be written is registered and, where possible, tagged beside. Raises
        UnreadableError or DamagedMediaError if it cannot be understood, TaggingError if it could
        not be written; it is then as it was.
        """
        with self.examine(path) as examined:
            return self.tag_examined(examined, request, dry_run=dry_run)

    def examine(self, path: Path) -> Examined:
        """Open and read a file; the caller closes it. Raises UnreadableError if it cannot."""
        return self._examiner.examine(path)

    def tag_examined(
        self,
        examined: Examined,
        request: TagRequest,
        *,
        dry_run: bool = False,
        is_recorded: bool = False,
    ) -> TagOutcome:
        """Tag a file that is open; `is_recorded` if the registry knows its essence. See `tag`."""
        path = examined.path
        if request.declared_by is DeclaredBy.SIGNAL and not examined.declares_ai:
            detail = "no AI declaration found"
            return TagOutcome(path=path, action=Action.NOTHING_DECLARED, detail=detail)
        self._require_sound(examined)
        if request.declared_by is not DeclaredBy.PERSON:
            withdrawn = self._withdrawn(examined)
            if withdrawn is not None:
                return withdrawn
        if examined.tag is not None and self._rememberer.is_its_own(examined, examined.tag):
            return self._already(examined, examined.tag, dry_run=dry_run)
        if dry_run:
            return TagOutcome(path=path, action=Action.WOULD_TAG, detail=_intention(examined))
        tag = self.declaration(examined, request)
        return self._write(examined, tag, is_recorded=is_recorded)

    def _withdrawn(self, examined: Examined) -> TagOutcome | None:
        """Return what to say of content a person withdrew: only a person may declare it again."""
        known = self._registry.find_by_essence(examined.identity.essence_digest)
        if known is None or known.status is not AssetStatus.WITHDRAWN:
            return None
        return TagOutcome(
            path=examined.path,
            action=Action.WITHDRAWN,
            detail=f"left as it is; it was withdrawn: {known.withdrawn_reason}",
            carriers=examined.carriers,
            asset_id=known.asset_id,
        )

    def _require_sound(self, examined: Examined) -> None:
        """Raise DamagedMediaError for a file of a known format that does not close."""
        if examined.fmt is not None and not examined.is_whole:
            detail = "; ".join(problem.detail for problem in examined.problems)
            raise DamagedMediaError(
                f"{shown(examined.path)}: {detail or 'damaged'}; not written, the file is as it was"
            )
        if examined.source.size == 0:
            raise DamagedMediaError(f"{shown(examined.path)}: the file holds no bytes")

    def declaration(self, examined: Examined, request: TagRequest) -> ProvenanceTag:
        """Return the tag that a file is to bear."""
        return self._rememberer.declaration(
            examined,
            request.declared_by,
            reasons=request.reasons,
            source_type=request.source_type,
            generator=request.generator,
        )

    def _already(self, examined: Examined, tag: ProvenanceTag, *, dry_run: bool) -> TagOutcome:
        detail = "nothing was changed"
        if not dry_run:
            self._rememberer.remember(examined, tag)
            # A writer that died after the exchange, or somebody who stripped it, left no manifest.
            if examined.reading.credentials is None and self._sign_detached(examined, tag)[0]:
                detail = "the file was not changed; the manifest it lacked now lies beside it"
        return TagOutcome(
            path=examined.path,
            action=Action.ALREADY,
            detail=detail,
            carriers=examined.carriers,
            asset_id=tag.asset_id,
        )

    def _write(self, examined: Examined, tag: ProvenanceTag, *, is_recorded: bool) -> TagOutcome:
        """Register first: whatever happens to the file, its content is known from here on."""
        if not is_recorded:
            stored = self._rememberer.remember(examined, tag)
            tag = replace(tag, asset_id=stored.asset_id)  # a frame joins the asset of the others
        try:
            self._require_embeddable(examined)
            return self._write_into(examined, tag)
        except (NotWritableError, CarrierError, IsolationError) as error:
            why = str(error).removeprefix(f"{shown(examined.path)}: ")
            return self._write_beside(examined, tag, why)

    def _require_embeddable(self, examined: Examined) -> None:
        require_writable(examined.source)
        if examined.fmt is None or not (examined.fmt.xmp_place or examined.fmt.embeds_c2pa):
            raise NotWritableError(f"{shown(examined.path)}: files of its format are not written")
        if examined.has_foreign_store_beside:
            raise NotWritableError(
                f"{shown(examined.path)}: another's C2PA store lies beside it, whose hash a changed"
                " file would break"
            )
        if examined.source.size > self._embed_limit:
            raise NotWritableError(f"{shown(examined.path)}: larger than tagging.embed_limit")

    def _write_into(self, examined: Examined, tag: ProvenanceTag) -> TagOutcome:
        with self._announced(examined.source) as staging:
            failures = self._composer.compose(examined, staging, tag)
            after, written = self._composer.read_back(examined, staging, tag)
            undo = self._keep_undo(examined)
            staging.commit()
        beside, more = self._sign_detached(examined, tag) if "c2pa" not in written else ("", ())
        failures += more
        self._registry.record_sighting(
            Sighting(
                asset_id=tag.asset_id,
                path=absolute(examined.path),
                file_digest=after,
                carriers=written,
                seen_at=self._clock(),
                undo=undo,
            )
        )
        return TagOutcome(
            path=examined.path,
            action=Action.TAGGED,
            detail=f"tagged in {', '.join(written)}{beside}{_left_out(failures)}",
            carriers=written,
            asset_id=tag.asset_id,
        )

    def _write_beside(self, examined: Examined, tag: ProvenanceTag, why: str) -> TagOutcome:
        """Tag in sidecars; if the folder refuses those too, the registry alone knows."""
        path = examined.path
        try:
            with self._announced(examined.source):
                write_xmp_sidecar(path, tag)
        except (TaggingError, CarrierError, MediaError) as error:
            self._rememberer.remember(examined, tag)
            return TagOutcome(
                path=path,
                action=Action.REGISTERED,
                detail=f"not written ({why}); no sidecar ({error}); the registry knows it",
                asset_id=tag.asset_id,
            )
        failures = self._sign_detached(examined, tag)[1] if not examined.reading.credentials else ()
        self._rememberer.remember(examined, tag)
        return TagOutcome(
            path=path,
            action=Action.DETACHED,
            detail=f"tagged in a sidecar: {why}{_left_out(failures)}",
            carriers=(_SIDECAR,),
            asset_id=tag.asset_id,
        )

    def _sign_detached(self, examined: Examined, tag: ProvenanceTag) -> tuple[str, tuple[str, ...]]:
        """Sign the new bytes beside a file that cannot hold a manifest.

        Returns what to add to the outcome, and what failed.
        """
        try:
            with FileSource(examined.path) as tagged, self._announced(tagged):
                self._sign_beside(tagged, tag)
        except (CarrierError, TaggingError, IsolationError) as error:
            return "", (f"c2pa sidecar: {error}",)
        return ", c2pa beside it", ()

    def _announced(self, source: FileSource) -> AbstractContextManager[Staging]:
        return announced_staging(source, self._registry, self._clock)

    def _sign_beside(self, source: FileSource, tag: ProvenanceTag) -> None:
        with tempfile.TemporaryFile() as scratch:
            store = sign_detached(
                self._runner, self._chain, tag, source=source, scratch=scratch.fileno()
            )
        write_c2pa_sidecar(source.path, store)

    def _keep_undo(self, examined: Examined) -> Digest | None:
        if examined.fmt is None:
            return None
        essence = examined.fmt.exact_essence(examined.source, examined.reading.contents)
        record = undo_record(examined.source, essence, examined.identity.file_digest)
        return self._blobs.put(record.to_bytes()) if record else None


def _left_out(failures: Sequence[str]) -> str:
    return f"; left out: {'; '.join(failures)}" if failures else ""


def _intention(examined: Examined) -> str:
    found = f"; it declares AI ({examined.signals[0].rule})" if examined.declares_ai else ""
    return f"would be tagged{found}"
