"""Every fault point: a crash there leaves the old or the whole new file, an error says so."""

import errno
import os
import re
import signal
from pathlib import Path

import pytest

import provenance
from provenance.errors import ConfigError
from provenance.faults import FAULT_POINTS, VARIABLE, arm, faultpoint
from provenance.writing import recover_writes
from tests.cli.running import Show, another_picture, declared
from tests.faults.crashing import (
    KILLED,
    SAMPLES,
    Victim,
    find_litter,
    find_log_flaw,
    opened,
    put_victim,
    record_of,
    run,
    stopped,
)

_CALL = re.compile(r'faultpoint\("([^"]+)"\)')
FORMATS = tuple(SAMPLES)
TAGGING = (
    *("staging.before-open", "staging.after-write", "staging.before-advance"),
    *("staging.before-attributes", "staging.before-sync", "staging.before-exchange"),
    *("staging.before-look", "staging.before-folder-sync", "staging.before-drop"),
    *("staging.before-discard", "writing.before-intent", "writing.after-intent"),
    *("writing.before-settle", "tagging.after-remember", "tagging.after-compose"),
    *("tagging.before-commit", "tagging.after-commit"),
    *("registry.before-commit", "registry.after-commit"),
    *("durable.before-replace", "durable.after-replace"),
)
"""Points that every tagging into a file passes."""
BESIDE = (
    *("beside.before-open", "beside.before-replace", "beside.after-replace"),
    "tagging.before-scratch",
)
"""Points that tagging beside a file passes."""
UNTAGGING = ("untagging.after-sidecars", "untagging.before-commit")
UNTAGGING_BESIDE = ("sidecar.before-remove", "sidecar.before-remove-store")
RECOVERING = ("recovery.before-clean", "recovery.before-settle")
KEEPING_OUT = ("quarantine.before-record", "quarantine.before-rename", "quarantine.after-move")
RETURNING = ("quarantine.before-forget",)
UNDOING = ("staging.before-undo", "staging.after-undo")
BY_WORKERS = ("cluster.before-tell",)
"""Points passed by workers at a queue: see cli/test_cluster."""
WITHOUT_EXCHANGE = ("staging.before-link", "staging.before-plain-replace")
"""Points passed where names cannot be exchanged: see test_other_file_systems."""
IN_PLACE = (
    *("inplace.after-journal", "inplace.before-open", "inplace.before-write"),
    *("inplace.before-patch", "inplace.before-cut", "inplace.before-sync"),
    *("inplace.after-sync", "inplace.before-undo"),
)
"""Points passed where a master is tagged where it lies: see test_in_place."""
NUMBERS = ("ENOSPC", "EIO", "EACCES")
AFTERWARDS = frozenset(
    {
        *("tagging.after-commit", "writing.before-settle"),
        *("staging.before-discard", "staging.before-drop"),
    }
)
"""Points behind the exchange; an error there does not take the tag out of the file."""


def spread(points: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return each point with one of the formats in turn; `make torture-kills` has them all."""
    return [(point, FORMATS[at % len(FORMATS)]) for at, point in enumerate(points)]


def test_every_point_on_the_list_is_in_the_code_and_tried_here() -> None:
    sources = Path(provenance.__file__).parent.rglob("*.py")
    written = [name for path in sources for name in _CALL.findall(path.read_text("utf-8"))]
    assert sorted(written) == sorted(FAULT_POINTS)
    tried = (TAGGING, BESIDE, UNTAGGING, UNTAGGING_BESIDE, RECOVERING, KEEPING_OUT, RETURNING)
    elsewhere = (UNDOING, WITHOUT_EXCHANGE, IN_PLACE, BY_WORKERS)
    everywhere = [name for names in (*tried, *elsewhere) for name in names]
    assert sorted(everywhere) == sorted(FAULT_POINTS)


@pytest.mark.parametrize(
    "text",
    [
        *("staging.nowhere:kill", "staging.before-sync:explode", "staging.before-sync"),
        *("staging.before-sync:sleep=long", "staging.before-sync:kill:seldom"),
    ],
)
def test_what_is_no_fault_is_refused(text: str, show: Show) -> None:
    with pytest.raises(ConfigError, match=VARIABLE):
        arm(text)
    done = run(show, text, "status")
    assert (done.code, VARIABLE in done.err) == (2, True)


def test_a_point_that_is_not_on_the_list_is_a_defect() -> None:
    faultpoint("staging.nowhere")  # nothing is armed, so nothing is looked up
    arm("staging.before-sync:EIO:2")
    try:
        with pytest.raises(ValueError, match="not on the list"):
            faultpoint("staging.nowhere")
        faultpoint("staging.before-sync")
        with pytest.raises(OSError, match="Input/output error"):
            faultpoint("staging.before-sync")
        faultpoint("staging.before-sync")
        arm("*:sleep=0.001:0.5")
        faultpoint("staging.before-open")
    finally:
        arm("")


# Killed


@pytest.mark.parametrize(("point", "fmt"), spread(TAGGING))
def test_a_kill_while_tagging_leaves_the_old_or_the_whole_tagged_file(
    point: str, fmt: str, show: Show
) -> None:
    victim = put_victim(show, fmt)
    done = run(show, f"{point}:kill", "tag", victim.path)
    assert done.code == KILLED, record_of(done)
    assert victim.find_harm() == ""
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", BESIDE)
def test_a_kill_while_tagging_beside_leaves_the_file_and_no_half_sidecar(
    point: str, show: Show
) -> None:
    victim = put_victim(show, "rf64")
    (show.home / "link.rf64").hardlink_to(victim.path)
    done = run(show, f"{point}:kill", "tag", victim.path)
    assert done.code == KILLED, record_of(done)
    assert victim.path.read_bytes() == victim.before
    assert victim.find_unrecovered() == ""
    assert victim.path.read_bytes() == victim.before
    assert victim.path.with_name("shot.rf64.xmp").is_file()


def prepared(show: Show, *, is_linked: bool = False) -> Victim:
    """Put a tagged file there; one that has a hard link is tagged beside."""
    victim = put_victim(show, "rf64" if is_linked else "png")
    if is_linked:
        (show.home / "link").hardlink_to(victim.path)
    assert run(show, "", "tag", victim.path).code == 0
    return victim


@pytest.mark.parametrize("point", [*UNTAGGING, "staging.before-look", "writing.before-settle"])
def test_a_kill_while_untagging_leaves_the_tagged_or_the_old_file(point: str, show: Show) -> None:
    victim = prepared(show)
    tagged = victim.path.read_bytes()
    assert run(show, f"{point}:kill", "untag", victim.path).code == KILLED
    left = victim.path.read_bytes()
    assert left in (tagged, victim.before)
    done = run(show, "", "untag", victim.path)
    assert done.code == (0 if left == tagged else 3), record_of(done)
    assert victim.path.read_bytes() == victim.before
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", UNTAGGING_BESIDE)
def test_a_kill_while_removing_sidecars_leaves_whole_ones(point: str, show: Show) -> None:
    victim = prepared(show, is_linked=True)
    assert run(show, f"{point}:kill", "untag", victim.path).code == KILLED
    assert victim.path.read_bytes() == victim.before
    assert run(show, "", "untag", victim.path).code == 0
    assert [path.name for path in victim.path.parent.iterdir()] == [victim.path.name]
    assert (find_litter(show), find_log_flaw(show)) == ("", "")


@pytest.mark.parametrize("point", RECOVERING)
def test_a_kill_while_recovering_is_recovered_from(point: str, show: Show) -> None:
    victim = put_victim(show, "png")
    assert run(show, "staging.before-look:kill", "tag", victim.path).code == KILLED
    assert run(show, f"{point}:kill", "tag", victim.path).code == KILLED
    assert victim.find_harm() == ""
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", KEEPING_OUT)
def test_a_kill_while_keeping_out_leaves_the_file_here_or_there(point: str, show: Show) -> None:
    file = show.put("deliverables/ep1/ai.png", declared())
    kept = show.home / ".quarantine/deliverables/ep1"
    assert run(show, f"{point}:kill", "watch", "--once").code == KILLED
    assert sum(path.is_file() for path in (file, kept / "ai.png")) == 1
    is_there = file.exists()
    assert run(show, "", "watch", "--once").code == (1 if is_there else 0)
    assert not file.exists()
    (there,) = kept.glob("*.png")
    assert there.read_bytes() == declared()
    assert run(show, "", "quarantine", "restore", there).code == 0
    assert file.read_bytes() == declared()
    assert (find_litter(show), find_log_flaw(show)) == ("", "")


@pytest.mark.parametrize("point", [*RETURNING, "quarantine.before-rename"])
def test_a_kill_while_bringing_back_leaves_the_file_here_or_there(point: str, show: Show) -> None:
    file = show.put("deliverables/ai.png", declared())
    kept = show.home / ".quarantine/deliverables/ai.png"
    assert run(show, "", "watch", "--once").code == 1
    assert run(show, f"{point}:kill", "quarantine", "restore", kept).code == KILLED
    assert sum(path.is_file() for path in (file, kept)) == 1
    assert (file if file.exists() else kept).read_bytes() == declared()


@pytest.mark.parametrize("point", UNDOING)
def test_a_kill_while_undoing_loses_no_edit(point: str, show: Show) -> None:
    """The process stands still between its last look and the exchange; somebody saves then."""
    victim = put_victim(show, "png")
    edit = victim.before + b"edited"
    with stopped(show, f"staging.before-exchange:stop,{point}:kill", victim.path) as process:
        victim.path.write_bytes(edit)
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=60) == KILLED
    with opened(show) as production:
        recover_writes(production.leases)
    assert victim.path.read_bytes() == edit
    assert [path.name for path in victim.path.parent.iterdir()] == [victim.path.name]
    assert find_log_flaw(show) == ""


def test_two_saves_around_a_kill_are_both_kept(show: Show) -> None:
    """One came out of its place unseen, the other took the place of the tagged file."""
    victim = put_victim(show, "png")
    first, second = victim.before + b"first", victim.before + b"second"
    with stopped(show, "staging.before-exchange:stop,staging.before-look:kill", victim.path) as it:
        (show.home / "new.png").write_bytes(first)
        (show.home / "new.png").replace(victim.path)
        it.send_signal(signal.SIGCONT)
        assert it.wait(timeout=60) == KILLED
    (show.home / "new.png").write_bytes(second)
    (show.home / "new.png").replace(victim.path)
    with opened(show) as production:
        recover_writes(production.leases)
    left = sorted(victim.path.parent.iterdir())
    assert [path.name for path in left] == ["shot.kept-1.png", "shot.png"]
    assert [path.read_bytes() for path in left] == [first, second]


def test_our_own_staging_is_never_taken_for_media(show: Show) -> None:
    """Somebody else tags the file before what a killed writer left is cleaned up."""
    victim = put_victim(show, "png")
    assert run(show, "staging.before-exchange:kill", "tag", victim.path).code == KILLED
    tagged = victim.path.with_name("other.png")
    tagged.write_bytes(victim.before + b"as another host tagged it")
    os.utime(tagged, ns=(victim.path.stat().st_atime_ns, victim.path.stat().st_mtime_ns))
    tagged.replace(victim.path)
    with opened(show) as production:
        recover_writes(production.leases)
    assert [path.name for path in victim.path.parent.iterdir()] == [victim.path.name]


@pytest.mark.parametrize("is_saved_anew", [False, True])
def test_a_kill_behind_the_exchange_loses_no_edit(show: Show, *, is_saved_anew: bool) -> None:
    """What came out of its place lies under a staging name, and is somebody's work."""
    victim = put_victim(show, "png")
    edit = victim.before + b"edited"
    with stopped(show, "staging.before-exchange:stop,staging.before-look:kill", victim.path) as it:
        if is_saved_anew:
            (show.home / "new.png").write_bytes(edit)
            (show.home / "new.png").replace(victim.path)
        else:
            victim.path.write_bytes(edit)
        it.send_signal(signal.SIGCONT)
        assert it.wait(timeout=60) == KILLED
    assert edit not in victim.path.read_bytes()
    with opened(show) as production:
        recover_writes(production.leases)
    left = [path.read_bytes() for path in victim.path.parent.iterdir()]
    assert edit in left
    assert left == [edit]
    assert find_litter(show) == ""


# Refused


@pytest.mark.parametrize(("point", "fmt"), spread(TAGGING))
def test_an_error_while_tagging_is_said_and_harms_nothing(point: str, fmt: str, show: Show) -> None:
    victim = put_victim(show, fmt)
    number = NUMBERS[TAGGING.index(point) % len(NUMBERS)]
    done = run(show, f"{point}:{number}", "tag", victim.path)
    assert done.code in (0, 3), record_of(done)
    assert "defect" not in done.err
    assert "Traceback" not in done.err
    if done.code:
        words = os.strerror(getattr(errno, number))
        assert words in " ".join(done.err.split()), record_of(done)
    assert victim.find_harm() == ""
    if point not in AFTERWARDS:
        assert victim.path.read_bytes() == victim.before
    if not point.startswith(("staging.before-discard", "registry.", "durable.")):
        assert find_litter(show) == ""
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", BESIDE)
def test_an_error_while_tagging_beside_is_said(point: str, show: Show) -> None:
    victim = put_victim(show, "rf64")
    (show.home / "link").hardlink_to(victim.path)
    done = run(show, f"{point}:ENOSPC", "tag", victim.path)
    assert done.code == 0
    assert "No space left on device" in done.words
    assert victim.path.read_bytes() == victim.before
    assert find_litter(show) == ""
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", [*UNTAGGING, *UNTAGGING_BESIDE])
def test_an_error_while_untagging_is_said(point: str, show: Show) -> None:
    victim = prepared(show, is_linked=point.startswith("sidecar"))
    tagged = victim.path.read_bytes()
    done = run(show, f"{point}:EIO", "untag", victim.path)
    assert done.code == 3
    assert "Input/output error" in " ".join(done.err.split())
    assert victim.path.read_bytes() == tagged
    assert find_litter(show) == ""


@pytest.mark.parametrize("point", KEEPING_OUT[:2])
def test_an_error_while_keeping_out_leaves_the_file_and_is_said(point: str, show: Show) -> None:
    file = show.put("deliverables/ai.png", declared())
    done = run(show, f"{point}:EACCES", "watch", "--once")
    assert done.code == 3
    assert "Permission denied" in " ".join(done.err.split())
    assert file.read_bytes() == declared()
    assert (find_litter(show), find_log_flaw(show)) == ("", "")
    assert run(show, "", "watch", "--once").code == 1


def test_an_error_while_recovering_stops_nobody(show: Show) -> None:
    victim = put_victim(show, "png")
    other = show.put("work/other.png", another_picture())
    assert run(show, "staging.before-exchange:kill", "tag", victim.path).code == KILLED
    done = run(show, "recovery.before-clean:ESTALE", "tag", other)
    assert done.code == 0
    assert "Stale file handle" in " ".join(done.err.split())
    other.unlink()
    with opened(show) as production:
        assert recover_writes(production.leases) == (victim.path,)
    assert find_litter(show) == ""
