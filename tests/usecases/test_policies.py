"""Whose rules count: the pack asked for, a zone's own, the production's; files as packs."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from provenance.choosing import choose_pack
from provenance.config import load_config
from provenance.errors import ConfigError
from provenance.model.digest import hex_of, sha256_digest
from provenance.model.finding import Verdict
from provenance.reports.text import TextReport
from tests.report_samples import rendered
from tests.usecases.studio import Studio

Sample = Callable[[str], Path]
EU = "eu-ai-act-art50"


def pack_text(name: str) -> str:
    return resources.files("provenance.policy").joinpath(f"packs/{name}.toml").read_text("utf-8")


def own_pack(studio: Studio, **changes: str) -> Path:
    """Write a pack of the production's own: the house's with some verdicts changed."""
    text = pack_text("house")
    for rule, verdict in changes.items():
        name = rule.replace("_", "-")
        (line,) = (one for one in text.splitlines() if one.startswith(f"{name} ="))
        text = text.replace(line, f'{name} = "{verdict}"')
    path = studio.home / "policies/ours.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def stripped(studio: Studio, sample: Sample) -> Path:
    """Return an approved file whose tag was taken out again."""
    path = studio.put(sample("png/rgb.png"), "rgb.png")
    plain = path.read_bytes()
    studio.tag(path)
    studio.approve(path)
    path.write_bytes(plain)
    return path


def test_an_approval_does_not_set_aside_that_the_marking_is_gone(
    studio: Studio, stripped: Path
) -> None:
    assert studio.verdict(stripped) is Verdict.PASS
    assert studio.verdict(stripped, policy="netflix-2025-11", strict=False) is Verdict.PASS
    assert "marking-removed" not in studio.rules(stripped)
    assert studio.verdict(stripped, policy=EU) is Verdict.BLOCK
    assert "bears no machine-readable marking any more" in studio.messages(stripped, policy=EU)
    studio.tag(stripped)
    assert studio.verdict(stripped, policy=EU) is Verdict.PASS


def test_what_was_only_ever_approved_is_known_too(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    assert studio.verdict(file, policy=EU) is Verdict.PASS
    approval = studio.approve(file, uses=frozenset({"trailer"}))
    assert approval.status.holds
    assert studio.verdict(file) is Verdict.BLOCK
    assert studio.verdict(file, use="trailer") is Verdict.PASS
    assert studio.verdict(file, use="trailer", policy=EU) is Verdict.BLOCK


def test_a_zone_has_its_own_rules_and_naming_a_pack_outranks_them(
    studio: Studio, stripped: Path
) -> None:
    zones = f'[[zones]]\npath = "work"\nrole = "deliverable"\npolicy = "{EU}"\n'
    studio.configure(zones)
    elsewhere = studio.home / "elsewhere.png"
    elsewhere.write_bytes(stripped.read_bytes())
    report = studio.scan(stripped, elsewhere)
    verdicts = {Path(one.facts.path).name: one.verdict for one in report.results}
    assert verdicts == {"rgb.png": Verdict.BLOCK, "elsewhere.png": Verdict.PASS}
    assert report.policy == f"{EU}, house"
    assert studio.verdict(stripped, policy="house") is Verdict.PASS
    assert choose_pack(studio.production.config, at=stripped).name == EU
    assert choose_pack(studio.production.config, at=elsewhere).name == "house"


def test_a_zone_is_known_through_a_link_and_by_a_relative_path(
    studio: Studio, stripped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.configure(f'[[zones]]\npath = "work"\nrole = "deliverable"\npolicy = "{EU}"\n')
    link = studio.home / "other name"
    link.symlink_to(stripped.parent)
    monkeypatch.chdir(stripped.parent)
    for path in (link / "rgb.png", Path("rgb.png"), stripped.parent / "../work/rgb.png"):
        assert studio.verdict(path) is Verdict.BLOCK


def test_a_zone_asks_for_the_use_of_its_own_pack(studio: Studio, sample: Sample) -> None:
    own = own_pack(studio)
    own.write_text(own.read_text("utf-8").replace('use = "final-deliverable"', 'use = "trailer"'))
    studio.configure(
        '[[zones]]\npath = "work"\nrole = "deliverable"\npolicy = "policies/ours.toml"\n'
    )
    file = studio.put(sample("png/rgb.png"))
    studio.tag(file)
    studio.approve(file, uses=frozenset({"trailer"}))
    assert studio.verdict(file) is Verdict.PASS
    assert studio.verdict(file, use="final-deliverable") is Verdict.BLOCK
    assert studio.verdict(file, policy="house") is Verdict.BLOCK


def test_what_a_pack_lets_go_unapproved_is_not_called_approved(
    studio: Studio, fixtures_dir: Path
) -> None:
    made = studio.put(fixtures_dir / "ai/parameters.png")
    own = own_pack(studio, ai_declared_unapproved="pass", known_by_content="pass")
    report = studio.scan(made, policy=str(own))
    assert report.verdict is Verdict.PASS
    shown = " ".join(rendered(TextReport(), report).split())
    assert "PASSED: the policy lets AI media pass without written approval: 1 file." in shown
    assert "1 passed (1 AI media without approval)" in shown
    assert "hint" not in shown
    assert f"policy own file ours.toml {hex_of(sha256_digest(own.read_bytes()))[:8]}" in shown


def test_delivering_goes_by_the_rules_of_the_zone_it_goes_to(
    studio: Studio, stripped: Path
) -> None:
    (studio.home / "out").mkdir()
    studio.configure(f'[[zones]]\npath = "out"\nrole = "deliverable"\npolicy = "{EU}"\n')
    assert studio.verdict(stripped) is Verdict.PASS
    options = studio.production.scan_options()
    delivery = studio.production.deliverer.deliver([stripped], studio.home / "out", options)
    assert delivery.delivered == ()
    assert delivery.report.policy == EU
    assert delivery.report.verdict is Verdict.BLOCK


def test_a_pack_of_ones_own_is_named_by_its_path(
    studio: Studio, stripped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_pack(studio, marking_removed="block")
    assert studio.verdict(stripped, policy=str(own)) is Verdict.BLOCK
    monkeypatch.chdir(own.parent)
    report = studio.scan(stripped, policy="ours.toml")
    label = f"own file ours.toml {hex_of(sha256_digest(own.read_bytes()))[:8]}"
    assert (report.verdict, report.policy) == (Verdict.BLOCK, label)
    assert studio.scan(stripped, policy=str(own)).policy == label, "no folder is named"
    monkeypatch.chdir("/")
    studio.configure('[scan]\npolicy = "policies/ours.toml"\n')
    assert studio.verdict(stripped) is Verdict.BLOCK


def test_a_file_called_like_a_pack_is_not_mistaken_for_it(
    studio: Studio, stripped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_pack(studio, marking_removed="block")
    own.rename(own.with_name("house"))
    monkeypatch.chdir(own.parent)
    assert studio.verdict(stripped, policy="house") is Verdict.PASS
    assert studio.scan(stripped, policy="./house").policy.startswith("own file house ")


@pytest.mark.parametrize("settings", ['[scan]\npolicy = "no.toml"\n', '[scan]\npolicy = "none"\n'])
def test_a_pack_that_is_not_there_stops_the_gate(
    settings: str, studio: Studio, stripped: Path
) -> None:
    studio.configure(settings)
    with pytest.raises(ConfigError, match="policy pack"):
        studio.verdict(stripped)


def test_a_zones_pack_that_is_wrong_stops_the_gate(studio: Studio, stripped: Path) -> None:
    own = own_pack(studio)
    own.write_bytes(b"\xff")
    zone = '[[zones]]\npath = "out"\nrole = "work"\npolicy = "policies/ours.toml"\n'
    studio.configure(zone)
    with pytest.raises(ConfigError, match=r"policies/ours\.toml: is not UTF-8"):
        studio.verdict(stripped)
    own.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="at most 1048576 bytes"):
        studio.verdict(stripped)
    assert load_config(studio.home / "provenance.toml").zones[0].policy == "policies/ours.toml"
