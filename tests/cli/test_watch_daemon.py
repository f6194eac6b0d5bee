"""`provenance watch` as a process of its own: it tags what lands, however it lands."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.faults import VARIABLE
from provenance.ignoring import PROBE_NAME
from provenance.media.staging import is_staging_name
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, sample, wait_until

_TAG = b"ns.provenance.local/tag"


@contextmanager
def watching(show: Show, faults: str = "") -> Iterator["subprocess.Popen[str]"]:
    """Run the watch until the block ends; then ask it to stop, and make sure that it does well."""
    log = (show.home / "watch.log").open("a+")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-m", "provenance", "watch"],
            cwd=show.home,
            env={**os.environ, **({VARIABLE: faults} if faults else {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def is_tagged(path: Path) -> bool:
    return path.is_file() and _TAG in path.read_bytes()


def said(show: Show) -> str:
    return (show.home / "watch.log").read_text("utf-8")


def litter(show: Show) -> list[Path]:
    staging = [path for path in show.home.rglob("*") if is_staging_name(path.name)]
    return staging + probes(show)


def probes(show: Show) -> list[Path]:
    return [*show.home.rglob(f"{PROBE_NAME}*")]


def test_a_probe_in_every_zone_is_no_deliverable(run: Terminal, show: Show) -> None:
    with watching(show):
        wait_until(lambda: len(probes(show)) == 3, "a probe in every zone")
        show.put("deliverables/silent.png", another_picture())
        assert run("scan", "deliverables").code == 0
    assert probes(show) == []
    assert PROBE_NAME not in said(show)


def test_whatever_lands_is_tagged_however_it_lands(run: Terminal, show: Show) -> None:
    with watching(show):
        wait_until(lambda: said(show).count("watching ") == 3, "the watch to begin")
        generated = show.home / "generated"
        slow = (generated / "slow.png").open("wb")
        slow.write(another_picture()[:200])
        slow.flush()
        show.put("generated/copied.png", sample("png"))
        outside = show.put("outside/renamed.wav", sample("wav"))
        outside.rename(generated / "renamed.wav")
        show.put("generated/new/and/deep/nested.jpg", sample("jpeg"))
        folder = show.put("outside/tree/moved.gif", sample("gif")).parent
        folder.rename(generated / "tree")
        show.put("work/says.png", declared())
        show.put("work/replaced.png", another_picture())
        arrivals = [
            *("generated/copied.png", "generated/renamed.wav", "generated/tree/moved.gif"),
            *("generated/new/and/deep/nested.jpg", "work/says.png"),
        ]
        wait_until(lambda: all(is_tagged(show.home / name) for name in arrivals), "all tagged")
        assert (generated / "slow.png").read_bytes() == another_picture()[:200]
        slow.write(another_picture()[200:])
        slow.close()
        show.put("outside/replaced.png", declared()).replace(show.home / "work/replaced.png")
        late = [generated / "slow.png", show.home / "work/replaced.png"]
        wait_until(lambda: all(map(is_tagged, late)), "the slow and the replaced file tagged")

    assert "stopped" in said(show)
    assert "Traceback" not in said(show)
    assert litter(show) == []
    status = run("status", "--json").json
    assert (status["registry"]["open_writes"], status["problems"]) == (0, [])
    for name in [*arrivals, "generated/slow.png", "work/replaced.png"]:
        (inspected,) = run("inspect", "--json", name).json
        assert (inspected["status"], inspected["problems"]) == ("temporary", [])
        assert inspected["credentials"][0]["is_ours"], name


def test_what_landed_while_it_was_down_is_found_at_the_next_start(
    run: Terminal, show: Show
) -> None:
    before = show.put("generated/before.png", another_picture())
    with watching(show):
        wait_until(lambda: is_tagged(before), "what was there at the start")
    between = show.put("generated/new/between.png", sample("png"))
    kept = show.home / ".quarantine/deliverables/ep1/ai.png"
    delivered = show.put("deliverables/ep1/ai.png", declared())
    with watching(show):
        wait_until(lambda: is_tagged(between), "what landed while it was down")
        wait_until(lambda: kept.is_file() and not delivered.exists(), "the blocked deliverable")
    assert kept.read_bytes() == declared()
    assert said(show).count("stopped") == 2
    assert said(show).count("tagged           generated/before.png") == 1
    assert run("quarantine", "restore", kept).code == 0
    assert delivered.read_bytes() == declared()
    assert litter(show) == []


def test_a_second_sigterm_or_ctrl_c_is_no_crash(show: Show) -> None:
    with watching(show) as process:
        wait_until(lambda: said(show).count("watching ") == 3, "the watch to begin")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert said(show).endswith("stopped\n")


def test_approvals_that_come_and_go_are_noticed_while_it_runs(run: Terminal, show: Show) -> None:
    show.set("reconcile_seconds = 300", "reconcile_seconds = 0.5")
    delivered = show.put("deliverables/ep1/ai.png", declared())
    kept = show.home / ".quarantine/deliverables/ep1/ai.png"
    show.put("mail.eml", b"You may.")
    with watching(show):
        wait_until(lambda: kept.is_file() and not delivered.exists(), "the blocked deliverable")
        assert run("approve", kept, "--approver", "Jo", "--evidence", "mail.eml").code == 0
        wait_until(lambda: delivered.is_file() and not kept.exists(), "the approved one to return")
        (approval,) = run("approvals", "list", "--json").json
        revoked = run("approvals", "revoke", approval["approval_id"], "--reason", "No more.")
        assert revoked.code == 0
        wait_until(lambda: kept.is_file() and not delivered.exists(), "the revoked one to go")
    assert kept.read_bytes() == declared()
    assert "returned         deliverables/ep1/ai.png  (back from quarantine" in said(show)
    assert said(show).count("now in .quarantine/deliverables/ep1: ") == 2


def test_the_log_is_signed_while_the_watch_runs(run: Terminal, show: Show) -> None:
    show.set("reconcile_seconds = 300", "reconcile_seconds = 1")
    with watching(show):
        concept = show.put("generated/concept.png", sample("png"))
        wait_until(lambda: is_tagged(concept), "the tag")
        wait_until(lambda: run("log", "--verify").code == 0, "a signature")
