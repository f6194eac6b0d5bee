"""A production to work in: a folder with keys, trust list and registry, and a clock that stands."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from provenance.approving import ApprovalRequest
from provenance.attestation.founding import ROOT_KEY, found_trust
from provenance.attestation.signers import load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import sign_trust, write_trust
from provenance.carriers.chain_making import create_chain
from provenance.config import DATA_FOLDER, KEYS_FOLDER, load_config
from provenance.examining import Examined
from provenance.inspecting import Inspection, Inspector
from provenance.isolation.interface import TaskRunner
from provenance.judging import ScanOptions
from provenance.model.approval import CheckedApproval
from provenance.model.finding import Verdict
from provenance.model.outcome import TagOutcome
from provenance.model.party import Party
from provenance.model.purpose import Purpose
from provenance.model.report import ScanReport
from provenance.model.subject import Subject
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.registry.backends import migrate
from provenance.stores import CHECKPOINT_FILE, TRUST_FILE
from provenance.wiring import Production

MORNING = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
USE = "final-deliverable"
BY_PERSON = TagRequest(declared_by=DeclaredBy.PERSON, reasons=("test",))
BY_SIGNAL = TagRequest(declared_by=DeclaredBy.SIGNAL)
CONFIG = 'schema = "provenance-config"\nversion = 1\n'


@dataclass(slots=True)
class Clock:
    """A clock that moves only when told."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def make_home(home: Path, holder: str = "Approver") -> Path:
    """Make a production's folder, as `init` does."""
    keys = home / DATA_FOLDER / KEYS_FOLDER
    keys.mkdir(parents=True)
    create_chain(keys, "Show")
    found_trust(keys, home / DATA_FOLDER / TRUST_FILE, holder)
    (home / "provenance.toml").write_text(CONFIG)
    config = load_config(home / "provenance.toml")
    migrate(config.registry)
    with Production(config, Clock()) as production:
        production.trust_keeper.load()
    return home


def open_production(
    home: Path, runner: TaskRunner, technical: TaskRunner, clock: Clock
) -> Production:
    """Open a production that uses workers which are running already: starting one takes long."""
    production = Production(load_config(home / "provenance.toml"), clock)
    production.runner = production.reading_runner = runner
    production.technical_runner = technical
    return production


@dataclass(slots=True)
class Studio:
    """One production, and short ways to use it."""

    home: Path
    runner: TaskRunner
    technical: TaskRunner
    clock: Clock = field(default_factory=Clock)
    production: Production = field(init=False)

    def __post_init__(self) -> None:
        self.production = open_production(self.home, self.runner, self.technical, self.clock)

    def reopen(self) -> None:
        """Read the configuration, the trust list and the registry anew."""
        self.close()
        self.production = open_production(self.home, self.runner, self.technical, self.clock)

    def configure(self, text: str) -> None:
        """Add to the configuration and open it anew."""
        (self.home / "provenance.toml").write_text(CONFIG + text)
        self.reopen()

    def close(self) -> None:
        self.production.__exit__(None, None, None)

    def put(self, source: Path | bytes, name: str = "") -> Path:
        """Put a file into the folder of the work."""
        folder = self.home / "work"
        folder.mkdir(exist_ok=True)
        if isinstance(source, bytes):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source)
            return path
        return Path(shutil.copyfile(source, folder / (name or source.name)))

    def tag(self, path: Path) -> TagOutcome:
        return self.production.tagger.tag(path, BY_PERSON)

    def scan(self, *paths: Path, **options: object) -> ScanReport:
        return self.production.scanner.scan(paths, self.options(**options))

    def options(self, **options: object) -> ScanOptions:
        """Return scan options; what a purpose has may be given by its name."""
        names = {field.name for field in fields(Purpose)} & options.keys()
        asked = Purpose(**{"use": "", **{name: options.pop(name) for name in names}})
        return self.production.scan_options(asked=asked, **options)

    def verdict(self, path: Path, **options: object) -> Verdict:
        return self.scan(path, **options).verdict

    def messages(self, path: Path, **options: object) -> str:
        return " | ".join(finding.message for finding in self.scan(path, **options).findings)

    def rules(self, path: Path, **options: object) -> set[str]:
        return {finding.rule for finding in self.scan(path, **options).findings}

    def remarks(self, path: Path, **options: str | bool | int) -> set[str]:
        """Return the rules that made a remark."""
        findings = self.scan(path, **options).findings
        return {finding.rule for finding in findings if finding.verdict is Verdict.PASS}

    def approve(self, *paths: Path, **request: object) -> CheckedApproval:
        mail = self.home / "mail.eml"
        mail.write_text("You may use it.")
        wanted = {
            "approver": Party(name="Ada"),
            "evidence": (mail,),
            "uses": frozenset({USE}),
            **request,
        }
        signer = load_signer(self.production.approver_key)
        return self.production.approver.approve(ApprovalRequest(paths=paths, **wanted), signer)

    def trust(self, change: Callable[[TrustList], TrustList]) -> None:
        """Put the next edition of the trust list in force, signed with the production's root."""
        trust = change(self.production.trust)
        later = replace(trust, serial=self.production.trust.serial + 1)
        root = load_signer(self.home / DATA_FOLDER / KEYS_FOLDER / ROOT_KEY)
        write_trust(self.home / DATA_FOLDER / TRUST_FILE, sign_trust(later, [root]))
        self.reopen()

    def subject(self, path: Path) -> Subject:
        """Return what a statement about this file is bound to, telling the registry nothing."""
        with self.examined(path) as examined:
            identity = examined.identity
        return Subject(
            name=path.name,
            file_digest=identity.file_digest,
            essence_digest=identity.essence_digest,
        )

    def inspect(self, path: Path, use: str = USE) -> Inspection:
        production = self.production
        inspector = Inspector(
            examiner=production.examiner,
            runner=production.technical_runner,
            gatherer=production.gatherer,
        )
        return inspector.inspect(path, Purpose(use=use))

    @contextmanager
    def examined(self, path: Path) -> Iterator[Examined]:
        with self.production.examiner.examine(path, validate=True) as examined:
            yield examined

    @property
    def database(self) -> Path:
        return self.home / DATA_FOLDER / "registry.db"

    @property
    def checkpoint(self) -> Path:
        return self.home / DATA_FOLDER / CHECKPOINT_FILE


def listing(folder: Path) -> dict[str, bytes | None]:
    """Return every name below a folder with its bytes; None for what is no regular file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else None
        for path in sorted(folder.rglob("*"))
    }
