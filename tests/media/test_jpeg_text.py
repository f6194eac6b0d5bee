"""What the segments of a JPEG say besides its packet: Exif, IIM, labels."""

import pytest

from fixtures.jpeg import encode, segment, with_segment
from provenance.errors import MediaError
from provenance.media.interface import MAX_TEXT
from provenance.media.jpeg import Jpeg
from provenance.media.source import BytesSource
from tests.exif_samples import DESCRIPTION, MAKE, SOFTWARE, dataset, exif, resource, text
from tests.media_samples import is_sound

PHOTOSHOP = b"Photoshop 3.0\0"
LABEL = b'{"Label":"1","ContentProducer":"0011"}'
PLAIN = encode()


class CountingSource:
    """Counts the reads of a file."""

    def __init__(self, data):
        self.size = len(data)
        self.reads = []
        self._inner = BytesSource(data)

    def pread(self, offset, length):
        self.reads.append((offset, length))
        return self._inner.pread(offset, length)


def app(number, payload):
    return segment(0xE0 + number, payload)


def read(*segments):
    return Jpeg().read(BytesSource(with_segment(b"".join(segments), PLAIN)))


def texts(*segments):
    contents = read(*segments)
    assert is_sound(contents)
    return [(field.place, field.key, field.value) for field in contents.fields]


def test_several_exif_segments_are_read_wherever_they_stand():
    first = app(1, b"Exif\0\0" + exif(text(MAKE, b"Ideogram AI")))
    second = app(1, b"Exif\0\0" + exif(text(SOFTWARE, b"Desk"), order="<"))
    assert texts(app(2, b"ICC_PROFILE\0"), first, app(13, b"other"), second) == [
        ("jpeg/Exif/IFD0", "Make", "Ideogram AI"),
        ("jpeg/Exif/IFD0", "Software", "Desk"),
    ]


def test_an_exif_block_too_long_for_one_segment_goes_on_in_the_next():
    said = "Steps: 20, Sampler: Euler a " * 5000
    block = exif(text(DESCRIPTION, said.encode()))
    parts = [app(1, b"Exif\0\0" + block[at : at + 60_000]) for at in range(0, len(block), 60_000)]
    assert len(parts) == 3
    assert texts(*parts) == [("jpeg/Exif/IFD0", "ImageDescription", said)]


def test_a_segment_that_goes_on_with_nothing_says_nothing():
    assert texts(app(1, b"Exif\0\0and so on"), app(1, b"Exif\0"), app(1, b"")) == []


def test_iim_stands_in_one_of_photoshops_resources():
    credit = dataset(2, 110, b"Edited with Google AI")
    assert texts(app(13, PHOTOSHOP + resource(0x0404, credit))) == [
        ("jpeg/IIM", "2:110", "Edited with Google AI")
    ]


def test_resources_that_span_segments_are_joined_and_others_stand_alone():
    block = resource(0x03ED, b"x" * 80_000) + resource(0x0404, dataset(2, 80, b"someone"))
    parts = [app(13, PHOTOSHOP + block[:60_000]), app(13, PHOTOSHOP + block[60_000:])]
    alone = app(13, PHOTOSHOP + resource(0x0404, dataset(2, 110, b"Credit")))
    assert texts(*parts, alone) == [
        ("jpeg/IIM", "2:80", "someone"),
        ("jpeg/IIM", "2:110", "Credit"),
    ]


@pytest.mark.parametrize("number", [1, 9, 15])
@pytest.mark.parametrize("between", [b"", b"\0", b": "])
def test_a_bare_label_is_read_from_any_segment_of_an_application(number, between):
    assert texts(app(number, b"AIGC" + between + LABEL + b"\0")) == [
        (f"jpeg/APP{number}", "AIGC", LABEL.decode())
    ]


def test_what_only_begins_like_a_label_is_none():
    assert texts(app(9, b"AIGC is not here"), app(9, b"AIGC")) == []


def test_more_text_than_is_read_is_a_problem_whatever_holds_it():
    filling = app(1, b"http://ns.adobe.com/xap/1.0/\0" + b"x" * 65_000) * (MAX_TEXT // 65_000)
    last = read(
        filling,
        app(1, b"http://ns.adobe.com/xap/1.0/\0" + b"x" * 65_000),
        app(9, b"AIGC" + LABEL + b" " * 65_000),
    )
    assert last.problems == ("more text than is read from one file",)
    assert last.fields == ()


def test_a_file_without_such_segments_is_read_once_a_segment_and_at_its_end():
    source = CountingSource(PLAIN)
    Jpeg().read(source)
    starts = [offset for offset, _ in source.reads]
    assert len(set(starts)) == len(starts)
    assert len(source.reads) == 2 + PLAIN[: PLAIN.index(b"\xff\xda") + 2].count(b"\xff") - 1


@pytest.mark.parametrize(
    "sample",
    [
        app(1, b"Exif\0\0" + exif(text(MAKE, b"Ideogram AI"), beneath=[text(SOFTWARE, b"Desk")])),
        app(13, PHOTOSHOP + resource(0x0404, dataset(2, 110, b"Credit"))),
        app(9, b"AIGC" + LABEL),
    ],
)
def test_cut_anywhere_it_raises_only_what_is_foreseen(sample):
    data = with_segment(sample, PLAIN)
    start = data.index(sample)
    for length in range(start, start + len(sample)):
        try:
            contents = Jpeg().read(BytesSource(data[:length]))
        except MediaError:
            continue
        assert not is_sound(contents)


def test_the_samples_say_what_they_are_known_to_say(corpus):
    def said(path):
        return {
            (field.key, field.value.split("\n")[0][:24])
            for field in Jpeg().read(BytesSource((corpus / path).read_bytes())).fields
        }

    assert ("UserComment", "photo of a duck") in said("ai/f030.jpg")
    assert ("UserComment", "Peepy ") in said("ai/f033.jpg")
    assert ("UserComment", "a poster ad of a broken ") in said("ai/f035.jpg")
    assert ("Artist", "4800156b-8880-4786-9056-") in said("ai/f028.jpg")
    assert ("UserComment", "UserComment") in said("ai/f077.jpg")
    assert ("2:110", "Credit Line (ref2021.1)") in said("ai/f084.jpg")
    assert ("2:110", "Edited with Google AI") in said("ai-synthetic/s18.jpg")
    assert ("ImageDescription", '{"aigc_info": {"aigc_lab') in said("ai-synthetic/s29.jpg")
