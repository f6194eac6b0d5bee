"""The main job, from end to end, as a person does it."""

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared, sample


def stripped(path: Path) -> Path:
    """Return a copy from which every chunk but the picture is taken: the encoded pixels stay."""
    data, out, at = path.read_bytes(), [path.read_bytes()[:8]], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] in (b"IHDR", b"IDAT", b"IEND"):
            out.append(data[at : at + length + 12])
        at += length + 12
    copy = path.with_name("stripped.png")
    copy.write_bytes(b"".join(out))
    return copy


def test_ai_media_stays_out_until_somebody_has_allowed_it_in_writing(  # noqa: PLR0915  (one story)
    run: Terminal, show: Show
) -> None:
    concept = show.put("generated/concept.png", sample("png"))
    voice = show.put("generated/deep/voice.wav", sample("wav"))
    show.put("work/grab.png", declared())
    mail = show.put("mail.eml", b"You may use the concept.")

    watched = run("watch", "--once")
    assert watched.code == 0
    tagged = {line.split()[1] for line in watched.out.splitlines() if line.startswith("tagged ")}
    assert tagged == {"generated/concept.png", "generated/deep/voice.wav", "work/grab.png"}
    assert "3 files looked at (3 tagged), 0 still arriving, 0 problems" in watched.out

    scanned = run("scan", "generated", "work")
    assert scanned.code == 1
    assert scanned.out.count("BLOCKED    ") == 3
    assert "provenance approve" in scanned.out
    assert scanned.out.endswith("BLOCKED: not to be delivered as it is.\n")

    assert "TEMPORARY  AI-generated" in run("inspect", concept).out

    approved = run("approve", concept, "--approver", "Jo Lee, Legal", "--evidence", mail)
    assert approved.code == 0
    identity = approved.out.split("id ")[1].split()[0]
    assert identity.startswith("urn:uuid:")

    passed = run("scan", concept)
    assert passed.code == 0
    assert f"approval {identity.removeprefix('urn:uuid:')[:8]}" in passed.words
    assert "APPROVED  for final-deliverable until revoked" in run("inspect", concept).out
    assert run("scan", concept, "--use", "trailer").code == 1
    assert run("scan", voice).code == 1

    naked = stripped(concept)
    assert run("scan", naked).code == 0  # the same picture, so the approval covers it

    revoked = run(
        *("approvals", "revoke", identity.removeprefix("urn:uuid:")[:6], "--reason", "withdrawn")
    )
    assert revoked.code == 0
    assert "revoked" in revoked.out
    assert run("scan", concept).code == 1

    blocked = run("scan", naked)
    assert blocked.code == 1
    assert "known-by-content" in blocked.out
    assert "approval-does-not-hold" in blocked.out

    with Image.open(naked) as image, Image.open(concept) as original:
        assert image.tobytes() == original.tobytes()
        assert "XML:com.adobe.xmp" in original.info
        assert "XML:com.adobe.xmp" not in image.info


def test_a_grade_that_kept_the_tag_is_blocked_and_told_from_the_original(
    run: Terminal, tagged_show: Show
) -> None:
    copy = tagged_show.home / "deliverables/saved.png"
    with Image.open(tagged_show.home / "generated/concept.png") as image:
        packet = PngInfo()
        packet.add_itxt("XML:com.adobe.xmp", image.info["XML:com.adobe.xmp"])
        image.point(lambda value: value // 2).save(copy, pnginfo=packet)
    done = run("scan", copy)
    assert done.code == 1
    assert "[copied-tag]" in done.out
