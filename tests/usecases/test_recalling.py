"""What is looked up many times is found as the registry finds it."""

import pytest

from provenance.model.digest import sha256_digest
from provenance.recalling import Assets
from provenance.registry.backends import open_registry
from provenance.registry.interface import Registry
from provenance.registry.records import AssetRecord
from tests.usecases.test_sweep_equals import recorded


@pytest.fixture
def registry(tmp_path) -> Registry:
    return open_registry("memory:", tmp_path / "checkpoint.json")


def number(value: int) -> AssetRecord:
    digest = sha256_digest(str(value).encode())
    return recorded(digest, value, b"%032d" % value)


@pytest.mark.parametrize("stored", [0, 3, 40, 2000])
def test_assets_are_found_however_often_is_asked(registry: Registry, stored: int) -> None:
    for value in range(stored):
        registry.record_asset(number(value))
    assets = Assets(registry)
    for value in range(stored + 50):
        record = number(value)
        assert assets.find(record.essence_digest) == registry.find_by_essence(record.essence_digest)


def test_what_is_learnt_is_found_at_once(registry: Registry) -> None:
    registry.record_asset(number(1))
    assets = Assets(registry)
    for _ in range(50):
        assert assets.find(number(2).essence_digest) is None
    assets.learn(registry.record_asset(number(2)))
    assert assets.find(number(2).essence_digest) == number(2)
