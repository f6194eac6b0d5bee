"""`provenance receipt`: what a scan saw, and whether a folder is still that."""

from pathlib import Path
from typing import Any

import click

from provenance.attestation.envelope import MAX_RECEIPT_SIZE, open_receipt_envelope
from provenance.attestation.receipt_statement import check_receipt, read_receipt
from provenance.attestation.statement import edition_fields
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import load_trust, require_current
from provenance.cli.context import JSON, load_if_any
from provenance.cli.output import joined, print_json, say
from provenance.clock import utc_now
from provenance.comparing import Comparison, Difference, compare
from provenance.errors import ConfigError, UsageError
from provenance.evidencing import read_whole
from provenance.model.finding import Verdict
from provenance.model.receipt import EntryKind, Receipt, ReceiptEntry
from provenance.path_text import shown
from provenance.wiring import Production

_FILE = click.argument("file", type=click.Path(path_type=Path))
_GROUPS = ("missing", "added", "changed", "renamed", "unreadable")
_WORDS = {
    Verdict.PASS: "PASSED: the folder is exactly what was scanned, and it passed.",
    Verdict.BLOCK: "BLOCKED: this is not the folder that passed.",
    Verdict.UNDECIDED: "UNDECIDED: what could not be judged or read may not be what was scanned.",
}
_OVERRIDDEN = (
    "PASSED BY OVERRIDE: the folder is exactly what was scanned, and what it holds without"
    " approval was let pass for an emergency."
)


@click.group("receipt")
def command() -> None:
    """Show receipts of scans, and verify folders by them.

    \b
    Examples:
      provenance receipt show receipt.json
      provenance receipt verify receipt.json deliverables
    """


@command.command("verify", short_help="Say whether a folder is still what was scanned.")
@_FILE
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--trust", "trust_path", type=click.Path(path_type=Path),
    help="The sender's trust list, which lies beside its .sig; else the production's own.",
)  # fmt: skip
@JSON
@click.pass_context
def verify(
    ctx: click.Context, file: Path, folder: Path, *, trust_path: Path | None, as_json: bool
) -> int:
    """Say whether a folder is still exactly what a receipt says.

    It needs no production and no network, only a trust list you got from the
    sender in a way you rely on. Exit codes: 0 it is, and it passed; 1 it is
    not, or did not pass; 2 usage; 3 the receipt or a file cannot be verified.

    \b
    Example:
      provenance receipt verify receipt.json received/ --trust trust.toml
    """
    if folder.is_symlink() or not folder.is_dir():
        raise UsageError(f"{shown(folder)}: is no folder")
    trust = _trust(ctx, trust_path)
    receipt, signed_by = check_receipt(read_whole(file, MAX_RECEIPT_SIZE), trust, utc_now())
    found = compare(receipt, folder, receipt_file=file)
    verdict = _worse(found.verdict, receipt.verdict)
    if as_json:
        print_json(_verification(receipt, found, verdict, signed_by))
        return verdict.exit_code
    _print_head(receipt, f"signed by {signed_by}")
    for group in _GROUPS:
        for difference in getattr(found, group):
            say(f"{group.upper():<10} {difference.path}: {difference.what}")
    say(f"{found.matching} of {len(receipt.entries)} files are byte for byte as they were scanned")
    if found.verdict is Verdict.PASS and receipt.verdict is not Verdict.PASS:
        say(f"The scan itself did not pass: {receipt.verdict.value}")
    is_overridden = verdict is Verdict.PASS and receipt.is_overridden
    say(_OVERRIDDEN if is_overridden else _WORDS[verdict])
    return verdict.exit_code


@command.command("show", short_help="Show what a receipt says.")
@_FILE
@JSON
@click.pass_context
def show(ctx: click.Context, file: Path, *, as_json: bool) -> None:
    """Show what a receipt says; its signature is not verified here.

    \b
    Example:
      provenance receipt show receipt.json
    """
    del ctx
    receipt = read_receipt(open_receipt_envelope(read_whole(file, MAX_RECEIPT_SIZE)).payload)
    if as_json:
        print_json({**_record(receipt), "files": [_entry(one) for one in receipt.entries]})
        return
    _print_head(receipt, "signature not verified; see: provenance receipt verify")
    for entry in receipt.entries:
        word = entry.verdict.value if entry.kind is EntryKind.JUDGED else entry.kind.value
        say(f"{word:<10} {shown(Path(entry.path))}  {entry.file_digest or 'no digest'}")
    for name, version in receipt.versions.items():
        say(f"read with  {name} {version}")


def _trust(ctx: click.Context, named: Path | None) -> TrustList:
    if named is None:
        config = load_if_any(ctx)
        if config is None:
            raise ConfigError("name the sender's trust list with --trust trust.toml")
        with Production(config) as production:
            return production.trust
    trust = load_trust(named)
    require_current(trust, utc_now())
    return trust


def _worse(one: Verdict, other: Verdict) -> Verdict:
    both = {one, other}
    if Verdict.BLOCK in both:
        return Verdict.BLOCK
    return Verdict.UNDECIDED if Verdict.UNDECIDED in both else Verdict.PASS


def _print_head(receipt: Receipt, signature: str) -> None:
    result = " BY OVERRIDE" if receipt.is_overridden else ""
    say(f"receipt    {receipt.receipt_id} ({signature})")
    say(f"folder     {shown(Path(receipt.folder))}, {len(receipt.entries)} files")
    say(f"scanned    {receipt.scanned_at:%Y-%m-%d %H:%M:%S} UTC: {receipt.verdict.value}{result}")
    policies = joined(f"{one.name} ({one.digest})" for one in receipt.policies)
    say(f"policy     {policies}, use {_uses(receipt)}")
    if receipt.valid_until is not None:
        say(f"until      {receipt.valid_until:%Y-%m-%d %H:%M:%S} UTC, when an override ends")
    say(f"rests on   {len(receipt.inputs)} signed records, {receipt.trust_edition}")


def _uses(receipt: Receipt) -> str:
    return joined(dict.fromkeys(purpose.use for purpose in receipt.purposes))


def _record(receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt_id": receipt.receipt_id,
        "folder": shown(Path(receipt.folder)),
        "scanned_at": receipt.scanned_at.isoformat(),
        "verdict": receipt.verdict.value,
        "overridden": receipt.is_overridden,
        "strict": receipt.is_strict,
        "use": _uses(receipt),
        "valid_until": receipt.valid_until.isoformat() if receipt.valid_until else None,
        "policies": [{"name": one.name, "digest": one.digest} for one in receipt.policies],
        "trust_edition": edition_fields(receipt.trust_edition),
        "inputs": [{"uri": one.name, "digest": one.digest} for one in receipt.inputs],
        "versions": dict(receipt.versions),
    }


def _entry(entry: ReceiptEntry) -> dict[str, Any]:
    return {
        "path": shown(Path(entry.path)),
        "kind": entry.kind.value,
        "verdict": entry.verdict.value,
        "file_digest": entry.file_digest,
        "essence_digest": entry.essence_digest,
    }


def _verification(
    receipt: Receipt, found: Comparison, verdict: Verdict, signed_by: str
) -> dict[str, Any]:
    return {
        "schema": "provenance-receipt-verification",
        "version": 1,
        "verdict": verdict.value,
        "exit_code": verdict.exit_code,
        "signed_by": signed_by,
        "receipt": _record(receipt),
        "matching": found.matching,
        **{group: _differences(getattr(found, group)) for group in _GROUPS},
    }


def _differences(found: tuple[Difference, ...]) -> list[dict[str, str]]:
    return [{"path": one.path, "what": one.what} for one in found]
