"""The generation parameters that AUTOMATIC1111, Forge, SD.Next and kin write as text."""

import re
from collections.abc import Iterator
from datetime import date

from provenance.model.metadata import Contents, MetadataField
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level, Signal
from provenance.signals.interface import SignalRule

_KEYS = frozenset({"parameters", "postprocessing", "extras"})
_STEPS = re.compile(r"\bSteps: \d+")
_OTHERS = ("Sampler: ", "CFG scale: ", "Seed: ", "Model hash: ")
_MODEL = re.compile(r"(?:^|, )Model: ([^,\n]{1,100})")
_VERSION = re.compile(r"(?:^|, )Version: ([^,\n]{1,60})")
_TAIL = 16_384
"""The settings stand on the last line; a prompt before them may be long."""


def _reading(value: str, key: str = "parameters") -> Reading:
    found = MetadataField(place="png/tEXt", key=key, value=value)
    return Reading(format_name="png", contents=Contents(fields=(found,)))


RULE = SignalRule(
    rule_id="a1111-parameters",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="Generation parameters as AUTOMATIC1111, Forge and SD.Next write them",
    explanation=(
        "A text field `parameters` holds `Steps: <number>` and one of Sampler, CFG scale, Seed or"
        " Model hash: the settings of a diffusion run. Source: generator source code and real"
        " files."
    ),
    examples=(
        _reading(
            "a lighthouse\nNegative prompt: fog\n"
            "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Model: sd_xl, Version: v1.9.4"
        ),
        _reading("Steps: 4, Seed: 77", "postprocessing"),
    ),
    counterexamples=(
        _reading("Steps: take the second left, then the stairs"),
        _reading("Steps: 20"),
        _reading("Steps: 20, Sampler: Euler a", "Comment"),
    ),
)


class DiffusionText:
    """Generation parameters in a text field."""

    rules = (RULE,)

    def find(self, reading: Reading) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        for found in reading.fields:
            if found.key not in _KEYS:
                continue
            settings = found.value[-_TAIL:]
            steps = _STEPS.search(settings)
            if steps and any(other in settings for other in _OTHERS):
                shown = settings[steps.start() :].partition("\n")[0]
                yield RULE.hit(f"{found.place}/{found.key}", shown, _generator(settings))


def _generator(settings: str) -> Generator:
    model, version = _MODEL.search(settings), _VERSION.search(settings)
    return Generator(
        tool="Stable Diffusion web UI (AUTOMATIC1111 family)",
        model=model.group(1) if model else "",
        version=version.group(1) if version else "",
    )
