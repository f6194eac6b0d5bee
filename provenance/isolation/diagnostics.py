"""Tasks that show whether isolation holds; each does one thing a hostile parser might do."""

import os
import socket
from pathlib import Path
from typing import Any, BinaryIO, cast

from provenance.errors import DamagedMediaError, ProvenanceError
from provenance.isolation.interface import Json


def echo(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Return the arguments, the number of files and the id of the process."""
    return {"arguments": arguments, "files": len(files), "process": os.getpid()}


def sum_bytes(_arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Return the sum of the bytes of each file."""
    return [sum(file.read()) for file in files]


def write_text(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Write the text at the start of the first file."""
    return files[0].write(arguments["text"].encode())


def open_path(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Open a path in the given mode, which may make it."""
    with Path(arguments["path"]).open(arguments["mode"]):
        return None


def connect(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Connect to a port of the loopback interface."""
    with socket.socket() as connection:
        connection.settimeout(5)
        connection.connect(("127.0.0.1", arguments["port"]))
    return None


def allocate(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Take so many bytes of memory and return how many that were."""
    return len(bytes(arguments["size"]))


def return_text(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Return a text of the given length."""
    return "x" * int(arguments["size"])


def return_bytes(_arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Return what is not JSON."""
    return cast("Json", b"")


def spin(_arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Never return."""
    while True:
        pass


def abort(_arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """End the process as native code does when it gives up."""
    os.abort()


def leave(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """End the process with an exit status."""
    os._exit(arguments["status"])


def hang_up(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Close every descriptor, the connection to the runner among them, and live on."""
    os.closerange(0, 64)
    return spin(arguments, files)


def print_and_warn(_arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Write to standard output and standard error, as native libraries do."""
    return [os.write(descriptor, b"noise\n") for descriptor in (1, 2)]


def raise_damaged(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Raise DamagedMediaError with the given text."""
    raise DamagedMediaError(arguments["text"])


def raise_unlisted(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Raise a ProvenanceError of a class that the tree of errors does not have."""
    raise type("UnlistedError", (ProvenanceError,), {})(arguments["text"])


def raise_foreign(arguments: dict[str, Any], _files: list[BinaryIO]) -> Json:
    """Raise ValueError with the given text."""
    raise ValueError(arguments["text"])


def recurse(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Call itself without end."""
    return recurse(arguments, files)
