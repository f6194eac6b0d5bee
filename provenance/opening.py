"""The first steps of reading a file: its format, what the container holds, its manifests."""

from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from provenance.carriers.c2pa import DETACHED_TYPE, read_credentials
from provenance.carriers.sidecar import find_c2pa_sidecar, read_xmp_sidecar
from provenance.errors import (
    DamagedMediaError,
    IsolationError,
    MediaError,
    UnreadableError,
    UnsupportedMediaError,
)
from provenance.isolation.interface import TaskRunner
from provenance.media.formats import identify, suffix_of
from provenance.media.interface import MediaFormat
from provenance.media.packed import read_packed
from provenance.media.source import HEAD_SIZE, FileSource
from provenance.model.credential import Credentials
from provenance.model.facts import Problem, ProblemKind
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpProperty


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How one examination is to be done, and where it puts what goes wrong."""

    validate: bool
    look_beside: bool
    problems: list[Problem]
    runs: tuple[ByteRange, ...] = ()


class ManifestReader:
    """Reads the C2PA manifests inside and beside a file."""

    def __init__(self, runner: TaskRunner, root_pem: str) -> None:
        """Make a reader that calls ours the tags signed below this root certificate."""
        self._runner = runner
        self._root_pem = root_pem

    def read(
        self, source: FileSource, fmt: MediaFormat | None, contents: Contents, how: How
    ) -> tuple[Credentials | None, bool]:
        """Return the manifests inside and beside the file, and whether one beside is another's."""
        inside = None
        if contents.c2pa and fmt:
            inside = self._read_store((source,), fmt.media_type, replace(how, runs=contents.c2pa))
        sidecar = find_c2pa_sidecar(source.path) if how.look_beside else None
        if sidecar is None:
            return inside, False
        try:
            with FileSource(sidecar) as store:
                beside = self._read_store((source, store), DETACHED_TYPE, how)
        except UnreadableError as error:
            how.problems.append(Problem(kind=ProblemKind.DAMAGED, detail=str(error)))
            return inside, True
        is_foreign = beside is None or any(one.tag is None for one in beside.manifests)
        if inside is None or beside is None:
            return inside or beside, is_foreign
        return replace(inside, manifests=(*inside.manifests, *beside.manifests)), is_foreign

    def _read_store(
        self, files: tuple[FileSource, ...], media_type: str, how: How
    ) -> Credentials | None:
        try:
            return read_credentials(
                self._runner,
                files,
                media_type,
                root=self._root_pem,
                validate=how.validate,
                runs=how.runs,
            )
        except (MediaError, IsolationError) as error:
            how.problems.append(Problem(kind=ProblemKind.DAMAGED, detail=str(error)))
            return None


def format_or_problem(head: bytes, path: PurePath) -> MediaFormat | Problem:
    """Return the format of a file that begins so, or why none reads it."""
    if not head:
        return Problem(kind=ProblemKind.EMPTY_FILE, detail="the file holds no bytes")
    try:
        return identify(head, suffix_of(path))
    except UnsupportedMediaError as error:
        return Problem(kind=ProblemKind.UNSUPPORTED, detail=str(error))


def contents_of(
    source: FileSource, runner: TaskRunner, problems: list[Problem]
) -> tuple[MediaFormat | None, Contents]:
    """Return the format of a file and what it holds; what goes wrong is added to the problems."""
    fmt = format_or_problem(source.head, source.path)
    if isinstance(fmt, Problem):
        problems.append(fmt)
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
