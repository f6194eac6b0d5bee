"""A manifest that c2pa embeds into a PDF is found by our reader and read by its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.pdf import page, stream, table
from provenance.carriers import c2pa_tasks
from provenance.media.pdf import Pdf
from provenance.media.source import BytesSource
from provenance.model.source_type import IPTC_BASE
from provenance.signals.kinds import find_signals
from tests.carriers.drafting import Desk

ATTACHED = b"<</Type/Filespec/AFRelationship/C2PA_Manifest/F(c.c2pa)/EF<</F 9 0 R>>>>"
ASSOCIATED = b"/AF[8 0 R]"
NAMED = b"/Names<</EmbeddedFiles<</Names[(c) 8 0 R]>>>>"


@pytest.fixture
def signed(desk: Desk, copied: Callable[[str], Path]) -> Path:
    """Return a PDF that another tool signed as made by a model."""
    source = copied("media/pdf/sound/plain.pdf")
    path = source.with_name("signed.pdf")
    arguments = {
        "media_type": "application/pdf",
        "title": "harbour",
        "record": {},
        "source_type": IPTC_BASE + "trainedAlgorithmicMedia",
        "tool": "Example",
        "version": "1",
        "chain": desk.chain.chain_pem,
        "key": desk.chain.key_pem,
        "root": desk.chain.root_pem,
        "has_parent": False,
        "detached": False,
    }
    with source.open("rb") as before, path.open("w+b") as after:
        c2pa_tasks.sign(arguments, [before, after])
    return path


def store_of(path: Path) -> bytes:
    data = path.read_bytes()
    (run,) = Pdf().read(BytesSource(data)).c2pa
    return data[run.offset : run.end]


def attached(catalog: bytes, store: bytes) -> bytes:
    pages = b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>"
    return table({**page(), 1: pages, 8: ATTACHED, 9: store}, b"/Root 1 0 R")


def test_the_manifest_of_a_signed_document_is_evidence(desk: Desk, signed: Path) -> None:
    with desk.examine(signed) as examined:
        assert examined.problems == ()
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.state == "Trusted"
        rules = {signal.rule for signal in find_signals(examined.reading)}
    assert "c2pa-source-type" in rules


def test_a_manifest_that_was_deflated_is_a_problem(desk: Desk, signed: Path) -> None:
    store = store_of(signed)
    signed.write_bytes(attached(ASSOCIATED, stream(store, deflated=True)))
    with desk.examine(signed) as examined:
        assert not examined.is_whole
        assert "C2PA manifest store" in examined.problems[0].detail


@pytest.mark.parametrize("catalog", [ASSOCIATED, NAMED], ids=["associated", "only-named"])
def test_a_manifest_moved_to_another_document_is_still_evidence(
    desk: Desk, signed: Path, catalog: bytes
) -> None:
    signed.write_bytes(attached(catalog, stream(store_of(signed))))
    with desk.examine(signed) as examined:
        assert examined.reading.credentials is not None
        assert "assertion.dataHash.mismatch" in examined.reading.credentials.failures
