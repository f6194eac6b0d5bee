"""C2PA credentials of a file, reduced to what judging and showing need."""

from dataclasses import dataclass

from provenance.model.tag import ProvenanceTag

EMBEDDED = "embedded"
"""Place of a store that lies inside the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One entry of a `c2pa.actions` assertion."""

    name: str
    """For example `c2pa.created`."""
    source_type: str = ""
    """`digitalSourceType` as written."""
    software_agent: str = ""
    """Name of the tool that acted."""
    agent_version: str = ""
    """Its version, where stated."""
    description: str = ""
    """Free text of the action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One value inside an assertion that says how the media was made."""

    label: str
    """Label of the assertion it stands in, without the number of the instance."""
    key: str
    """Its key, without the namespace prefix, for example `ai_generated`."""
    value: str
    """What stands there, as text; prompts and names are replaced by `stated`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One manifest of a store."""

    label: str
    """Its label inside the store."""
    claim_generator: str
    """What made the claim, as it names itself."""
    signer: str
    """Organisation or common name of the signing certificate."""
    actions: tuple[Action, ...] = ()
    """What was done, in order."""
    assertions: tuple[str, ...] = ()
    """Labels of the assertions."""
    statements: tuple[Statement, ...] = ()
    """What the assertions beside the actions say of the making."""
    relationship: str = ""
    """How it came into the file: parentOf, componentOf, or inputTo if it or one it is an
    ingredient of was only shown to a tool; empty if active."""
    record: str = ""
    """Our tag as JSON, if this manifest carries one."""
    is_active: bool = False
    """Whether it is the manifest that speaks for the file."""

    @property
    def tag(self) -> ProvenanceTag | None:
        """Our tag, if this manifest carries one that can be read."""
        try:
            return ProvenanceTag.from_json(self.record) if self.record else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The manifest store of a file."""

    manifests: tuple[Manifest, ...]
    """All manifests, the active one first."""
    state: str
    """`Trusted`, `Valid` or `Invalid` as the library says; shown, never decided by."""
    is_ours: bool
    """Whether our certificate signed the active manifest and the hard binding is intact."""
    failures: tuple[str, ...] = ()
    """Validation failure codes of the active manifest."""
    place: str = EMBEDDED
    """Where the store stands: `embedded`, or the name of the sidecar."""
