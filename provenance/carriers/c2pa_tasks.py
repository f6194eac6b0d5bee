"""C2PA, inside the worker process: only this file and `_c2pa_native` import c2pa.

Every function is a task (`provenance.isolation`): plain values and open files in, plain values
out. The facts behind the choices: parents are kept by adding them explicitly, since CREATE on a
signed file erases its store; thumbnails and network are off; the state a Reader reports is passed
on and never decided by.
"""

import base64
import io
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

import c2pa

from provenance.carriers import _c2pa_claims as claims
from provenance.carriers._c2pa_native import sign_bound_manifest
from provenance.carriers._c2pa_relations import relations_in
from provenance.carriers._c2pa_statements import ACTIONS, SOURCE_TYPE, statements
from provenance.carriers._c2pa_store import superbox, whole_store
from provenance.errors import CarrierError, DamagedMediaError

_ANY_TYPE = "application/octet-stream"
_HASH_OF_FILE = ("assertion.bmffHash.", "assertion.dataHash.")
_STORE = "self#jumbf=/c2pa/"
_MOST_MANIFESTS = 512
_MOST_TEXT = 2000
_MOST_STATEMENTS = 64


def preload() -> None:
    """Load the native library before the process is locked down."""
    c2pa.sdk_version()


def read_store(arguments: dict[str, Any], files: list[BinaryIO]) -> dict[str, Any] | None:
    """Return the manifest store of `files[0]` reduced to plain values, None if there is none.

    Arguments: `media_type`; `root`, our anchor in PEM or empty; `validate`, whether to hash the
    file; `runs`, offsets and lengths of the store where our reader found it, for one that the
    library does not find; a second file is a detached store. Raises DamagedMediaError for a store
    that exists and cannot be read.
    """
    runs = arguments.get("runs", ())
    if len(files) == 1 and not arguments["validate"] and (store := whole_store(runs, files[0])):
        # Nothing is to be hashed: the library need not look for it, which takes it many reads.
        with suppress(DamagedMediaError):
            found = _read({**arguments, "media_type": _ANY_TYPE}, BytesIO(), store)
            if found and found["manifests"]:
                return found
    return _read_file(arguments, files)


def _read_file(arguments: dict[str, Any], files: list[BinaryIO]) -> dict[str, Any] | None:
    detached = files[1].read() if len(files) > 1 else None
    store = superbox(arguments.get("runs", ()), files[0])
    try:
        found = _read(arguments, files[0], detached)
    except DamagedMediaError:
        if not store:
            raise
        found = None
    # The library looks in one place of each container, and into whole ones only.
    if store and not (found and found["manifests"]):
        found = _read({**arguments, "media_type": _ANY_TYPE}, files[0], store)
    return found


def _read(
    arguments: dict[str, Any], file: BinaryIO, detached: bytes | None
) -> dict[str, Any] | None:
    context = _reading_context(arguments["root"], validate=bool(arguments["validate"]))
    try:
        with c2pa.Reader(arguments["media_type"], file, detached, context=context) as reader:
            store = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    except c2pa.C2paError as error:
        raise DamagedMediaError(
            f"its C2PA manifest store cannot be read: {_text(error)}"
        ) from error
    active = (store.get("validation_results") or {}).get("activeManifest", {})
    return {
        "manifests": list(_manifests(store)),
        "state": str(store.get("validation_state")),
        "is_ours": _signed_by_us(active) and _is_intact(active, store.get("active_manifest", "")),
        "failures": [str(entry.get("code")) for entry in active.get("failure", [])],
    }


def sign(arguments: dict[str, Any], files: list[BinaryIO]) -> str | None:
    """Sign `files[0]` into `files[1]` with the tag in it; return a detached store in Base64.

    Arguments: `media_type`, `title`, `record` (the tag as JSON), `source_type`, `tool`, `version`,
    `chain` and `key` (PEM), `root` (PEM), `has_parent` (then `files[-1]` is the file as it was
    before we touched it, whose store is kept as parent), `detached` (then nothing is embedded and
    `files[1]` is a scratch file). Raises CarrierError if the library refuses.
    """
    try:
        return _sign(arguments, files)
    except c2pa.C2paError as error:
        raise CarrierError(f"C2PA signing failed: {_text(error)}") from error


def sign_bound(arguments: dict[str, Any], files: list[BinaryIO]) -> str:
    """Return a manifest store in Base64 that is bound by a hash computed elsewhere.

    Arguments as for `sign`, and `hash`, label and content of the hash assertion; the only file is
    the one as it was before we touched it, if it `has_parent`. What comes out is read and verified
    but for the hash. Raises CarrierError if the library refuses or is not one it was tried with.
    """
    try:
        with _signer(arguments) as signer:
            context = _context(arguments["root"], validate=True, signer=signer)
            with _builder(arguments, files, context) as builder:
                store = sign_bound_manifest(builder)
        checking = {**arguments, "media_type": _ANY_TYPE, "validate": True}
        found = _read(checking, io.BytesIO(), store)
    except c2pa.C2paError as error:
        raise CarrierError(f"C2PA signing failed: {_text(error)}") from error
    _require_ours(found, arguments["record"])
    return base64.b64encode(store).decode()


def _require_ours(found: dict[str, Any] | None, record: str) -> None:
    """Raise unless a store reads back and nothing is wrong but that its file was not there."""
    read = found or {"manifests": [{"record": ""}], "failures": ["unreadable"]}
    others = [code for code in read["failures"] if not code.startswith(_HASH_OF_FILE)]
    if read["manifests"][0]["record"] != record or others:
        raise CarrierError(f"the manifest that was signed does not verify: {others}")


def _sign(arguments: dict[str, Any], files: list[BinaryIO]) -> str | None:
    context = _context(arguments["root"], validate=True)
    with _signer(arguments) as signer, _builder(arguments, files, context) as builder:
        if arguments["detached"]:
            builder.set_no_embed()
        store = builder.sign(signer, arguments["media_type"], files[0], files[1])
    files[1].flush()
    if not arguments["detached"]:
        return None
    return base64.b64encode(store).decode()


def _signer(arguments: dict[str, Any]) -> c2pa.Signer:
    chain, key = arguments["chain"].encode(), arguments["key"].encode()
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))


def _builder(
    arguments: dict[str, Any], files: list[BinaryIO], context: c2pa.Context
) -> c2pa.Builder:
    """Return a builder of our manifest, with the one that is there already as its parent."""
    builder = c2pa.Builder(claims.claim(arguments), context)
    if arguments["has_parent"]:
        builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
        parent = json.dumps({"title": arguments["title"], "relationship": "parentOf"})
        builder.add_ingredient(parent, arguments["media_type"], files[-1])
        builder.add_action(claims.mark_action(arguments))
    return builder


def _context(root: str, *, validate: bool, signer: c2pa.Signer | None = None) -> c2pa.Context:
    return c2pa.Context.from_dict(claims.settings(root, validate=validate), signer)


def _reading_context(root: str, *, validate: bool) -> c2pa.Context:
    return _context_of(os.getpid(), root, validate=validate)


@lru_cache(4)
def _context_of(process: int, root: str, *, validate: bool) -> c2pa.Context:
    """Return a context, kept: making one takes a third as long as reading a store with it.

    In a process that forked off one is no longer valid.
    """
    del process
    return _context(root, validate=validate)


def _manifests(store: dict[str, Any]) -> Iterator[dict[str, Any]]:
    manifests = store.get("manifests", {})
    active = store.get("active_manifest", "")
    relations = relations_in(manifests, active)
    labels = [active] if active in manifests else []
    labels += sorted(label for label in manifests if label != active)
    for label in labels[:_MOST_MANIFESTS]:
        yield _manifest(
            label, manifests[label], relations.get(label, ""), is_active=label == active
        )


def _manifest(
    label: str, manifest: dict[str, Any], relation: str, *, is_active: bool
) -> dict[str, Any]:
    signature = manifest.get("signature_info") or {}
    assertions = manifest.get("assertions", [])
    actions = [action for entry in assertions for action in _actions(entry)]
    return {
        "label": label[:_MOST_TEXT],
        "claim_generator": _generator(manifest)[:_MOST_TEXT],
        "signer": str(signature.get("issuer") or signature.get("common_name") or "")[:_MOST_TEXT],
        "actions": actions,
        "assertions": [str(entry.get("label", ""))[:200] for entry in assertions],
        "statements": list(islice(statements(assertions), _MOST_STATEMENTS)),
        "relationship": relation,
        "record": _record(assertions),
        "is_active": is_active,
    }


def _generator(manifest: dict[str, Any]) -> str:
    info = manifest.get("claim_generator_info")
    if isinstance(info, list) and info and isinstance(info[0], dict) and info[0].get("name"):
        return f"{info[0]['name']} {info[0].get('version') or ''}".strip()
    return str(manifest.get("claim_generator") or "")


def _actions(assertion: dict[str, Any]) -> Iterator[dict[str, str]]:
    data = assertion.get("data")
    if not str(assertion.get("label", "")).startswith(ACTIONS) or not isinstance(data, dict):
        return
    # C2PA 2.2 §18.15.6: a template says of all actions of its name what they need not repeat.
    for action in [*data.get("actions", []), *(data.get("templates") or [])]:
        agent = action.get("softwareAgent") or ""
        named = agent if isinstance(agent, dict) else {"name": agent}
        yield {
            "name": str(action.get("action", ""))[:200],
            "source_type": str(action.get(SOURCE_TYPE) or "")[:200],
            "software_agent": str(named.get("name") or "")[:200],
            "agent_version": str(named.get("version") or "")[:200],
            "description": str(action.get("description") or "")[:_MOST_TEXT],
        }


def _record(assertions: list[dict[str, Any]]) -> str:
    for assertion in assertions:
        data = assertion.get("data")
        if not isinstance(data, dict):
            continue
        if assertion.get("label") == claims.MARK:
            return str(data.get("record", ""))
        for action in data.get("actions", []) if isinstance(data.get("actions"), list) else []:
            if action.get("action") == claims.MARK_ACTION:
                return str((action.get("parameters") or {}).get("record", ""))
    return ""


def _signed_by_us(results: dict[str, Any]) -> bool:
    return any(
        entry.get("code") == "signingCredential.trusted"
        and claims.OUR_ANCHOR in str(entry.get("explanation", ""))
        for entry in results.get("success", [])
    )


def _is_intact(results: dict[str, Any], label: str) -> bool:
    """Return whether the hard binding holds and nothing is wrong with this manifest itself.

    The state says less: one untrusted identity assertion of a parent keeps it from `Trusted`.
    """
    bound = any(
        str(entry.get("code", "")).endswith("Hash.match") for entry in results.get("success", [])
    )
    places = [str(entry.get("url", "")) for entry in results.get("failure", [])]
    return bound and all(
        place.startswith(_STORE) and not place.startswith(f"{_STORE}{label}/") for place in places
    )


def _text(error: Exception) -> str:
    return str(error)[:300]
