"""Sidecars that arrive after their files: what they say counts as if they had been there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.leasing import LeaseKeeper
from provenance.model.finding import Verdict
from provenance.quarantining import list_quarantine
from provenance.zoning import ZoneKeeper
from tests.builders.packages import seal_imf
from tests.usecases.studio import Studio

Sample = Callable[[str], Path]
DECLARING = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 ext:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>
</rdf:RDF></x:xmpmeta>"""


def open_zone(studio: Studio, role: str, more: str = "") -> tuple[Path, ZoneKeeper]:
    zone = studio.home / "zone"
    zone.mkdir()
    studio.configure(f'{more}[[zones]]\npath = "zone"\nrole = "{role}"\n')
    return zone, studio.production.zone_keeper(dry_run=False)


def arrive(source: Path, place: Path) -> Path:
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(source.read_bytes())
    return place


def done(keeper: ZoneKeeper, *paths: Path) -> list[tuple[str, str]]:
    """Have a zone take files; return what was done, without what is left alone."""
    taken = keeper.take(paths)
    assert taken.failed == {}
    return [(one.action, one.path.name) for one in taken.arrivals if one.action != "left"]


@pytest.mark.parametrize("name", ["a.png.xmp", "a.xmp"])
def test_a_gate_judges_a_file_anew_when_its_sidecar_arrives(
    studio: Studio, sample: Sample, name: str
) -> None:
    zone, keeper = open_zone(studio, "deliverable")
    file = arrive(sample("png/rgb.png"), zone / "a.png")
    assert done(keeper, file) == [("passed", "a.png")]
    sidecar = zone / name
    sidecar.write_bytes(DECLARING)
    assert done(keeper, sidecar) == [("quarantined", "a.png")]
    assert not file.exists()


def test_a_manifest_store_that_arrives_later_counts_too(studio: Studio, sample: Sample) -> None:
    zone, keeper = open_zone(studio, "deliverable")
    file = arrive(sample("png/rgb.png"), zone / "a.png")
    assert done(keeper, file) == [("passed", "a.png")]
    other = studio.put(b"of a kind that is not read", "other.mxf")
    studio.tag(other)
    store = arrive(other.with_name("other.mxf.c2pa"), zone / "a.png.c2pa")
    verdict = studio.verdict(file)
    assert verdict is not Verdict.PASS
    expected = "quarantined" if verdict is Verdict.BLOCK else "undecided"
    assert done(keeper, store) == [(expected, "a.png")]


def test_a_gate_judges_a_sealed_package_anew_when_a_sidecar_arrives(
    studio: Studio, sample: Sample
) -> None:
    zone, keeper = open_zone(
        studio, 'deliverable"\non_block = "report', '[scan]\nignore = ["*.xml"]\n'
    )
    files = [arrive(sample("png/rgb.png"), zone / f"reel/{name}.png") for name in "ab"]
    seal_imf(zone / "reel")
    assert done(keeper, *files) == [("passed", "a.png")]
    sidecars = [file.with_suffix(".png.xmp") for file in files]
    for sidecar in sidecars:
        sidecar.write_bytes(DECLARING)
    assert done(keeper, *sidecars) == [("blocked", "reel")]


def test_a_file_that_came_with_its_sidecar_is_judged_once(studio: Studio, sample: Sample) -> None:
    zone, keeper = open_zone(studio, "deliverable")
    file = arrive(sample("png/rgb.png"), zone / "a.png")
    (sidecar := zone / "a.png.xmp").write_bytes(DECLARING)
    assert done(keeper, sidecar, file) == [("quarantined", "a.png")]


def test_a_file_that_is_arriving_yet_is_not_taken_with_its_sidecar(
    studio: Studio, sample: Sample
) -> None:
    zone, keeper = open_zone(studio, "deliverable")
    data = sample("png/rgb.png").read_bytes()
    file = zone / "a.png"
    file.write_bytes(data[:-20])
    (sidecar := zone / "a.png.xmp").write_bytes(DECLARING)
    assert done(keeper, sidecar) == []
    file.write_bytes(data)
    assert done(keeper, sidecar) == []  # it was written since, and arrives by itself
    assert done(keeper, file) == [("quarantined", "a.png")]


def test_what_fails_because_of_a_sidecar_is_tried_again_with_it(
    studio: Studio, sample: Sample
) -> None:
    zone, keeper = open_zone(studio, "deliverable")
    file = arrive(sample("png/rgb.png"), zone / "a.png")
    assert done(keeper, file) == [("passed", "a.png")]
    (sidecar := zone / "a.png.xmp").write_bytes(DECLARING)
    leases = studio.production.leases
    with LeaseKeeper(leases.registry, zones=leases.zones).hold(file):
        assert list(keeper.take([sidecar]).failed) == [sidecar]
    assert done(keeper, sidecar) == [("quarantined", "a.png")]
    assert [entry.path.name for entry in list_quarantine(zone)] == ["a.png"]


def test_a_zone_that_tags_what_declares_itself_tags_by_a_late_sidecar(
    studio: Studio, sample: Sample
) -> None:
    zone, keeper = open_zone(studio, "work")
    file = arrive(sample("png/rgb.png"), zone / "a.png")
    assert done(keeper, file) == []
    (sidecar := zone / "a.xmp").write_bytes(DECLARING)
    assert done(keeper, sidecar) == [("tagged", "a.png")]


def test_the_sidecar_of_our_own_tag_is_nothing_new(studio: Studio) -> None:
    zone, keeper = open_zone(studio, "generated")
    file = zone / "a.mxf"
    file.write_bytes(b"of a kind that is not read")
    assert done(keeper, file) == [("tagged-beside", "a.mxf")]
    sidecar = zone / "a.mxf.xmp"
    assert done(keeper, sidecar) == []
    sidecar.write_bytes(DECLARING)
    assert done(keeper, sidecar) == [("already-tagged", "a.mxf")]  # by the manifest store
