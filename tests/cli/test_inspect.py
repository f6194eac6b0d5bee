"""`provenance inspect`: one glance for an editor, a stable record for machines."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import provenance.reports
from fixtures.png import chunk, with_chunks, with_json
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, plain, sample

SCHEMA = json.loads(
    (Path(provenance.reports.__file__).parent / "schemas/inspect-1.json").read_text("utf-8")
)


def inspected(run: Terminal, *words: str | Path, code: int = 0) -> list[dict[str, Any]]:
    """Return the record, which keeps to its schema whatever was inspected."""
    done = run("inspect", "--json", *words)
    assert done.code == code
    jsonschema.Draft202012Validator(SCHEMA).validate(done.json)
    return list(done.json)


def test_the_schema_is_a_schema_and_refuses_what_is_not_in_it(
    run: Terminal, tagged_show: Show
) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    (record,) = inspected(run, tagged_show.home / "generated/concept.png")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert not validator.is_valid([{**record, "extra": 1}])
    assert not validator.is_valid([{**record, "carriers": []}])
    assert not validator.is_valid([{**record, "status": "fine"}])
    for key in record:
        assert not validator.is_valid([{name: record[name] for name in record if name != key}])


def test_each_status_is_told(run: Terminal, tagged_show: Show) -> None:
    tagged_show.put("work/ai.png", declared())
    tagged_show.put("work/broken.png", another_picture()[:-9])
    tagged_show.put("work/plain.png", another_picture())
    records = inspected(run, "generated", "work", "nowhere.png", code=3)
    assert {record["path"]: record["status"] for record in records} == {
        "generated/concept.png": "temporary",
        "work/ai.png": "temporary",  # the same picture as the concept's
        "work/broken.png": "unreadable",
        "work/plain.png": "no-declaration",
        "nowhere.png": "unreadable",
    }
    by_path = {record["path"]: record for record in records}
    assert by_path["work/ai.png"]["ai"] == "declares"
    assert by_path["work/ai.png"]["tag"] is None
    assert by_path["work/broken.png"]["problems"][0]["kind"] == "damaged"
    assert by_path["nowhere.png"]["problems"][0]["kind"] == "unreadable"
    assert by_path["work/plain.png"]["media_type"] == "image/png"


def test_the_record_of_a_tagged_and_approved_file(run: Terminal, tagged_show: Show) -> None:
    mail = tagged_show.put("mail.eml", b"fine")
    path = tagged_show.home / "generated/concept.png"
    run(
        *("approve", path, "--approver", "Jo", "--evidence", mail, "--until", "2126-03-31"),
        *("--condition", "background only", "--title", "Ep 1"),
    )
    (record,) = inspected(run, path, "--title", "Ep 1")
    assert record["status"] == "approved"
    assert record["carriers"] == ["xmp", "c2pa"]
    assert record["tag"]["asset_id"] == record["asset_id"]
    (credential,) = record["credentials"]
    assert (credential["is_ours"], credential["signer"]) == (True, "My Show")
    (approval,) = record["approvals"]
    assert (approval["covers"], approval["status"]) == (True, "valid")
    assert approval["valid_until"] == "2126-03-31T23:59:59+00:00"
    (elsewhere,) = inspected(run, path, "--title", "Ep 2")
    assert elsewhere["status"] == "temporary"
    assert elsewhere["approvals"][0]["covers"] is False
    text = run("inspect", path, "--title", "Ep 1")
    assert "APPROVED  for final-deliverable until 2126-03-31" in text.out
    assert "conditions: background only" in text.words
    assert "not for this: " in run("inspect", path).words
    assert "TEMPORARY" in run("inspect", path, "--use", "trailer", "--title", "Ep 1").out


def test_evidence_and_generator_are_shown(run: Terminal, show: Show) -> None:
    done = run("inspect", show.put("work/ai.png", declared()))
    assert done.code == 0
    assert "AI, NOT TAGGED" in done.out
    assert "evidence" in done.out
    assert "a1111-parameters" in done.out
    assert "made by" in done.out
    done = run("inspect", show.put("work/ai.jpg", declared("source_type_resource.jpg")))
    assert "iptc-source-type" in done.out
    assert "made by" not in done.out


def test_a_hint_is_a_hint(run: Terminal, show: Show) -> None:
    path = show.put("work/graph.png", ordinary_graph())
    assert "A HINT OF AI" in run("inspect", path).out
    (record,) = inspected(run, path)
    assert (record["status"], record["ai"]) == ("hint", "hint")
    assert run("scan", path).code == 0
    assert run("scan", "--strict", path).code == 3


def ordinary_graph() -> bytes:
    graph = {"1": {"class_type": "LoadImage", "inputs": {"image": "plate.png"}}}
    save = {"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
    return with_json(prompt=graph | save)


def test_outside_a_production_a_file_still_speaks_for_itself(
    run: Terminal, tagged_show: Show, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(tagged_show.home / "generated/concept.png", elsewhere)
    monkeypatch.chdir(elsewhere)
    done = run("inspect", "concept.png")
    assert done.code == 0
    assert "TEMPORARY" in done.out
    assert "Outside a production" in done.err
    (record,) = inspected(run, "concept.png")
    assert record["status"] == "temporary"
    assert record["credentials"][0]["is_ours"] is False
    assert "signed by My Show" in done.words


def test_many_signals_are_counted_not_listed(run: Terminal, show: Show) -> None:
    texts = [
        chunk(b"tEXt", b"parameters\0a\nSteps: 2%d, Sampler: Euler, CFG scale: 7, Seed: 1" % number)
        for number in range(8)
    ]
    done = run("inspect", show.put("work/many.png", with_chunks(*texts)))
    assert done.out.count("evidence") == 5
    assert "and 3 more; see --json" in done.out


def test_an_earlier_credential_of_another_is_counted(run: Terminal, show: Show) -> None:
    path = show.put("work/voice.wav", sample("wav"))
    run("tag", path)
    (record,) = inspected(run, path)
    assert record["media_type"] == "audio/wav"
    assert record["technical"]["sample_rate"] == "44100 Hz"
    assert "C2PA by provenance" in run("inspect", path).out


def test_use_must_be_a_term(run: Terminal, show: Show) -> None:
    path = show.put("work/plain.png", plain())
    done = run("inspect", path, "--use", "Final Deliverable")
    assert done.code == 2
    assert "is not a term like" in done.err


def test_a_sidecar_is_inspected_with_its_file(run: Terminal, show: Show) -> None:
    reel = show.put("work/reel.mxf", bytes.fromhex("060e2b34020501010d010201") + bytes(64))
    assert run("tag", reel).code == 0
    sidecar = reel.with_name("reel.mxf.xmp")
    done = run("inspect", sidecar)
    assert (done.code, done.out) == (0, "")
    assert "reel.mxf.xmp: the sidecar of reel.mxf; inspect that" in done.err
    assert [one["path"] for one in run("inspect", "--json", "work").json] == ["work/reel.mxf"]


def test_a_format_that_is_not_read_is_called_so(run: Terminal, show: Show) -> None:
    done = run("inspect", show.put("work/notes.txt", b"notes for the editor\n"))
    assert done.code == 3
    assert "FORMAT NOT READ" in done.out
    assert "text, not a format this version reads" in done.out
    assert "provenance approve FILE" in done.words
    assert "COULD NOT BE READ" in run("inspect", show.put("work/a.png", b"")).out


def test_an_empty_folder_is_told(run: Terminal, show: Show) -> None:
    assert show
    done = run("inspect", "work")
    assert (done.code, done.out) == (0, "")
    assert "There is no file below the paths given." in done.err
