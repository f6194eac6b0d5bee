"""Tag masters in place: write what a tag needs into them, and nothing anew.

A master is read once: its own digests and the C2PA hash come from one pass, and what goes behind
its end is hashed on from there. What the file will be is read and compared with what it is before
a byte of it changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from provenance.carriers.interface import Carrier
from provenance.carriers.signing_chain import SigningChain
from provenance.carriers.xmp import packet_in
from provenance.carriers.xmp_packet import packet_with
from provenance.composing import Written, foreign_texts
from provenance.errors import CarrierError, IsolationError, MediaError
from provenance.examining import Examined
from provenance.isolation.interface import TaskRunner
from provenance.media.amendment import Amended
from provenance.media.digesting import digest_of
from provenance.media.interface import ByteSource, MediaFormat
from provenance.media.undo import UndoRecord
from provenance.media.xmp import parse_packets
from provenance.model.digest import Digest
from provenance.model.metadata import Completeness, Contents
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag
from provenance.registry.interface import BlobStore
from provenance.registry.records import Sighting
from provenance.signing_inside import SignerInside, can_sign_inside, hashed_on
from provenance.writing import AnnouncedWrite, absolute


@dataclass(frozen=True, slots=True)
class _Master:
    """A tagged master, as it will be."""

    amended: Amended
    """Its bytes."""
    file_digest: Digest
    """Digest of all of them."""
    carriers: tuple[str, ...]
    """Names of the carriers that bear the tag."""
    failures: tuple[str, ...]
    """What could not be written, and why."""


class Amender:
    """Tags files too large to be written anew."""

    def __init__(
        self,
        *,
        carriers: Sequence[Carrier],
        runner: TaskRunner,
        chain: SigningChain,
        blobs: BlobStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._carriers = carriers
        self._signer = SignerInside(runner, chain)
        self._blobs = blobs
        self._clock = clock

    def identify(self, examined: Examined) -> None:
        """Find out what a master is known by in the pass that its manifest takes anyway.

        Raises DamagedMediaError if it ends before its essence does.
        """
        self._signer.identify(examined)

    def write(self, examined: Examined, tag: ProvenanceTag, write: AnnouncedWrite) -> Written:
        """Tag a master, by a clone of it or in place.

        Raises CarrierError if it cannot be tagged without moving its essence, or if a credential of
        somebody else would be lost. Whatever is raised, the file is as it was.
        """
        try:
            master = self._compose(examined, tag)
        except (CarrierError, MediaError) as error:
            raise CarrierError(f"larger than tagging.embed_limit: {error}") from error
        undo = UndoRecord(
            file_digest=examined.identity.file_digest,
            pieces=tuple(master.amended.amendment.plan_back()),
            is_along_file=True,
        )
        sighting = Sighting(
            asset_id=tag.asset_id,
            path=absolute(examined.path),
            file_digest=master.file_digest,
            carriers=master.carriers,
            seen_at=self._clock(),
            undo=self._blobs.put(undo.to_bytes()),
        )
        amendment = master.amended.amendment
        write.amend(examined.source, amendment, sighting, is_last="c2pa" in master.carriers)
        return Written(sighting, master.failures)

    def _compose(self, examined: Examined, tag: ProvenanceTag) -> _Master:
        """Return the tagged master."""
        fmt = _writable_format(examined)
        amended = Amended(examined.source)
        if len(examined.reading.contents.c2pa) > 1:
            raise CarrierError("it holds several manifest stores, of which one alone would be kept")
        if examined.reading.contents.c2pa:
            amended = amended.rewritten(fmt.plan_without_c2pa(amended))
        packet = packet_with(tag, packet_in(examined.reading, fmt))
        amended = amended.rewritten(fmt.plan_xmp(amended, packet))
        master = self._signed(examined, fmt, amended, tag)
        self._require_same(examined, fmt, master.amended, tag)
        return master

    def _signed(
        self, examined: Examined, fmt: MediaFormat, amended: Amended, tag: ProvenanceTag
    ) -> _Master:
        """Return the master with a manifest in it; without, if it can do without one."""
        failures: tuple[str, ...] = ()
        if can_sign_inside(fmt):
            try:
                signed, digest = self._signer.sign(examined, fmt, amended, tag)
                return _Master(signed, digest, ("xmp", "c2pa"), failures)
            except (CarrierError, IsolationError, MediaError) as error:
                failures = (f"c2pa: {error}",)
        if examined.reading.contents.c2pa:
            why = "".join(failures) or "not in files of its format"
            raise CarrierError(f"its own credentials could not be kept in place: {why}")
        digest = digest_of(hashed_on(examined, amended, amended.size)[0])
        return _Master(amended, digest, ("xmp",), failures)

    def _require_same(
        self, examined: Examined, fmt: MediaFormat, amended: Amended, tag: ProvenanceTag
    ) -> None:
        """Raise CarrierError on any difference between the file as it is and as it will be."""
        contents = fmt.read(amended)
        properties, damaged = parse_packets(contents.xmp)
        after = Reading(format_name=fmt.name, contents=contents, properties=properties)
        found = [carrier.find_tag(after) for carrier in self._carriers]
        tags = [one for one in found if one is not None]
        checks = (
            ("is damaged", _is_whole(contents) and not damaged),
            ("does not give the tag back", bool(tags) and all(one == tag for one in tags)),
            (
                "would lose metadata that others wrote",
                foreign_texts(examined.reading) <= foreign_texts(after),
            ),
            ("would decode differently", _decodes_alike(examined.source, fmt, amended)),
            (
                "would not keep its picture or sound where it lies",
                _keeps_essence(examined, fmt, amended, contents),
            ),
        )
        for sentence, holds in checks:
            if not holds:
                raise CarrierError(f"the tagged master {sentence}")


def _writable_format(examined: Examined) -> MediaFormat:
    if examined.fmt is None or not examined.fmt.xmp_place:
        raise CarrierError("a tag inside files of its format would take writing it anew")
    return examined.fmt


def _is_whole(contents: Contents) -> bool:
    return contents.completeness is Completeness.WHOLE and not contents.problems


def _decodes_alike(source: ByteSource, fmt: MediaFormat, amended: Amended) -> bool:
    return fmt.decoding_map(source) == fmt.decoding_map(amended)


def _keeps_essence(
    examined: Examined, fmt: MediaFormat, amended: Amended, contents: Contents
) -> bool:
    """Return whether the essence lies where it lay and no byte of it is written over."""
    before = fmt.exact_essence(examined.source, examined.reading.contents)
    trailer = examined.reading.contents.trailer_length
    return (
        fmt.exact_essence(amended, contents) == before
        and contents.trailer_length == trailer
        and not any(
            patch.offset < part.end and part.offset < patch.offset + len(patch.new)
            for patch in amended.amendment.patches
            for part in before
        )
    )
