"""`provenance notify test`: whether messages arrive is known before one is needed."""

from tests.cli.conftest import Terminal
from tests.cli.running import Show, spawn
from tests.daemon.services import Webhook, served


def add(show: Show, table: str) -> None:
    settings = show.home / "provenance.toml"
    settings.write_text(f"{settings.read_text('utf-8')}\n[[notify]]\n{table}\n", "utf-8")


def test_every_service_gets_a_message_and_the_one_that_fails_is_named(show: Show) -> None:
    with served(Webhook()) as good, served(Webhook()) as bad:
        bad.status = 500
        add(show, f'urls = ["json://127.0.0.1:{good.server_address[1]}/s3cret"]')
        add(show, 'url_env = "HOOK"')
        done = spawn(
            *("notify", "test"),
            cwd=show.home,
            HOOK=f"json://127.0.0.1:{bad.server_address[1]}/s3cret",
        )
    assert done.code == 3
    lines = done.out.splitlines()
    assert lines[0] == "sent             notify 1 (json)"
    assert lines[1].startswith("not sent         notify 2 (json): ")
    assert "s3cret" not in done.out + done.err
    ((_, body),) = good.posted
    assert body["title"] == "My Show: test"
    assert len(bad.posted) == 1


def test_without_anybody_to_tell_it_is_a_usage_error(run: Terminal, show: Show) -> None:
    assert show
    done = run("notify", "test")
    assert done.code == 2
    assert "there are no [[notify]] tables to test" in done.err


def test_a_watch_whose_messages_cannot_be_sent_does_not_begin(run: Terminal, show: Show) -> None:
    add(show, 'url_file = "hooks.txt"')
    done = run("watch")
    assert done.code == 2
    assert "hooks.txt cannot be read" in done.err
