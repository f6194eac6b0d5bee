"""What Easy Diffusion writes: a group of fields, one setting each, or the group as JSON."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from provenance.model.signal import Generator, Level, Signal
from provenance.signals._json_text import parse_object
from provenance.signals._keys import COMMENT, USER_COMMENT, fields_under, place_of
from provenance.signals._samples import with_field, with_fields
from provenance.signals.interface import ANY, Evidence, Places, SignalRule

_NUMBER, _WORD = re.compile(r"-?\d+(?:\.\d+)?"), re.compile(r"\S.*", re.DOTALL)
_GROUP = {
    "prompt": _WORD,
    "negative prompt": _WORD,
    "seed": _NUMBER,
    "stable diffusion model": _WORD,
    "sampler": re.compile(r"[a-z][a-z0-9_+]{1,30}"),
    "steps": _NUMBER,
    "guidance scale": _NUMBER,
}
"""The settings, with what they must look like to count."""
_MODEL = "stable diffusion model"
_TELLING = frozenset({_MODEL, "sampler", "guidance scale"})
"""At least one of these is demanded: `Seed` and `Steps` also occur elsewhere."""
_LEAST = 3
_DOCUMENTS = frozenset({USER_COMMENT, COMMENT})
"""Keys under which the group stands as JSON."""
_OTHER_NAMES = {
    "negative_prompt": "negative prompt",
    "num_inference_steps": "steps",
    "guidance_scale": "guidance scale",
    "sampler_name": "sampler",
    "use_stable_diffusion_model": _MODEL,
}
"""How the JSON form spells them."""

RULE = SignalRule(
    rule_id="easy-diffusion-settings",
    level=Level.DECLARES,
    since=date(2026, 11, 1),
    title="The group of settings Easy Diffusion writes",
    explanation=(
        "Easy Diffusion writes every setting as a field of its own (Prompt, Negative Prompt, Seed,"
        " Stable Diffusion model, Sampler, Steps, Guidance Scale), or all as JSON in UserComment."
        " At least three must stand together and look like settings. Source: generator source"
        " code."
    ),
    examples=(
        with_fields(
            ("Prompt", "a lighthouse"),
            ("Seed", "123"),
            ("Steps", "25"),
            ("Stable Diffusion model", "sd-v1-4"),
        ),
        with_fields(
            ("seed", "123"),
            ("num_inference_steps", "25"),
            ("sampler_name", "euler_a"),
            ("use_stable_diffusion_model", "sd-v1-4"),
        ),
        with_field(
            "UserComment",
            '{"seed":1,"num_inference_steps":25,"guidance_scale":7.5,"prompt":"a lighthouse",'
            '"use_stable_diffusion_model":"sd-v1-4"}',
            "jpeg/Exif/ExifIFD",
        ),
    ),
    counterexamples=(
        with_fields(("Prompt", "enter left"), ("Steps", "3")),
        with_fields(("Prompt", "enter left"), ("Seed", "12"), ("Steps", "3")),
        with_fields(("Sampler", "Akai S900"), ("Seed", "of doubt"), ("Steps", "to the door")),
        with_field("UserComment", '{"seed":1,"steps":25,"guidance_scale":7.5}'),
    ),
)


class EasyDiffusion:
    """The settings of Easy Diffusion."""

    rules = (RULE,)
    places = Places(
        fields=dict.fromkeys((*_GROUP, *_OTHER_NAMES), ANY)
        | dict.fromkeys(_DOCUMENTS, ("iffusion",))
    )

    def find(self, evidence: Evidence) -> Iterator[Signal]:
        """See `SignalKind.find`."""
        groups: dict[str, dict[str, str]] = {}
        for key, found in fields_under(evidence, _GROUP.keys() | _OTHER_NAMES):
            name = _OTHER_NAMES.get(key, key)
            groups.setdefault(found.place, {}).setdefault(name, found.value)
        for _, found in fields_under(evidence, _DOCUMENTS):
            if "iffusion" in found.value:
                groups[place_of(found)] = _named(parse_object(found.value) or {})
        for place, group in groups.items():
            known = [key for key, value in group.items() if _GROUP[key].fullmatch(value.strip())]
            if len(known) >= _LEAST and _TELLING.intersection(known):
                generator = Generator(tool="Easy Diffusion", model=group.get(_MODEL, "")[:100])
                yield RULE.hit(place, ", ".join(sorted(known)), generator)


def _named(document: Mapping[str, object]) -> dict[str, str]:
    named = ((_OTHER_NAMES.get(key.lower(), key.lower()), value) for key, value in document.items())
    return {
        key: str(value)
        for key, value in named
        if key in _GROUP and isinstance(value, (str, int, float))
    }
