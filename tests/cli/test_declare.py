"""`provenance declare`: what is said, what that requires, and the next command."""

from pathlib import Path

import jsonschema
import pytest

from fixtures.png import encode
from fixtures.raster import picture
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture
from tests.cli.test_inspect import SCHEMA

KEPT = [f"--principle=P{number}=yes" for number in (1, 2, 3, 5)]
WHO = "--declared-by=VFX"
NETFLIX = "--policy=netflix-2025-11"
USE = """
declared_by = "Art department"
categories = ["talent_replica"]
performers = ["T-4"]
consents = ["C-17"]
prominence = "story"
human_contribution = "Painted over."
principles = { P1 = "yes", P2 = "unsure" }
inputs = [{ what = "own scan", owned = "yes" }]
tools = [{ name = "Voice", version = "2", plan = "Pro", enterprise = "yes", terms = "doc 7" }]
derived_from = [{ file = "parent.png", transforms = ["crop"] }]
"""


@pytest.fixture
def file(show: Show) -> Path:
    return show.put("work/poster.png", another_picture())


@pytest.mark.usefixtures("file")
def test_it_says_what_is_fine_what_is_not_and_what_comes_next(run: Terminal) -> None:
    result = run(
        "declare", "work/poster.png", WHO, NETFLIX, *KEPT, "--tool=Firefly=4", "--enterprise=yes",
        "--category=talent_replica", "--prominence=incidental",
    )  # fmt: skip
    assert result.code == 0, result.err
    words = result.words
    assert "AI use of 1 file declared" in words
    assert "tools Firefly 4" in words
    assert (
        "temporary: written approval needed, by Netflix, through your Netflix contact, with the"
        " performer's documented consent (policy netflix-2025-11)" in words
    )
    assert "P4: final-deliverable is no temporary use." in words
    assert "note: Tell your Netflix contact about any intended use" in words
    assert (
        "provenance approve work/poster.png --category talent_replica --use final-deliverable"
        in words
    )
    assert "provenance request work/poster.png --category talent_replica" in words


def test_it_says_that_a_key_which_only_records_shows_no_consent(
    run: Terminal, show: Show, file: Path
) -> None:
    key = show.home / "recorder.pem"
    made = run("keys", "create", key, "--holder", "Recorder", "--no-passphrase")
    public = show.put("recorder.toml", made.out.encode())
    assert run("keys", "add", public, "--role", "recorder").code == 0
    words = ("declare", file, WHO, "--category=talent_replica", "--consent=C-17")
    assert "show nothing yet: the key could not approve" in run(*words, "--key", key).words
    assert "show nothing yet" not in run(*words).words


def test_what_keeps_the_principles_is_fine_as_temporary(run: Terminal, file: Path) -> None:
    result = run("declare", file, WHO, NETFLIX, *KEPT, "--category=ideation", "--json")
    assert result.code == 0
    temporary, final = result.json["requirements"]
    assert (temporary["use"], temporary["outcome"]) == ("temporary", "temporary")
    assert (final["use"], final["outcome"], final["by"]) == (
        "final-deliverable", "approve", ["Netflix, through your Netflix contact"],
    )  # fmt: skip
    assert result.json["ai_use"]["principles"] == {f"P{one}": "yes" for one in (1, 2, 3, 5)}
    assert result.json["counts"] is True


def test_disclosure_needs_no_next_command(run: Terminal, file: Path) -> None:
    policy = "--policy=eu-ai-act-art50"
    result = run("declare", file, WHO, policy, "--category=misleading_real_event")
    assert result.code == 0
    assert "final-deliverable: to be disclosed to the audience" in result.words
    assert "Next" not in result.out


def test_a_file_says_all_of_it(run: Terminal, show: Show, file: Path) -> None:
    (show.home / "work/parent.png").write_bytes(_other_picture())
    source = show.put("work/use.toml", USE.encode())
    result = run("declare", file, "--from", source, "--json")
    assert result.code == 0, result.err
    use = result.json["ai_use"]
    assert use["declared_by"] == "Art department"
    assert use["tools"] == [
        {
            "name": "Voice", "version": "2", "plan": "Pro", "enterprise_secured": "yes",
            "terms": "doc 7",
        }
    ]  # fmt: skip
    assert use["inputs"] == [{"what": "own scan", "owned": "yes"}]
    assert (use["performers"], use["consents"]) == (["T-4"], ["C-17"])
    assert use["derived_from"][0]["transforms"] == ["crop"]
    assert use["human_contribution"] == "Painted over."
    assert use["prominence"] == "story"


def test_options_say_the_same_as_a_file(run: Terminal, show: Show, file: Path) -> None:
    (show.home / "work/parent.png").write_bytes(_other_picture())
    source = show.put("work/use.toml", USE.encode())
    by_file = run("declare", file, "--from", source, "--json").json["ai_use"]
    by_options = run(
        "declare", file, "--declared-by=Art department", "--category=talent_replica",
        "--performer=T-4", "--consent=C-17", "--prominence=story",
        "--human-contribution=Painted over.", "--principle=P1=yes", "--principle=P2=unsure",
        "--input=own scan=yes", "--tool=Voice=2", "--plan=Pro", "--enterprise=yes",
        "--terms=doc 7", "--derived-from=work/parent.png", "--transform=crop", "--json",
    ).json["ai_use"]  # fmt: skip
    for own in ("record_id", "declared_at"):
        assert by_file.pop(own) != by_options.pop(own)
    assert by_file == by_options


def test_inspect_shows_the_declared_use_and_what_it_requires(run: Terminal, file: Path) -> None:
    before = run("inspect", file, "--json").json[0]
    assert (before["ai_use"], before["requirement"]) == (None, None)
    run("declare", file, WHO, "--tool=Voice=2", "--category=talent_replica")
    (record,) = run("inspect", file, "--json").json
    jsonschema.validate([record], SCHEMA)
    assert record["ai_use"]["categories"] == ["talent_replica"]
    assert record["requirement"]["outcome"] == "approve"
    assert record["requirement"]["categories"] == ["talent_replica"]
    words = run("inspect", file).words
    assert "AI use talent_replica; tools: Voice 2; declared by VFX" in words
    assert "requires for final-deliverable: written approval needed, by production legal" in words
    assert "because talent_replica: Talent: It concerns a performer" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--category=ideation"], "--declared-by"),
        ([WHO, "--principle=P1=maybe"], "--principle 'P1=maybe' is not NAME=yes"),
        ([WHO, "--input=a plate"], "--input 'a plate' is not NAME=yes"),
        ([WHO, "--plan=Pro"], "say something of a --tool"),
        ([WHO, "--derived-from=x.png"], "--derived-from and --transform go together"),
        ([WHO, "--transform=crop"], "--derived-from and --transform go together"),
        ([WHO, "--performer=Ada Lee"], "opaque ids"),
        ([WHO, "--from=use.toml"], "--from says all of it; it does not go with declared_by"),
        (["--from=none.toml"], "none.toml: cannot be read"),
        (["--from=work/poster.png"], "work/poster.png: 'utf-8' codec"),
        ([WHO, "--policy=none"], "no policy pack 'none'"),
    ],
)
def test_what_cannot_be_declared_is_refused(
    options: list[str], words: str, run: Terminal, file: Path
) -> None:
    result = run("declare", file, *options)
    assert result.code == 2
    assert words in result.err
    assert run("scan", file).code == 0


@pytest.mark.usefixtures("show")
def test_a_folder_without_files_is_refused(run: Terminal) -> None:
    result = run("declare", "work", WHO)
    assert result.code == 2
    assert "there is no file" in result.err


def _other_picture() -> bytes:
    return encode(picture(2))
