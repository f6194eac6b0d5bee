"""Manifests of ours and of others: kept, counted, believed only where they hold."""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, cast

import pytest

from provenance.carriers._c2pa_store import whole_store
from provenance.carriers.c2pa import (
    DETACHED_TYPE,
    C2paCarrier,
    read_credentials,
    sign_detached,
)
from provenance.carriers.c2pa_tasks import read_store
from provenance.carriers.chain_making import create_chain
from provenance.carriers.signing_chain import load_chain
from provenance.errors import CarrierError, DamagedMediaError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media.formats import identify
from provenance.media.source import BytesSource, FileSource
from provenance.model.credential import Credentials
from provenance.model.reading import Reading
from tests.carriers.drafting import LATER, TAG, Desk

Copy = Callable[[str], Path]
PNG = "media/png/sound/rgb.png"
SIGNED = (
    "adobe_CACA.jpg",
    "cards_invalid.jpg",
    "encypher_signed.mp4",
    "firefly_2025.jpg",
    "sample1_signed.wav",
)


@pytest.fixture
def carrier(desk: Desk) -> C2paCarrier:
    return cast("C2paCarrier", desk.carriers["c2pa"])


@pytest.fixture(params=SIGNED)
def signed(request: pytest.FixtureRequest, corpus: Path, tmp_path: Path) -> Path:
    path = tmp_path / "work" / request.param
    path.parent.mkdir()
    shutil.copyfile(corpus / "c2pa" / request.param, path)
    return path


def credentials(desk: Desk, path: Path) -> Credentials:
    with desk.examine(path) as examined:
        assert examined.reading.credentials is not None
        return examined.reading.credentials


def test_a_manifest_of_ours_is_trusted_and_says_what_was_declared(
    desk: Desk, carrier: C2paCarrier, copied: Copy
) -> None:
    path = copied(PNG)
    desk.write(carrier, path, TAG)
    store = credentials(desk, path)
    (manifest,) = store.manifests
    assert (store.state, store.is_ours, store.failures, store.place) == (
        "Trusted",
        True,
        (),
        "embedded",
    )
    assert [action.name for action in manifest.actions] == [
        "c2pa.created",
        "local.provenance.markedTemporary",
    ]
    assert manifest.actions[0].source_type == TAG.source_type.uri
    assert "local.provenance.temporary" in manifest.assertions
    assert manifest.claim_generator.startswith("provenance ")
    assert manifest.signer == "The Harbour"
    assert manifest.is_active
    with desk.examine(path) as examined:
        assert examined.signals == ()


def test_the_manifests_of_others_are_kept_under_ours(
    desk: Desk, carrier: C2paCarrier, signed: Path
) -> None:
    before = credentials(desk, signed)
    with desk.examine(signed) as examined:
        signals = {(signal.rule, signal.value) for signal in examined.signals}
    desk.write(carrier, signed, TAG)
    after = credentials(desk, signed)
    assert len(after.manifests) == len(before.manifests) + 1
    assert {one.label for one in before.manifests} <= {one.label for one in after.manifests}
    assert (after.state, after.is_ours) == ("Trusted", True)
    parent = next(one for one in after.manifests if one.label == before.manifests[0].label)
    assert parent.relationship == "parentOf"
    assert parent.actions == before.manifests[0].actions
    with desk.examine(signed) as examined:
        assert examined.tag == TAG
        assert {(signal.rule, signal.value) for signal in examined.signals} == signals


def test_another_s_credentials_are_never_taken_out(
    desk: Desk, carrier: C2paCarrier, signed: Path
) -> None:
    desk.write(carrier, signed, TAG)
    before = signed.read_bytes()
    with pytest.raises(CarrierError, match="must be kept"):
        desk.remove(carrier, signed)
    assert signed.read_bytes() == before


def test_a_store_that_cannot_become_a_parent_is_left_where_it_is(
    desk: Desk, carrier: C2paCarrier, corpus: Path, tmp_path: Path
) -> None:
    path = tmp_path / "work" / "signed.jpg"
    path.parent.mkdir()
    shutil.copyfile(corpus / "c2pa/encypher_expired_signer.jpg", path)
    before = path.read_bytes()
    with pytest.raises(CarrierError, match="hard binding"):
        desk.write(carrier, path, TAG)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["wav/sound/pcm16.wav", "webp/sound/lossy.webp"])
def test_what_follows_a_container_is_not_cut_off(
    name: str, desk: Desk, carrier: C2paCarrier, copied: Copy
) -> None:
    path = copied(f"media/{name}")
    path.write_bytes(path.read_bytes() + b"appended by a recorder")
    before = path.read_bytes()
    with pytest.raises(CarrierError, match="would be lost"):
        desk.write(carrier, path, TAG)
    assert path.read_bytes() == before


def test_a_later_tag_stands_above_the_one_before(
    desk: Desk, carrier: C2paCarrier, copied: Copy
) -> None:
    path = copied(PNG)
    desk.write(carrier, path, TAG)
    desk.write(carrier, path, LATER)
    store = credentials(desk, path)
    assert [TAG.asset_id in one.record for one in store.manifests] == [False, True]
    assert desk.tag_in(carrier, path) == LATER
    desk.remove(carrier, path)
    with desk.examine(path) as examined:
        assert examined.reading.credentials is None


def test_a_picture_that_was_changed_is_not_ours_any_more(
    desk: Desk, carrier: C2paCarrier, copied: Copy
) -> None:
    path = copied(PNG)
    desk.write(carrier, path, TAG)
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 30] ^= 1
    path.write_bytes(data)
    store = credentials(desk, path)
    assert (store.state, store.is_ours) == ("Invalid", False)
    assert "assertion.dataHash.mismatch" in store.failures
    assert desk.tag_in(carrier, path) == TAG


def test_a_chain_of_another_production_is_not_ours(
    desk: Desk, carrier: C2paCarrier, copied: Copy, tmp_path: Path
) -> None:
    path = copied(PNG)
    desk.write(carrier, path, TAG)
    create_chain(tmp_path, "The Harbour")
    other = load_chain(tmp_path).root_pem
    with FileSource(path) as source:
        for root, validate, is_ours in (
            (desk.chain.root_pem, True, True),
            (desk.chain.root_pem, False, False),
            (other, True, False),
            ("", True, False),
        ):
            store = read_credentials(
                desk.runner, (source,), "image/png", root=root, validate=validate
            )
            assert store.is_ours is is_ours
            assert carrier.find_tag(Reading(format_name="png", credentials=store)) == TAG


def test_without_a_chain_nothing_is_signed(desk: Desk, copied: Copy) -> None:
    path = copied(PNG)
    before = path.read_bytes()
    with pytest.raises(CarrierError, match="provenance init"):
        desk.write(C2paCarrier(desk.runner, None), path, TAG)
    assert path.read_bytes() == before


def test_nothing_is_taken_out_where_nothing_is(
    desk: Desk, carrier: C2paCarrier, copied: Copy
) -> None:
    path = copied(PNG)
    before = path.read_bytes()
    desk.remove(carrier, path)
    assert path.read_bytes() == before


def test_a_detached_store_speaks_for_the_bytes_it_was_made_of(desk: Desk, copied: Copy) -> None:
    path = copied("media/rf64/sound/pcm16.rf64")
    sidecar = path.with_name(path.name + ".c2pa")
    with FileSource(path) as source, tempfile.TemporaryFile() as scratch:
        sidecar.write_bytes(
            sign_detached(desk.runner, desk.chain, TAG, source=source, scratch=scratch.fileno())
        )

    def read() -> Credentials:
        with FileSource(path) as source, FileSource(sidecar) as store:
            root = desk.chain.root_pem
            files = (source, store)
            return read_credentials(desk.runner, files, DETACHED_TYPE, root=root, validate=True)

    found = read()
    assert (found.is_ours, found.place) == (True, "pcm16.rf64.c2pa")
    assert TAG.asset_id in found.manifests[0].record
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert not read().is_ours


def test_a_store_that_cannot_be_read_is_damage(
    desk: Desk, carrier: C2paCarrier, copied: Copy
) -> None:
    path = copied(PNG)
    with FileSource(path) as source, pytest.raises(DamagedMediaError):
        read_credentials(desk.runner, (source,), "image/png")
    desk.write(carrier, path, TAG)
    data = path.read_bytes()
    at = data.index(b"caBX") + 4
    path.write_bytes(data[: at + 20] + bytes(400) + data[at + 420 :])
    with FileSource(path) as source, pytest.raises(DamagedMediaError, match="C2PA"):
        read_credentials(desk.runner, (source,), "image/png")


class Answering:
    """A runner whose worker gives one answer whatever it is asked."""

    protections = ()

    def __init__(self, answer: Json) -> None:
        self._answer = answer

    def run(self, *_: object, **__: object) -> Json:
        return self._answer

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("answer", [None, "a store", {}, {"manifests": []}])
def test_an_answer_that_is_no_store_is_damage(answer: Json, copied: Copy) -> None:
    runner: TaskRunner = Answering(answer)
    with FileSource(copied(PNG)) as source, pytest.raises(DamagedMediaError, match="no manifest"):
        read_credentials(runner, (source,), "image/png")


def test_a_key_that_does_not_fit_its_chain_signs_nothing(
    desk: Desk, copied: Copy, tmp_path: Path
) -> None:
    create_chain(tmp_path, "Another")
    (tmp_path / "c2pa-chain.pem").write_text(desk.chain.chain_pem)
    path = copied(PNG)
    with pytest.raises(CarrierError, match="C2PA signing failed"):
        desk.write(C2paCarrier(desk.runner, load_chain(tmp_path)), path, TAG)


@pytest.mark.parametrize("organisation", ["海港" * 60, "Ünïcode & <Söns>", "x" * 500])
def test_an_organisation_of_any_name_can_sign(
    organisation: str, desk: Desk, copied: Copy, tmp_path: Path
) -> None:
    create_chain(tmp_path, organisation)
    other = Desk(desk.runner, load_chain(tmp_path))
    path = copied(PNG)
    other.write(other.carriers["c2pa"], path, TAG)
    store = credentials(other, path)
    assert store.is_ours
    assert store.manifests[0].signer.startswith(organisation[:20])


@pytest.fixture
def many(corpus: Path) -> Iterator[FileSource]:
    with FileSource(corpus / "c2pa/google_gemini_30manifests.png") as source:
        yield source


def test_a_long_chain_of_manifests_is_read_whole(desk: Desk, many: FileSource) -> None:
    store = read_credentials(desk.runner, (many,), "image/png")
    assert len(store.manifests) == 30
    assert [one.is_active for one in store.manifests] == [True] + [False] * 29
    assert not store.is_ours


class Watched(io.BytesIO):
    """A file that counts the bytes that are read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer)
        self.count += size
        return size


def in_order(store: dict[str, Any] | None) -> dict[str, Any]:
    """Return a store whose statements stand in one order: the library has them in any."""
    assert store is not None
    for manifest in store["manifests"]:
        manifest["statements"].sort(key=str)
    return store


def test_of_a_file_that_is_not_validated_only_the_store_is_read(signed: Path) -> None:
    data = signed.read_bytes()
    fmt = identify(data, signed.suffix)
    runs = [(run.offset, run.length) for run in fmt.read(BytesSource(data)).c2pa]
    arguments = {"media_type": fmt.media_type, "root": "", "validate": False}
    file = Watched(data)
    found = read_store({**arguments, "runs": runs}, [file])
    assert file.count == sum(length for _, length in runs)
    assert in_order(found) == in_order(read_store(arguments, [io.BytesIO(data)]))


def test_pieces_that_are_not_exactly_one_store_in_order_are_left_to_the_library(
    corpus: Path,
) -> None:
    data = (corpus / "c2pa" / "adobe_CACA.jpg").read_bytes()
    found = identify(data, ".jpg").read(BytesSource(data)).c2pa
    runs = [(run.offset, run.length) for run in found]
    assert len(runs) > 1
    assert whole_store(runs, io.BytesIO(data))
    for wrong in ([], runs[:-1], runs[::-1], [*runs, runs[-1]], [runs[0], *runs]):
        assert whole_store(wrong, io.BytesIO(data)) == b""
