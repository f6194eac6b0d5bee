"""Messages reach real services, and no secret reaches a log."""

import email
import email.policy
import sys
from pathlib import Path

import pytest

from provenance.daemon.notices import Message
from provenance.daemon.outlets import AppriseOutlet, open_outlets
from provenance.daemon.settings import NotifySettings
from provenance.errors import ConfigError, NotifyError
from tests.daemon.services import MailServer, Webhook, served

MESSAGE = Message(title="My Show: 2 blocked", body="a_*b*_c \\x3c!channel\\x3e.png\n  second")


def test_a_webhook_gets_title_and_body() -> None:
    with served(Webhook()) as hook:
        port = hook.server_address[1]
        AppriseOutlet(f"json://127.0.0.1:{port}/hooks/s3cret", 1).send(MESSAGE)
    ((path, record),) = hook.posted
    assert path == "/hooks/s3cret"
    assert (record["title"], record["message"]) == (MESSAGE.title, MESSAGE.body)
    assert record["attachments"] == []


def test_a_mail_server_gets_a_mail_in_plain_text() -> None:
    with served(MailServer()) as server:
        port = server.server_address[1]
        url = f"mailto://127.0.0.1:{port}?mode=insecure&from=watch@example.com&to=jo@example.com"
        AppriseOutlet(f"{url}&user=x&format=text", 1).send(MESSAGE)
    (raw,) = server.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == "jo@example.com"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip().splitlines() == MESSAGE.body.splitlines()


def test_a_service_that_refuses_or_is_not_there_is_an_error_without_its_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(Webhook()) as hook:
        hook.status = 500
        url = f"json://127.0.0.1:{hook.server_address[1]}/hooks/s3cret"
        outlet = AppriseOutlet(url, 1)
        with pytest.raises(NotifyError) as refused:
            outlet.send(MESSAGE)
    with pytest.raises(NotifyError) as absent:
        outlet.send(MESSAGE)
    said = f"{refused.value}{absent.value}{caplog.text}{capfd.readouterr()}{outlet.label}"
    assert "s3cret" not in said
    assert outlet.label == "notify 1 (json)"


def test_addresses_come_from_settings_environment_and_file(tmp_path: Path) -> None:
    (tmp_path / "hooks").write_text("# ours\njson://127.0.0.1:1/c\n\n json://127.0.0.1:1/d\n")
    tables = (
        NotifySettings(urls=("json://127.0.0.1:1/a",)),
        NotifySettings(url_env="HOOKS", url_file="hooks"),
    )
    found = open_outlets(tables, tmp_path, {"HOOKS": " json://127.0.0.1:1/b\n"})
    assert [outlet.label for outlet, _ in found] == ["notify 1 (json)"] + ["notify 2 (json)"] * 3
    assert [table for _, table in found] == [tables[0], *[tables[1]] * 3]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (NotifySettings(urls=("nothing://s3cret",)), r"notify 1 \(nothing\): apprise knows no"),
        (NotifySettings(urls=("s3cret",)), r"notify 1 \(unreadable\): apprise knows no"),
        (NotifySettings(url_env="HOOKS"), "the environment variable HOOKS is empty"),
        (NotifySettings(url_file="none"), "none cannot be read: No such file"),
        (NotifySettings(url_file="empty"), "empty names no address"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_secret(
    tmp_path: Path, table: NotifySettings, why: str
) -> None:
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(ConfigError, match=why) as refused:
        open_outlets((table,), tmp_path, {})
    assert "s3cret" not in str(refused.value)


def test_without_apprise_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"pip install 'provenance\[notify\]'"):
        AppriseOutlet("json://127.0.0.1:1/a", 1)
