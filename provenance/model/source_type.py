"""IPTC digital source types: the vocabulary that says how a picture or sound came to be.

Source: http://cv.iptc.org/newscodes/digitalsourcetype/ and, for two terms,
http://c2pa.org/digitalsourcetype/ (C2PA 2.2 §18.15.5). The URIs are identifiers, spelled
with http; files also carry https, a trailing slash, white space or the bare term.
"""

from enum import StrEnum

IPTC_BASE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
C2PA_BASE = "http://c2pa.org/digitalsourcetype/"


class DigitalSourceType(StrEnum):
    """A term of the vocabulary; its value is the code verbatim."""

    TRAINED_ALGORITHMIC_MEDIA = "trainedAlgorithmicMedia"
    COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA = "compositeWithTrainedAlgorithmicMedia"
    COMPOSITE_SYNTHETIC = "compositeSynthetic"
    TRAINED_ALGORITHMIC_DATA = "trainedAlgorithmicData"
    ALGORITHMIC_MEDIA = "algorithmicMedia"
    ALGORITHMICALLY_ENHANCED = "algorithmicallyEnhanced"
    COMPOSITE = "composite"
    DATA_DRIVEN_MEDIA = "dataDrivenMedia"
    VIRTUAL_RECORDING = "virtualRecording"
    SOFTWARE_IMAGE = "softwareImage"
    DIGITAL_CAPTURE = "digitalCapture"
    COMPUTATIONAL_CAPTURE = "computationalCapture"
    NEGATIVE_FILM = "negativeFilm"
    POSITIVE_FILM = "positiveFilm"
    PRINT = "print"
    MINOR_HUMAN_EDITS = "minorHumanEdits"
    HUMAN_EDITS = "humanEdits"
    DIGITAL_ART = "digitalArt"
    DIGITAL_CREATION = "digitalCreation"
    SCREEN_CAPTURE = "screenCapture"
    COMPOSITE_CAPTURE = "compositeCapture"
    EMPTY = "empty"

    @property
    def uri(self) -> str:
        """The identifier of this term."""
        base = C2PA_BASE if self in _C2PA_TERMS else IPTC_BASE
        return base + self.value


_C2PA_TERMS = frozenset({DigitalSourceType.TRAINED_ALGORITHMIC_DATA, DigitalSourceType.EMPTY})

GENERATIVE_TERMS = frozenset(
    {
        DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        DigitalSourceType.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
        DigitalSourceType.COMPOSITE_SYNTHETIC,
        DigitalSourceType.TRAINED_ALGORITHMIC_DATA,
    }
)
"""Terms that say at least a part was made by a trained model."""

AMBIGUOUS_TERMS = frozenset(
    {
        DigitalSourceType.ALGORITHMIC_MEDIA,
        DigitalSourceType.ALGORITHMICALLY_ENHANCED,
        DigitalSourceType.COMPOSITE,
        DigitalSourceType.DATA_DRIVEN_MEDIA,
        DigitalSourceType.VIRTUAL_RECORDING,
        DigitalSourceType.SOFTWARE_IMAGE,
    }
)
"""Terms that neither say AI nor rule it out."""

_BY_TERM = {member.value: member for member in DigitalSourceType}


_SCHEMA_ORG = "digitalsource"
"""What schema.org appends to the terms of IPTC, which it writes with a capital."""
_GENERATIVE = frozenset(term.lower() for term in GENERATIVE_TERMS)


def says_generative(value: str) -> bool:
    """Return whether a source type says AI, however a file spells the term.

    Files carry it in the wrong case, behind `#`, as `digsrctype:` code, as schema.org's name.
    """
    last = term_of(value.partition("?")[0]).rpartition("#")[2].rpartition(":")[2]
    return last.lower().removesuffix(_SCHEMA_ORG) in _GENERATIVE


def term_of(value: str) -> str:
    """Return the last path segment of a source type as files write it.

    The whole segment is compared, never a substring: `algorithmicMedia` stands inside
    `trainedAlgorithmicMedia`.
    """
    return value.strip().rstrip("/").rsplit("/", 1)[-1].strip()


def parse_source_type(value: str) -> DigitalSourceType | None:
    """Return the term a file's value names, or None if the vocabulary has no such term."""
    return _BY_TERM.get(term_of(value))
