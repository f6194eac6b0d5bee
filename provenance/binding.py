"""Bind a statement to a file: the digests of its bytes as they are now."""

from pathlib import Path

from provenance.errors import UsageError
from provenance.examining import Examiner, shown
from provenance.model.subject import Subject


def subject_of(examiner: Examiner, path: Path) -> Subject:
    """Return what a statement about this file is bound to.

    Raises UsageError for a damaged file, UnreadableError if it cannot be opened.
    """
    with examiner.examine(path) as examined:
        if examined.fmt is not None and not examined.is_whole:
            detail = "; ".join(problem.detail for problem in examined.problems)
            raise UsageError(f"{shown(path)}: a damaged file cannot be approved: {detail}")
        identity = examined.identity
        return Subject(
            name=shown(Path(path.name)),
            file_digest=identity.file_digest,
            essence_digest=identity.essence_digest,
        )
