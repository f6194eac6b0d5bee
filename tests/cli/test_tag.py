"""`provenance tag` and `provenance untag`."""

import os
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from provenance.cli.tag import _SOURCE_TYPES
from provenance.clock import utc_now
from provenance.config import load_config
from provenance.media.staging import STAGING_SUFFIX
from provenance.registry.records import WriteIntent
from provenance.wiring import Production
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, plain, sample


def test_a_file_is_tagged_with_what_the_person_says(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    done = run(
        *("tag", path, "--source-type", "compositeWithTrainedAlgorithmicMedia"),
        *("--generator", "Midjourney", "--reason", "slap comp"),
    )
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("tagged ")
    (inspected,) = run("inspect", "--json", path).json
    tag = inspected["tag"]
    assert tag["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert (tag["declared_by"], tag["reasons"]) == ("person", ["slap comp"])
    assert tag["generator"]["tool"] == "Midjourney"


def test_a_folder_is_tagged_media_by_media(run: Terminal, show: Show) -> None:
    show.put("work/a.png", plain())
    show.put("work/deep/b.exr", b"\x76\x2f\x31\x01 not read here")
    show.put("work/notes.txt", b"no media")
    done = run("tag", "work")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["tagged", "work/a.png"],
        ["tagged-beside", "work/deep/b.exr"],
    ]
    assert {"work/deep/b.exr.xmp", "work/deep/b.exr.c2pa"} <= show.listing("work").keys()
    again = run("tag", "work")
    assert again.code == 0
    assert {line.split()[0] for line in again.out.splitlines()} == {"already-tagged"}


def test_a_dry_run_writes_nothing(run: Terminal, show: Show) -> None:
    show.put("work/plain.png", plain())
    staging = show.put("work/.plain.png.0123456789abcdef.provenance-staging", b"half")
    with Production(load_config(show.home / "provenance.toml")) as production:
        production.registry.begin_write(dead_writer(show, staging))
    before, remembered = show.listing("work"), run("status", "--json").json["registry"]
    done = run("tag", "--dry-run", "work/plain.png")
    assert done.code == 0
    assert done.out.startswith("would-tag ")
    assert show.listing("work") == before
    assert run("status", "--json").json["registry"] == remembered


def test_what_a_killed_writer_left_is_cleaned_up_and_told(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    name = f".plain.png.{'0' * 16}{STAGING_SUFFIX}"
    staging = show.put(f"work/{name}", b"half")
    with Production(load_config(show.home / "provenance.toml")) as production:
        production.registry.begin_write(dead_writer(show, staging))
    done = run("tag", path)
    assert done.code == 0
    assert "cut short left" in done.err
    assert not staging.exists()


def dead_writer(show: Show, staging: Path) -> WriteIntent:
    """Return the announcement of a process that is no more."""
    return WriteIntent(
        intent_id=f"{os.uname().nodename}/{2**22 + 1}/1/one",
        path=str(show.home / "work/plain.png"),
        staging=str(staging),
        begun_at=utc_now(),
    )


def test_one_bad_file_does_not_keep_the_others_from_their_tag(run: Terminal, show: Show) -> None:
    good = show.put("work/good.png", plain())
    bad = show.put("work/bad.png", sample("png")[:-9])
    done = run("tag", bad, "work/nowhere.png", good)
    assert done.code == 3
    assert [line.split()[1] for line in done.out.splitlines()] == [str(good)]
    assert "bad.png" in done.err
    assert "nowhere.png" in done.err
    assert bad.read_bytes() == sample("png")[:-9]


def test_json_tells_each_file_and_each_failure(run: Terminal, show: Show) -> None:
    show.put("work/good.png", declared())
    done = run("tag", "--json", "work/good.png", "work/nowhere.png")
    assert done.code == 3
    record = done.json
    assert (record["schema"], record["version"]) == ("provenance-tagging", 1)
    (entry,) = record["files"]
    assert entry.keys() == {"path", "action", "asset_id", "carriers", "detail"}
    assert (entry["path"], entry["action"]) == ("work/good.png", "tagged")
    assert entry["asset_id"].startswith("urn:uuid:")
    (failure,) = record["errors"]
    assert "nowhere.png" in failure


def test_nothing_to_tag_is_a_usage_error(run: Terminal, show: Show) -> None:
    show.put("work/notes.txt", b"no media")
    done = run("tag", "work")
    assert (done.code, done.out) == (2, "")
    assert "no media file" in done.err


def test_only_generative_terms_may_be_declared(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    assert run("tag", path, "--source-type", "digitalCapture").code == 2
    assert path.read_bytes() == plain()
    assert "trainedAlgorithmicMedia" in _SOURCE_TYPES
    assert "digitalCapture" not in _SOURCE_TYPES


def test_untagging_gives_the_bytes_back_and_the_gate_still_knows(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    run("tag", path)
    assert path.read_bytes() != plain()
    done = run("untag", path)
    assert done.code == 0
    assert done.out.startswith("restored ")
    assert "--withdraw" in done.err
    assert path.read_bytes() == plain()
    assert run("scan", path).code == 1


def test_a_withdrawn_declaration_passes_the_gate(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    run("tag", path)
    refused = run("untag", path, "--withdraw")
    assert refused.code == 2
    assert "--reason" in refused.err
    done = run("untag", path, "--withdraw", "--reason", "camera original")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["restored", "withdrawn"]
    assert done.err == ""
    assert run("scan", path).code == 0
    assert "withdrawn: camera original" in run("inspect", path).out


def test_a_file_that_is_bare_already_can_still_be_withdrawn(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    run("tag", path)
    run("untag", path)
    done = run("untag", path, "--withdraw", "--reason", "camera original")
    assert done.code == 0
    assert done.out.startswith("withdrawn ")
    assert run("scan", path).code == 0


def test_withdrawing_concerns_the_content_and_not_a_tag_copied_onto_it(
    run: Terminal, show: Show
) -> None:
    ai, other = show.put("work/ai.png", plain()), show.put("work/other.png", another_picture())
    run("tag", ai)
    with Image.open(ai) as tagged, Image.open(other) as image:
        packet = PngInfo()
        packet.add_itxt("XML:com.adobe.xmp", tagged.info["XML:com.adobe.xmp"])
        image.save(other, pnginfo=packet)
    assert "warning" in run("inspect", other).out
    done = run("untag", other, "--withdraw", "--reason", "a photograph")
    assert done.code == 3
    assert "nothing was withdrawn" in done.err
    assert run("scan", ai).code == 1


def test_a_file_without_our_tag_is_named_and_the_rest_is_untagged(
    run: Terminal, show: Show
) -> None:
    tagged, bare = show.put("work/a.png", plain()), show.put("work/b.png", sample("png"))
    run("tag", tagged)
    done = run("untag", bare, "work/nowhere.png", tagged)
    assert done.code == 3
    assert "b.png: carries no tag of ours" in done.err
    assert "nowhere.png" in done.err
    assert "still knows this content" not in done.err
    assert tagged.read_bytes() == plain()


def test_a_folder_that_is_a_link_is_not_followed(
    run: Terminal, show: Show, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "plain.png").write_bytes(plain())
    (show.home / "work/link").symlink_to(elsewhere)
    assert run("tag", "work/link").code == 3
    assert (elsewhere / "plain.png").read_bytes() == plain()


def test_of_a_folder_what_carries_our_tag_is_untagged(run: Terminal, show: Show) -> None:
    tagged = show.put("work/a/one.png", another_picture())
    other = show.put("work/two.mxf", bytes.fromhex("060e2b34020501010d010201") + bytes(64))
    plain_file = show.put("work/plain.png", plain())
    run("tag", tagged, other)
    before = plain_file.read_bytes()
    done = run("untag", "work")
    assert done.code == 0
    assert len(done.out.splitlines()) == 2
    assert tagged.read_bytes() == another_picture()
    assert plain_file.read_bytes() == before
    assert not other.with_name("two.mxf.xmp").exists()
    done = run("untag", "work")
    assert (done.code, done.out) == (2, "")
    assert "no file below the paths given carries our tag" in done.err
    done = run("untag", "work", "--withdraw", "--reason", "camera original")
    assert done.code == 0
    assert done.out.count("withdrawn ") == 2
    assert run("scan", tagged.parent).code == 0


def test_tagging_in_a_deliverable_zone_is_warned_of(run: Terminal, show: Show) -> None:
    show.put("deliverables/a.png", another_picture())
    done = run("tag", "deliverables")
    assert done.code == 0
    assert "1 of these lie in the deliverable zone deliverables" in done.err
    assert "deliverable zone" not in run("tag", show.put("work/b.png", another_picture())).err


def test_who_untags_what_is_only_known_is_told_how_to_withdraw(run: Terminal, show: Show) -> None:
    plate = show.put("work/a b.png", another_picture())
    run("tag", plate)
    run("untag", plate)
    done = run("untag", "work/a b.png")
    assert done.code == 3
    assert "provenance untag 'work/a b.png' --withdraw --reason WHY" in done.err
