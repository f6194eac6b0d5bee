"""`/healthz`, `/livez`, `/metrics`: answered from the last state, so no share holds them up."""

import json
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST

from provenance.daemon.health import Health
from provenance.daemon.metrics import render_metrics
from provenance.daemon.settings import Address
from provenance.daemon.state import WatchState

_logger = logging.getLogger(__name__)
_CLIENT_SECONDS = 5.0
"""How long a client may take for a line of its request."""

View = Callable[[], tuple[WatchState, Health]]
"""Returns the last state of the watch and how it is judged now."""


class _Answer(NamedTuple):
    status: HTTPStatus
    media_type: str
    body: bytes


@contextmanager
def serving(address: Address | None, view: View) -> Iterator[str]:
    """Answer until the block ends; yields the address, empty where nothing is served.

    A port that is taken is a warning, no error: the watch matters more.
    """
    server = _bind(address, view) if address else None
    if server is None:
        yield ""
        return
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="http", daemon=True)
    thread.start()
    try:
        yield str(Address(host=address.host if address else "", port=server.server_address[1]))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """A server that a slow client cannot hold up, not even its end."""

    daemon_threads = True

    def __init__(self, address: Address, view: View) -> None:
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self.view = view
        super().__init__((address.host, address.port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are."""
        TCPServer.server_bind(self)  # http.server looks up our own name

    def handle_error(self, request: object, client_address: object) -> None:
        """Say what went wrong in our log; a client that left is nothing to tell."""
        del request, client_address
        error = sys.exception()
        if not isinstance(error, OSError):
            _logger.error("a request was not answered", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    """Answers a request; nothing of it is believed but the path."""

    server: _Server
    timeout = _CLIENT_SECONDS
    server_version = "provenance"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a body."""
        self._send(self._answer(), has_body=True)

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._send(self._answer(), has_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's word)
        """Keep quiet: a monitor asks every few seconds."""

    def _answer(self) -> _Answer:
        state, health = self.server.view()
        match self.path.partition("?")[0]:
            case "/healthz":
                return _health_answer(state, health, is_good=health.vitality.is_well)
            case "/livez":
                return _health_answer(state, health, is_good=health.vitality.is_working)
            case "/metrics":
                return _Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, render_metrics(state, health))
        text = b"there are /healthz, /livez and /metrics\n"
        return _Answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", text)

    def _send(self, answer: _Answer, *, has_body: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if has_body:
            self.wfile.write(answer.body)


def _health_answer(state: WatchState, health: Health, *, is_good: bool) -> _Answer:
    record = {
        "schema": "provenance-health",
        "version": 1,
        "status": health.vitality.value,
        "reasons": list(health.reasons),
        "host": state.host,
        "started_at": state.started_at.isoformat(),
        "queue": sum(zone.queue for zone in state.zones),
    }
    status = HTTPStatus.OK if is_good else HTTPStatus.SERVICE_UNAVAILABLE
    return _Answer(status, "application/json", json.dumps(record).encode("ascii") + b"\n")


def _bind(address: Address, view: View) -> _Server | None:
    if not address.is_loopback:
        _logger.warning(
            "%s is no loopback address: whoever reaches it may read the names of zones, for there"
            " is no password; let a firewall or proxy decide who",
            address,
        )
    try:
        return _Server(address, view)
    except OSError as error:
        _logger.warning(
            "health and metrics are not served at %s: %s; name another port in provenance.toml,"
            ' [watch] listen = "127.0.0.1:9465", or "" for none',
            address,
            error.strerror or error,
        )
        return None
