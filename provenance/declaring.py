"""Declare how AI was used for files: signed by a recorder, bound to their bytes, kept."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.ai_use_statement import ai_use_statement
from provenance.attestation.envelope import sign_statement
from provenance.errors import AttestationError, UsageError
from provenance.examining import Examined, Examiner
from provenance.model.ai_use import AiUse, Derivation, ToolUse, Transform
from provenance.model.digest import Digest
from provenance.model.subject import Subject, essences_of
from provenance.path_text import shown
from provenance.policy.table import Table
from provenance.policy.use_text import USE_KEYS, read_use
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind, StoredAttestation
from provenance.remembering import Rememberer
from provenance.verifying import Verifier

_REASON = "AI use declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A file that others were made from."""

    path: Path
    """The file."""
    transforms: frozenset[Transform]
    """What was done to it; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """How AI was used, as somebody declares it, bound to nothing yet."""

    ai_use: AiUse
    """The record, without id, subjects, time and what it was made from."""
    parents: tuple[Parent, ...] = ()
    """What the files were made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A record that was signed and kept."""

    ai_use: AiUse
    """The record, with what it inherits from the records of what it was made from."""
    objection: str = ""
    """Why it does not count; empty if it does."""


class Declarer:
    """Keeps the AI-use records."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        verifier: Verifier,
        registry: Registry,
        rememberer: Rememberer,
        clock: Callable[[], datetime],
    ) -> None:
        self._examiner = examiner
        self._verifier = verifier
        self._registry = registry
        self._rememberer = rememberer
        self._clock = clock

    def declare(
        self, paths: tuple[Path, ...], declaration: Declaration, signer: Signer
    ) -> Declared:
        """Sign and keep a record of these files; from here on a gate knows them as AI media.

        Without a tool the files' own word for it stands in the record. Raises UsageError for a
        record nobody can stand for, UnreadableError if a file cannot be read.
        """
        _require_possible(declaration)
        seen = [self._look_at(path) for path in dict.fromkeys(paths)]
        found = tuple(dict.fromkeys(tool for _, tool in seen if tool is not None))
        record = replace(
            declaration.ai_use,
            record_id=f"urn:uuid:{uuid.uuid4()}",
            subjects=tuple(subject for subject, _ in seen),
            declared_at=self._clock(),
            tools=declaration.ai_use.tools or found,
            derived_from=tuple(self._derivation(parent) for parent in declaration.parents),
        )
        _require_no_circle(record)
        envelope = sign_statement(ai_use_statement(record), signer)
        for path in dict.fromkeys(paths):
            self._remember(path)
        self._registry.add_attestation(
            StoredAttestation(
                attestation_id=str(uuid.uuid4()),
                kind=AttestationKind.AI_USE,
                approval_id=record.record_id,
                envelope=envelope,
                subjects=_essences(record),
                recorded_at=self._clock(),
            )
        )
        try:
            kept = self._verifier.ai_use(record.subjects[0].essence_digest)
        except AttestationError as error:
            return Declared(ai_use=record, objection=str(error))
        return Declared(ai_use=kept or record)

    def _look_at(self, path: Path) -> tuple[Subject, ToolUse | None]:
        with self._examiner.examine(path) as examined:
            return _subject(examined), _own_word(examined)

    def _derivation(self, parent: Parent) -> Derivation:
        with self._examiner.examine(parent.path) as examined:
            essence = _subject(examined).essence_digest
        return Derivation(essence_digest=essence, transforms=parent.transforms)

    def _remember(self, path: Path) -> None:
        with self._examiner.examine(path) as examined:
            self._rememberer.remember_stated(examined, _REASON)


def read_declaration(values: dict[str, object], place: str, folder: Path) -> Declaration:
    """Return the declaration a TOML table makes; files in it are relative to the folder.

    Raises ConfigError naming what is wrong.
    """
    table = Table(values, place)
    table.require_known(*USE_KEYS, "derived_from")
    own = {key: value for key, value in values.items() if key != "derived_from"}
    parents = []
    for one in table.tables("derived_from"):
        one.require_known("file", "transforms")
        transforms = one.members("transforms", Transform)
        if not transforms:
            one.refuse("transforms", f"is missing; there are {', '.join(Transform)}")
        parents.append(Parent(path=folder / one.filled_text("file"), transforms=transforms))
    return Declaration(ai_use=read_use(Table(own, place)), parents=tuple(parents))


def _require_possible(declaration: Declaration) -> None:
    """Raise UsageError for a record nobody can stand for."""
    use = declaration.ai_use
    if not use.declared_by.strip():
        raise UsageError("a declaration needs somebody who stands for it: --declared-by WHO")
    if use.performers and not any(one.concerns_talent for one in use.categories):
        raise UsageError(
            "performers are named: name with --category how they are concerned too, as"
            " talent_replica, talent_alteration or visual_adr"
        )


def _require_no_circle(record: AiUse) -> None:
    made_from = {one.essence_digest for one in record.derived_from}
    if made_from & set(_essences(record)):
        raise UsageError("a file cannot be derived from itself: its picture or sound is the same")


def _essences(record: AiUse) -> tuple[Digest, ...]:
    return essences_of(record.subjects)


def _subject(examined: Examined) -> Subject:
    if examined.fmt is not None and not examined.is_whole:
        detail = "; ".join(problem.detail for problem in examined.problems)
        raise UsageError(f"{shown(examined.path)}: a damaged file cannot be declared: {detail}")
    identity = examined.identity
    return Subject(
        name=shown(Path(examined.path.name)),
        file_digest=identity.file_digest,
        essence_digest=identity.essence_digest,
    )


def _own_word(examined: Examined) -> ToolUse | None:
    """Return the tool that our tag or the file itself names."""
    named = [examined.tag.generator] if examined.tag else []
    named += [signal.generator for signal in examined.signals]
    generator = next((one for one in named if one is not None and one.tool.strip()), None)
    if generator is None:
        return None
    name, version = (
        text.encode("utf-8", "replace").decode("utf-8")  # a file may name half characters
        for text in (generator.tool, generator.version or generator.model)
    )
    return ToolUse(name=name, version=version)
