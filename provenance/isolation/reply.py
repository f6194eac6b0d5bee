"""A reply: what came of a task, as it travels from the worker to the runner."""

import json
from dataclasses import dataclass
from typing import Any, Self

from provenance import errors
from provenance.errors import IsolationError, ProvenanceError
from provenance.isolation.framing import MAX_FRAME
from provenance.isolation.interface import Json

MAX_TEXT = 500
"""Longest error text; messages of c2pa can hold a whole file."""

_OUT_OF_MEMORY = "MemoryError"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The result of a task, or the error it ended with."""

    result: Json = None
    """What the task returned."""
    error: str = ""
    """Name of the error's class; empty for a result."""
    text: str = ""
    """The text of the error, shortened."""

    @classmethod
    def of_error(cls, error: Exception) -> Self:
        """Return the reply for an exception that a task ended with."""
        if isinstance(error, ProvenanceError):
            return cls(error=type(error).__name__, text=str(error)[:MAX_TEXT])
        if isinstance(error, MemoryError):
            return cls(error=_OUT_OF_MEMORY)
        return cls(error="Exception", text=f"{type(error).__name__}: {error}"[:MAX_TEXT])

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Return the reply in these bytes; raises IsolationError if there is none in them."""
        try:
            fields: Any = json.loads(encoded)
            if set(fields) == {"result"}:
                return cls(result=fields["result"])
            error, text = fields["error"], fields["text"]
        except (ValueError, TypeError, KeyError, RecursionError) as problem:
            raise IsolationError("the worker answered with something that is no reply") from problem
        return cls(error=str(error)[:MAX_TEXT], text=str(text)[:MAX_TEXT])

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the task met the limit of memory."""
        return self.error == _OUT_OF_MEMORY

    def encode(self) -> bytes:
        """Return the bytes that `decode` reads; raises TypeError for a result that is not JSON."""
        if self.error:
            return json.dumps({"error": self.error, "text": self.text}).encode()
        encoded = json.dumps({"result": self.result}).encode()
        if len(encoded) > MAX_FRAME:
            raise IsolationError(f"the result has {len(encoded)} bytes; {MAX_FRAME} are allowed")
        return encoded

    def unwrap(self, task: str) -> Json:
        """Return the result, or raise what the task raised."""
        if not self.error:
            return self.result
        if self.ran_out_of_memory:
            raise IsolationError(f"{task} ran out of memory")
        kind = getattr(errors, self.error, None)
        is_foreseen = isinstance(kind, type) and issubclass(kind, ProvenanceError)
        if kind is None or not is_foreseen or kind is IsolationError:
            raise IsolationError(f"{task} failed: {self.text}")
        raise kind(self.text)
