"""PostgreSQL where it is lost, restarted, frozen, shared by hosts, or not what it should be."""

import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from provenance.errors import ConfigError, LeaseLostError, RegistryError
from provenance.model.digest import sha256_digest
from provenance.registry.backends import accept_checkpoint, check, migrate, open_registry, verify
from provenance.registry.interface import Registry
from provenance.registry.postgresql import postgresql_engine
from provenance.registry.postgresql_driver import BoundedConnection
from provenance.registry.records import WriteIntent
from provenance.registry.sql import SqlRegistry
from tests.postgres import Server

NOON = datetime(2026, 11, 3, tzinfo=UTC)
PASSWORD = "correct-horse"  # noqa: S105  (of nothing)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.json"


@pytest.fixture
def url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


def database_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def intent(intent_id: str) -> WriteIntent:
    return WriteIntent(intent_id=intent_id, path="/a", staging="/b", begun_at=NOON)


def ids(registry: Registry) -> list[str]:
    return [write.intent_id for write in registry.open_writes()]


def disconnect_all(server: Server, url: str) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608  (names of our own)
        f"WHERE datname = '{database_of(url)}'"
    )


def test_every_session_is_durable_and_bounded(url):
    engine = postgresql_engine(url)
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in (
                "synchronous_commit",
                "lock_timeout",
                "statement_timeout",
                "idle_in_transaction_session_timeout",
                "transaction_isolation",
                "transaction_read_only",
            )
        }
    engine.dispose()
    assert values == {
        "synchronous_commit": "on",
        "lock_timeout": "20s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "10s",
        "transaction_isolation": "repeatable read",
        "transaction_read_only": "on",
    }


def test_a_connection_lost_between_two_calls_is_replaced(postgres_server, url, checkpoint):
    registry = open_registry(url, checkpoint)
    registry.begin_write(intent("one"))
    disconnect_all(postgres_server, url)
    registry.begin_write(intent("two"))
    assert ids(registry) == ["one", "two"]
    registry.close()


def test_a_connection_lost_amid_a_write_is_an_error_and_leaves_nothing(
    postgres_server, url, checkpoint
):
    engine = postgresql_engine(url)
    registry = SqlRegistry(engine, location="here", checkpoint=checkpoint)
    losses = iter([True])

    def lose(*details: object) -> None:
        if "INSERT INTO journal" in str(details[2]) and next(losses, False):
            disconnect_all(postgres_server, url)

    event.listen(engine, "after_cursor_execute", lose)
    with pytest.raises(RegistryError, match=r"registry here: .*terminating connection"):
        registry.begin_write(intent("one"))
    assert ids(registry) == []
    registry.begin_write(intent("one"))
    assert ids(registry) == ["one"]
    registry.close()
    assert verify(url, checkpoint) == ()


def test_a_server_that_is_down_is_an_error_until_it_is_back(postgres_server, url, checkpoint):
    registry = open_registry(url, checkpoint)
    postgres_server.crash()
    try:
        with pytest.raises(RegistryError, match="connection"):
            registry.open_writes()
        with pytest.raises(RegistryError, match="connection"):
            registry.begin_write(intent("one"))
        assert any("connection" in problem for problem in check(url, checkpoint))
    finally:
        postgres_server.start()
    registry.begin_write(intent("one"))
    assert ids(registry) == ["one"]
    registry.close()


def test_a_frozen_server_is_an_error_until_it_goes_on(
    postgres_server, url, checkpoint, monkeypatch
):
    monkeypatch.setattr(BoundedConnection, "answer_seconds", 0.5)
    registry = open_registry(f"{url}&connect_timeout=2", checkpoint)
    postgres_server.signal(signal.SIGSTOP)
    try:
        with pytest.raises(RegistryError, match=r": connection timeout expired$"):
            registry.open_writes()
    finally:
        postgres_server.signal(signal.SIGCONT)
    registry.begin_write(intent("one"))
    assert ids(registry) == ["one"]
    registry.close()


class Load(threading.Thread):
    """One host that writes, whatever happens, until it is told to stop."""

    def __init__(self, name: str, url: str, checkpoint: Path) -> None:
        super().__init__(name=name)
        self.acknowledged: list[str] = []
        self.refused = 0
        self.is_over = threading.Event()
        self._registry = open_registry(url, checkpoint)
        self._wrote = threading.Condition()

    def run(self) -> None:
        number = 0
        while not self.is_over.is_set():
            number += 1
            try:
                self._registry.begin_write(intent(f"{self.name}-{number}"))
            except RegistryError:
                self.refused += 1
                continue
            with self._wrote:
                self.acknowledged.append(f"{self.name}-{number}")
                self._wrote.notify_all()
        self._registry.close()

    def wait_for_more(self, count: int = 10) -> None:
        with self._wrote:
            goal = len(self.acknowledged) + count
            assert self._wrote.wait_for(lambda: len(self.acknowledged) >= goal, timeout=30)


def test_a_server_restarted_under_load_loses_nothing_acknowledged(postgres_server, url, tmp_path):
    checkpoints = [tmp_path / "one.json", tmp_path / "two.json"]
    for checkpoint in checkpoints:
        accept_checkpoint(url, checkpoint)
    hosts = [Load(checkpoint.stem, url, checkpoint) for checkpoint in checkpoints]
    for host in hosts:
        host.start()
    try:
        for _ in range(3):
            for host in hosts:
                host.wait_for_more()
            postgres_server.crash()
            postgres_server.start()
        for host in hosts:
            host.wait_for_more()
    finally:
        for host in hosts:
            host.is_over.set()
            host.join(30)
    registry = open_registry(url, checkpoints[0])
    stored = set(ids(registry))
    assert registry.sequence == len(stored)
    registry.close()
    assert all(host.refused for host in hosts)
    assert {done for host in hosts for done in host.acknowledged} - stored == set()
    assert [verify(url, checkpoint) for checkpoint in checkpoints] == [(), ()]


def test_a_host_that_joins_accepts_once_and_both_write_one_chain(url, tmp_path):
    first = open_registry(url, tmp_path / "first.json")
    first.begin_write(intent("one"))
    with pytest.raises(RegistryError, match="registry check --accept"):
        open_registry(url, tmp_path / "second.json")
    accept_checkpoint(url, tmp_path / "second.json")
    second = open_registry(url, tmp_path / "second.json")
    second.begin_write(intent("two"))
    first.begin_write(intent("three"))
    assert ids(first) == ids(second) == ["one", "two", "three"]
    for registry in (first, second):
        registry.close()
    for name in ("first", "second"):
        assert verify(url, tmp_path / f"{name}.json") == ()


def test_a_writer_that_stands_still_holds_up_the_others_no_longer_than_told(url, checkpoint):
    registry = open_registry(f"{url}&options=-c%20lock_timeout%3D200ms", checkpoint)
    with psycopg.connect(url) as other:
        other.execute("SELECT * FROM head FOR UPDATE")
        with pytest.raises(RegistryError, match="lock timeout"):
            registry.begin_write(intent("one"))
        assert ids(registry) == []
    registry.begin_write(intent("one"))
    assert ids(registry) == ["one"]
    registry.close()


def test_a_stopped_writer_lets_go_of_the_head(url, checkpoint):
    short = f"{url}&options=-c%20idle_in_transaction_session_timeout%3D200ms"
    with closing(psycopg.connect(short)) as stopped:
        stopped.execute("SELECT * FROM head FOR UPDATE")
        registry = open_registry(url, checkpoint)
        registry.begin_write(intent("one"))  # waits until the server gave the other up
        assert ids(registry) == ["one"]
        registry.close()
        with pytest.raises(psycopg.Error, match="idle-in-transaction"):
            stopped.execute("UPDATE head SET sequence = 9")


def test_a_lease_that_ends_while_a_write_waits_for_its_turn_is_lost(
    postgres_server, url, checkpoint
):
    registry = open_registry(url, checkpoint)
    lease = registry.take_lease(sha256_digest(b"/a"), "one", 3600)
    with ThreadPoolExecutor(max_workers=1) as pool:
        with psycopg.connect(url) as other:
            other.execute("SELECT * FROM head FOR UPDATE")
            late = pool.submit(registry.begin_write, intent("one"), lease=lease)
            while not postgres_server.execute("SELECT pid FROM pg_locks WHERE NOT granted"):
                assert not late.done()
            other.execute("UPDATE leases SET ends_at = extract(epoch FROM clock_timestamp()) * 1e6")
        with pytest.raises(LeaseLostError):
            late.result(timeout=30)
    assert ids(registry) == []
    registry.close()


def test_nobody_gets_a_lease_under_which_something_is_published(url, checkpoint):
    """Not even when its time is up; and nobody else has to wait, nor is there a deadlock."""
    ours, theirs = (open_registry(url, checkpoint) for _ in range(2))
    key = sha256_digest(b"/a")
    lease = ours.take_lease(key, "one", 3600)
    with ours.transaction(lease):
        with psycopg.connect(url) as other:  # waits for nothing: the row is locked, not written
            other.execute("SET lock_timeout = '1ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("UPDATE leases SET ends_at = 0")
        theirs.begin_write(intent("theirs"))
        assert theirs.take_lease(key, "two", 3600) is None
        ours.begin_write(intent("ours"))
        ours.drop_lease(lease)
    assert ids(ours) == ["theirs", "ours"]
    assert theirs.take_lease(key, "two", 3600).fence > lease.fence
    ours.close()
    theirs.close()


def test_a_lease_that_ends_while_something_is_published_is_waited_for(url, checkpoint):
    ours, theirs = (open_registry(url, checkpoint) for _ in range(2))
    key = sha256_digest(b"/a")
    lease = ours.take_lease(key, "one", 1)
    with ours.transaction(lease):
        while theirs.find_lease(key):
            pass
        assert theirs.take_lease(key, "two", 3600) is None
        ours.drop_lease(lease)
    assert theirs.take_lease(key, "two", 3600) is not None
    ours.close()
    theirs.close()


def test_leases_end_by_the_clock_of_the_server(url, checkpoint, monkeypatch):
    registry = open_registry(url, checkpoint)
    lease = registry.take_lease(sha256_digest(b"/a"), "one", 3600)
    monkeypatch.setattr("time.time_ns", lambda: 2**62)
    assert registry.take_lease(sha256_digest(b"/a"), "two", 3600) is None
    registry.begin_write(intent("one"), lease=lease)
    registry.close()


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{PASSWORD}@/db?host=/nowhere",
        f"postgresql://me:{PASSWORD}@127.0.0.1:1/db",
        f"postgresql+psycopg://me:{PASSWORD}@127.0.0.1:1/db",
        f"postgresql://127.0.0.1:1/db?user=me&password={PASSWORD}",
        f"postgresql://me:p%40{PASSWORD}@127.0.0.1:1/db",
    ],
)
def test_a_password_is_not_told_when_nobody_answers(url, checkpoint):
    with pytest.raises(RegistryError, match=r"registry postgresql.*127|nowhere") as caught:
        open_registry(url, checkpoint)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert not any(PASSWORD in problem for problem in check(url, checkpoint))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:x@{PASSWORD}@127.0.0.1/db",
        f"postgresql://me:{PASSWORD}/x@127.0.0.1/db",
        f"postgresql://me:{PASSWORD}%zz@127.0.0.1/db",
        f"postgresql://me:{PASSWORD}@127.0.0.1/db?no-such=option",
        f"postgresql://me:{PASSWORD}@127.0.0.1",
        f"postgresql+pg8000://me:{PASSWORD}@127.0.0.1/db",
    ],
)
def test_a_url_that_is_none_is_a_mistake_of_the_configuration(url, checkpoint):
    with pytest.raises(ConfigError, match="postgresql://user@host/database") as caught:
        open_registry(url, checkpoint)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_password_is_an_error_that_does_not_tell_it(postgres_server, url, checkpoint):
    postgres_server.execute("CREATE ROLE locked LOGIN PASSWORD 'another'")
    wrong = postgres_server.url(database_of(url), f"locked:{PASSWORD}")
    with pytest.raises(RegistryError, match="password authentication failed") as caught:
        open_registry(wrong, checkpoint)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    postgres_server.execute("DROP ROLE locked")


def test_without_its_driver_one_is_told_what_to_install(checkpoint, monkeypatch):
    monkeypatch.delitem(sys.modules, "provenance.registry.postgresql_driver")
    monkeypatch.delattr("provenance.registry.postgresql_driver")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"pip install 'provenance\[postgresql\]'"):
        open_registry("postgresql://me@127.0.0.1/db", checkpoint)


def test_a_database_that_is_not_there_is_an_error(postgres_server, checkpoint):
    with pytest.raises(RegistryError, match='database "nowhere" does not exist'):
        migrate(postgres_server.url("nowhere"), checkpoint)


def test_a_database_that_cannot_keep_every_text_is_refused(postgres_server, checkpoint):
    name = postgres_server.create_database(more="ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(RegistryError, match="has the encoding LATIN1"):
        migrate(postgres_server.url(name), checkpoint)
    postgres_server.drop_database(name)


def test_an_empty_database_in_place_of_a_registry_is_not_made_one(postgres_url, url, checkpoint):
    registry = open_registry(url, checkpoint)
    registry.begin_write(intent("one"))
    registry.close()
    migrate(url, checkpoint)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with pytest.raises(RegistryError, match="is gone, and 1 writes to it were seen"):
        migrate(url, checkpoint)


def test_a_migration_that_fails_leaves_nothing_half_done(postgres_server, postgres_url, checkpoint):
    database = database_of(postgres_url)
    postgres_server.execute("CREATE SEQUENCE journal", database)
    with pytest.raises(RegistryError, match='"journal" already exists'):
        migrate(postgres_url)
    with pytest.raises(RegistryError, match="has schema none"):
        open_registry(postgres_url, checkpoint)
    postgres_server.execute("DROP SEQUENCE journal", database)
    migrate(postgres_url)
    assert check(postgres_url, checkpoint) == ()


def test_hosts_that_migrate_at_once_make_one_registry(postgres_url, checkpoint):
    with ThreadPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(migrate, [postgres_url] * 4)) == [None] * 4
    assert check(postgres_url, checkpoint) == ()


def test_a_migration_waits_for_a_writer_and_keeps_others_out(url, checkpoint):
    with psycopg.connect(url) as writer:
        writer.execute("SELECT * FROM head FOR UPDATE")
        with pytest.raises(RegistryError, match="lock timeout"):
            migrate(f"{url}&options=-c%20lock_timeout%3D200ms")
    migrate(url)
    assert check(url, checkpoint) == ()


@pytest.mark.parametrize("text", ["a\0b", "a\udcffb"], ids=["NUL", "no UTF-8"])
def test_text_that_cannot_be_kept_is_refused_and_nothing_is_stored(url, checkpoint, text):
    registry = open_registry(url, checkpoint)
    with pytest.raises(RegistryError, match=r"NUL|surrogates"):
        registry.begin_write(intent(text))
    assert registry.sequence == 0
    registry.begin_write(intent("one"))
    registry.close()
