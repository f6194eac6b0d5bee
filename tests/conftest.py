"""What every test stands on: the fixtures, an oracle that decodes, and bans on accidents."""

import fcntl
import gc
import hashlib
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image, ImageSequence, UnidentifiedImageError

from fixtures.build import build
from provenance import tools
from tests import postgres
from tests.kept_workers import kept_workers

ROOT = Path(__file__).resolve().parent.parent
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_THREAD_GRACE = 2.0
_DECODED = "-map 0:v? -map 0:a? -c:v rawvideo -c:a pcm_s24le -bitexact -f streamhash -hash md5 -"

# Another job may have the processor: no test fails because it is slow.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_sessionstart() -> None:
    """Look for no garbage while tests are collected: they are very many objects, and all stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, but never among what was collected."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def fixtures_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all fixtures, built once for all processes of a session."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory = shared / "fixtures"
    with (shared / "fixtures.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            build(shared / "fixtures.part")
            (shared / "fixtures.part").rename(directory)
    return directory


@pytest.fixture(scope="session")
def fast_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder in memory where there is one: a registry flushes each of its writes."""
    memory = Path("/dev/shm")  # noqa: S108  (beneath it a folder of ours alone is made)
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("storage")
        return
    with TemporaryDirectory(dir=memory, prefix="provenance-tests-") as folder:
        Path(folder).chmod(0o711)  # some tests become another user
        yield Path(folder)


@pytest.fixture
def place(fast_storage: Path) -> Iterator[Path]:
    """Return an empty folder for one test."""
    with TemporaryDirectory(dir=fast_storage) as folder:
        yield Path(folder)


@pytest.fixture(scope="session", autouse=True)
def _workers_are_kept() -> Iterator[None]:
    with kept_workers() as worker, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tools, "WorkerProcess", worker)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """Return a PostgreSQL server, started once a session; skip where there is none."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """Return the URL of an empty database."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of foreign sample files; skip where it is not."""
    folder = ROOT.parent / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the sample corpus is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def decoded() -> Callable[[Path], str]:
    """Return the oracle: a digest of what a file looks and sounds like, by foreign decoders."""
    return _decoded


@pytest.fixture(autouse=True)
def _home_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _local_only(getattr(socket.socket, name)))


@pytest.fixture(autouse=True)
def _no_stray_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    stray = [thread for thread in threading.enumerate() if thread not in before]
    for thread in stray:
        thread.join(_THREAD_GRACE)
    left = [thread.name for thread in stray if thread.is_alive()]
    assert not left, f"threads left behind: {', '.join(left)}"


def _local_only(method: Callable[..., object]) -> Callable[..., object]:
    def guarded(connection: socket.socket, address: object) -> object:
        is_local = connection.family == socket.AF_UNIX or (
            isinstance(address, tuple) and address[0] in _LOOPBACK
        )
        if not is_local:
            pytest.fail(f"a test reached for the network: {address!r}")
        return method(connection, address)

    return guarded


def _decoded(path: Path) -> str:
    try:
        with Image.open(path) as image:
            return _pixels(image)
    except UnidentifiedImageError:
        return _streams(path)


def _pixels(image: Image.Image) -> str:
    state = hashlib.sha256()
    for frame in ImageSequence.Iterator(image):
        facts = (frame.mode, frame.size, frame.getpalette(), frame.info.get("transparency"))
        state.update(repr((*facts, frame.info.get("duration"))).encode())
        state.update(frame.tobytes())
    return state.hexdigest()


def _streams(path: Path) -> str:
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), *_DECODED.split()]
    done = subprocess.run(  # our own words and a path of the test
        command, capture_output=True, text=True, check=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert not done.stderr, done.stderr
    assert done.stdout, f"{path} has no stream"
    return done.stdout
