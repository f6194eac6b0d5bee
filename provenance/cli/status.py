"""`provenance status`: how the production is set up and whether all of it is there."""

import os
from collections.abc import Iterator
from typing import Any

import click

from provenance.attestation.signers import load_signer
from provenance.carriers.signing_chain import load_chain
from provenance.choosing import choose_pack, zone_terms
from provenance.cli.context import JSON, load, registry_problems
from provenance.cli.output import print_json, say, wrapped
from provenance.cli.watch_report import WatchReport, report_watches
from provenance.clock import utc_now
from provenance.config import KEYS_FOLDER, Config
from provenance.errors import ConfigError, ProvenanceError
from provenance.logbook import signs_log
from provenance.model.approval import ApprovalStatus
from provenance.model.override import OverrideStatus
from provenance.model.zone import Role
from provenance.path_text import shown
from provenance.quarantining import list_quarantine
from provenance.registry.redaction import redact
from provenance.wiring import Production

_BROKEN = 3
_COUNTED = ("temporary_assets", "approvals", "overrides_in_force", "open_writes")
_BROKEN_APPROVALS = (
    ApprovalStatus.TAMPERED,
    ApprovalStatus.UNKNOWN_KEY,
    ApprovalStatus.EVIDENCE_MISSING,
)
"""States nobody chose, unlike expiry or revocation: something was lost or altered."""


@click.command("status")
@JSON
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """Show how the production is set up and what is wrong with it.

    Of every host's watch: whether it runs, how its zones are, what waits, what
    failed last and what to do about it. Exit code 3 if something a gate needs
    is missing or broken, or a running watch is in trouble.

    \b
    Example:
      provenance status
    """
    config = load(ctx)
    problems = list(dict.fromkeys(_problems(config)))
    watches = report_watches(config, utc_now())
    problems += watches.problems
    record = {
        "schema": "provenance-status",
        "version": 1,
        "name": config.name,
        "config": shown(config.path),
        "zones": [
            {"path": shown(zone.path), "role": zone.role.value, "is_there": zone.path.is_dir()}
            for zone in config.zones
        ],
        "registry": {"location": redact(config.registry), **_counts(config, problems)},
        "policy": config.policy,
        "quarantined": _quarantined(config),
        "watches": watches.records,
        "notes": [*_notes(config), *watches.notes],
        "problems": problems,
    }
    if as_json:
        print_json(record)
    else:
        _print(record, watches)
    return _BROKEN if problems else 0


def _problems(config: Config) -> Iterator[str]:
    for zone in config.zones:
        trouble = Production(config).roots.trouble(zone.path)
        if not zone.path.is_dir():
            yield f"{shown(zone.path)}: the zone is missing; mount it or make the folder"
        elif not os.access(zone.path, os.R_OK | os.W_OK | os.X_OK):
            yield f"{shown(zone.path)}: no permission to read and write the zone"
        elif trouble:
            yield f"{shown(zone.path)}: {trouble}"
    for part in (
        lambda: load_chain(config.data / KEYS_FOLDER),
        lambda: _load_trust(config),
        lambda: choose_pack(config),
        lambda: list(zone_terms(config)),
    ):
        try:
            part()
        except ProvenanceError as error:
            yield str(error)
    try:
        yield from registry_problems(config)
    except ProvenanceError as error:
        yield str(error)


def _load_trust(config: Config) -> None:
    with Production(config) as production:
        production.trust_keeper.load()


def _notes(config: Config) -> list[str]:
    try:
        with Production(config) as production:
            load_signer(production.gate_key)
    except ConfigError as error:
        return [f"the log is not signed: {error}"]
    except ProvenanceError:
        return []  # of the registry; that is told as a problem
    return []


def _counts(config: Config, problems: list[str]) -> dict[str, int | None]:
    try:
        with Production(config) as production:
            approvals = production.approver.list()
            problems += _unsigned(production)
            problems += [one.reason for one in approvals if one.status in _BROKEN_APPROVALS]
            return {
                "temporary_assets": production.registry.count_assets(),
                "approvals": len(approvals),
                "overrides_in_force": sum(
                    one.status is OverrideStatus.IN_FORCE for one in production.overrider.list()
                ),
                "open_writes": len(production.registry.open_writes()),
            }
    except ProvenanceError as error:
        if str(error) not in problems:
            problems.append(str(error))
        return dict.fromkeys(_COUNTED)


def _unsigned(production: Production) -> list[str]:
    """Return a problem if deeds stand in the log and no signature does, where a key is for it."""
    registry = production.registry
    if registry.log_checkpoints() or not signs_log(production.trust):
        return []
    try:
        load_signer(production.gate_key)
    except ConfigError:
        return []  # a note says why nothing is signed
    if all(entry.action == "add-trust" for entry in registry.log()):
        return []
    return ["nothing in the log is signed: it may be another one; see `provenance log --verify`"]


def _quarantined(config: Config) -> int:
    gates = [zone for zone in config.zones if zone.role is Role.DELIVERABLE]
    return sum(len(list_quarantine(zone.path)) for zone in gates)


def _print(record: dict[str, Any], watches: WatchReport) -> None:
    say(f"{record['name']}  ({record['config']})")
    for zone in record["zones"]:
        missing = "" if zone["is_there"] else "  MISSING"
        say(f"  {zone['role']:<12} {zone['path']}{missing}")
    registry = record["registry"]
    say(f"  registry     {registry['location']}")
    if registry["temporary_assets"] is not None:
        say(
            f"               {registry['temporary_assets']} temporary assets,"
            f" {registry['approvals']} approvals, {registry['open_writes']} writes in progress"
        )
    if registry["overrides_in_force"]:
        say(f"  OVERRIDES    {registry['overrides_in_force']} in force: provenance overrides list")
    say(f"  policy       {record['policy']}")
    say(f"  quarantine   {record['quarantined']} files")
    for line in watches.lines:
        say(line)
    _print_remarks(record)


def _print_remarks(record: dict[str, Any]) -> None:
    for text in record["notes"]:
        say(f"  NOTE         {text}")
    for problem in record["problems"]:
        first, *more = wrapped(problem, 15) or [""]
        say(f"  PROBLEM      {first.strip()}")
        for line in more:
            say(line)
    if not record["problems"]:
        say("  all of it is there")
