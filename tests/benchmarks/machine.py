"""What the figures were taken on."""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

_DISTRIBUTIONS = ("provenance", "c2pa-python", "mutagen")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_PROGRAMS = {"exiftool": "-ver", "mediainfo": "--Version", "rg": "--version", "find": "--version"}


def described() -> str:
    """Return the machine and the versions of everything that was measured, in two lines."""
    busy = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    versions = [f"{name} {version(name)}" for name in _DISTRIBUTIONS]
    versions += [f"{name} {_said(name, how)}" for name, how in _PROGRAMS.items()]
    return f"{_processor()}, {busy}; {system}\n{', '.join(versions)}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    models = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _said(program: str, how: str) -> str:
    """Return the version a program says it has."""
    if shutil.which(program) is None:
        return "missing"
    done = subprocess.run([program, how], capture_output=True, text=True, check=False)
    version_said = _VERSION.search(done.stdout)
    return version_said[0] if version_said else "unknown"
