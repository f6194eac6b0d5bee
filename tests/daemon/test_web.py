"""Health and metrics over HTTP: true, on loopback, harmless to the watch."""

import json
import logging
import socket
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client.parser import text_string_to_metric_families

from provenance.daemon.health import judge
from provenance.daemon.settings import Address
from provenance.daemon.state import Condition, WatchState
from provenance.daemon.web import View, serving

ANY = Address(host="127.0.0.1", port=0)


def view_of(state: WatchState, now: datetime) -> View:
    return lambda: (state, judge(state, now))


def ask(address: str, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection(address, timeout=30)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read()


def test_a_watch_that_is_well_answers_200(state: WatchState, now: datetime) -> None:
    with serving(ANY, view_of(state, now)) as address:
        response, body = ask(address, "/healthz")
        assert response.status == 200
        assert response.getheader("Content-Type") == "application/json"
        record = json.loads(body)
        assert (record["schema"], record["version"]) == ("provenance-health", 1)
        assert (record["status"], record["reasons"], record["queue"]) == ("ok", [], 3)
        assert ask(address, "/livez?verbose")[0].status == 200
        head, nothing = ask(address, "/healthz", "HEAD")
        assert (head.status, nothing) == (200, b"")


def test_a_degraded_watch_is_unwell_but_alive_and_a_stalled_one_is_neither(
    state: WatchState, now: datetime
) -> None:
    first, *others = state.zones
    lost = replace(first, condition=Condition.LOST, trouble="went away")
    with serving(ANY, view_of(replace(state, zones=(lost, *others)), now)) as address:
        response, body = ask(address, "/healthz")
        assert response.status == 503
        assert json.loads(body)["reasons"] == ["/srv/show/generated: the zone is lost: went away"]
        assert ask(address, "/livez")[0].status == 200
    with serving(ANY, view_of(replace(state, is_stalled=True), now)) as address:
        assert ask(address, "/healthz")[0].status == 503
        assert ask(address, "/livez")[0].status == 503


def test_the_metrics_parse_and_say_what_the_state_says(state: WatchState, now: datetime) -> None:
    odd = replace(state.zones[0], path='/srv/a "quoted"\\\n', condition=Condition.DEGRADED)
    with serving(ANY, view_of(replace(state, zones=(odd, state.zones[1])), now)) as address:
        response, body = ask(address, "/metrics")
    assert response.status == 200
    assert response.getheader("Content-Type", "").startswith("text/plain; version=")
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
    generated, deliverable = (odd.path, "generated"), ("/srv/show/deliverables", "deliverable")
    expected = {
        ("provenance_watch_files_total", *sorted((*generated, "tagged"))): 7,
        ("provenance_watch_files_total", *sorted((*deliverable, "quarantined"))): 2,
        ("provenance_watch_errors_total", "disk-full"): 4,
        ("provenance_watch_queue_files", *sorted(generated)): 3,
        ("provenance_watch_lag_seconds", *sorted(generated)): 12.5,
        ("provenance_watch_zone_degraded", *sorted(generated)): 1,
        ("provenance_watch_zone_degraded", *sorted(deliverable)): 0,
        ("provenance_watch_source_alive", *sorted(generated)): 1,
        ("provenance_watch_last_reconcile_timestamp_seconds", *sorted(generated)): (
            now.timestamp() - 100
        ),
        ("provenance_registry_up",): 1,
        ("provenance_watch_healthy",): 0,
        ("provenance_watch_stalled",): 0,
    }
    assert {name: samples.get(name) for name in expected} == expected
    assert samples["process_resident_memory_bytes",] > 0


def test_anything_else_is_404_and_nothing_but_reading_is_possible(
    state: WatchState, now: datetime
) -> None:
    with serving(ANY, view_of(state, now)) as address:
        assert ask(address, "/../etc/passwd")[0].status == 404
        assert ask(address, "/metrics", "POST")[0].status == 501


def test_a_client_that_says_nothing_holds_up_neither_others_nor_the_end(
    state: WatchState, now: datetime
) -> None:
    with serving(ANY, view_of(state, now)) as address:
        host, port = address.split(":")
        silent = socket.create_connection((host, int(port)))
        assert ask(address, "/healthz")[0].status == 200
    silent.close()


def test_a_port_that_is_taken_is_a_warning_with_the_remedy(
    state: WatchState, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(ANY, view_of(state, now)) as address:
        taken = Address(host="127.0.0.1", port=int(address.split(":")[1]))
        with serving(taken, view_of(state, now)) as second:
            assert second == ""
            assert ask(address, "/healthz")[0].status == 200
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "[watch] listen = " in record.getMessage()


def test_what_others_can_reach_is_warned_about(
    state: WatchState, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Address(host="0.0.0.0", port=0), view_of(state, now)):  # noqa: S104  (its point)
        assert "no loopback address" in caplog.text


def test_switched_off_it_serves_nothing(state: WatchState, now: datetime) -> None:
    with serving(None, view_of(state, now)) as address:
        assert address == ""
