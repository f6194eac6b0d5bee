"""Formats by their names."""

from provenance.media.formats import FORMATS

FORMAT_NAMED = {fmt.name: fmt for fmt in FORMATS}
