"""Tag a file as temporary: staged, read back, exchanged, remembered.

Order of a write: lease taken, content and intent recorded, native fields and XMP and C2PA into a
staging copy, the copy read back and compared; then in one transaction exchanged with the original,
the registry told, the intent settled and the lease let go. A failure or a crash at any point leaves
the original or the whole tagged file; a host that lost its lease leaves it as it is. A master above
the limit is not copied: see `amending`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from provenance.amending import Amender
from provenance.carriers.interface import Carrier
from provenance.carriers.sidecar import write_xmp_sidecar
from provenance.carriers.signing_chain import SigningChain
from provenance.composing import Composer, Written
from provenance.errors import (
    CarrierError,
    ChangedMeanwhileError,
    DamagedMediaError,
    IsolationError,
    MediaError,
    NotWritableError,
    TaggingError,
)
from provenance.examining import Examined, Examiner
from provenance.faults import faultpoint
from provenance.isolation.interface import TaskRunner
from provenance.leasing import LeaseKeeper
from provenance.media.source import FileSource
from provenance.media.staging import require_writable
from provenance.model.outcome import Action, TagOutcome
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.model.tag_request import TagRequest
from provenance.path_text import shown
from provenance.references.interface import Package
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.lease import Lease
from provenance.registry.records import AssetStatus
from provenance.remembering import Rememberer
from provenance.rewriting import Rewriter
from provenance.signing_beside import SignerBeside
from provenance.writing import AnnouncedWrite, announced_write, refusals_named

_SIDECAR = "sidecar"


class Tagger:
    """Writes tags."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        carriers: Sequence[Carrier],
        registry: Registry,
        leases: LeaseKeeper,
        blobs: BlobStore,
        chain: SigningChain,
        runner: TaskRunner,
        clock: Callable[[], datetime],
        embed_limit: int,
        package_of: Callable[[Path], Package | None] = lambda _: None,
    ) -> None:
        self._examiner = examiner
        self._rewriter = Rewriter(Composer(examiner, carriers), blobs, clock)
        self._amender = Amender(
            carriers=carriers, runner=runner, chain=chain, blobs=blobs, clock=clock
        )
        self._registry = registry
        self._leases = leases
        self._signer = SignerBeside(runner, chain)
        self._clock = clock
        self._embed_limit = embed_limit
        self._package_of = package_of
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
        with refusals_named(path):
            return self._examiner.examine(path)

    def tag_examined(
        self,
        examined: Examined,
        request: TagRequest,
        *,
        dry_run: bool = False,
    ) -> TagOutcome:
        """Tag a file that is open. See `tag`."""
        with refusals_named(examined.path):
            return self._tag(examined, request, dry_run=dry_run)

    def _tag(self, examined: Examined, request: TagRequest, *, dry_run: bool) -> TagOutcome:
        path = examined.path
        if request.declared_by is DeclaredBy.SIGNAL and not examined.declares_ai:
            detail = "no AI declaration found"
            return TagOutcome(path=path, action=Action.NOTHING_DECLARED, detail=detail)
        self._require_sound(examined)
        if not dry_run and examined.tag is None and self._is_master(examined):
            self._amender.identify(examined)
        if request.declared_by is not DeclaredBy.PERSON:
            withdrawn = self._withdrawn(examined)
            if withdrawn is not None:
                return withdrawn
        if examined.tag is not None and self._rememberer.is_its_own(examined, examined.tag):
            return self._already(examined, examined.tag, dry_run=dry_run)
        if dry_run:
            return TagOutcome(path=path, action=Action.WOULD_TAG, detail=_intention(examined))
        tag = self.declaration(examined, request)
        return self._write(examined, tag)

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
            may_sign = examined.reading.credentials is None and not self._sealed_by(examined)
            if may_sign and self._signs_again(examined, tag):
                detail = "the file was not changed; the manifest it lacked now lies beside it"
        return TagOutcome(
            path=examined.path,
            action=Action.ALREADY,
            detail=detail,
            carriers=examined.carriers,
            asset_id=tag.asset_id,
        )

    def _write(self, examined: Examined, tag: ProvenanceTag) -> TagOutcome:
        """Register first: whatever happens to the file, its content is known from here on."""
        package = self._sealed_by(examined)
        if package:
            self._rememberer.remember(examined, tag)
            return TagOutcome(
                path=examined.path,
                action=Action.REGISTERED,
                detail=f"not written, for a file more or another one breaks the {package.name} it"
                " belongs to; the registry knows it",
                asset_id=tag.asset_id,
            )

        kept = tag

        def remember(lease: Lease) -> None:
            nonlocal kept
            is_told = tag.declared_by is DeclaredBy.PERSON
            if not is_told and self._withdrawn(examined) is not None:
                raise ChangedMeanwhileError(f"{shown(examined.path)}: it was withdrawn meanwhile")
            stored = self._rememberer.remember(examined, tag, lease=lease)
            kept = replace(tag, asset_id=stored.asset_id)  # a frame joins the asset of the others

        with self._announced(examined.source, remember) as write:
            faultpoint("tagging.after-remember")
            try:
                self._require_embeddable(examined)
                writer = self._amender if self._is_master(examined) else self._rewriter
                written = writer.write(examined, kept, write)
                return self._tagged(examined.path, kept, write, written)
            except (NotWritableError, CarrierError, IsolationError) as error:
                why = str(error).removeprefix(f"{shown(examined.path)}: ")
                return self._write_beside(examined, kept, write, why)

    def _sealed_by(self, examined: Examined) -> Package | None:
        return self._package_of(examined.path)

    def _require_embeddable(self, examined: Examined) -> None:
        require_writable(examined.source)
        if examined.fmt is None or not (examined.fmt.xmp_place or examined.fmt.embeds_c2pa):
            raise NotWritableError(f"{shown(examined.path)}: files of its format are not written")
        if examined.has_foreign_store_beside:
            raise NotWritableError(
                f"{shown(examined.path)}: another's C2PA store lies beside it, whose hash a changed"
                " file would break"
            )

    def _is_master(self, examined: Examined) -> bool:
        """Return whether a file is too large to be written anew."""
        return examined.source.size > self._embed_limit

    def _tagged(
        self, path: Path, tag: ProvenanceTag, write: AnnouncedWrite, written: Written
    ) -> TagOutcome:
        """Return what was written; a manifest that the file cannot hold is put beside it."""
        carriers, failures = written.sighting.carriers, written.failures
        beside = ""
        if "c2pa" not in carriers:
            beside, more = self._signer.sign(path, tag, write, written.sighting.file_digest)
            failures += more
        return TagOutcome(
            path=path,
            action=Action.TAGGED,
            detail=f"tagged in {', '.join(carriers)}{beside}{_left_out(failures)}",
            carriers=carriers,
            asset_id=tag.asset_id,
        )

    def _write_beside(
        self, examined: Examined, tag: ProvenanceTag, write: AnnouncedWrite, why: str
    ) -> TagOutcome:
        """Tag in sidecars; if the folder refuses those too, the registry alone knows."""
        path = examined.path
        try:
            write.staging.discard()
            with write.publishing():
                write_xmp_sidecar(path, tag)
        except ChangedMeanwhileError:
            raise  # the sidecar, which somebody saves: it is taken again
        except (TaggingError, CarrierError, MediaError) as error:
            return TagOutcome(
                path=path,
                action=Action.REGISTERED,
                detail=f"not written ({why}); no sidecar ({error}); the registry knows it",
                asset_id=tag.asset_id,
            )
        is_signed = examined.reading.credentials is not None
        digest = examined.identity.file_digest
        failures = () if is_signed else self._signer.sign(path, tag, write, digest)[1]
        return TagOutcome(
            path=path,
            action=Action.DETACHED,
            detail=f"tagged in a sidecar: {why}{_left_out(failures)}",
            carriers=(_SIDECAR,),
            asset_id=tag.asset_id,
        )

    def _signs_again(self, examined: Examined, tag: ProvenanceTag) -> bool:
        """Sign beside a file that bears its tag; return whether that was possible."""
        with self._announced(examined.source) as write:
            digest = examined.identity.file_digest
            return bool(self._signer.sign(examined.path, tag, write, digest)[0])

    def _announced(
        self, source: FileSource, remember: Callable[[Lease], None] | None = None
    ) -> AbstractContextManager[AnnouncedWrite]:
        return announced_write(source, self._leases, self._clock, remember=remember)


def _left_out(failures: Sequence[str]) -> str:
    return f"; left out: {'; '.join(failures)}" if failures else ""


def _intention(examined: Examined) -> str:
    found = f"; it declares AI ({examined.signals[0].rule})" if examined.declares_ai else ""
    return f"would be tagged{found}"
