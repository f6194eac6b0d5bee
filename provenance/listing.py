"""The signed list beside exported records: written with them, demanded of them."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.envelope import MAX_ENVELOPE_SIZE, sign_statement
from provenance.attestation.export_statement import check_export, export_statement
from provenance.attestation.trust import TrustList
from provenance.errors import AttestationError, ProvenanceError
from provenance.evidencing import LARGEST_EVIDENCE, read_whole
from provenance.media.staging import write_beside
from provenance.model.digest import sha256_digest
from provenance.path_text import shown

_RECORDS = "*.dsse.json"
_LISTS = "export-*.dsse.json"


def write_list(directory: Path, paths: Iterable[Path], signer: Signer, now: datetime) -> Path:
    """Sign and write which files an export wrote; the same files are listed once."""
    files = {path.name: sha256_digest(read_whole(path, LARGEST_EVIDENCE)) for path in paths}
    said = "\n".join(f"{name} {digest}" for name, digest in sorted(files.items()))
    path = directory / f"export-{sha256_digest(said.encode())[7:23]}.dsse.json"
    if not path.exists():
        write_beside(path, sign_statement(export_statement(files, now), signer))
    return path


def require_listed(directory: Path, trust: TrustList) -> None:
    """Raise AttestationError unless a trusted gate signed what is here, and all of it is here.

    A record that no list names is refused too: what takes it back may have been left out.
    """
    lists = sorted(directory.glob(_LISTS))
    unlisted = {path.name for path in directory.glob(_RECORDS)} - {one.name for one in lists}
    if not lists:
        raise AttestationError(
            f"{shown(directory)}: holds no signed list of the export, so records may have been"
            " taken out; export anew"
        )
    for path in lists:
        try:
            files = check_export(read_whole(path, MAX_ENVELOPE_SIZE), trust)
        except AttestationError as error:
            raise AttestationError(f"{shown(path)}: {error}") from error
        for name, digest in files.items():
            listed = directory / Path(name).name
            try:
                is_same = sha256_digest(read_whole(listed, LARGEST_EVIDENCE)) == digest
            except ProvenanceError:
                is_same = False
            if not is_same:
                raise AttestationError(
                    f"{shown(listed)}: is missing or is not what was exported; export anew"
                )
        unlisted -= files.keys()
    if unlisted:
        first = directory / min(unlisted)
        raise AttestationError(f"{shown(first)}: no signed list of an export names it; export anew")
