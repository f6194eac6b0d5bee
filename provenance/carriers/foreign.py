"""What others wrote: a reading without our own tag, so that it never proves itself."""

from collections.abc import Collection
from dataclasses import replace

from provenance.carriers.native import is_ours
from provenance.carriers.xmp_packet import foreign_properties
from provenance.model.metadata import XmpProperty
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag


def foreign_reading(
    reading: Reading, beside: tuple[XmpProperty, ...], tags: Collection[ProvenanceTag]
) -> Reading:
    """Return the reading, and the properties `beside` the file, without anything we wrote.

    `tags` are ours that it holds. A short comment that outlived its tag is nobody's declaration
    of ours any more, and a rule that a production wrote for it may find it.
    """
    credentials = reading.credentials
    if credentials is not None:
        others = tuple(manifest for manifest in credentials.manifests if manifest.tag is None)
        if len(others) < len(credentials.manifests):
            credentials = replace(credentials, manifests=others)
    comments = {tag.comment for tag in tags}
    contents = reading.contents
    fields = tuple(
        found for found in contents.fields if found.value not in comments and not is_ours(found)
    )
    if len(fields) < len(contents.fields):
        contents = replace(contents, fields=fields)
    return replace(
        reading,
        contents=contents,
        properties=foreign_properties((*reading.properties, *beside)),
        credentials=credentials,
    )
