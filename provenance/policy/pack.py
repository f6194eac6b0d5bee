"""A policy pack: a buyer's rules as dated data, one TOML file each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePath
from typing import Any

from provenance.errors import ConfigError
from provenance.model.digest import Digest, hex_of, sha256_digest
from provenance.model.finding import Verdict
from provenance.policy.case import Case
from provenance.policy.matrix import MatrixRow
from provenance.policy.pack_text import (
    read_cases,
    read_matrix,
    read_principles,
    read_verdicts,
    upgraded_from_1,
    use_term,
)
from provenance.policy.principle import Principle
from provenance.policy.table import Table

_SCHEMA = "provenance-policy"
_VERSION = 2
_SUFFIX = ".toml"
_LARGEST = 1024 * 1024
_KEYS = (
    *("schema", "version", "title", "revised_on", "source", "use", "notes", "rules"),
    *("principles", "matrix", "cases"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPack:
    """What each rule counts for, and what a declared use of AI requires, on whose authority."""

    name: str
    """Name by which it is chosen, for example `netflix-2025-11`, or the path of a file."""
    title: str
    """One line for a person."""
    revised_on: str
    """Date of the source it follows, ISO 8601."""
    source: str
    """Where the rules come from."""
    use: str
    """The use an approval must cover unless the caller asks for another."""
    verdicts: Mapping[str, Verdict | None]
    """What a finding of each rule counts for; None for a rule it does not ask for."""
    digest: Digest
    """Digest of its text, by which receipts name it."""
    matrix: tuple[MatrixRow, ...]
    """What each category of AI use requires."""
    principles: tuple[Principle, ...] = ()
    """What whoever uses AI has to be sure of."""
    notes: tuple[str, ...] = ()
    """What else a person should know; nothing is decided by it."""
    cases: tuple[Case, ...] = ()
    """Its own test cases."""

    @property
    def label(self) -> str:
        """How records and reports name it: a file of somebody's own by name and digest only."""
        if not (self.name.endswith(_SUFFIX) or "/" in self.name):
            return self.name
        return f"own file {PurePath(self.name).name} {hex_of(self.digest)[:8]}"


def pack_names() -> tuple[str, ...]:
    """Return the names of the packs that come with the program."""
    files = resources.files("provenance.policy").joinpath("packs").iterdir()
    return tuple(
        sorted(file.name.removesuffix(_SUFFIX) for file in files if file.name.endswith(_SUFFIX))
    )


def load_pack(name: str) -> PolicyPack:
    """Return the pack of this name; raises ConfigError if there is none or it is wrong."""
    if name not in pack_names():
        raise ConfigError(f"no policy pack {name!r}; there are: {', '.join(pack_names())}")
    file = resources.files("provenance.policy").joinpath("packs", f"{name}{_SUFFIX}")
    return parse_pack(name, file.read_text("utf-8"))


def find_pack(named: str, beside: Path) -> PolicyPack:
    """Return the pack of this name, or of a file: `NAME.toml` or a path with a slash in it.

    A relative path starts at the folder.

    Raises ConfigError if there is none or it is wrong.
    """
    if named in pack_names() or not (named.endswith(_SUFFIX) or "/" in named):
        return load_pack(named)
    return read_pack(beside / named, named)


def read_pack(path: Path, name: str) -> PolicyPack:
    """Return the pack of a file; raises ConfigError if it cannot be read or is wrong."""
    try:
        is_sound = path.is_file() and path.stat().st_size <= _LARGEST
        text = path.read_text("utf-8") if is_sound else ""
    except OSError as error:
        raise ConfigError(f"policy pack {name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"policy pack {name}: is not UTF-8") from error
    if not is_sound:
        raise ConfigError(f"policy pack {name}: is no file of at most {_LARGEST} bytes")
    return parse_pack(name, text)


def parse_pack(name: str, text: str) -> PolicyPack:
    """Return the pack this TOML text describes; raises ConfigError naming what is wrong."""
    try:
        record: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"policy pack {name}: {error}") from error
    if record.get("schema") != _SCHEMA or record.get("version") not in (1, _VERSION):
        raise ConfigError(f"policy pack {name}: not {_SCHEMA} version {_VERSION} or 1")
    table = Table(record, f"policy pack {name}")
    if record["version"] == 1:
        table.require_known(*_KEYS[:6], "rules")
        table = Table(upgraded_from_1(record), f"policy pack {name}")
    table.require_known(*_KEYS)
    use = use_term(table, "use", table.filled_text("use"))
    return PolicyPack(
        name=name,
        title=table.filled_text("title"),
        revised_on=table.day("revised_on"),
        source=table.filled_text("source"),
        use=use,
        digest=sha256_digest(text.encode("utf-8", "surrogateescape")),
        verdicts=read_verdicts(table.table("rules")),
        matrix=read_matrix(table),
        principles=read_principles(table),
        notes=table.texts("notes"),
        cases=read_cases(table, use),
    )
