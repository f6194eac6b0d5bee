"""Crash commands at fault points, and judge what lies there afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fixtures.build import recipes
from provenance.attestation.trust_file import load_trust
from provenance.carriers.c2pa import PRELOAD
from provenance.cli.main import main
from provenance.config import load_config
from provenance.errors import ProvenanceError
from provenance.faults import VARIABLE
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.logbook import check_log
from provenance.media.staging import is_staging_name
from provenance.model.digest import Digest
from provenance.model.outcome import Action
from provenance.stores import CHECKPOINT_FILE, TRUST_FILE
from provenance.wiring import Production
from provenance.writing import recover_writes
from tests.cli.running import Result, Show, spawn
from tests.usecases.studio import BY_PERSON

KILLED = -9
SAMPLES = {
    "png": "rgb.png",
    "mov": "moov_last.mov",
    "wav": "pcm16.wav",
    "mp3": "bare.mp3",
    "tiff": "strips.tif",
    "rf64": "pcm16.rf64",
}
"""Formats that are tagged; beside the last a manifest is signed, for it cannot hold one."""
_RUNNER = UnsafeInProcessRunner(preload=PRELOAD)


def media(fmt: str) -> bytes:
    """Return the sample of a format."""
    return recipes()[f"media/{fmt}/sound"][SAMPLES[fmt]]()


def found(home: Path) -> Path:
    """Make a production to copy."""
    assert main(["init", str(home), "--name", "Show"]) == 0
    settings = home / "provenance.toml"
    patient = settings.read_text("utf-8")
    settings.write_text(patient.replace("settle_seconds = 5 ", "settle_seconds = 0.2 "), "utf-8")
    return home


def run(show: Show, faults: str, *words: str | Path) -> Result:
    """Run a command in a process of its own, under faults."""
    return spawn(*words, cwd=show.home, **{VARIABLE: faults})


@contextmanager
def stopped(show: Show, faults: str, path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Tag in a process of its own that has come to a point where it stopped itself."""
    command = [sys.executable, "-m", "provenance", "tag", path]
    with subprocess.Popen(
        command, cwd=show.home, env={**os.environ, VARIABLE: faults}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            yield process
        finally:
            process.kill()


@contextmanager
def opened(show: Show) -> Iterator[Production]:
    """Open the production here, with workers that are this process."""
    with Production(load_config(show.home / "provenance.toml")) as production:
        production.runner = production.reading_runner = _RUNNER
        yield production


@contextmanager
def tagging(show: Show) -> Iterator[Callable[[Path], str]]:
    """Give a function that tags a file here and returns how that ended, in one word."""
    with opened(show) as production:
        tagger = production.tagger

        def tag(path: Path) -> str:
            try:
                return tagger.tag(path, BY_PERSON).action.value
            except ProvenanceError as error:
                return type(error).__name__

        yield tag


def find_log_flaw(show: Show) -> str:
    """Return what is wrong with the registry and its log; nothing if they verify."""
    config = load_config(show.home / "provenance.toml")
    trust = load_trust(config.data / TRUST_FILE)
    flaws = check_log(config.registry, config.data / CHECKPOINT_FILE, trust).flaws
    return "; ".join(map(str, flaws))


def find_litter(show: Show) -> str:
    """Return the names that a writer left behind among the media."""
    litter = [path.name for path in show.home.rglob("*") if is_staging_name(path.name)]
    return f"litter: {litter}" if litter else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A file of a production whose tagging is made to fail."""

    show: Show
    path: Path
    before: bytes
    essence: Digest

    def find_harm(self) -> str:
        """Return what is wrong; nothing if the file is as it was or wholly tagged."""
        if self.path.read_bytes() == self.before:
            return ""
        with opened(self.show) as production:
            return self._find_half_tagged(production)

    def find_unrecovered(self) -> str:
        """Recover and tag once more; return what is not as it should be then."""
        with opened(self.show) as production:
            recover_writes(production.leases)
            outcome = production.tagger.tag(self.path, BY_PERSON)
            again = production.tagger.tag(self.path, BY_PERSON)
            if outcome.action not in (Action.TAGGED, Action.ALREADY, Action.DETACHED):
                return f"{outcome.action}: {outcome.detail}"
            if again.action is not Action.ALREADY:
                return f"tagged again: {again.detail}"
            wrong = self._find_half_tagged(production) or _find_double(production)
        return wrong or find_litter(self.show) or find_log_flaw(self.show)

    def _find_half_tagged(self, production: Production) -> str:
        with production.examiner.examine(self.path, validate=True) as seen:
            if not seen.is_whole:
                return f"torn: {seen.problems}"
            if seen.tag is None:
                return "neither as it was nor tagged"
            if {seen.identity.essence_digest, seen.tag.essence_digest} != {self.essence}:
                return "another essence"
        return ""


def put_victim(show: Show, fmt: str, folder: str = "work/ep1", *, data: bytes = b"") -> Victim:
    """Put a file to tag into the production."""
    data = data or media(fmt)
    path = show.put(f"{folder}/shot{Path(SAMPLES[fmt]).suffix}", data)
    with opened(show) as production, production.examiner.examine(path) as seen:
        essence = seen.identity.essence_digest
    return Victim(show=show, path=path, before=data, essence=essence)


def _find_double(production: Production) -> str:
    """Return whether anything was left open or written twice in the registry."""
    registry = production.registry
    if registry.open_writes():
        return "a write is still announced"
    assets = registry.assets()
    if len(assets) != 1:
        return f"{len(assets)} assets"
    sightings = registry.sightings_of(assets[0].asset_id)
    tagged = {sighting.file_digest for sighting in sightings if "xmp" in sighting.carriers}
    return f"tagged {len(tagged)} times" if len(tagged) > 1 else ""


def record_of(done: Result) -> str:
    """Return one line about a command, for a complaint."""
    return json.dumps({"code": done.code, "err": done.err[-600:], "out": done.out[-300:]})
