"""A manifest is signed by a hash made elsewhere, and holds for the file the hash is of."""

from dataclasses import replace
from pathlib import Path

import pytest

from provenance.carriers import _c2pa_native, c2pa_tasks
from provenance.carriers.c2pa import DETACHED_TYPE, read_credentials, sign_bound
from provenance.errors import CarrierError
from provenance.media.c2pa_binding import BINDINGS, data_hash
from provenance.media.digesting import digest_streams
from provenance.media.interface import MediaFormat
from provenance.media.source import BytesSource, FileSource
from provenance.model.digest import hex_of, sha256_digest
from tests.carriers.drafting import TAG, Desk
from tests.media_samples import carry_out, each_written_sample, essence_of

CONTENT = b"a format nobody here reads"
RECORD = TAG.to_json()
UNFIT = {"fragmented.mp4": "index has to stay the end", "open_mdat.mp4": "open-ended"}
"""Movies that end with a box behind which nothing may lie."""


def detached(desk: Desk, digest: bytes) -> bytes:
    return sign_bound(
        desk.runner, desk.chain, TAG, media_type=DETACHED_TYPE, assertion=data_hash(digest)
    )


def failures_beside(desk: Desk, folder: Path, content: bytes, store: bytes) -> tuple[str, ...]:
    """Return what is wrong with a store beside a file, as the library reads both."""
    (folder / "take.bin").write_bytes(content)
    (folder / "take.bin.c2pa").write_bytes(store)
    with FileSource(folder / "take.bin") as file, FileSource(folder / "take.bin.c2pa") as beside:
        found = read_credentials(
            desk.runner, (file, beside), DETACHED_TYPE, root=desk.chain.root_pem, validate=True
        )
    assert found.is_ours == (not found.failures)
    return found.failures


def test_a_store_by_the_digest_of_a_file_holds_for_it_alone(desk: Desk, tmp_path: Path) -> None:
    store = detached(desk, bytes.fromhex(hex_of(sha256_digest(CONTENT))))
    assert failures_beside(desk, tmp_path, CONTENT, store) == ()
    assert failures_beside(desk, tmp_path, CONTENT + b"!", store) == (
        "assertion.dataHash.mismatch",
    )


@each_written_sample
def test_a_store_put_into_a_file_is_bound_to_every_byte_but_its_own(
    fmt: MediaFormat, path: str, desk: Desk, fixtures_dir: Path, tmp_path: Path
) -> None:
    binding = BINDINGS.get(fmt.name)
    if binding is None or Path(path).name in UNFIT:
        pytest.skip("files of its format take no store in place")
    data = (fixtures_dir / path).read_bytes()

    def signed(placed: bytes, digest: bytes) -> bytes:
        assertion = binding.assertion(BytesSource(placed), digest)
        return sign_bound(
            desk.runner, desk.chain, TAG, media_type=fmt.media_type, assertion=assertion
        )

    def with_store(store: bytes) -> bytes:
        return carry_out(binding.plan_with_store(BytesSource(data), store), data)

    placed = with_store(bytes(4096))
    if binding.is_sized:
        placed = with_store(bytes(len(signed(placed, bytes(32)))))
    (state,) = digest_streams(BytesSource(placed), [binding.covered(BytesSource(placed))])
    final = with_store(signed(placed, state.digest()))
    assert essence_of(fmt, final) == essence_of(fmt, data)
    assert final[binding.store_begin(BytesSource(final)) :].count(b"jumb") > 0
    file = tmp_path / Path(path).name
    file.write_bytes(final)
    with desk.examine(file) as examined:
        assert examined.is_whole
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.is_ours, examined.reading.credentials.failures
    spoilt = bytearray(final)
    spoilt[len(data) // 2] ^= 1
    file.write_bytes(spoilt)
    with desk.examine(file) as examined:
        credentials = examined.reading.credentials
        assert credentials is None or not credentials.is_ours


@pytest.mark.parametrize(("name", "why"), UNFIT.items())
def test_a_movie_whose_last_box_has_to_stay_that_takes_no_store(
    name: str, why: str, fixtures_dir: Path
) -> None:
    data = (fixtures_dir / f"media/mp4/sound/{name}").read_bytes()
    with pytest.raises(CarrierError, match=why):
        BINDINGS["mp4"].plan_with_store(BytesSource(data), b"store")


def test_a_form_with_something_behind_it_takes_no_store(fixtures_dir: Path) -> None:
    data = (fixtures_dir / "media/wav/sound/pcm16.wav").read_bytes() + b"behind it"
    with pytest.raises(CarrierError, match="lies something else"):
        BINDINGS["wav"].plan_with_store(BytesSource(data), b"store")


def test_what_the_library_refuses_is_said(desk: Desk) -> None:
    with pytest.raises(CarrierError, match="C2PA signing failed"):
        sign_bound(
            desk.runner,
            desk.chain,
            TAG,
            media_type=DETACHED_TYPE,
            assertion=("c2pa.hash.data", {"exclusions": "nonsense"}),
        )
    broken = replace(desk.chain, chain_pem=desk.chain.root_pem)
    with pytest.raises(CarrierError, match="C2PA signing failed"):
        sign_bound(
            desk.runner, broken, TAG, media_type=DETACHED_TYPE, assertion=data_hash(bytes(32))
        )


def test_a_library_that_was_not_tried_is_not_called(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_c2pa_native, "_TRIED", frozenset({"9.9.9"}))
    with pytest.raises(CarrierError, match="was not tried for signing in place"):
        detached(desk, bytes(32))


@pytest.mark.parametrize(
    "found",
    [
        None,
        {"manifests": [{"record": "another"}], "failures": ["assertion.dataHash.mismatch"]},
        {
            "manifests": [{"record": RECORD}],
            "failures": ["assertion.dataHash.mismatch", "claimSignature.mismatch"],
        },
    ],
    ids=["unread", "another tag", "another flaw"],
)
def test_a_store_that_does_not_verify_is_not_used(found) -> None:
    with pytest.raises(CarrierError, match="does not verify"):
        c2pa_tasks._require_ours(found, RECORD)
