"""Tasks of a scan: every folder once, in the order of a scan, about a thousand files each."""

import os
from collections.abc import Iterable
from pathlib import Path

from provenance.cluster.parting import FILES, digest_of, names_in, part


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def many(number: int) -> Iterable[str]:
    return (f"{at:05}" for at in range(number))


def test_small_folders_are_one_task_in_the_order_of_a_scan(tmp_path: Path) -> None:
    for name in ("b", "a/y", "a/x", "a-b"):
        put(tmp_path / name, "1", "2")
    (only,) = part([tmp_path], ())
    places = [os.path.relpath(place.path, tmp_path) for place in only.places]
    assert places == [".", "a", "a/x", "a/y", "a-b", "b"]
    assert only.files == 8
    assert set(only.beyond) == {place.path for place in only.places[1:]}


def test_a_task_is_about_a_thousand_files_and_no_folder_is_parted(tmp_path: Path) -> None:
    put(tmp_path / "a", *many(FILES + 500))
    put(tmp_path / "b", *many(400))
    put(tmp_path / "c", *many(400))
    put(tmp_path / "d", *many(400))
    tasks = list(part([tmp_path], ()))
    assert [[Path(place.path).name for place in task.places] for task in tasks] == [
        [tmp_path.name],
        ["a"],
        ["b", "c"],
        ["d"],
    ]
    assert [task.files for task in tasks] == [0, FILES + 500, 800, 400]


def test_what_is_excluded_is_in_no_task(tmp_path: Path) -> None:
    put(tmp_path / "in", "1")
    put(tmp_path / "out/deep", "1", "2")
    (only,) = part([tmp_path], [tmp_path / "out"])
    assert only.files == 1
    assert str(tmp_path / "out") in only.beyond


def test_named_files_and_links_are_places_of_their_own(tmp_path: Path) -> None:
    put(tmp_path / "real", "1", "2")
    (tmp_path / "link").symlink_to("real")
    (only,) = part([tmp_path / "link", tmp_path / "real" / "2"], ())
    assert [place.path for place in only.places] == [
        str(tmp_path / "link"),
        str(tmp_path / "real" / "2"),
    ]
    assert only.files == 2


def test_names_are_told_apart_whatever_their_order_and_bytes(tmp_path: Path) -> None:
    put(tmp_path, "b", "a", os.fsdecode(b"caf\xe9"))
    here = digest_of(names_in(str(tmp_path)))
    assert here == digest_of([os.fsdecode(b"caf\xe9"), "a", "b"])
    assert len({here, digest_of(["a", "b"]), digest_of([]), digest_of(None)}) == 4
    assert digest_of(names_in(str(tmp_path / "gone"))) == ""
