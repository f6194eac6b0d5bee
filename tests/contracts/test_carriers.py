"""What every carrier must do in every format it can bear."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.build import MEDIA
from provenance.carriers.c2pa import PRELOAD
from provenance.carriers.chain_making import create_chain
from provenance.carriers.interface import Carrier
from provenance.carriers.order import carriers_in_order
from provenance.carriers.signing_chain import load_chain
from provenance.errors import CarrierError
from provenance.examining import Examined
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.formats import FORMATS
from provenance.model.credential import Credentials, Manifest
from provenance.model.metadata import Contents, MetadataField, XmpProperty
from provenance.model.reading import Reading
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import ProvenanceTag
from tests.carriers.drafting import LATER, TAG, Desk

REFUSED = {
    ("native", "keys.mov"): "QuickTime keys",
    ("native", "fragmented.mp4"): "fragmented",
    ("c2pa", "lzw_pages.tif"): "would change how the file is decoded",
}
"""Files that cannot bear a carrier though their format can, and the reason it gives."""
LIBRARY = "Mutagen "
"""How a comment block must name its vendor that had to be made for our tag."""
VERSION_1 = Path(__file__).parents[1] / "carriers/fixtures/tag-1.json"
NAMESPACE = "https://ns.provenance.local/tag/1.0/"

ALL = carriers_in_order(UnsafeInProcessRunner(preload=()), None)
BORNE = [
    (carrier.name, f"media/{fmt.name}/sound/{file}")
    for carrier in ALL
    for fmt in FORMATS
    if carrier.can_bear(fmt)
    for file in MEDIA[fmt.name].sound
]
each_file = pytest.mark.parametrize(
    ("name", "path"),
    [pair for pair in BORNE if (pair[0], Path(pair[1]).name) not in REFUSED],
    indirect=["path"],
    ids=lambda value: Path(value).name,
)
each_carrier = pytest.mark.parametrize("carrier", ALL, ids=lambda carrier: carrier.name)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("keys")
    create_chain(folder, "The Harbour")
    with WorkerProcess(preload=PRELOAD) as runner:
        yield Desk(runner, load_chain(folder))


@pytest.fixture
def path(request: pytest.FixtureRequest, tmp_path: Path, fixtures_dir: Path) -> Path:
    sample = fixtures_dir / request.param
    copy = tmp_path / "work" / sample.name
    copy.parent.mkdir()
    copy.write_bytes(sample.read_bytes())
    return copy


def foreign(examined: Examined, *ours: ProvenanceTag) -> tuple[object, ...]:
    """Return what others said in a file: fields, properties, signals and credentials."""
    words = {word for tag in ours for word in (tag.to_json(), tag.comment)}
    fields = Counter(
        found
        for found in examined.reading.fields
        if found.value not in words and not found.value.startswith(LIBRARY)
    )
    wrote = " ".join(f.value for f in examined.reading.properties if f.name == "Wrote").split()
    properties = [
        found
        for found in examined.reading.properties
        if found.namespace != NAMESPACE and not (ours and _wrote(found, wrote))
    ]
    return fields, properties, examined.signals, examined.identity.essence_digest


def _wrote(found: XmpProperty, wrote: list[str]) -> bool:
    return found.name in {name.partition(":")[2] for name in wrote}


@each_file
def test_a_written_tag_is_found_again_and_what_others_wrote_stays(
    name: str, path: Path, desk: Desk
) -> None:
    carrier = desk.carriers[name]
    with desk.examine(path) as examined:
        assert carrier.find_tag(examined.reading) is None
        before = foreign(examined)
        decoding = examined.fmt.decoding_map(examined.source)
    desk.write(carrier, path, TAG)
    with desk.examine(path) as examined:
        assert examined.problems == ()
        assert carrier.find_tag(examined.reading) == TAG
        assert examined.tag == TAG
        assert foreign(examined, TAG) == before
        assert examined.fmt.decoding_map(examined.source) == decoding


@each_file
def test_a_tag_written_again_stands_there_once_and_can_be_taken_out(
    name: str, path: Path, desk: Desk
) -> None:
    carrier = desk.carriers[name]
    with desk.examine(path) as examined:
        before = foreign(examined)
    for tag in (TAG, TAG, LATER):
        desk.write(carrier, path, tag)
        assert desk.tag_in(carrier, path) == tag
    if name != "c2pa":  # a manifest keeps the one before it, as its parent
        assert TAG.asset_id.encode() not in path.read_bytes()
    desk.remove(carrier, path)
    with desk.examine(path) as examined:
        assert examined.problems == ()
        assert examined.tag is None
        assert foreign(examined) == before
    if name != "c2pa":  # a store before media becomes free space, since no sample may move
        assert LATER.asset_id.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("name", "path", "reason"),
    [
        (name, path, reason)
        for (name, file), reason in REFUSED.items()
        for carrier, path in BORNE
        if carrier == name and Path(path).name == file
    ],
    indirect=["path"],
)
def test_a_file_that_cannot_bear_the_tag_is_as_it_was(
    name: str, path: Path, reason: str, desk: Desk
) -> None:
    before = path.read_bytes()
    with pytest.raises(CarrierError, match=reason):
        desk.write(desk.carriers[name], path, TAG)
    assert path.read_bytes() == before


def test_every_refusal_is_of_a_sample_there_is() -> None:
    files = {(name, Path(path).name) for name, path in BORNE}
    assert set(REFUSED) <= files


@each_carrier
def test_a_reading_of_nothing_bears_no_tag(carrier: Carrier) -> None:
    assert carrier.find_tag(Reading(format_name="")) is None


def bearing(name: str, record: str) -> list[Reading]:
    """Return readings as a file gives them whose carrier holds this record."""
    keys = ("TXXX:PROVENANCE", "provenance", "----:com.apple.iTunes:PROVENANCE")
    fields = [MetadataField(place="here", key=key, value=record) for key in keys]
    found = XmpProperty(place="here", namespace=NAMESPACE, name="Record", value=record)
    manifest = Manifest(label="urn:1", claim_generator="", signer="", record=record)
    store = Credentials(manifests=(manifest,), state="Invalid", is_ours=False)
    return {
        "native": [Reading(format_name="", contents=Contents(fields=(one,))) for one in fields],
        "xmp": [Reading(format_name="", properties=(found,))],
        "c2pa": [Reading(format_name="", credentials=store)],
    }[name]


@each_carrier
def test_a_record_of_version_1_still_reads(carrier: Carrier) -> None:
    for reading in bearing(carrier.name, VERSION_1.read_text("utf-8")):
        tag = carrier.find_tag(reading)
        assert tag is not None
        assert tag.asset_id == "urn:uuid:6b1f0f9e-0d5c-4f6f-8f2a-3d1f5a9b7c11"
        assert tag.source_type is DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA


@each_carrier
@pytest.mark.parametrize("record", ["", "{", "{}", '{"schema":"provenance-tag","version":1}'])
def test_a_record_that_is_none_of_ours_is_no_tag(carrier: Carrier, record: str) -> None:
    for reading in bearing(carrier.name, record):
        assert carrier.find_tag(reading) is None


def test_carriers_are_written_fields_first_and_c2pa_last() -> None:
    assert [carrier.name for carrier in ALL] == ["native", "xmp", "c2pa"]


def test_a_format_that_is_written_can_bear_at_least_one_carrier() -> None:
    for fmt in FORMATS:
        is_written = bool(fmt.xmp_place or fmt.embeds_c2pa)
        assert any(carrier.can_bear(fmt) for carrier in ALL) is is_written, fmt.name
