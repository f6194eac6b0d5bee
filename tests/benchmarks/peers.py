"""The programs we are measured beside: which there are, how they are called, our own C."""

import shutil
import subprocess
from pathlib import Path

from tests.benchmarks.measuring import ROOT, Reader, run_command

_SOURCES = ROOT / "tests/benchmarks"


class MissingPeerError(Exception):
    """A program that a row needs is not installed, or does not build."""


def require(*programs: str) -> None:
    """Raise MissingPeerError unless all these programs are installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise MissingPeerError(f"{', '.join(missing)} not installed (.ci/peers installs it)")


def exiftool(tree: Path, files: int) -> Reader:
    """Return exiftool with its defaults over a tree."""
    require("exiftool")
    # It ends with 1 where one file of thousands has an error, and has read them all the same.
    return lambda: run_command(["exiftool", "-r", "-j", tree], files, start=["exiftool", "-ver"])


def mediainfo(tree: Path, files: int) -> Reader:
    """Return mediainfo over a tree."""
    require("mediainfo")
    return lambda: run_command(["mediainfo", tree], files, start=["mediainfo", "--Version"])


def ripgrep(tree: Path, files: int) -> Reader:
    """Return ripgrep reading every byte of a tree."""
    require("rg")
    command = ["rg", "-j1", "-uuu", "-a", "-l", "TEMPORARY", tree]
    return lambda: run_command(command, files, start=["rg", "--version"])


def floor(folder: Path, tree: Path, files: int) -> Reader:
    """Return the least C can do with a tree; the program and an empty folder go into `folder`."""
    program, empty = compiled(folder, "floor.c"), folder / "empty"
    empty.mkdir(exist_ok=True)
    return lambda: run_command([program, tree], files, start=[program, empty])


def output(*command: str) -> str:
    """Return what a program prints; raises MissingPeerError if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingPeerError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def compiled(folder: Path, source: str, *options: str) -> Path:
    """Compile a C source of this folder; raises MissingPeerError if that fails."""
    require("gcc")
    program = folder / Path(source).stem
    command = ["gcc", "-O2", "-Wall", "-o", str(program), str(_SOURCES / source), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        first = (done.stderr.splitlines() or ["gcc fails"])[0]
        raise MissingPeerError(f"{source} does not build: {first}")
    return program
