"""The one function of the native C2PA library that its Python package does not wrap.

It signs a manifest whose hash was computed elsewhere, so that the library need not read the file,
let alone write it anew. Its shape is private to the package: only what was tried is called.
"""

import ctypes
from typing import Any

import c2pa

from provenance.errors import CarrierError

_TRIED = frozenset({"0.91.3"})
"""Versions of the native library whose function has the shape that is called here."""
_STORE_TYPE = b"application/c2pa"
"""For this type the store comes bare: neither wrapped for a container nor padded."""


def sign_bound_manifest(builder: c2pa.Builder) -> bytes:
    """Return the signed store of a builder that has its hash assertion and a signer.

    Raises CarrierError if the library cannot, or refuses.
    """
    library: Any = getattr(c2pa.c2pa, "_lib", None)
    function = getattr(library, "c2pa_builder_sign_embeddable", None)
    handle = getattr(builder, "_handle", None)
    version = str(c2pa.sdk_version())
    if function is None or handle is None or version not in _TRIED:
        raise CarrierError(f"the C2PA library here ({version}) was not tried for signing in place")
    function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
    function.restype = ctypes.c_int64
    store = ctypes.c_void_p()
    length = function(handle, _STORE_TYPE, ctypes.byref(store))
    if length < 0 or not store.value:
        raise CarrierError(f"C2PA signing failed: {_refusal(library)}")
    try:
        return ctypes.string_at(store, length)
    finally:
        library.c2pa_free(store)


def _refusal(library: Any) -> str:  # noqa: ANN401 - a library of C
    text = library.c2pa_error()
    if not text:
        return "it does not say why"
    try:
        return ctypes.string_at(text).decode(errors="replace")[:300]
    finally:
        library.c2pa_free(ctypes.c_void_p(text))
