"""`provenance untag`: take a tag back."""

from pathlib import Path

import click

from provenance.carriers.sidecar import is_sidecar
from provenance.cli.context import PATHS, at_work
from provenance.cli.output import note, say
from provenance.errors import ProvenanceError, UsageError
from provenance.model.purpose import FINAL_DELIVERABLE, Purpose
from provenance.path_text import shown
from provenance.walking import walk
from provenance.wiring import Production

_FAILED = 3


@click.command("untag")
@PATHS
@click.option("--withdraw", is_flag=True, help="Also tell the registry that it was no AI media.")
@click.option("--reason", default="", help="Why it is withdrawn; kept in the registry.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], *, withdraw: bool, reason: str) -> int:
    """Take our tag out of files: back to the exact bytes before tagging, where they are known.

    The registry still knows the content as temporary, and a scan still blocks
    it, unless the declaration is withdrawn with a reason. A file that declares
    itself AI is blocked whatever the registry says. Of a folder every file
    below it that the command concerns is taken, the others are left.

    \b
    Examples:
      provenance untag plate.png
      provenance untag plate.png --withdraw --reason "camera original"
    """
    if withdraw and not reason:
        raise UsageError("--withdraw needs --reason: it is kept for the audit")
    failed = False
    with at_work(ctx) as production:
        files = _files(production, paths, withdraw=withdraw)
        for path in files:
            try:
                if withdraw:
                    _withdraw(production, path, reason)
                else:
                    _untag(production, path)
            except ProvenanceError as error:
                note(f"provenance: {error}")
                failed = True
    if not withdraw and not failed:
        note("The registry still knows this content as temporary; see --withdraw.")
    return _FAILED if failed else 0


def _files(production: Production, paths: tuple[Path, ...], *, withdraw: bool) -> list[Path]:
    """Return named files as they are, and below named folders what bears or needs a tag."""
    files = []
    for path in paths:
        if not path.is_dir() or path.is_symlink():
            files.append(path)
            continue
        below = [found.path for found in walk((path,)) if not is_sidecar(found.path)]
        files += [one for one in below if _is_concerned(production, one, withdraw=withdraw)]
    if not files:
        raise UsageError("no file below the paths given carries our tag; nothing was changed")
    return files


def _is_concerned(production: Production, path: Path, *, withdraw: bool) -> bool:
    facts = production.gatherer.facts_of(path, Purpose(use=FINAL_DELIVERABLE))
    is_known = facts.remembered is not None and not facts.remembered.is_withdrawn
    return facts.tag is not None or (withdraw and is_known)


def _untag(production: Production, path: Path) -> None:
    outcome = production.untagger.untag(path)
    say(f"{outcome.action.value:<16} {shown(path)}  ({outcome.detail})")


def _withdraw(production: Production, path: Path, reason: str) -> None:
    """Withdraw what the registry knows of this content, whatever tag was copied onto it."""
    facts = production.gatherer.facts_of(path, Purpose(use=FINAL_DELIVERABLE))
    if facts.tag is not None or facts.remembered is None:
        _untag(production, path)
    if facts.remembered is None:
        raise UsageError(f"{shown(path)}: the registry does not know it, so nothing was withdrawn")
    production.untagger.withdraw(facts.remembered.asset_id, reason, facts.essence_digest)
    say(f"{'withdrawn':<16} {shown(path)}  ({reason})")
