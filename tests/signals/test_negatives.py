"""Rows of the catalogue that look like signals and are none."""

import pytest

from provenance.model.credential import Action
from provenance.model.reading import Reading
from provenance.model.signal import Level
from provenance.signals._samples import with_field, with_fields, with_manifest, with_property
from provenance.signals.kinds import find_signals

PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
UUID = "2b6e053b-9a65-4ca9-9e13-b6f4465164d4"


@pytest.mark.parametrize(
    "reading",
    [
        with_property(PLUS, "DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
        with_property(PHOTOSHOP, "Credit", "Credit"),
        with_field("Make", "Google", "jpeg/Exif/IFD0"),
        with_field("encoder", "Lavf60.16.100", "mp4/moov/udta/meta/ilst"),
        with_field("encoder", "Google", "mkv/Tags"),
        with_field("Artist", "0f" * 32, "jpeg/Exif/IFD0"),
        with_field("UserComment", "0f" * 32, "jpeg/Exif/ExifIFD"),
        with_field("TXXX:comment", "Prompt side mic, take 3 (Sora and Luma read lines)"),
        with_field("prompt", "Press any key"),
        with_field("TIT2", "chirp"),
        with_field("Description", "Made with Midjourney, Suno and ChatGPT, says the caption"),
        with_field("ImageDescription", "AI generated image"),
        with_field("Software", "Adobe Firefly"),
        with_field("workflow", "shoot, edit, grade"),
        with_field("artwork", '{"data":{"is_use_ai_video_generation":"0","product":"vicut"}}'),
        with_field("aigc", "0"),
        with_field("AIGC", '{"Label":"1"}'),
        with_field("comment", '{"prompt":"p","workflow":"w"}'),
        with_field("comment", '{"prompt":5,"workflow":{"nodes":[]}}'),
        with_field("parameters", "Steps: 20, Seed: of doubt"),
        with_field("UserComment", "Steps: 20, Seed: 5"),
        with_fields(("Seed", "12"), ("Steps", "3"), ("Prompt", "enter")),
        with_fields(("ImageDescription", "Signature: A.B."), ("Artist", UUID)),
        with_field("media-provenance", '{"model":5}'),
        with_field("invokeai_workflow", '{"nodes":[]}'),
        with_manifest(assertions=("c2pa.training-mining", "cawg.training-mining")),
        with_manifest(assertions=("cawg.ai_generative_training", "c2pa.soft-binding")),
        with_manifest(Action(name="c2pa.watermarked"), Action(name="c2pa.watermarked.unbound")),
        with_manifest(Action(name="c2pa.cropped"), tool="Adobe Photoshop 26.0.0"),
        with_manifest(Action(name="c2pa.opened", software_agent="GPT-4o")),
        with_manifest(tool="Google C2PA SDK for Android 1.0"),
        with_manifest(tool="Sora 2/3 1/2 " * 40 + "!"),
    ],
)
def test_what_the_catalogue_calls_no_signal_stays_silent(reading: Reading) -> None:
    assert find_signals(reading) == ()


def test_features_of_an_editor_are_a_hint_only() -> None:
    reading = with_field("com.apple.quicktime.artwork", '{"is_use_ai_video_generation":"1"}')
    (signal,) = find_signals(reading)
    assert signal.level is Level.HINT


def test_a_hostile_number_of_texts_gives_few_signals() -> None:
    graph = '{"1":{"class_type":"KSampler","inputs":{}}}'
    signals = find_signals(with_fields(*[("prompt", graph)] * 5000))
    assert 0 < len(signals) < 100


def test_a_hostile_number_of_properties_gives_few_signals() -> None:
    one = with_property(
        "http://comfy.org/", "prompt", '{"1":{"class_type":"KSampler","inputs":{}}}'
    )
    signals = find_signals(Reading(format_name="jpeg", properties=one.properties * 5000))
    assert 0 < len(signals) < 100
