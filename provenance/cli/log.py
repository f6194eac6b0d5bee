"""`provenance log`: what was done, and whether the record of it still stands."""

from pathlib import Path
from typing import Any

import click

from provenance.attestation.envelope import MAX_ENVELOPE_SIZE
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import load_trust
from provenance.cli.context import JSON, load
from provenance.cli.output import console, note, print_json, safe, say, shortened, table
from provenance.config import Config
from provenance.errors import RegistryError, UsageError
from provenance.logbook import LogCheck, check_log
from provenance.media.source import FileSource
from provenance.media.staging import write_beside
from provenance.model.log import EventKind, LogEntry
from provenance.path_text import shown
from provenance.registry.redaction import redact
from provenance.stores import CHECKPOINT_FILE, TRUST_FILE
from provenance.wiring import Production

_ALTERED = 1
_UNDECIDED = 3
_WORDS = {
    "record-asset": "AI media recorded",
    "asset-temporary": "AI media recorded again",
    "asset-withdrawn": "declaration withdrawn",
    "asset-lead": "earlier record completed: AI media",
    "record-frames": "frames of the image sequence recorded",
    "frame-withdrawn": "declaration withdrawn, of one frame",
    "frame-temporary": "one frame recorded again",
    "record-sighting": "AI media seen",
    "begin-write": "a file is about to be written",
    "end-write": "the file was written, or left",
    "add-approval": "approval recorded",
    "add-override": "override recorded",
    "add-revocation": "approval taken back",
    "sign-checkpoint": "log signed",
    "adopt-beginning": "beginning of the log covered",
    "adopt-sighting": "earlier record covered: AI media seen",
    "adopt-attestation": "earlier record covered: approval",
    EventKind.DELIVERY: "files delivered",
    EventKind.QUARANTINE: "file quarantined",
    EventKind.RESTORE: "file brought back",
    EventKind.OVERRIDE: "override used",
    EventKind.TRUST_CHANGE: "trust list changed",
    EventKind.RECEIPT: "receipt issued",
    EventKind.REGISTRY_ACCEPTED: "registry accepted as it is",
}


@click.command("log")
@click.option("--verify", is_flag=True, help="Verify every entry, row and signed checkpoint.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True,
    help="Show so many of the newest entries.",
)  # fmt: skip
@click.option(
    "--checkpoint", "checkpoint_file", type=click.Path(path_type=Path, dir_okay=False),
    help="Sign the log and write its newest checkpoint to this file.",
)  # fmt: skip
@click.option(
    "--against", type=click.Path(path_type=Path, dir_okay=False),
    help="Verify that the log still passes through this checkpoint.",
)  # fmt: skip
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    *,
    verify: bool,
    limit: int,
    checkpoint_file: Path | None,
    against: Path | None,
    as_json: bool,
) -> int:
    """Show what was done, newest last; or verify that nobody edited the record.

    Every tag, approval, revocation, verdict of a scan, delivery and quarantine
    is an entry, chained to the one before it and signed from time to time.
    --verify finds an edit, a removal or another order, and names the entry.
    What no checkpoint signs could be written anew, and whoever holds the keys
    could sign a new log: hand a checkpoint to an auditor, and verify against
    it later.

    Exit codes: 0 sound, 1 something was altered, 2 usage, 3 could not decide.

    \b
    Examples:
      provenance log --limit 20
      provenance log --verify
      provenance log --checkpoint 2026-11-03.checkpoint.json
      provenance log --verify --against 2026-11-03.checkpoint.json
    """
    if checkpoint_file is not None:
        if verify or against is not None:
            raise UsageError("--checkpoint writes a checkpoint; verify in a command of its own")
        return _hand_out(ctx, checkpoint_file)
    check = _check(ctx, against) if verify or against is not None else None
    if as_json:
        print_json(_record(ctx, limit, check))
    elif check is None:
        _print(_entries(ctx, limit))
    else:
        _print_check(check)
    if check is None or check.is_sound:
        return 0
    return _ALTERED if check.flaws else _UNDECIDED


def _hand_out(ctx: click.Context, path: Path) -> int:
    with Production(load(ctx)) as production:
        production.sign_log()
        checkpoints = production.registry.log_checkpoints()
    if not checkpoints:
        raise UsageError("nothing was signed yet: `provenance status` says why")
    newest = checkpoints[-1]
    write_beside(path, newest.envelope)
    say(f"{shown(path)}: vouches for entries 1 to {newest.covers}")
    return 0


def _check(ctx: click.Context, against: Path | None) -> LogCheck:
    config = load(ctx)
    trust = _trust(config)
    envelope = None if against is None else _read(against)
    return check_log(config.registry, config.data / CHECKPOINT_FILE, trust, against=envelope)


def _trust(config: Config) -> TrustList:
    """Return the list in force; of a registry that cannot be asked which it is, the file's."""
    try:
        with Production(config) as production:
            return production.trust
    except RegistryError:
        return load_trust(config.data / TRUST_FILE)


def _read(path: Path) -> bytes:
    with FileSource(path) as source:
        return source.pread(0, min(source.size, MAX_ENVELOPE_SIZE + 1))


def _entries(ctx: click.Context, limit: int) -> tuple[LogEntry, ...]:
    with Production(load(ctx)) as production:
        return production.registry.log(newest=limit)


def _print(entries: tuple[LogEntry, ...]) -> None:
    if not entries:
        say("nothing is in the log")
        return
    made = table("entry", "when (UTC)", "what", "id")
    for entry in entries:
        cells = (
            str(entry.sequence),
            f"{entry.written_at:%Y-%m-%d %H:%M}",
            _sentence(entry),
            shortened(entry.subject_id),
        )
        made.add_row(*map(safe, cells))
    console().print(made)


def _print_check(check: LogCheck) -> None:
    for flaw in check.flaws:
        say(f"ALTERED  {flaw.message}")
    if check.flaws:
        note(f"{len(check.flaws)} things are not as they were written.")
        return
    say(f"{check.entries} entries, all as they were written")
    say(f"signed up to entry {check.signed_until}" if check.signed_until else "nothing is signed")
    if check.lacks_signature:
        note(
            "The trust list has a gate key and nothing bears its signature: this may be another"
            " log. Compare with a checkpoint that was handed out: --against FILE"
        )


def _sentence(entry: LogEntry) -> str:
    event = entry.event
    if event is not None and event.kind is EventKind.SCAN:
        told = event.detail
        files = "1 file" if told.get("files") == 1 else f"{told.get('files')} files"
        return f"scan: {told.get('verdict')}, {files}, {told.get('use')}"
    return _WORDS.get(entry.action, entry.action)


def _record(ctx: click.Context, limit: int, check: LogCheck | None) -> dict[str, Any]:
    altered = check is not None and bool(check.flaws)
    return {
        "schema": "provenance-log",
        "version": 1,
        "registry": redact(load(ctx).registry),
        # What was altered may not be readable, and is no record of anything.
        "entries": [] if altered else [_entry_record(entry) for entry in _entries(ctx, limit)],
        "verification": None if check is None else _check_record(check),
    }


def _entry_record(entry: LogEntry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "action": entry.action,
        "written_at": entry.written_at.isoformat(),
        "subject_id": entry.subject_id,
        "sentence": _sentence(entry),
        "event": None
        if entry.event is None
        else {"at": entry.event.at.isoformat(), "detail": dict(entry.event.detail)},
    }


def _check_record(check: LogCheck) -> dict[str, Any]:
    return {
        "is_sound": check.is_sound,
        "entries": check.entries,
        "signed_until": check.signed_until,
        "flaws": [{"sequence": flaw.sequence, "message": flaw.message} for flaw in check.flaws],
    }
