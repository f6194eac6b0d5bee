"""Every module of a room stands on the room's explicit list: nothing is written and forgotten."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

from provenance.carriers.order import carriers_in_order
from provenance.cli.main import _COMMANDS, cli
from provenance.glances.known import GLANCES
from provenance.isolation.in_process import UnsafeInProcessRunner
from provenance.media.formats import FORMATS
from provenance.policy.pack import load_pack, pack_names
from provenance.policy.rules.known import POLICY_RULES, RULES
from provenance.registry.backends import BACKENDS
from provenance.reports.known import REPORTS
from provenance.signals.kinds import SIGNAL_RULES, SIGNALS


def modules(room: str) -> Iterator[ModuleType]:
    """Yield the public modules of a room."""
    for found in pkgutil.iter_modules(importlib.import_module(room).__path__, f"{room}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            yield importlib.import_module(found.name)


def classes(room: str, *having: str) -> set[type]:
    """Return the classes that a room defines and that have these methods; no Protocols."""
    return {
        member
        for module in modules(room)
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__
        and not getattr(member, "_is_protocol", False)
        and all(hasattr(member, name) for name in having)
    }


def types_of(members: tuple[Any, ...]) -> set[type]:
    return {base for member in members for base in type(member).__mro__}


def carriers() -> tuple[Any, ...]:
    return carriers_in_order(UnsafeInProcessRunner(preload=()), None)


@pytest.mark.parametrize(
    ("room", "having", "listed"),
    [
        ("provenance.media", ("plan_xmp", "score"), lambda: FORMATS),
        ("provenance.glances", ("look",), lambda: GLANCES),
        ("provenance.signals", ("find", "rules"), lambda: SIGNALS),
        ("provenance.policy.rules", ("find", "rule_id"), lambda: RULES),
        ("provenance.reports", ("render",), lambda: REPORTS),
        ("provenance.carriers", ("find_tag", "write", "remove"), carriers),
    ],
    ids=["formats", "glances", "signals", "rules", "reports", "carriers"],
)
def test_every_member_of_a_room_is_on_its_list(
    room: str, having: tuple[str, ...], listed: Callable[[], tuple[Any, ...]]
) -> None:
    written = classes(room, *having)
    assert written
    assert written - types_of(listed()) == set()


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ([fmt.name for fmt in FORMATS], len(FORMATS)),
        ([glance.format_name for glance in GLANCES], len(GLANCES)),
        ([rule.rule_id for rule in RULES] + list(SIGNAL_RULES), len(RULES) + len(SIGNAL_RULES)),
        ([report.name for report in REPORTS], len(REPORTS)),
        ([carrier.name for carrier in carriers()], len(carriers())),
        ([backend.scheme for backend in BACKENDS], len(BACKENDS)),
    ],
    ids=["formats", "glances", "rules", "reports", "carriers", "backends"],
)
def test_no_two_members_of_a_list_have_one_name(names: list[str], count: int) -> None:
    assert len(set(names)) == count


def test_every_registry_is_opened_by_a_backend(tmp_path: Path, postgres_url: str) -> None:
    opened = []
    for backend in BACKENDS:
        is_server = backend.scheme == "postgresql"
        url = postgres_url if is_server else f"{backend.scheme}:///{tmp_path / 'registry'}"
        backend.migrate(url, None)
        opened.append(backend.open(url, tmp_path / f"{backend.scheme}.checkpoint"))
    for registry in opened:
        registry.close()
    written = classes("provenance.registry", "record_asset", "begin_write")
    assert written
    assert written - types_of(tuple(opened)) == set()


def test_every_policy_pack_reads_and_names_every_rule() -> None:
    assert {"house", "netflix-2025-11"} <= set(pack_names())
    for name in pack_names():
        assert set(load_pack(name).verdicts) == set(POLICY_RULES)


def test_every_command_module_is_a_command_under_its_own_name() -> None:
    written = {
        module.__name__ for module in modules("provenance.cli") if hasattr(module, "command")
    }
    assert written == {module for module, _ in _COMMANDS.values()}
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
