"""What is installed is what is declared: every dependency is locked by version and digest."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Return every package of a lock file with its version and the number of its digests."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    pins = list(_PIN.finditer(text))
    ends = [*(pin.start() for pin in pins[1:]), len(text)]
    return {
        normal(pin["name"]): (pin["version"], text[pin.start() : end].count("--hash=sha256:"))
        for pin, end in zip(pins, ends, strict=True)
    }


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[object]) -> set[str]:
    found = (_NAME.match(text) for text in requirements if isinstance(text, str))
    return {normal(match[0]) for match in found if match}


def test_every_dependency_is_locked_for_running() -> None:
    names = declared(PROJECT["project"]["dependencies"])
    assert names
    assert names - locked("runtime").keys() == set()


@pytest.mark.parametrize("group", ["build", "dev"])
def test_every_development_dependency_is_locked(group: str) -> None:
    names = declared(PROJECT["dependency-groups"][group])
    assert names
    assert names - locked(group).keys() == set()


@pytest.mark.parametrize("extra", ["postgresql", "notify"])
@pytest.mark.parametrize("lock", ["dev", "service"])
def test_the_extras_that_tests_and_the_image_use_are_locked(extra: str, lock: str) -> None:
    names = declared(PROJECT["project"]["optional-dependencies"][extra])
    assert names
    assert names - locked(lock).keys() == set()


@pytest.mark.parametrize("name", ["runtime", "service", "build", "dev"])
def test_every_locked_package_has_its_digests(name: str) -> None:
    packages = locked(name)
    assert packages
    assert [package for package, (_, digests) in packages.items() if not digests] == []


@pytest.mark.parametrize("name", ["runtime", "service"])
def test_running_and_developing_use_the_same_versions(name: str) -> None:
    for_running, for_developing = locked(name), locked("dev")
    assert {name: for_developing.get(name) for name in for_running} == for_running
