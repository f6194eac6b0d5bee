"""Compose the tagged copy of a file in its staging, and prove that it says and shows the same.

Lies below tagging: what is composed here is not yet in anybody's place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provenance.carriers.interface import Carrier, Draft
from provenance.carriers.xmp_packet import foreign_properties
from provenance.errors import CarrierError, IsolationError, MediaError
from provenance.examining import Examined, Examiner
from provenance.media.staging import Staging
from provenance.model.digest import Digest
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag
from provenance.path_text import shown
from provenance.registry.records import Sighting


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a file that was tagged."""

    sighting: Sighting
    """What is recorded of it."""
    failures: tuple[str, ...]
    """What could not be written, and why."""


class Composer:
    """Makes tagged copies and compares them with their originals."""

    def __init__(self, examiner: Examiner, carriers: Sequence[Carrier]) -> None:
        self._examiner = examiner
        self._carriers = carriers

    def compose(self, examined: Examined, staging: Staging, tag: ProvenanceTag) -> tuple[str, ...]:
        """Write every carrier the format can bear; return what failed and why.

        Raises CarrierError if none worked, or if a credential of somebody else would be lost.
        """
        fmt = examined.fmt
        if fmt is None:  # Kept out by _write.
            raise CarrierError("no format")
        staging.copy(examined.source)
        draft = Draft(original=examined.source, fmt=fmt, reading=examined.reading, staging=staging)
        able = [carrier for carrier in self._carriers if carrier.can_bear(fmt)]
        failures = []
        for carrier in able:
            try:
                carrier.write(draft, tag)
            except (CarrierError, IsolationError, MediaError) as error:
                if carrier.name == "c2pa" and examined.reading.contents.c2pa:
                    raise CarrierError(
                        f"{shown(examined.path)}: its own credentials could not be kept: {error}"
                    ) from error
                failures.append(f"{carrier.name}: {error}")
        if len(failures) == len(able):
            raise CarrierError(f"{shown(examined.path)}: {'; '.join(failures)}")
        return tuple(failures)

    def read_back(
        self, examined: Examined, staging: Staging, tag: ProvenanceTag
    ) -> tuple[Digest, tuple[str, ...]]:
        """Compare the staging copy with the original; raises CarrierError on any difference."""
        with self._examiner.examine(staging.path, validate=True) as staged:
            difference = _difference(examined, staged, tag)
            if difference:
                raise CarrierError(f"{shown(examined.path)}: the tagged copy {difference}")
            return staged.identity.file_digest, staged.carriers


def _difference(examined: Examined, staged: Examined, tag: ProvenanceTag) -> str:
    """Return what is wrong with a tagged copy, or nothing; cheap questions first."""
    if examined.fmt is None or staged.fmt is None or staged.fmt.name != examined.fmt.name:
        return f"is no {examined.reading.format_name} any more"
    if not staged.is_whole:
        return "is damaged: " + "; ".join(problem.detail for problem in staged.problems)
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("does not give the tag back", lambda: staged.tag == tag),
        ("would lose metadata that others wrote", lambda: _keeps_foreign(examined, staged)),
        ("would lose what lies behind its end", lambda: _keeps_trailer(examined, staged)),
        ("has another picture or sound", lambda: _keeps_essence(examined, staged)),
        ("would decode differently", lambda: _keeps_decoding(examined, staged)),
    )
    return next((sentence for sentence, holds in checks if not holds()), "")


def _keeps_foreign(examined: Examined, staged: Examined) -> bool:
    return foreign_texts(examined.reading) <= foreign_texts(staged.reading)


def _keeps_trailer(examined: Examined, staged: Examined) -> bool:
    before, after = examined.reading.contents, staged.reading.contents
    return before.trailer_length == after.trailer_length


def _keeps_essence(examined: Examined, staged: Examined) -> bool:
    return staged.identity.essence_digest == examined.identity.essence_digest


def _keeps_decoding(examined: Examined, staged: Examined) -> bool:
    before = examined.fmt and examined.fmt.decoding_map(examined.source)
    return before == (staged.fmt and staged.fmt.decoding_map(staged.source))


def foreign_texts(reading: Reading) -> set[tuple[str, str]]:
    """Return what others wrote: text fields, and XMP properties inside the file."""
    fields = {(found.key, found.value) for found in reading.fields}
    return fields | {
        (f"{found.namespace}{found.name}", found.value)
        for found in foreign_properties(reading.properties)
    }
