"""A policy pack: a buyer's rules as dated data, one TOML file each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from provenance.errors import ConfigError
from provenance.model.finding import Verdict
from provenance.model.purpose import is_use_term
from provenance.policy.rules.known import POLICY_RULES

_SCHEMA = "provenance-policy"
_VERSION = 1
_NEVER_PASS = frozenset({"could-not-decide", "format-not-read"})
"""A gate that passes what it could not judge is none; no pack may say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPack:
    """What each rule counts for, on whose authority."""

    name: str
    """Name by which it is chosen, for example `netflix-2025-11`."""
    title: str
    """One line for a person."""
    revised_on: str
    """Date of the source it follows, ISO 8601."""
    source: str
    """Where the rules come from."""
    use: str
    """The use an approval must cover unless the caller asks for another."""
    verdicts: Mapping[str, Verdict]
    """What a finding of each rule counts for."""


def pack_names() -> tuple[str, ...]:
    """Return the names of the packs that come with the program."""
    files = resources.files("provenance.policy").joinpath("packs").iterdir()
    return tuple(
        sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))
    )


def load_pack(name: str) -> PolicyPack:
    """Return the pack of this name; raises ConfigError if there is none or it is wrong."""
    if name not in pack_names():
        raise ConfigError(f"no policy pack {name!r}; there are: {', '.join(pack_names())}")
    file = resources.files("provenance.policy").joinpath("packs", f"{name}.toml")
    return parse_pack(name, file.read_text("utf-8"))


def parse_pack(name: str, text: str) -> PolicyPack:
    """Return the pack this TOML text describes; raises ConfigError naming what is wrong."""
    try:
        record = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"policy pack {name}: {error}") from error
    if record.get("schema") != _SCHEMA or record.get("version") != _VERSION:
        raise ConfigError(f"policy pack {name}: not {_SCHEMA} version {_VERSION}")
    use = _text(name, record, "use")
    if not is_use_term(use):
        raise ConfigError(f"policy pack {name}: {use!r} is not a use term like final-deliverable")
    return PolicyPack(
        name=name,
        title=_text(name, record, "title"),
        revised_on=_text(name, record, "revised_on"),
        source=_text(name, record, "source"),
        use=use,
        verdicts=_verdicts(name, record.get("rules")),
    )


def _text(name: str, record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"policy pack {name}: {key} is missing or no text")
    return value


def _verdicts(name: str, rules: object) -> Mapping[str, Verdict]:
    if not isinstance(rules, dict) or set(rules) != set(POLICY_RULES):
        named = set(rules) if isinstance(rules, dict) else set()
        wrong = ", ".join(sorted(named ^ set(POLICY_RULES)))
        raise ConfigError(f"policy pack {name}: [rules] must name each rule once; differs: {wrong}")
    found = {}
    for rule_id, text in rules.items():
        if text not in set(Verdict) or (rule_id in _NEVER_PASS and text == Verdict.PASS.value):
            raise ConfigError(f"policy pack {name}: {rule_id} cannot be {text!r}")
        found[rule_id] = Verdict(text)
    return found
