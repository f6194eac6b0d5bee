"""The carrier that says the tag in a signed C2PA manifest, and the reader of any manifest.

The library runs in the worker process only (`c2pa_tasks`). Written last, because any later change
of the file breaks its hash. A manifest that is there already becomes the parent of ours, taken
from the file as it was before we touched it: its own hash then still holds.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provenance import __version__
from provenance.carriers.interface import Draft
from provenance.carriers.signing_chain import SigningChain
from provenance.errors import CarrierError, DamagedMediaError, IsolationError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media.interface import MediaFormat
from provenance.media.source import FileSource
from provenance.model.credential import EMBEDDED, Action, Credentials, Manifest, Statement
from provenance.model.metadata import ByteRange
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag

DETACHED_TYPE = "application/octet-stream"
"""Format name under which any bytes can be signed with a detached store."""
READING_PRELOAD = ("provenance.carriers.c2pa_tasks",)
"""Modules a worker needs to read manifests."""
PRELOAD = (*READING_PRELOAD, "provenance.carriers.native_tasks")
"""Modules a worker needs for the carriers."""
_CUTS_TRAILERS = frozenset({"wav", "webp", "avi"})
"""RIFF formats: the library writes them without what follows the form."""
_READ_STORE = "provenance.carriers.c2pa_tasks:read_store"
_SIGN = "provenance.carriers.c2pa_tasks:sign"
_SIGN_BOUND = "provenance.carriers.c2pa_tasks:sign_bound"
_READ_SECONDS_PER_GIB = 15.0
_SIGN_SECONDS_PER_GIB = 120.0
_LEAST_SECONDS = 30.0
_LARGEST_STORE = 64 * 1024 * 1024


class C2paCarrier:
    """The tag inside a manifest signed by the production's own certificate."""

    name = "c2pa"

    def __init__(self, runner: TaskRunner, chain: SigningChain | None) -> None:
        self._runner = runner
        self._chain = chain

    def can_bear(self, fmt: MediaFormat) -> bool:
        """See `Carrier.can_bear`."""
        return fmt.embeds_c2pa

    def find_tag(self, reading: Reading) -> ProvenanceTag | None:
        """See `Carrier.find_tag`; the active manifest is asked first, then its ancestors."""
        if reading.credentials is None:
            return None
        tags = (manifest.tag for manifest in reading.credentials.manifests)
        return next((tag for tag in tags if tag is not None), None)

    def write(self, draft: Draft, tag: ProvenanceTag) -> None:
        """See `Carrier.write`."""
        if self._chain is None:
            raise CarrierError("no signing chain: run provenance init")
        if draft.reading.contents.trailer_length and draft.fmt.name in _CUTS_TRAILERS:
            raise CarrierError("what lies behind the end of its container would be lost")
        has_parent = bool(draft.reading.contents.c2pa)
        arguments = _sign_arguments(self._chain, draft.fmt.media_type, tag)
        arguments |= {"title": "", "has_parent": has_parent, "detached": False}
        with FileSource(draft.staging.path) as staged, draft.staging.open_next() as successor:
            files = [staged.descriptor, successor.number]
            files += [draft.original.descriptor] if has_parent else []
            self._runner.run(_SIGN, arguments, files, _seconds(staged.size, _SIGN_SECONDS_PER_GIB))
            with FileSource(draft.staging.paths[1]) as signed:
                # The library gives a TIFF of several pages one more, which no reader can show.
                if draft.fmt.decoding_map(signed) != draft.fmt.decoding_map(staged):
                    raise CarrierError("a manifest inside would change how the file is decoded")
        draft.staging.advance()

    def remove(self, draft: Draft) -> None:
        """See `Carrier.remove`; only a store that holds nothing but ours can be taken out."""
        credentials = draft.reading.credentials
        if credentials is None:
            return
        if any(manifest.tag is None for manifest in credentials.manifests):
            raise CarrierError(
                "its manifest store also holds another's credentials, which must be kept"
            )
        with FileSource(draft.staging.path) as staged:
            draft.staging.write_plan(draft.fmt.plan_without_c2pa(staged), staged)


def sign_bound(
    runner: TaskRunner,
    chain: SigningChain,
    tag: ProvenanceTag,
    *,
    media_type: str,
    assertion: tuple[str, Mapping[str, Any]],
    parent: FileSource | None = None,
) -> bytes:
    """Return a manifest store that holds this hash assertion; no file need be read for it.

    The store of `parent`, the file as it was before we touched it, is kept as parent: for that its
    bytes are hashed. Raises CarrierError if the library refuses or was never tried for this.
    """
    arguments = _sign_arguments(chain, media_type, tag)
    arguments |= {"title": "", "has_parent": parent is not None, "hash": list(assertion)}
    files = [parent.descriptor] if parent else []
    seconds = _seconds(parent.size if parent else 0, _READ_SECONDS_PER_GIB)
    return base64.b64decode(str(runner.run(_SIGN_BOUND, arguments, files, seconds)))


def sign_detached(
    runner: TaskRunner, chain: SigningChain, tag: ProvenanceTag, *, source: FileSource, scratch: int
) -> bytes:
    """Return a detached manifest store over the file's bytes as they are.

    `scratch` is an open file the library may write to. Raises CarrierError if it refuses.
    """
    arguments = _sign_arguments(chain, DETACHED_TYPE, tag)
    arguments |= {"title": "", "has_parent": False, "detached": True}
    seconds = _seconds(source.size, _SIGN_SECONDS_PER_GIB)
    store = runner.run(_SIGN, arguments, (source.descriptor, scratch), seconds)
    return base64.b64decode(str(store))


def read_credentials(
    runner: TaskRunner,
    files: Sequence[FileSource],
    media_type: str,
    *,
    root: str = "",
    validate: bool = False,
    runs: Sequence[ByteRange] = (),
) -> Credentials:
    """Return the manifest store of `files[0]`, or of the detached store `files[1]`.

    `runs` say where our reader found the store, for one that the library does not find. With
    `validate` the file is hashed and `is_ours` can be true; a store that the library refuses then
    and reads otherwise is returned with the refusal among its failures. Raises DamagedMediaError
    for a store that cannot be read or holds nothing, IsolationError if the library gave up on it.
    """
    arguments: dict[str, Json] = {"media_type": media_type, "root": root, "validate": validate}
    if sum(run.length for run in runs) <= _LARGEST_STORE:
        arguments["runs"] = [[run.offset, run.length] for run in runs]
    try:
        return _read(runner, files, arguments)
    except (DamagedMediaError, IsolationError) as refusal:
        if not validate:
            raise
        found = _read(runner, files, {**arguments, "validate": False})
        return replace(found, failures=(*found.failures, str(refusal)))


def _read(
    runner: TaskRunner, files: Sequence[FileSource], arguments: Mapping[str, Json]
) -> Credentials:
    seconds = _seconds(files[0].size, _READ_SECONDS_PER_GIB)
    answer = runner.run(_READ_STORE, arguments, [file.descriptor for file in files], seconds)
    if not isinstance(answer, Mapping) or not answer.get("manifests"):
        raise DamagedMediaError("its C2PA manifest store holds no manifest that can be read")
    return _credentials(answer, files[1].path.name if len(files) > 1 else EMBEDDED)


def _sign_arguments(chain: SigningChain, media_type: str, tag: ProvenanceTag) -> dict[str, Any]:
    return {
        "media_type": media_type,
        "record": tag.to_json(),
        "source_type": tag.source_type.uri,
        "tool": "provenance",
        "version": __version__,
        "chain": chain.chain_pem,
        "key": chain.key_pem,
        "root": chain.root_pem,
    }


def _seconds(size: int, per_gib: float) -> float:
    return _LEAST_SECONDS + size / (1 << 30) * per_gib


def _credentials(answer: Mapping[str, Any], place: str) -> Credentials:
    return Credentials(
        manifests=tuple(_manifest(entry) for entry in answer["manifests"]),
        state=answer["state"],
        is_ours=answer["is_ours"],
        failures=tuple(answer["failures"]),
        place=place,
    )


def _manifest(entry: Mapping[str, Any]) -> Manifest:
    return Manifest(
        label=entry["label"],
        claim_generator=entry["claim_generator"],
        signer=entry["signer"],
        actions=tuple(Action(**action) for action in entry["actions"]),
        assertions=tuple(entry["assertions"]),
        statements=tuple(Statement(**statement) for statement in entry["statements"]),
        relationship=entry["relationship"],
        record=entry["record"],
        is_active=entry["is_active"],
    )
