"""`provenance inspect`: what one file is, for an editor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from provenance.carriers.sidecar import is_sidecar
from provenance.cli.context import JSON, PATHS, PIXELS, load_if_any
from provenance.cli.glance import glance
from provenance.cli.output import note, paint, print_json
from provenance.cli.purpose import purpose_options
from provenance.config import Config
from provenance.inspecting import Inspection, Inspector, Status
from provenance.model.credential import Credentials
from provenance.model.purpose import FINAL_DELIVERABLE, NOTHING_SAID, Purpose
from provenance.path_text import shown
from provenance.reports.json_scan import approvals_record, signal_record
from provenance.reports.json_use import ai_use_record, requirement_record
from provenance.tools import Tools
from provenance.walking import walk

_UNREADABLE = 3


@click.command("inspect")
@PATHS
@purpose_options
@PIXELS
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    asked: Purpose,
    pixels: bool,
    as_json: bool,
) -> int:
    """Say what a file is, at one glance, and why.

    Works anywhere; inside a production it also knows stripped copies by their
    content, and approvals. Exit code 3 if a file could not be read.

    \b
    Examples:
      provenance inspect clip.mov
      provenance inspect --json deliverables/ | jq '.[].status'
    """
    config = load_if_any(ctx)
    files = _files(paths)
    if not files:
        note("There is no file below the paths given.")
    with _inspector(config, pixels=pixels) as inspector:
        inspections = [inspector.inspect(path, _purpose(path, asked, config)) for path in files]
    if as_json:
        print_json([inspection_record(inspection) for inspection in inspections])
    else:
        for inspection in inspections:
            for line in glance(inspection):
                paint(line.text, **line.style)
        if config is None and files:
            note("Outside a production: registry and approvals were not asked.")
    failed = any(inspection.status is Status.UNREADABLE for inspection in inspections)
    return _UNREADABLE if failed else 0


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files below the paths; a sidecar is inspected with the file it speaks of."""
    for path in paths:
        if is_sidecar(path):
            note(f"{shown(path)}: the sidecar of {shown(Path(path.stem))}; inspect that")
    return [found.path for found in walk(paths) if found.problem or not is_sidecar(found.path)]


def inspection_record(inspection: Inspection) -> dict[str, Any]:
    """Return an inspection as JSON values."""
    facts = inspection.facts
    return {
        "path": facts.path,
        "media_type": inspection.media_type or None,
        "status": inspection.status.value,
        "ai": facts.ai_level.value if facts.ai_level else "none",
        "asset_id": facts.asset_id,
        "sequence": shown(Path(inspection.sequence)) if inspection.sequence else None,
        "tag": facts.tag.to_record() if facts.tag else None,
        "carriers": list(facts.carriers),
        "signals": [signal_record(signal) for signal in facts.signals],
        "credentials": _credentials_record(inspection.credentials),
        "approvals": approvals_record(facts),
        "ai_use": ai_use_record(facts.ai_use) if facts.ai_use else None,
        "requirement": requirement_record(inspection.requirement),
        "file_digest": facts.file_digest,
        "essence_digest": facts.essence_digest,
        "problems": [
            {"kind": problem.kind.value, "detail": problem.detail} for problem in facts.problems
        ],
        "technical": dict(inspection.technical),
    }


def _purpose(path: Path, asked: Purpose, config: Config | None) -> Purpose:
    configured = config.purpose_at(path) if config else NOTHING_SAID
    return asked.over(configured).over(Purpose(use=FINAL_DELIVERABLE))


@contextmanager
def _inspector(config: Config | None, *, pixels: bool) -> Iterator[Inspector]:
    """Yield what inspects; outside a production it asks neither registry nor approvals."""
    if config is None:
        with Tools(None, pixels=pixels) as tools:
            yield Inspector(examiner=tools.examiner, runner=tools.technical_runner)
        return
    from provenance.choosing import choose_pack
    from provenance.wiring import Production

    with Production(config, pixels=pixels) as production:
        yield Inspector(
            examiner=production.examiner,
            runner=production.technical_runner,
            gatherer=production.gatherer,
            pack_at=lambda path: choose_pack(config, at=path),
        )


def _credentials_record(credentials: Credentials | None) -> list[dict[str, Any]]:
    if credentials is None:
        return []
    return [
        {
            "label": manifest.label,
            "is_active": manifest.is_active,
            "claim_generator": manifest.claim_generator,
            "signer": manifest.signer,
            "relationship": manifest.relationship or None,
            "is_ours": manifest.is_active and credentials.is_ours,
            "state": credentials.state if manifest.is_active else None,
            "place": credentials.place,
        }
        for manifest in credentials.manifests
    ]
