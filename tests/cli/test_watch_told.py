"""A watch that runs says how it is: over HTTP, in its file, to systemd, in its log, by message."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import jsonschema
from prometheus_client.parser import text_string_to_metric_families

from provenance.rooting import MARKER
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, sample, wait_until
from tests.daemon.services import Webhook, served

_SCHEMAS = resources.files("provenance.reports").joinpath("schemas")
LOG_SCHEMA = json.loads(_SCHEMAS.joinpath("watch-log-1.json").read_text("utf-8"))
STATE_SCHEMA = json.loads(_SCHEMAS.joinpath("watch-1.json").read_text("utf-8"))


_IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], [sys.argv[1], "-m", "provenance", "watch"])
"""


class Watching:
    """A watch in a process of its own."""

    def __init__(self, show: Show, process: "subprocess.Popen[bytes]") -> None:
        self.show = show
        self.process = process

    @property
    def out(self) -> str:
        return (self.show.home / "out.log").read_text("utf-8")

    @property
    def log(self) -> list[dict[str, Any]]:
        text = (self.show.home / "err.log").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log if line["event"] == event]

    @property
    def state(self) -> dict[str, Any]:
        (path,) = (self.show.home / ".provenance/watch").glob("*.json")
        record: dict[str, Any] = json.loads(path.read_bytes())
        return record

    @property
    def has_looked(self) -> bool:
        folder = self.show.home / ".provenance/watch"
        if not list(folder.glob("*.json")):
            return False
        return all(zone["reconciled_at"] for zone in self.state["zones"])

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://{self.state['listening']}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def sample(self, name: str, **labels: str) -> float | None:
        found = (
            sample.value
            for family in text_string_to_metric_families(self.get("/metrics")[1])
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )
        return next(found, None)


@contextmanager
def watching(show: Show, **variables: str) -> Iterator[Watching]:
    """Run the watch until the block ends; then ask it to stop, and make sure that it does well."""
    command = [sys.executable, "-m", "provenance", "watch", "--log-format", "json"]
    with (
        (show.home / "out.log").open("wb") as out,
        (show.home / "err.log").open("wb") as err,
        subprocess.Popen(
            command,
            cwd=show.home,
            env={**os.environ, **variables},
            stdout=out,
            stderr=err,
            start_new_session=True,
        ) as process,
    ):
        watch = Watching(show, process)
        try:
            wait_until(lambda: watch.has_looked or process.poll() is not None, "the first look")
            yield watch
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_health_metrics_state_and_log_say_what_was_done(run: Terminal, show: Show) -> None:
    show.put("generated/a.png", another_picture())
    show.put("deliverables/ai.png", declared())
    with watching(show) as watch:
        generated = str(show.home / "generated")
        wait_until(lambda: "tagged " in watch.out and "quarantined " in watch.out, "both files")
        wait_until(lambda: watch.state["zones"][0]["counts"] == {"tagged": 1}, "the count")
        code, body = watch.get("/healthz")
        assert (code, json.loads(body)["status"]) == (200, "ok"), body
        assert watch.get("/livez")[0] == 200
        files = "provenance_watch_files_total"
        assert watch.sample(files, zone=generated, action="tagged") == 1
        assert watch.sample(files, role="deliverable", action="quarantined") == 1
        assert watch.sample("provenance_registry_up") == 1
        assert watch.sample("provenance_watch_queue_files", zone=generated) == 0
        jsonschema.validate(watch.state, STATE_SCHEMA)
        sources = {zone["source"] for zone in watch.state["zones"]}
        assert (watch.state["pid"], sources) == (watch.process.pid, {"native"})
        (record,) = run("status", "--json").json["watches"]
        jsonschema.validate(record, STATE_SCHEMA)
        assert (record["health"], record["reasons"]) == ("ok", [])
    for line in watch.log:
        jsonschema.validate(line, LOG_SCHEMA)
    done = {line["path"]: line for line in watch.events("file")}
    blocked = done[str(show.home / "deliverables/ai.png")]
    assert (blocked["action"], blocked["rules"]) == ("quarantined", ["ai-declared-unapproved"])
    assert blocked["zone"] == str(show.home / "deliverables")
    assert [line["event"] for line in watch.log][-1] == "stopped"
    assert watch.state["stopped_at"]
    status = run("status")
    assert "nobody watches the zones: run provenance watch" in status.out
    assert ("stopped at " in status.out, status.code) == (True, 0)


def test_a_zone_that_goes_is_degraded_and_well_again_by_itself(run: Terminal, show: Show) -> None:
    show.set("reconcile_seconds = 300", "reconcile_seconds = 0.3")
    with watching(show) as watch:
        wait_until(lambda: watch.get("/healthz")[0] == 200, "health")
        kept = show.put("work/kept.txt", b"x").parent.rename(show.home / "elsewhere")
        wait_until(lambda: watch.get("/healthz")[0] == 503, "the trouble to show")
        assert str(show.home / "work") in watch.get("/healthz")[1]
        assert watch.get("/livez")[0] == 200
        wait_until(lambda: watch.state["zones"][1]["state"] == "lost", "the state file")
        (failure,) = watch.state["failures"]
        assert failure["kind"] == "zone"
        assert "mount the share" in failure["remedy"]
        status = run("status")
        assert status.code == 3
        assert "degraded, " in status.out
        assert "To do: mount the share" in status.words
        kept.rename(show.home / "work")
        wait_until(lambda: watch.get("/healthz")[0] == 200, "health again")
        wait_until(lambda: watch.state["failures"] == [], "nothing left to do")


def test_a_file_that_fails_is_listed_with_what_to_do_until_it_is_mended(
    run: Terminal, show: Show
) -> None:
    checkpoint = show.home / ".provenance/registry.checkpoint.json"
    with watching(show) as watch:
        kept = checkpoint.rename(checkpoint.with_suffix(".kept"))
        path = str(show.put("generated/a.png", another_picture()))
        wait_until(lambda: bool(watch.state["failures"]), "the failure")
        failure = watch.state["failures"][0]
        assert (failure["path"], failure["kind"]) == (path, "registry")
        assert "provenance registry check" in failure["remedy"]
        assert (watch.sample("provenance_watch_errors_total", kind="registry") or 0) > 0
        assert watch.sample("provenance_watch_queue_files", role="generated") == 1
        wait_until(
            lambda: (watch.sample("provenance_watch_lag_seconds", role="generated") or 0) > 1,
            "the lag to grow",
        )
        told = run("status").words
        assert f"FAILED {path} at " in told
        assert "To do: see `provenance status` and `provenance registry check`" in told
        kept.rename(checkpoint)
        wait_until(lambda: "tagged           generated/a.png" in watch.out, "another attempt")
        wait_until(lambda: watch.state["failures"] == [], "nothing left to do")
    assert run("status").code == 0


def test_a_look_at_old_decisions_that_fails_is_told_and_is_no_end(show: Show) -> None:
    show.set("reconcile_seconds = 300", "reconcile_seconds = 0.3")
    trust = show.home / ".provenance/trust.toml"
    sound = trust.read_bytes()
    show.put("deliverables/ai.png", declared())
    with watching(show) as watch:
        wait_until(lambda: "quarantined " in watch.out, "something that was decided")
        trust.write_bytes(b"no list")
        wait_until(
            lambda: str(show.home) in [one["path"] for one in watch.state["failures"]],
            "the failure",
        )
        trust.write_bytes(sound)
        wait_until(lambda: watch.state["failures"] == [], "the next look")
        assert watch.process.poll() is None
    for line in watch.log:
        jsonschema.validate(line, LOG_SCHEMA)


def test_what_comes_after_the_start_is_seen_at_the_next_look(show: Show) -> None:
    """A zone that was not there is marked, a link among the deliverables told, both once."""
    show.set("reconcile_seconds = 300", "reconcile_seconds = 0.3")
    target = show.put("outside.png", another_picture())
    shutil.rmtree(show.home / ".provenance/roots")
    shutil.rmtree(show.home / "work")
    with watching(show) as watch:
        assert len(watch.events("zone-adopted")) == 2
        link = show.home / "deliverables/link.png"
        link.symlink_to(target)
        (show.home / "work").mkdir()
        wait_until(lambda: len(watch.events("zone-adopted")) == 3, "the new zone")
        wait_until(lambda: "undecided        deliverables/link.png" in watch.out, "the link")
        link.unlink()
        show.put("generated/a.png", sample("png"))
        wait_until(lambda: "tagged           generated/a.png" in watch.out, "a look without it")
        looked_at = watch.state["zones"][0]["reconciled_at"]
        wait_until(lambda: watch.state["zones"][0]["reconciled_at"] > looked_at, "another look")
        link.symlink_to(target)
        wait_until(lambda: watch.out.count("deliverables/link.png") == 2, "the link again")
    assert (show.home / "work" / MARKER).is_file()
    assert len(watch.events("zone-adopted")) == 3
    assert watch.out.count("deliverables/link.png") == 2


def test_a_dry_run_sends_no_message(show: Show) -> None:
    settings = show.home / "provenance.toml"
    show.put("deliverables/ai.png", declared())
    with served(Webhook()) as hook:
        port = hook.server_address[1]
        table = f'[[notify]]\nurls = ["json://127.0.0.1:{port}/s"]\non = ["blocked", "undecided"]\n'
        settings.write_text(settings.read_text("utf-8") + "\n" + table, "utf-8")
        (show.home / "deliverables/link.png").symlink_to(settings)
        words = [sys.executable, "-m", "provenance", "watch", "--dry-run"]
        with (
            (show.home / "out.log").open("wb") as out,
            subprocess.Popen(words, cwd=show.home, stdout=out, stderr=out) as process,
        ):
            said = (show.home / "out.log").read_text
            wait_until(lambda: "would-quarantine " in said("utf-8"), "the verdict")
            process.send_signal(signal.SIGTERM)  # what is to be sent is sent before it ends
            assert process.wait(timeout=30) == 0
    assert hook.posted == []


def test_a_watch_that_was_killed_is_not_running_since(run: Terminal, show: Show) -> None:
    with watching(show) as watch:
        watch.process.kill()
        watch.process.wait()
    assert watch.state["stopped_at"] is None
    (record,) = run("status", "--json").json["watches"]
    assert record["health"] == "gone"
    assert record["reasons"][0].startswith("not running since ")
    status = run("status")
    assert "not running since " in status.out
    assert status.code == 0


def test_sighup_reads_the_settings_again_and_refuses_broken_ones(show: Show) -> None:
    with watching(show) as watch:
        pending = (show.home / "generated/slow.png").open("wb")
        pending.write(another_picture()[:200])
        pending.flush()
        show.set("[watch]", "[watch]\nlistne = 1")
        watch.process.send_signal(signal.SIGHUP)
        wait_until(lambda: bool(watch.events("reload-refused")), "the refusal")
        assert "did you mean watch.listen?" in watch.events("reload-refused")[0]["detail"]
        wait_until(lambda: bool(watch.state["failures"]), "the refusal in the state")
        show.put("generated/old.png", another_picture())
        wait_until(lambda: "tagged           generated/old.png" in watch.out, "work as before")

        show.set("\nlistne = 1", "")
        show.set('policy = "house"', 'policy = "nobody"')
        watch.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(watch.events("reload-refused")) == 2, "another refusal")
        assert "no policy pack 'nobody'" in watch.events("reload-refused")[1]["detail"]

        show.set('policy = "nobody"', 'policy = "house"')
        show.set('path = "work"\nrole = "work"', 'path = "more"\nrole = "generated"')
        (show.home / "more").mkdir()
        show.put("more/new.png", sample("png"))
        watch.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "tagged           more/new.png" in watch.out, "the new zone")
        pending.write(another_picture()[200:])
        pending.close()
        wait_until(lambda: "tagged           generated/slow.png" in watch.out, "what was pending")
        wait_until(lambda: watch.get("/healthz")[0] == 200, "health")
        assert (
            watch.sample(
                "provenance_watch_files_total", action="tagged", zone=str(show.home / "generated")
            )
            == 2
        )
        assert watch.state["failures"] == []
    assert watch.out.count("generated/old.png") == 1


def test_systemd_hears_ready_life_reload_and_stop(show: Show, tmp_path: Path) -> None:
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)

        def hear(wanted: str) -> None:
            while not any(wanted in message for message in heard):
                heard.append(manager.recv(4096).decode())

        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
        with watching(show, **variables) as watch:
            hear("READY=1\nSTATUS=")
            hear("WATCHDOG=1")
            hear("STATUS=ok, 0 files waiting")
            heard.clear()
            watch.process.send_signal(signal.SIGHUP)
            hear("RELOADING=1\nMONOTONIC_USEC=")
            hear("READY=1")
            watch.process.send_signal(signal.SIGTERM)
            hear("STOPPING=1")


def test_a_blocked_sequence_is_one_message(show: Show) -> None:
    with served(Webhook()) as hook:
        settings = show.home / "provenance.toml"
        port = hook.server_address[1]
        table = f'[[notify]]\nurls = ["json://127.0.0.1:{port}/s3cret"]\non = ["blocked"]\n'
        settings.write_text(settings.read_text("utf-8") + "\n" + table, "utf-8")
        for number in range(30):
            show.put(f"deliverables/sh010/sh010.{number:04}.png", declared())
        with watching(show) as watch:
            wait_until(
                lambda: sum(line["files"] for line in watch.events("file")) == 30, "all blocked"
            )
        # One by the window or by the end; never one for each.
        assert sum(int(body["title"].split()[2]) for _, body in hook.posted) == 30
        assert len(hook.posted) <= 2
        assert "deliverables/sh010/sh010." in hook.posted[0][1]["message"]
        assert len(hook.posted[0][1]["message"].splitlines()) == 2
    assert "s3cret" not in (show.home / "err.log").read_text("utf-8")


def test_a_port_that_is_taken_is_no_end(show: Show) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        show.set("127.0.0.1:0", f"127.0.0.1:{port}")
        show.put("generated/a.png", another_picture())
        with watching(show) as watch:
            wait_until(lambda: "tagged " in watch.out, "work without HTTP")
            assert watch.state["listening"] == ""
        assert any("name another port" in line["message"] for line in watch.events("warning"))


def test_a_second_signal_while_a_file_is_in_hand_tears_nothing(run: Terminal, show: Show) -> None:
    names = [f"generated/{letter}.png" for letter in "abcdefgh"]
    for name in names:
        show.put(name, another_picture())
    with watching(show) as watch:
        wait_until(lambda: "tagged " in watch.out, "the first file")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            watch.process.send_signal(number)
        assert watch.process.wait(timeout=60) == 0
    status = run("status", "--json").json
    assert status["registry"]["open_writes"] == 0
    assert status["problems"] == []
    said = [name for name in names if f"tagged           {name} " in watch.out]
    bare = [name for name in names if (show.home / name).read_bytes() == another_picture()]
    assert sorted(said + bare) == names
    assert status["registry"]["temporary_assets"] == (1 if said else 0)


def test_a_watch_whose_terminal_goes_away_ends_and_does_not_reload(show: Show) -> None:
    ours, theirs = os.openpty()
    with (
        (show.home / "out.log").open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-c", _IN_TERMINAL, sys.executable],
            cwd=show.home,
            stdin=theirs,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        os.close(theirs)
        try:
            log = show.home / "out.log"
            wait_until(lambda: log.read_text("utf-8").count("watching ") == 3, "the watch to begin")
            os.close(ours)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
    assert log.read_text("utf-8").endswith("stopped\n")


def test_a_dry_run_leaves_no_state(show: Show) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "provenance", "watch", "--dry-run"],
        cwd=show.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "watching " in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        process.stderr.read()
    assert not (show.home / ".provenance/watch").exists()
