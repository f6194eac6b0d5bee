"""A signing chain and a worker for all carrier tests of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.carriers.c2pa import PRELOAD
from provenance.carriers.chain_making import create_chain
from provenance.carriers.signing_chain import SigningChain, load_chain
from provenance.isolation.in_process import UnsafeInProcessRunner
from tests.carriers.drafting import Desk


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> SigningChain:
    folder = tmp_path_factory.mktemp("keys")
    create_chain(folder, "The Harbour")
    return load_chain(folder)


@pytest.fixture(scope="session")
def desk(chain: SigningChain) -> Iterator[Desk]:
    with UnsafeInProcessRunner(preload=PRELOAD) as runner:
        yield Desk(runner, chain)


@pytest.fixture
def copied(tmp_path: Path, fixtures_dir: Path):
    """Return a function that copies a fixture to a folder of its own."""

    def copy(name: str) -> Path:
        path = tmp_path / "work" / Path(name).name
        path.parent.mkdir()
        path.write_bytes((fixtures_dir / name).read_bytes())
        return path

    return copy
