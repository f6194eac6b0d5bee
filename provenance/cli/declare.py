"""`provenance declare`: say how AI was used for files, and hear what that requires."""

import shlex
import tomllib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from provenance.attestation.signers import load_signer
from provenance.carriers.sidecar import is_sidecar
from provenance.choosing import choose_pack
from provenance.cli.context import JSON, PATHS, load, use_term
from provenance.cli.glance import requirement_words
from provenance.cli.output import joined, print_json, say, shortened
from provenance.declaring import Declaration, Declared, read_declaration
from provenance.errors import ConfigError, UsageError
from provenance.model.ai_use import Answer, Prominence, Transform, UseCategory
from provenance.model.purpose import TEMPORARY
from provenance.model.requirement import Outcome, Requirement
from provenance.path_text import shown
from provenance.policy.pack import PolicyPack
from provenance.policy.requirement import requirement
from provenance.reports.json_use import ai_use_record, requirement_record
from provenance.walking import walk
from provenance.wiring import Production

_LARGEST = 1024 * 1024


def _one_of(kind: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([member.value for member in kind])


@click.command("declare")
@PATHS
@click.option("--tool", "tools", multiple=True, metavar="NAME[=VERSION]", help="A tool used.")
@click.option("--plan", default="", help="The plan or licence tier of the tools.")
@click.option(
    "--enterprise",
    type=_one_of(Answer),
    help="Whether the tools are enterprise-secured.",
)
@click.option("--terms", default="", help="Reference to the tools' terms as they stood.")
@click.option(
    "--input", "inputs", multiple=True, metavar="WHAT=yes|no|unsure",
    help="What went in, and whether it was owned or cleared.",
)  # fmt: skip
@click.option(
    "--principle", "principles", multiple=True, metavar="ID=yes|no|unsure",
    help="The answer to a guiding principle; provenance policy show lists them.",
)  # fmt: skip
@click.option(
    "--category", "categories", multiple=True, type=_one_of(UseCategory),
    metavar="CATEGORY", help="What AI was used for, such as talent_replica.",
)  # fmt: skip
@click.option("--prominence", type=_one_of(Prominence), help="How much is seen of it.")
@click.option("--performer", "performers", multiple=True, help="Opaque id of a performer.")
@click.option("--consent", "consents", multiple=True, help="Opaque id of a consent on record.")
@click.option("--human-contribution", default="", help="What people added, in words.")
@click.option(
    "--derived-from", "parents", multiple=True, type=click.Path(path_type=Path),
    help="Approved material it was made from.",
)  # fmt: skip
@click.option(
    "--transform", "transforms", multiple=True, type=_one_of(Transform),
    help="How it was made from that.",
)  # fmt: skip
@click.option("--declared-by", default="", help="Who stands for it.")
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="FILE.toml",
    help="A file that says all of this.",
)  # fmt: skip
@click.option("--use", default="", callback=use_term, help="The use to ask the policy for.")
@click.option("--policy", default="", metavar="PACK|FILE", help="The policy pack to ask.")
@click.option(
    "--key", type=click.Path(path_type=Path), help="Key to sign with; else the production's own."
)
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    *,
    source: Path | None,
    use: str,
    policy: str,
    key: Path | None,
    as_json: bool,
    **said: Any,  # noqa: ANN401  (the options that describe the use, named as in the record)
) -> int:
    """Say how AI was used for files, signed; hear what the policy pack requires.

    It says whether they are fine to use as temporary material, and what a final
    deliverable takes: nothing, disclosure, or written approval, by whom and why.
    What is not answered counts as unsure. From here on a gate knows the files as
    AI media. Declaring anew adds to an earlier record; signed with the key of
    somebody who may approve all of it, it takes the earlier one's place.

    \b
    Examples:
      provenance declare poster.png --tool Firefly=4 --enterprise yes \\
          --principle P1=yes --principle P2=yes --principle P3=yes \\
          --principle P5=yes --category background_incidental \\
          --prominence incidental --declared-by "Art department"
      provenance declare new.png --derived-from ok.png --transform grade \\
          --declared-by "Colour"
    """
    declaration = _declaration(source, said)
    files = tuple(found.path for found in walk(paths) if not is_sidecar(found.path))
    if not files:
        raise UsageError("there is no file below the paths given")
    config = load(ctx)
    with Production(config) as production:
        pack = choose_pack(config, policy, at=files[0])
        signer = load_signer(key or production.approver_key)
        declared = production.declarer.declare(files, declaration, signer)
    asked = dict.fromkeys((TEMPORARY, use or config.use or pack.use))
    required = [requirement(declared.ai_use, pack, one) for one in asked]
    if as_json:
        _print_json(declared, pack, required)
    else:
        _print(declared, pack, required)
        for line in _next(paths, required[-1]):
            say(line)
    return 1 if declared.objection else 0


def _declaration(source: Path | None, said: dict[str, Any]) -> Declaration:
    given = sorted(name for name, value in said.items() if value)
    if source is None:
        return read_declaration(_record(said), "declaration", Path())
    if given:
        raise UsageError(f"--from says all of it; it does not go with {joined(given)}")
    place = shown(source)
    try:
        with source.open("rb") as file:
            text = file.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise ConfigError(f"{place}: larger than {_LARGEST} bytes")
        values = tomllib.loads(text.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{place}: {error}") from error
    return read_declaration(values, place, source.parent)


def _record(said: dict[str, Any]) -> dict[str, Any]:
    """Return the options as a file for `--from` would say them."""
    about_tools = {"plan": said["plan"], "terms": said["terms"], "enterprise": said["enterprise"]}
    if any(about_tools.values()) and not said["tools"]:
        raise UsageError("--plan, --enterprise and --terms say something of a --tool; name it")
    if bool(said["parents"]) != bool(said["transforms"]):
        raise UsageError("--derived-from and --transform go together")
    return {
        "declared_by": said["declared_by"],
        "tools": [
            {key: value for key, value in {**_tool(text), **about_tools}.items() if value}
            for text in said["tools"]
        ],
        "inputs": [
            {"what": what, "owned": owned} for what, owned in _pairs("--input", said["inputs"])
        ],
        "principles": dict(_pairs("--principle", said["principles"])),
        "categories": sorted(set(said["categories"])),
        "prominence": said["prominence"] or "",
        "performers": list(said["performers"]),
        "consents": list(said["consents"]),
        "human_contribution": said["human_contribution"],
        "derived_from": [
            {"file": str(path), "transforms": sorted(set(said["transforms"]))}
            for path in said["parents"]
        ],
    }


def _tool(text: str) -> dict[str, str]:
    name, _, version = text.partition("=")
    return {"name": name, "version": version}


def _pairs(option: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, equals, answer = text.rpartition("=")
        if not equals or answer not in set(Answer):
            raise UsageError(f"{option} {text!r} is not NAME=yes, NAME=no or NAME=unsure")
        pairs.append((name, answer))
    return pairs


def _print(declared: Declared, pack: PolicyPack, required: Sequence[Requirement]) -> None:
    use = declared.ai_use
    count = f"{len(use.subjects)} file" + ("" if len(use.subjects) == 1 else "s")
    say(f"AI use of {count} declared (record {shortened(use.record_id)})")
    say(f"  tools       {joined(' '.join(filter(None, (t.name, t.version))) for t in use.tools)}")
    say(f"  categories  {joined(sorted(use.categories))}")
    if declared.objection:
        say(f"  It does not count yet: {declared.objection}")
    if use.unvouched_consents or not all(one.is_vouched for one in use.derived_from):
        say("  Consents and --derived-from show nothing yet: the key could not approve such a use.")
    for one in required:
        say(f"{one.use}: {requirement_words(one)} (policy {pack.name})")
        for reason in one.reasons:
            say(f"  {reason}")
    for note in pack.notes:
        say(f"note: {note}")


def _next(paths: Sequence[Path], required: Requirement) -> list[str]:
    """Return the commands that ask for approval and record it, where it is needed."""
    if required.outcome is not Outcome.APPROVE:
        return []
    files = " ".join(shlex.quote(shown(path)) for path in paths)
    options = "".join(f" --category {one.value}" for one in sorted(required.categories))
    options += f" --use {required.use}"
    return [
        "Next, ask for it, and record the answer:",
        f"  provenance request {files}{options}",
        f"  provenance approve {files}{options} --approver WHO --evidence MAIL",
    ]


def _print_json(declared: Declared, pack: PolicyPack, required: Sequence[Requirement]) -> None:
    print_json(
        {
            "schema": "provenance-declaration",
            "version": 1,
            "policy": pack.name,
            "counts": not declared.objection,
            "ai_use": ai_use_record(declared.ai_use),
            "requirements": [requirement_record(one) for one in required],
        }
    )
