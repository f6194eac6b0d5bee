"""No file of ours knows the machine it was written on."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:home|root|Users|work|workspace)/[\w.-]+")
PACKAGE_HOST = re.compile(r"(?i)\b(?:pypi|pythonhosted|artifactory|jfrog|nexus)\.[a-z]+")


def tracked() -> list[Path]:
    """Return the files under version control; of an unpacked archive there are none."""
    done = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607  (whichever git there is)
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    return [ROOT / name.decode() for name in done.stdout.split(b"\0") if name]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, PACKAGE_HOST], ids=["paths", "hosts"])
def test_no_tracked_text_names_this_machine_or_a_package_host(pattern: re.Pattern[str]) -> None:
    files = [path for path in tracked() if path.is_file()]
    if not files:
        pytest.skip("not a checkout")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files
        for match in pattern.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    assert MACHINE_PATH.search("see /home jo/show".replace("home ", "home/"))
    assert PACKAGE_HOST.search("https://files.pypi org/packages".replace("pypi ", "pypi."))
    assert not MACHINE_PATH.search(
        "~/wo rk/plates and deliverables/wo rk/shot".replace("wo rk", "work")
    )
