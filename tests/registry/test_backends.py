"""Choosing a backend by URL, and never showing a password."""

import pytest

from provenance.errors import ConfigError
from provenance.registry.backends import BACKENDS, accept_checkpoint, open_registry
from provenance.registry.redaction import redact


@pytest.mark.parametrize("url", ["redis://me:secret@host/0", "", "registry.db", "/srv/sqlite.db"])
def test_an_unknown_scheme_is_refused_with_the_ones_there_are(url, tmp_path):
    with pytest.raises(ConfigError, match=r"sqlite .*memory") as caught:
        open_registry(url, tmp_path / "checkpoint.json")
    assert "secret" not in str(caught.value)


def test_each_example_is_of_its_own_backend():
    assert all(backend.example.startswith(backend.scheme + ":") for backend in BACKENDS)
    assert len({backend.scheme for backend in BACKENDS}) == len(BACKENDS)


def test_a_memory_registry_has_no_checkpoint(tmp_path):
    checkpoint = tmp_path / "checkpoint.json"
    open_registry("memory:", checkpoint).close()
    accept_checkpoint("memory:", checkpoint)
    assert not checkpoint.exists()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:pw@host/db", "postgresql+psycopg://me:***@host/db"),
        ("postgresql://me:p:w@/?#@host/db", "postgresql://me:***@host/db"),
        ("postgresql://:pw@host/db", "postgresql://:***@host/db"),
        (
            "postgresql://h/db?user=me&password=pw&sslmode=x&sslPassword=pw",
            "postgresql://h/db?user=me&password=***&sslmode=x&sslPassword=***",
        ),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("sqlite:////srv/a:b@c/registry.db", "sqlite:////srv/a:b@c/registry.db"),
    ],
)
def test_a_password_is_never_shown_and_the_rest_is(url, shown):
    assert redact(url) == shown
