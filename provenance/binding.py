"""Bind a statement to a file: the digests of its bytes as they are now."""

from pathlib import Path

from provenance.errors import UsageError
from provenance.examining import Examiner
from provenance.model.subject import Subject
from provenance.path_text import shown
from provenance.remembering import Rememberer


def subject_of(examiner: Examiner, path: Path, rememberer: Rememberer) -> Subject:
    """Return what a statement about this file is bound to.

    Media that somebody asks or decides about is AI media, and known by its content from here on;
    of a format that is not read a statement says only that a person looked. Raises UsageError for
    a damaged file, UnreadableError if it cannot be opened.
    """
    with examiner.examine(path) as examined:
        if examined.fmt is not None and not examined.is_whole:
            detail = "; ".join(problem.detail for problem in examined.problems)
            raise UsageError(f"{shown(path)}: a damaged file cannot be approved: {detail}")
        identity = examined.identity
        if examined.fmt is not None:
            rememberer.remember_stated(examined, "approval asked for or recorded")
        return Subject(
            name=shown(Path(path.name)),
            file_digest=identity.file_digest,
            essence_digest=identity.essence_digest,
        )
