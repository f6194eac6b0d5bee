"""`--pixels`: text hidden in pixels is looked for on demand only."""

import pytest

from fixtures.png import encode
from tests.cli.conftest import Terminal
from tests.cli.running import Show
from tests.stealth_samples import VARIANTS, hide, packed


@pytest.mark.parametrize("signature", VARIANTS)
def test_a_scan_finds_it_only_with_pixels(run: Terminal, show: Show, signature: str) -> None:
    path = show.put("deliverables/a.png", encode(hide(signature, packed(signature))))
    assert run("scan", path).code == 0
    assert run("inspect", "--json", path).json[0]["ai"] == "none"
    done = run("scan", "--pixels", "--format", "json", path)
    assert done.code == 1
    assert done.json["findings"][0]["evidence"][0]["place"] == f"png/stealth/{signature}"
    assert run("inspect", "--pixels", "--json", path).json[0]["ai"] == "declares"
