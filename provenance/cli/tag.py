"""`provenance tag`: mark AI media as temporary."""

from pathlib import Path

import click

from provenance.cli.context import JSON, PATHS, at_work, load, recover
from provenance.cli.output import note, print_json, progress, say
from provenance.config import Config
from provenance.errors import ProvenanceError, UsageError
from provenance.media.frames import frame_of, named_together
from provenance.model.outcome import TagOutcome
from provenance.model.sequence import told_together
from provenance.model.signal import Generator
from provenance.model.source_type import GENERATIVE_TERMS, DigitalSourceType
from provenance.model.tag import DeclaredBy
from provenance.model.tag_request import TagRequest
from provenance.model.zone import Role
from provenance.path_text import shown
from provenance.sequencing import SequenceTagger
from provenance.walking import walk
from provenance.zoning import is_media

_FAILED = 3
_SOURCE_TYPES = sorted(term.value for term in GENERATIVE_TERMS)


@click.command("tag")
@PATHS
@click.option(
    "--source-type",
    type=click.Choice(_SOURCE_TYPES),
    metavar="TERM",
    help=f"How it was made, as IPTC says: {', '.join(_SOURCE_TYPES)};"
    " else what the file says, else trainedAlgorithmicMedia.",
)
@click.option("--generator", default="", help="The tool that made it, if the file does not say.")
@click.option("--reason", default="", help="Why it is declared AI; no names, it stays in the file.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing.")
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    *,
    source_type: str | None,
    generator: str,
    reason: str,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Mark AI media as temporary, inside the file; picture and sound stay untouched.

    A file that must not be written (hard link, read-only, too large, a format
    that is not written) is tagged in a sidecar and remembered by its content.
    Of a folder every media file below it is tagged. The frames of an image
    sequence (shot.0001.exr, shot.0002.exr, ..) are one asset.

    \b
    Examples:
      provenance tag concept.png --generator Midjourney
      provenance tag temp_vfx/ --reason "slap comp, replace before lock"
      provenance tag --dry-run generated/
    """
    request = TagRequest(
        declared_by=DeclaredBy.PERSON,
        reasons=(reason,) if reason else ("declared by hand",),
        source_type=DigitalSourceType(source_type) if source_type else None,
        generator=Generator(tool=generator) if generator else None,
    )
    config = load(ctx)
    files = _files(paths)
    _warn_of_gates(config, files)
    with at_work(ctx) as production:
        if not dry_run:
            recover(production)
        outcomes, failures = _tag_all(production.sequence_tagger, files, request, dry_run=dry_run)
    if as_json:
        print_json(_record(outcomes, failures))
    else:
        for alike in _told(outcomes):
            say(_line(alike))
    for text in failures:
        note(f"provenance: {text}")
    return _FAILED if failures else 0


def _warn_of_gates(config: Config, files: list[Path]) -> None:
    for zone in config.zones:
        inside = sum(file.absolute().is_relative_to(zone.path) for file in files)
        if zone.role is Role.DELIVERABLE and inside:
            name = shown(Path(zone.path.name))
            note(
                f"{inside} of these lie in the deliverable zone {name}: tagged, they do not pass"
                " the gate, and the watcher moves them out"
            )


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Return named files as they are, and the media files below named folders."""
    files = []
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            files += [found.path for found in walk((path,)) if is_media(found.path)]
        else:
            files.append(path)
    if not files:
        raise UsageError("there is no media file below the paths given")
    return files


def _tag_all(
    tagger: SequenceTagger, files: list[Path], request: TagRequest, *, dry_run: bool
) -> tuple[list[TagOutcome], list[str]]:
    """Tag every file; a bad one is reported and the rest goes on."""
    outcomes, failures = [], []
    with progress("tagging", len(files)) as advance:
        for done in tagger.tag_all(files, request, dry_run=dry_run):
            if isinstance(done, TagOutcome):
                outcomes.append(done)
            elif isinstance(done.error, ProvenanceError):
                failures.append(str(done.error))
            else:
                raise done.error
            advance(1)
    return outcomes, failures


def _told(outcomes: list[TagOutcome]) -> tuple[tuple[TagOutcome, ...], ...]:
    """Return outcomes by line: one for the frames of a sequence with which the same was done."""
    return told_together(
        outcomes, lambda one: frame_of(one.path), lambda one: (one.action, one.detail)
    )


def _line(alike: tuple[TagOutcome, ...]) -> str:
    path = named_together([one.path for one in alike])
    count = f"{len(alike)} frames: " if len(alike) > 1 else ""
    return f"{alike[0].action.value:<16} {shown(path)}  ({count}{alike[0].detail})"


def _record(outcomes: list[TagOutcome], failures: list[str]) -> dict[str, object]:
    return {
        "schema": "provenance-tagging",
        "version": 1,
        "files": [
            {
                "path": shown(outcome.path),
                "action": outcome.action.value,
                "asset_id": outcome.asset_id or None,
                "carriers": list(outcome.carriers),
                "detail": outcome.detail,
            }
            for outcome in outcomes
        ],
        "sequences": [
            {
                "path": shown(named_together([one.path for one in alike])),
                "action": alike[0].action.value,
                "asset_ids": list(dict.fromkeys(one.asset_id for one in alike if one.asset_id)),
                "frames": len(alike),
            }
            for alike in _told(outcomes)
            if len(alike) > 1
        ],
        "errors": failures,
    }
