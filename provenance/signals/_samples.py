"""Readings for the examples of the rules: a field, a property, a manifest, nothing else."""

from provenance.model.credential import Action, Credentials, Manifest, Statement
from provenance.model.metadata import Contents, MetadataField, XmpProperty
from provenance.model.reading import Reading


def with_field(key: str, value: str, place: str = "png/tEXt") -> Reading:
    """Return a reading of one field."""
    return with_fields((key, value), place=place)


def with_fields(*pairs: tuple[str, str], place: str = "png/tEXt") -> Reading:
    """Return a reading of several fields that stand together."""
    fields = tuple(MetadataField(place=place, key=key, value=value) for key, value in pairs)
    return Reading(format_name=place.partition("/")[0], contents=Contents(fields=fields))


def with_property(namespace: str, name: str, value: str) -> Reading:
    """Return a reading of one XMP property."""
    found = XmpProperty(place="jpeg/APP1", namespace=namespace, name=name, value=value)
    return Reading(format_name="jpeg", properties=(found,))


def with_manifest(
    *actions: Action,
    tool: str = "Example 1.0",
    relationship: str = "",
    assertions: tuple[str, ...] = (),
    statements: tuple[Statement, ...] = (),
) -> Reading:
    """Return a reading of one C2PA manifest."""
    manifest = Manifest(
        label="urn:c2pa:1",
        claim_generator=tool,
        signer="Example",
        actions=actions,
        assertions=("c2pa.actions.v2", *assertions),
        statements=statements,
        relationship=relationship,
    )
    credentials = Credentials(manifests=(manifest,), state="Invalid", is_ours=False)
    return Reading(format_name="jpeg", credentials=credentials)
