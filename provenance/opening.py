"""The first step of reading a file: by its bytes its format, and what the container holds."""

from pathlib import Path

from provenance.carriers.sidecar import read_xmp_sidecar
from provenance.errors import DamagedMediaError, UnreadableError, UnsupportedMediaError
from provenance.isolation.interface import TaskRunner
from provenance.media.formats import identify, suffix_of
from provenance.media.interface import MediaFormat
from provenance.media.packed import read_packed
from provenance.media.source import HEAD_SIZE, FileSource
from provenance.model.facts import Problem, ProblemKind
from provenance.model.metadata import Completeness, Contents, XmpProperty


def contents_of(
    source: FileSource, runner: TaskRunner, problems: list[Problem]
) -> tuple[MediaFormat | None, Contents]:
    """Return the format of a file and what it holds; what goes wrong is added to the problems."""
    if source.size == 0:
        problems.append(Problem(kind=ProblemKind.EMPTY_FILE, detail="the file holds no bytes"))
        return None, Contents()
    try:
        fmt = identify(source.head, suffix_of(source.path))
    except UnsupportedMediaError as error:
        problems.append(Problem(kind=ProblemKind.UNSUPPORTED, detail=str(error)))
        return None, Contents()
    try:
        contents = read_packed(runner, source.descriptor, fmt.read(source))
    except DamagedMediaError as error:
        problems.append(Problem(kind=ProblemKind.DAMAGED, detail=str(error)))
        return fmt, Contents(completeness=Completeness.TRUNCATED)
    problems += [Problem(kind=ProblemKind.DAMAGED, detail=text) for text in contents.problems]
    if not problems and not contents.essence_length:
        problems.append(Problem(kind=ProblemKind.DAMAGED, detail="it holds no picture or sound"))
    if contents.trailer_length:
        problems += _behind(source, contents.trailer_length)
    return fmt, contents


def _behind(source: FileSource, length: int) -> list[Problem]:
    """Return a problem if another media file follows the end of this one."""
    try:
        other = identify(source.pread(source.size - length, HEAD_SIZE), "")
    except UnsupportedMediaError:
        return []
    detail = f"another file ({other.name}) follows its end; it was not judged"
    return [Problem(kind=ProblemKind.TRAILING_FILE, detail=detail)]


def sidecar_properties(path: Path, problems: list[Problem]) -> tuple[XmpProperty, ...]:
    """Return what the XMP sidecars of a file say; what goes wrong is added to the problems."""
    try:
        return read_xmp_sidecar(path)
    except (DamagedMediaError, UnreadableError) as error:
        problems.append(Problem(kind=ProblemKind.DAMAGED, detail=str(error)))
        return ()
