"""What commands that sign share: where keys lie, and how their secrets are asked for."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from securesystemslib.signer import Signer

from provenance.attestation.remote_signers import Secrets
from provenance.attestation.signers import (
    PASSPHRASE_VARIABLE,
    load_signer,
    read_private,
    secret_from_environment,
)
from provenance.attestation.trust import TrustList
from provenance.errors import ConfigError, UsageError
from provenance.wiring import Production

PASSPHRASE_FILE = click.option(
    "--passphrase-file", type=click.Path(path_type=Path),
    help="File with the key's passphrase or PIN; only its owner may read it.",
)  # fmt: skip
ROOT_KEYS = click.option(
    "--root-key", "root_keys", multiple=True, metavar="URI",
    help="Root key to sign with, more than one for a threshold; else keys/root.pem.",
)  # fmt: skip


def signer_for(production: Production, key: str | Path | None) -> Signer:
    """Return the signer of a key by path or URI; without one the production's own approver's."""
    uri = str(key or production.approver_key)
    return load_signer(uri, secrets=asker(None), trust=production.trust)


def root_signers(
    production: Production, uris: Sequence[str], trust: TrustList, passphrase_file: Path | None
) -> list[Signer]:
    """Return the signers of root keys; without one that of the key made at `init`."""
    secrets = asker(passphrase_file)
    chosen = uris or [str(production.root_key)]
    return [load_signer(uri, secrets=secrets, trust=trust) for uri in chosen]


def asker(passphrase_file: Path | None) -> Secrets:
    """Return what knows a secret: from the file, else the environment, else a person."""

    def ask(wanted: str) -> str:
        if passphrase_file is not None:
            return passphrase_of(passphrase_file)
        if not os.environ.get(PASSPHRASE_VARIABLE) and sys.stdin.isatty():
            return str(click.prompt(wanted, hide_input=True, err=True))
        return secret_from_environment(wanted)

    return ask


def passphrase_of(path: Path) -> str:
    """Return the first line of a file that only its owner can read; raises ConfigError."""
    try:
        text = read_private(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"the passphrase in {path} is no UTF-8 text") from error
    line = text.partition("\n")[0].removesuffix("\r")
    if not line:
        raise ConfigError(f"the first line of {path} is empty, so there is no passphrase")
    return line


def new_key_options(flag: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options that say how a new key is protected, the file's under this flag.

    They arrive as `new_passphrase_file` and `no_passphrase`.
    """
    passphrase_file = click.option(
        flag, "new_passphrase_file", type=click.Path(path_type=Path),
        help="File with the new key's passphrase; only its owner may read it.",
    )  # fmt: skip
    unprotected = click.option(
        "--no-passphrase", is_flag=True, help="Leave the new key's file unencrypted."
    )
    return lambda command: passphrase_file(unprotected(command))


def new_passphrase(passphrase_file: Path | None, *, no_passphrase: bool) -> bytes | None:
    """Return the passphrase for a new key, None where it is to have none; raises UsageError."""
    if no_passphrase:
        if passphrase_file is not None:
            raise UsageError("--no-passphrase does not go with a passphrase file")
        return None
    if passphrase_file is not None:
        return passphrase_of(passphrase_file).encode("utf-8")
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given.encode("utf-8")
    if not sys.stdin.isatty():
        raise UsageError(
            f"a new key needs a passphrase: give it in a file, set {PASSPHRASE_VARIABLE}, or say"
            " --no-passphrase"
        )
    prompt = "the passphrase of the new key"
    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
    return typed.encode("utf-8")
