"""What travels through the queue comes out as it went in, or is refused."""

import json
import zlib
from dataclasses import replace

import pytest

from provenance.cluster.records import Asked, Found, Part, Place, packed, unpacked
from provenance.errors import RegistryError
from provenance.model.purpose import Purpose
from provenance.model.report import AssetResult
from provenance.policy.engine import judge
from provenance.spooling import ResultSpool
from tests.report_samples import FACTS, HOUSE, ODD_PATHS

PURPOSE = Purpose(use="trailer", territories=frozenset({"DE", "US"}))
RESULTS = tuple(
    AssetResult(
        facts=replace(facts, path=path),
        findings=judge(facts, HOUSE),
        policy=HOUSE.label,
        policy_digest=HOUSE.digest,
        purpose=PURPOSE,
        path_bytes=b"caf\xe9\x01" + path.encode("utf-8", "surrogatepass"),
        thumbnail=b"\xff\xd8\0",
    )
    for facts in FACTS
    for path in ODD_PATHS
)


def test_results_of_every_sort_come_out_as_they_went_in() -> None:
    spool = ResultSpool(RESULTS)
    spool.append_alike("reel/caf\udce9", ["a", "caf\udce9"], RESULTS[0], codes=b"\1\2")
    found = Found(
        worker="ash/1", seen=("1f", ""), ignored=("x\udce9",), entries=tuple(spool.entries())
    )
    again = unpacked(packed(found), Found)
    assert again == found
    assert len(again.entries) == len(RESULTS) + 1


@pytest.mark.parametrize(
    "record",
    [
        Asked(terms={"a": "b"}, folder="/f\udce9", purpose=PURPOSE, policy="house", jobs=3),
        Part(places=(Place(path="a\udce9", files=2, names="00"),), beyond=("b",)),
        Found(worker="ash/1", refusal="other settings"),
    ],
)
def test_other_records_do_too(record: Asked | Part | Found) -> None:
    assert unpacked(packed(record), type(record)) == record


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zlib",
        zlib.compress(b"[]"),
        zlib.compress(b'{"version": 1, "record": {"places": 3}}'),
        zlib.compress(json.dumps({"version": 2, "record": {"places": []}}).encode()),
        packed(Part(places=()))[:-4],
    ],
)
def test_what_is_no_record_of_this_version_is_refused(data: bytes) -> None:
    with pytest.raises(RegistryError, match="the queue holds a record"):
        unpacked(data, Part)
