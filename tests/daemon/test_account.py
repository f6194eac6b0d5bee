"""The account stays small, knows what was made good, and has a remedy for every error."""

import errno
from datetime import UTC, datetime, timedelta

import pytest

from provenance.daemon.account import Account
from provenance.daemon.failing import ERROR_KINDS, FOLDER, ZONE, kind_of
from provenance.errors import (
    ChangedMeanwhileError,
    DamagedMediaError,
    LeaseLostError,
    NotWritableError,
    RegistryError,
    TaggingError,
    UnreadableError,
)

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
DISK_FULL = ERROR_KINDS[0]


@pytest.fixture
def account() -> Account:
    return Account(lambda: NOON)


def test_it_counts_by_zone_and_action(account: Account) -> None:
    for zone, action in [("/a", "tagged"), ("/b", "tagged"), ("/a", "tagged"), ("/a", "left")]:
        account.note(zone, action)
    assert account.actions_in("/a") == {"left": 1, "tagged": 2}
    assert account.actions_in("/none") == {}
    assert account.actions == {"tagged": 3, "left": 1}
    account.note("/a", "tagged", 3000)
    assert account.actions_in("/a") == {"left": 1, "tagged": 3002}


def test_however_much_fails_it_remembers_the_last_twenty(account: Account) -> None:
    for number in range(5000):
        account.fail(f"/a/{number}", DISK_FULL, "x" * 10_000)
        account.is_worth_telling(f"/a/{number}")
    assert account.errors == {"disk-full": 5000}
    assert [failure.path for failure in account.failures] == [f"/a/{n}" for n in range(4980, 5000)]
    assert all(len(failure.message) <= 500 for failure in account.failures)


def test_a_failure_is_one_entry_until_it_is_made_good(account: Account) -> None:
    account.fail("/a/x", DISK_FULL, "first")
    account.fail("/a/y", DISK_FULL, "other")
    account.fail("/a/x", DISK_FULL, "second")
    assert [failure.message for failure in account.failures] == ["other", "second"]
    account.settle("/a/x")
    account.settle("/a/y")
    assert account.failures == ()
    assert account.errors == {"disk-full": 3}


def test_a_zone_that_was_read_clears_the_troubles_of_its_folders_only(account: Account) -> None:
    account.fail("/a", ZONE, "gone")
    account.fail("/a/b", FOLDER, "denied")
    account.fail("/ab/c", FOLDER, "denied")
    account.fail("/a/x", DISK_FULL, "full")
    account.settle_folders("/a")
    assert [failure.path for failure in account.failures] == ["/ab/c", "/a/x"]


def test_people_are_told_once_until_something_is_done_with_the_file(account: Account) -> None:
    assert account.is_worth_telling("/a/x")
    assert not account.is_worth_telling("/a/x")
    account.settle("/a/x")
    assert account.is_worth_telling("/a/x")


def test_a_failure_that_did_not_come_up_for_a_day_is_forgotten() -> None:
    hours = [NOON]
    account = Account(lambda: hours[0])
    account.fail("/a/x", DISK_FULL, "full")
    hours[0] += timedelta(hours=23)
    assert account.failures
    hours[0] += timedelta(hours=2)
    assert account.failures == ()


def raised_from(cause: OSError) -> Exception:
    error = TaggingError("not tagged")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "full"), "disk-full"),
        (raised_from(OSError(errno.ENOSPC, "full")), "disk-full"),
        (raised_from(OSError(errno.ESTALE, "stale")), "share"),
        (OSError(errno.EROFS, "read-only"), "read-only"),
        (OSError(errno.EMFILE, "too many"), "system"),
        (raised_from(OSError(errno.EMFILE, "too many")), "failed"),
        (LeaseLostError("x"), "lease-lost"),
        (RegistryError("x"), "registry"),
        (NotWritableError("x"), "not-writable"),
        (ChangedMeanwhileError("x"), "changed-meanwhile"),
        (UnreadableError("x"), "unreadable"),
        (DamagedMediaError("x"), "damaged"),
        (ZeroDivisionError(), "defect"),
    ],
)
def test_every_error_has_a_kind_and_a_remedy(error: Exception, kind: str) -> None:
    found = kind_of(error)
    assert found.name == kind
    assert found.remedy
