"""The description Midjourney writes: the prompt, its flags, the job."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._keys import REMARKS, fields_under, place_of
from provenance.signals._samples import with_field, with_property
from provenance.signals.interface import Evidence, Places, SignalRule

_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_TAIL = 600
"""The job stands at the end; flags before it may be many."""
_JOB = re.compile(
    r"\s(--[a-z]+(?:\s[^\n]*)?)\sJob ID:\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*"
)
_VERSION = re.compile(r"--(v|version|niji)\s+(\d[\d.]{0,8})")
_UUID = "2b6e053b-9a65-4ca9-9e13-b6f4465164d4"

RULE = SignalRule(
    rule_id="midjourney-description",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="A description that ends with the flags and the job of Midjourney",
    explanation=(
        "Midjourney writes the prompt as the description, with its flags such as `--v 5.2` and"
        " `Job ID:` with a UUID at the end. Only version and job are shown. Source: real files."
    ),
    examples=(
        with_field("Description", f"a lighthouse --ar 4:3 --v 5.2 Job ID: {_UUID}"),
        with_field("ImageDescription", f"a lighthouse --niji 6 Job ID: {_UUID}", "jpeg/Exif/IFD0"),
        with_field("2:120", f"a lighthouse --v 6.1 Job ID: {_UUID}", "jpeg/IIM"),
        with_property(_DUBLIN_CORE, "description", f"a lighthouse --style raw Job ID: {_UUID}"),
    ),
    counterexamples=(
        with_field("Description", f"Job ID: {_UUID}"),
        with_field("Description", "a lighthouse --v 5.2"),
        with_field("Description", f"see --v 5.2 Job ID: {_UUID} and the rest of the story"),
        with_field("Title", f"a lighthouse --v 5.2 Job ID: {_UUID}"),
    ),
)


class Midjourney:
    """Descriptions of Midjourney."""

    rules = (RULE,)
    places = Places(
        fields=dict.fromkeys(REMARKS, ("Job ID:",)), properties={"description": ("Job ID:",)}
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for _, found in fields_under(evidence, REMARKS):
            yield from _signals(place_of(found), found.value)
        for said in evidence.properties:
            if (said.namespace, said.name) == (_DUBLIN_CORE, "description"):
                yield from _signals(f"{said.place}/{said.name}", said.value)


def _signals(place: str, text: str) -> Iterator[Signal]:
    tail = " " + text.rstrip()[-_TAIL:] if "Job ID:" in text else ""
    job = _JOB.search(tail)
    if job is None or job.end() != len(tail):
        return
    version = _VERSION.search(job.group(1))
    shown = f"{version.group()} " if version else ""
    name = " ".join(version.groups()) if version else ""
    yield RULE.hit(
        place, f"{shown}Job ID: {job.group(2)}", Generator(tool="Midjourney", version=name)
    )
