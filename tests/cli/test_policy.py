"""`provenance policy`: the packs there are, what one says, and checking one of one's own."""

from importlib import resources

import pytest

from provenance.policy.pack import pack_names
from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared, sample


def text_of(name: str) -> str:
    return resources.files("provenance.policy").joinpath(f"packs/{name}.toml").read_text("utf-8")


def test_every_pack_is_listed_with_its_date(run: Terminal) -> None:
    result = run("policy", "list")
    assert result.code == 0
    for name in pack_names():
        assert name in result.out
    assert "2025-11-11" in result.out
    listed = run("policy", "list", "--json").json
    assert [one["name"] for one in listed] == list(pack_names())


def test_a_pack_is_shown_whole(run: Terminal) -> None:
    words = run("policy", "show", "netflix-2025-11").words
    assert "P4 Is the generated material temporary" in words
    assert "approve talent_replica. Talent and performance: A replica of real talent" in words
    assert "disclose background_incidental (ideation, incidental). Incidental" in words
    assert "block temporary-unapproved" in words
    assert "off marking-removed" in words
    assert "Tell your Netflix contact about any intended use" in words


@pytest.mark.parametrize("name", pack_names())
def test_every_pack_that_comes_along_is_sound(name: str, run: Terminal) -> None:
    result = run("policy", "check", name)
    assert result.code == 0
    assert f"policy pack {name} is sound" in result.out


def test_a_pack_of_ones_own_is_checked_and_used(run: Terminal, show: Show) -> None:
    show.put(
        "ours.toml", text_of("house").replace('ai-hint = "pass"', 'ai-hint = "block"').encode()
    )
    assert run("policy", "check", "ours.toml").code == 0
    assert "block ai-hint" in run("policy", "show", "ours.toml").words
    show.put("deliverables/made.png", declared())
    report = run("scan", "deliverables", "--policy", "ours.toml", "--format", "json").json
    assert report["verdict"] == "block"
    assert report["policy"].startswith("own file ours.toml ")


def test_a_pack_that_is_looser_than_its_cases_is_refused(run: Terminal, show: Show) -> None:
    row = 'action = "approve"\nby = "production legal, with'
    assert row in text_of("house")
    loose = text_of("house").replace(row, 'action = "disclose"\nby = "production legal, with')
    show.put("ours.toml", loose.encode())
    result = run("policy", "check", "ours.toml")
    assert result.code == 2
    assert "case “A performer's voice”: outcome should be approve, the pack says disc" in result.out
    assert "ours.toml: " in result.err


def test_a_pack_without_cases_is_told_so(run: Terminal, show: Show) -> None:
    show.put("ours.toml", text_of("house").partition("[[cases]]")[0].encode())
    result = run("policy", "check", "ours.toml")
    assert result.code == 0
    assert "It has no [[cases]]" in result.out


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("name", ["none", "none.toml", "policies/none"])
def test_a_pack_that_is_not_there_is_a_usage_error(name: str, run: Terminal) -> None:
    for words in (("check", name), ("show", name)):
        result = run("policy", *words)
        assert result.code == 2
        assert name in result.err


def test_status_names_a_zone_whose_pack_is_wrong(run: Terminal, show: Show) -> None:
    assert run("status").code == 0
    show.set('role = "work"', 'role = "work"\npolicy = "none"')
    result = run("status")
    assert result.code == 3
    assert "no policy pack 'none'" in result.out


def test_the_watcher_goes_by_a_zones_own_pack(run: Terminal, tagged_show: Show) -> None:
    mail = tagged_show.put("mail.eml", b"Approved.")
    tagged = tagged_show.home / "generated/concept.png"
    assert run("approve", tagged, "--approver", "Jo", "--evidence", mail).code == 0
    stripped = tagged_show.put("deliverables/concept.png", sample("png"))
    assert run("watch", "--once").code == 0
    zone = 'role = "deliverable"'
    tagged_show.set(zone, f'{zone}\npolicy = "eu-ai-act-art50"')
    result = run("watch", "--once")
    assert result.code == 1
    assert "bears no machine-readable marking any more" in result.out
    assert not stripped.exists()


@pytest.mark.parametrize("name", ["pack.toml", "provenance.toml"])
def test_a_number_without_end_is_refused(name: str, run: Terminal, show: Show) -> None:
    show.put(name, b"version = 1" + b"0" * 5000)
    done = run("policy", "check", "pack.toml") if name == "pack.toml" else run("status")
    assert (done.code, done.out) == (2, "")
    assert name in done.err
    assert "defect" not in done.err
