"""Sign files as somebody else would: `python -m tests.benchmarks.signing KEYS`.

Standard input holds one file a line, after the mark and a tab.
"""

import json
import sys
from pathlib import Path

import c2pa

from provenance.carriers.signing_chain import load_chain
from provenance.media.formats import identify
from provenance.model.source_type import IPTC_BASE
from tests.benchmarks.marks import Mark

_TERMS = {Mark.SIGNED_AI: "trainedAlgorithmicMedia", Mark.SIGNED_CAMERA: "digitalCapture"}
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}}


def sign(keys: Path, path: Path, mark: Mark) -> None:
    """Sign one file in place."""
    chain = load_chain(keys)
    info = c2pa.C2paSignerInfo(b"es256", chain.chain_pem.encode(), chain.key_pem.encode(), None)
    media_type = identify(path.read_bytes()[:8192], path.suffix).media_type
    action = {"action": "c2pa.created", "digitalSourceType": IPTC_BASE + _TERMS[mark]}
    claim = {
        "format": media_type,
        "claim_generator_info": [{"name": "another", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    context = c2pa.Context.from_dict(_SETTINGS)
    staging = path.with_name(path.name + ".signed")
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(json.dumps(claim), context) as builder,
        path.open("rb") as source,
        staging.open("w+b") as target,
    ):
        builder.sign(signer, media_type, source, target)
    staging.replace(path)


if __name__ == "__main__":
    for line in sys.stdin:
        name, _, file = line.rstrip("\n").partition("\t")
        sign(Path(sys.argv[1]), Path(file), Mark(name))
