"""Sign a master inside it, by hashes of one pass over it."""

from dataclasses import dataclass

from provenance.carriers.c2pa import sign_bound
from provenance.carriers.signing_chain import SigningChain
from provenance.errors import CarrierError
from provenance.examining import Examined
from provenance.isolation.interface import TaskRunner
from provenance.media.amendment import Amended
from provenance.media.c2pa_binding import BINDINGS, Binding
from provenance.media.digesting import State, digest_of, digest_streams
from provenance.media.essence import Identity, essence_lead
from provenance.media.interface import MediaFormat, Plan
from provenance.media.source import FileSource
from provenance.model.digest import Digest
from provenance.model.metadata import ByteRange
from provenance.model.tag import ProvenanceTag

_USUAL_STORE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hashed(Identity):
    """What a master is known by, and its hashes as far as its end, to go on from there."""

    whole: State
    covered: Plan
    covered_state: State


class SignerInside:
    """Signs masters that are not written anew."""

    def __init__(self, runner: TaskRunner, chain: SigningChain) -> None:
        self._runner = runner
        self._chain = chain

    def identify(self, examined: Examined) -> None:
        """Find out what a master is known by, and by the same pass what its C2PA hash begins with.

        Raises DamagedMediaError if it ends before its essence does.
        """
        binding = BINDINGS.get(examined.fmt.name) if examined.fmt else None
        is_kept = not examined.reading.contents.c2pa
        if examined.fmt is None or binding is None or binding.is_sized or not is_kept:
            return  # bytes in front will change; it is known like any file, once it is asked
        source = examined.source
        essence = examined.fmt.exact_essence(source, examined.reading.contents)
        covered = binding.covered(source)
        whole = [ByteRange(offset=0, length=source.size)]
        states = digest_streams(source, [whole, essence, covered])
        examined.identity = _Hashed(
            file_digest=digest_of(states[0]),
            essence_digest=digest_of(states[1]),
            essence_length=sum(part.length for part in essence),
            essence_lead=essence_lead(source, essence),
            whole=states[0],
            covered=covered,
            covered_state=states[2],
        )

    def sign(
        self, examined: Examined, fmt: MediaFormat, amended: Amended, tag: ProvenanceTag
    ) -> tuple[Amended, Digest]:
        """Return the master with a manifest in it, and its digest.

        Its format must be one that `can_sign_inside`. Raises CarrierError if the library refuses.
        """
        binding = BINDINGS[fmt.name]
        parent = examined.source if examined.reading.contents.c2pa else None
        signing = _Signing(self._runner, self._chain, tag, fmt.media_type, parent)
        store = bytes(_USUAL_STORE)
        placed = amended.rewritten(binding.plan_with_store(amended, store))
        if binding.is_sized:
            store = bytes(len(signing.sign(binding, placed, bytes(32))))
            placed = amended.rewritten(binding.plan_with_store(amended, store))
        begin = binding.store_begin(placed)
        whole, covered = hashed_on(examined, placed, begin, binding)
        rest = _behind(binding.covered(placed), begin)
        (covered,) = digest_streams(placed, [rest], begun=[covered])
        store = signing.sign(binding, placed, covered.digest())
        final = amended.rewritten(binding.plan_with_store(amended, store))
        if binding.covered(final) != binding.covered(placed):
            raise CarrierError("the manifest came out longer or shorter than room was made for")
        tail = [ByteRange(offset=begin, length=final.size - begin)]
        (whole,) = digest_streams(final, [tail], begun=[whole])
        return final, digest_of(whole)


@dataclass(frozen=True, slots=True)
class _Signing:
    """What it takes to sign one master, perhaps twice: first to learn how long a store gets."""

    runner: TaskRunner
    chain: SigningChain
    tag: ProvenanceTag
    media_type: str
    parent: FileSource | None

    def sign(self, binding: Binding, placed: Amended, digest: bytes) -> bytes:
        return sign_bound(
            self.runner,
            self.chain,
            self.tag,
            media_type=self.media_type,
            assertion=binding.assertion(placed, digest),
            parent=self.parent,
        )


def can_sign_inside(fmt: MediaFormat) -> bool:
    """Return whether files of a format take a manifest without being written anew."""
    return fmt.name in BINDINGS


def hashed_on(
    examined: Examined, amended: Amended, end: int, binding: Binding | None = None
) -> tuple[State, State]:
    """Return the hashes of the whole and of what is covered, as far as this offset.

    Where every byte of the file stays, its own pass is gone on with; else it is read once more.
    """
    covered = _before(binding.covered(amended), end) if binding else []
    known = examined.identity
    if not isinstance(known, _Hashed) or not amended.amendment.only_appends:
        whole = [ByteRange(offset=0, length=end)]
        first, second = digest_streams(amended, [whole, covered])
        return first, second
    position = amended.amendment.size_before
    whole = [ByteRange(offset=position, length=end - position)]
    # Nothing in front changed, so nothing of what it covers there did.
    rest = covered[len(known.covered) :]
    begun = [known.whole.copy(), known.covered_state.copy()]
    first, second = digest_streams(amended, [whole, rest], begun=begun)
    return first, second


def _before(plan: Plan, end: int) -> list[ByteRange | bytes]:
    """Return the part of a plan that lies before an offset; no run begins before and ends after."""
    kept: list[ByteRange | bytes] = list(plan)
    while kept and (isinstance(kept[-1], bytes) or kept[-1].offset >= end):
        kept.pop()
    return kept


def _behind(plan: Plan, begin: int) -> list[ByteRange | bytes]:
    return list(plan[len(_before(plan, begin)) :])
