"""What others do to a file while it is tagged, and files that may not be written at all."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.registry.records import AssetStatus
from tests.benchmarks.small_media import small_media
from tests.cli.running import Show, another_picture, declared, wait_until
from tests.cli.test_watch_daemon import is_tagged, said, watching
from tests.faults.crashing import (
    Victim,
    find_litter,
    find_log_flaw,
    opened,
    put_victim,
    record_of,
    run,
    stopped,
    tagging,
)
from tests.faults.mounting import memory, mount

NOBODY = 65534
RATED = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF"
    b" xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''"
    b" xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='5'/></rdf:RDF></x:xmpmeta>"
)
NAMES = "abc"
MOMENTS = ("staging.before-advance", "tagging.before-commit", "staging.before-exchange")


def tag_while(victim: Victim, moment: str, deed: Callable[[Path], object]) -> int:
    """Tag a file, do something to it at a moment of that, and return the exit status."""
    with stopped(victim.show, f"{moment}:stop:1", victim.path) as process:
        deed(victim.path)
        process.send_signal(signal.SIGCONT)
        return process.wait(timeout=60)


def put_another(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(another_picture())
    other.replace(path)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_file_replaced_during_tagging_stays_the_new_one(moment: str, show: Show) -> None:
    victim = put_victim(show, "png")
    assert tag_while(victim, moment, put_another) == 3
    assert victim.path.read_bytes() == another_picture()
    assert [path.name for path in victim.path.parent.iterdir()] == ["shot.png"]
    assert find_log_flaw(show) == ""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_file_deleted_during_tagging_does_not_come_back(moment: str, show: Show) -> None:
    victim = put_victim(show, "png")
    assert tag_while(victim, moment, Path.unlink) == 3
    assert list(victim.path.parent.iterdir()) == []
    assert find_log_flaw(show) == ""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_file_renamed_during_tagging_is_left_under_its_new_name(moment: str, show: Show) -> None:
    victim = put_victim(show, "png")
    renamed = victim.path.with_name("renamed.png")
    assert tag_while(victim, moment, lambda path: path.rename(renamed)) == 3
    assert renamed.read_bytes() == victim.before
    assert [path.name for path in victim.path.parent.iterdir()] == ["renamed.png"]


def test_a_folder_moved_away_during_tagging_takes_its_staging_with_it_and_loses_it_later(
    show: Show,
) -> None:
    victim = put_victim(show, "png")
    moved = show.home / "work/ep2"
    code = tag_while(victim, "tagging.before-commit", lambda path: path.parent.rename(moved))
    assert code == 3
    assert (moved / "shot.png").read_bytes() == victim.before


# What may not be written


def test_a_read_only_file_is_tagged_beside(show: Show) -> None:
    victim = put_victim(show, "png")
    victim.path.chmod(0o444)
    done = run(show, "", "tag", victim.path)
    assert (done.code, "write-protected" in done.words) == (0, True), record_of(done)
    assert victim.path.read_bytes() == victim.before
    names = sorted(path.name for path in victim.path.parent.iterdir())
    assert names == ["shot.png", "shot.png.c2pa", "shot.png.xmp"]
    assert run(show, "", "scan", victim.path).code == 1


def test_on_storage_mounted_read_only_the_registry_alone_knows(show: Show) -> None:
    with memory(show.home / "generated", "1m") as place:
        victim = put_victim(show, "png", "generated")
        mount("-o", "remount,ro", place)
        done = run(show, "", "tag", victim.path)
        assert (done.code, "the registry knows it" in done.words) == (0, True), record_of(done)
        assert find_litter(show) == ""
        assert not list(place.glob("shot.png.*"))
        copy = show.put("deliverables/renamed.png", victim.path.read_bytes())
        assert run(show, "", "scan", copy).code == 1


@pytest.mark.parametrize(
    ("mode", "of_folder", "end"),
    [
        (0o644, 0o777, "tagged-beside"),  # not his file: a new one would be his
        (0o644, 0o755, "registered-only"),  # nor may he put anything beside it
        (0o600, 0o777, "UnreadableError"),
    ],
)
def test_what_a_user_may_not_write_he_does_not_write(
    mode: int, of_folder: int, end: str, show: Show
) -> None:
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    victim = put_victim(show, "png")
    own(show.home)
    show.home.parent.chmod(0o755)
    os.chown(victim.path, 0, 0)
    os.chown(victim.path.parent, 0, 0)
    victim.path.chmod(mode)
    victim.path.parent.chmod(of_folder)
    assert tag_as_nobody(show, victim.path) == end
    assert victim.path.read_bytes() == victim.before
    assert victim.path.stat().st_uid == 0
    assert (find_litter(show), find_log_flaw(show)) == ("", "")


def own(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)


def tag_as_nobody(show: Show, path: Path) -> str:
    """Tag in a process of an unprivileged user; return how that ended."""
    with tagging(show) as tag:
        tag(show.put("loaded.png", small_media(1)[1]))  # what is imported late is there now
    own(show.home / ".provenance")
    reading, writing = os.pipe()
    if not os.fork():
        end = "failed"
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            with tagging(show) as tag:
                end = tag(path)
        except BaseException as error:  # noqa: BLE001  (whatever it is, the parent is told)
            end = repr(error)
        finally:
            os.write(writing, end.encode())
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as said_by_child:  # noqa: PTH123  (a descriptor)
        end = said_by_child.read()
    os.wait()
    return end


# A zone that goes away


def test_a_zone_that_is_unmounted_is_degraded_and_comes_back_by_itself(
    show: Show, tmp_path: Path
) -> None:
    """What was known before stays known, nothing is written to the bare mount point."""
    show.set("reconcile_seconds = 300 ", "reconcile_seconds = 1 ")
    zone, image = show.home / "generated", tmp_path / "image"
    image.mkdir()
    for number in range(3):
        (image / f"{NAMES[number]}.png").write_bytes(small_media(3 * number + 1)[1])
    with memory(zone, "4m"):
        shutil.copytree(image, zone, dirs_exist_ok=True)
        with watching(show):
            wait_until(lambda: all(map(is_tagged, zone.glob("?.png"))), "the first files")
            known = assets(show)
            with memory(zone, "4m", is_bare=True):  # as an unmounted share looks
                wait_until(lambda: "has taken its place" in said(show), "the trouble to be said")
                assert not list(zone.glob("*.png"))
            late = zone / "late.png"
            late.write_bytes(small_media(100)[1])
            wait_until(lambda: is_tagged(late), "the zone to be taken up again")
        assert known == 3
        assert assets(show) == known + 1
        assert all(said(show).count(f"generated/{name}.png") == 1 for name in NAMES)
    assert (find_litter(show), find_log_flaw(show)) == ("", "")


def assets(show: Show) -> int:
    with opened(show) as production:
        return production.registry.count_assets()


def test_what_is_written_while_its_batch_is_dealt_with_is_taken_again(show: Show) -> None:
    """The watch stops amid a batch, when it has let the first file pass already."""
    show.put("deliverables/first.png", another_picture())
    show.put("deliverables/second.png", declared())
    with watching(show, faults="quarantine.before-record:stop:1") as watch:
        os.waitid(os.P_PID, watch.pid, os.WSTOPPED)
        show.put("deliverables/first.png", declared())
        watch.send_signal(signal.SIGCONT)
        left = show.home / "deliverables"
        wait_until(lambda: not list(left.glob("*.png")), "both to be kept out")


def test_a_save_of_the_sidecar_while_it_is_written_is_not_lost(show: Show) -> None:
    take = show.put("work/take.bin", b"a format nobody here reads")
    sidecar = show.put("work/take.bin.xmp", RATED.replace(b"'5'", b"'1'"))
    with stopped(show, "beside.before-replace:stop:1", take) as process:
        sidecar.write_bytes(RATED)
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=60) == 3
    assert sidecar.read_bytes() == RATED
    assert run(show, "", "tag", take).code == 0
    assert b"xmp:Rating='5'" in sidecar.read_bytes()
    assert is_tagged(sidecar)


def test_content_that_is_withdrawn_while_it_is_tagged_is_left_as_it_is(show: Show) -> None:
    file = show.put("work/says.png", declared())
    assert run(show, "", "scan", "work").code == 1
    with watching(show, faults="writing.before-intent:stop:1") as watch:
        os.waitid(os.P_PID, watch.pid, os.WSTOPPED)
        assert run(show, "", "untag", file, "--withdraw", "--reason", "a photograph").code == 0
        watch.send_signal(signal.SIGCONT)
        wait_until(lambda: "withdrawn" in said(show), "the watch to leave it")
    assert file.read_bytes() == declared()
    with opened(show) as production:
        (asset,) = production.registry.assets()
    assert asset.status is AssetStatus.WITHDRAWN
