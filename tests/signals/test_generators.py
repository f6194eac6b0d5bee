"""Which tool, model and version the signals name."""

import pytest

from provenance.model.credential import Action, Statement
from provenance.model.reading import Reading
from provenance.model.signal import Generator, Level
from provenance.signals._samples import with_field, with_fields, with_manifest, with_property
from provenance.signals.kinds import find_signals

UUID = "2b6e053b-9a65-4ca9-9e13-b6f4465164d4"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


@pytest.mark.parametrize(
    ("reading", "generator"),
    [
        (
            with_field("invokeai_metadata", '{"steps":1,"app_version":"5.1","scheduler":"e",'
                       '"model":{"model_name":"jugger"}}'),
            Generator(tool="InvokeAI", model="jugger", version="5.1"),
        ),
        (
            with_field("sd-metadata", '{"app_id":"i","image":{},"model_weights":"sd-1.5"}'),
            Generator(tool="InvokeAI", model="sd-1.5"),
        ),
        (
            with_fields(("Software", "NovelAI"), ("Source", "NovelAI Diffusion V4 37442FCA")),
            Generator(tool="NovelAI", model="NovelAI Diffusion V4 37442FCA"),
        ),
        (
            with_field("stealth_pngcomp", '{"Comment":"{\\"steps\\":1,\\"seed\\":2,'
                       '\\"signed_hash\\":\\"x\\"}"}', "png/stealth"),
            Generator(tool="NovelAI"),
        ),
        (
            with_field("parameters", '{"base_model":"j","steps":1,"seed":2,"styles":[],'
                       '"version":"Fooocus v2.3.1"}'),
            Generator(tool="Fooocus", model="j", version="v2.3.1"),
        ),
        (
            with_field("parameters", '{"base_model_name":"j","steps":1,"seed":2,"styles":[],'
                       '"software":"RuinedFooocus"}'),
            Generator(tool="RuinedFooocus", model="j"),
        ),
        (
            with_field("parameters", '{"sui_image_params":{"model":"m","swarm_version":"0.9"}}'),
            Generator(tool="SwarmUI", model="m", version="0.9"),
        ),
        (
            with_field("Description", f"x --version 6.1 --style raw Job ID: {UUID}"),
            Generator(tool="Midjourney", version="version 6.1"),
        ),
        (
            with_field("Description", f"x --style raw Job ID: {UUID}\n"),
            Generator(tool="Midjourney"),
        ),
        (
            with_field("AIGC", '{"Label":1,"ContentProducer":"picwish","ProduceID":"1"}'),
            Generator(tool="picwish"),
        ),
        (
            with_field("AIGC", '{"AIGC":"{\\"Label\\":1,\\"ProduceID\\":\\"1\\"}"}'),
            None,
        ),
        (
            with_fields(("TXXX:SUNO_ID", UUID), ("TXXX:SUNO_MODEL", "chirp-v4")),
            Generator(tool="Suno", model="chirp-v4"),
        ),
        (
            with_property(IPTC, "AISystemUsed", "DALL-E 3"),
            Generator(tool="DALL-E 3"),
        ),
        (
            with_manifest(
                assertions=("com.suno.provenance",),
                statements=(
                    Statement(label="com.suno.provenance", key="systemName", value="Suno"),
                    Statement(label="com.suno.provenance", key="systemVersion", value="chirp-v5"),
                ),
            ),
            Generator(tool="Example 1.0", model="Suno", version="chirp-v5"),
        ),
        (
            with_manifest(
                Action(
                    name="c2pa.created",
                    software_agent="Image Creator",
                    description="AI Generated Image",
                )
            ),
            Generator(tool="Example 1.0", model="Image Creator"),
        ),
        (
            with_field("workflow", '{"nodes":[{"type":"UNETLoader","widgets_values":["flux.sft"]},'
                       '{"type":"KSampler"}],"links":[]}'),
            Generator(tool="ComfyUI", model="flux.sft"),
        ),
        (
            with_field("prompt", '{"1":{"class_type":"LumaVideoNode","inputs":{"prompt":"x"}}}'),
            Generator(tool="ComfyUI", model="LumaVideoNode"),
        ),
    ],
)  # fmt: skip
def test_a_signal_names_what_the_file_names(reading: Reading, generator: Generator | None) -> None:
    (signal,) = find_signals(reading)
    assert signal.level is Level.DECLARES
    assert signal.generator == generator


def test_the_version_of_an_ai_system_is_told_with_it() -> None:
    used = with_property(IPTC, "AISystemUsed", "Imagen")
    version = with_property(IPTC, "AISystemVersionUsed", "4")
    both = Reading(format_name="jpeg", properties=(*used.properties, *version.properties))
    found = find_signals(both)
    assert len(found) == 2
    assert {signal.generator for signal in found} == {Generator(tool="Imagen", version="4")}


def test_settings_that_quote_the_prompt_again_are_shown_up_to_there() -> None:
    text = "x\nSteps: 20, Seed: 1, Hires prompt: a lighthouse, Size: 8x8"
    (signal,) = find_signals(with_field("parameters", text))
    assert signal.value == "Steps: 20, Seed: 1"
    text = 'x\nSteps: 20, Seed: 1, Size: 8x8, ADetailer: "a lighthouse"'
    (signal,) = find_signals(with_field("parameters", text))
    assert "lighthouse" not in signal.value


def test_steps_in_the_prompt_do_not_hide_the_settings() -> None:
    text = "Steps: 3, a stair\nNegative prompt: x\nSteps: 20, Seed: 1, CFG scale: 7"
    (signal,) = find_signals(with_field("parameters", text))
    assert signal.value == "Steps: 20, Seed: 1, CFG scale: 7"
