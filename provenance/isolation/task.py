"""A task: a function named `package.module:function`, called on open descriptors."""

import codecs
import fcntl
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, cast

from provenance.errors import IsolationError
from provenance.isolation.interface import Json
from provenance.isolation.reply import Reply

_CODECS = ("ascii", "cp1252", "cp437", "latin-1", "mac-roman", "shift-jis", "utf-16", "utf-32")
_MODES = {os.O_RDONLY: "rb", os.O_WRONLY: "wb", os.O_RDWR: "r+b"}


def preload_modules(names: Sequence[str]) -> None:
    """Import the modules and let each load what it needs later, while files can still be opened."""
    for codec in _CODECS:
        codecs.lookup(codec)  # the first use of a codec opens a file
    for name in names:
        hook = getattr(importlib.import_module(name), "preload", None)
        if hook is not None:
            hook()


def perform(task: str, arguments: Mapping[str, Json], descriptors: Sequence[int]) -> bytes:
    """Call a task and return its encoded reply; the descriptors are closed, whatever happens."""
    try:
        return Reply(result=_call(task, arguments, descriptors)).encode()
    except Exception as error:  # noqa: BLE001  # whatever a parser of foreign bytes comes up with
        return Reply.of_error(error).encode()


def _call(task: str, arguments: Mapping[str, Json], descriptors: Sequence[int]) -> Json:
    with ExitStack() as opened:
        for descriptor in descriptors:
            opened.callback(os.close, descriptor)
        function = _find(task)
        files = [opened.enter_context(_open(descriptor)) for descriptor in descriptors]
        return function(dict(arguments), files)


def _find(task: str) -> Callable[[dict[str, Any], list[BinaryIO]], Json]:
    module_name, _, function_name = task.partition(":")
    # Never imported here: a worker that is locked down could not, one that is not must be alike.
    module = sys.modules.get(module_name)
    if module is None:
        raise IsolationError(f"the module {module_name} was not preloaded")
    function = getattr(module, function_name, None)
    if not callable(function):
        raise IsolationError(f"the module {module_name} has no such function")
    return cast("Callable[[dict[str, Any], list[BinaryIO]], Json]", function)


def _open(descriptor: int) -> BinaryIO:
    # The offset is the sender's too, and stands wherever the sender last read.
    os.lseek(descriptor, 0, os.SEEK_SET)
    access = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    # A descriptor opened for reading and writing gives a BufferedRandom, which typing does not see.
    return cast("BinaryIO", open(descriptor, _MODES[access], closefd=False))
