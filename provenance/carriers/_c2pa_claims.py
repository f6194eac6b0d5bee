"""What a manifest of ours says, and how the library is to be set up, as plain values."""

from typing import Any

MARK = "local.provenance.temporary"
MARK_ACTION = "local.provenance.markedTemporary"
OUR_ANCHOR = "urn:provenance:show"
# RFC 5280 emailProtection, documentSigning, C2PA claim signing, Microsoft document signing.
_PURPOSES = (
    "1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n1.3.6.1.4.1.62558.2.1\n1.3.6.1.4.1.311.76.59.1.9\n"
)


def settings(root: str, *, validate: bool) -> dict[str, Any]:
    """Return the library's settings: no network, no thumbnails, our root as an anchor."""
    anchors = [{"trust_anchors": root, "trust_uri": OUR_ANCHOR, "trust_kind": "manifest"}]
    return {
        "verify": {
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_after_reading": validate,
        },
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"trust_config": _PURPOSES, **({"anchors": anchors} if root else {})},
    }


def claim(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest definition; the first action must be created or opened.

    Arguments: `hash`, label and content of a hash assertion made elsewhere, is optional; the
    others are told at `c2pa_tasks.sign`.
    """
    assertions: list[dict[str, Any]] = [
        {"label": MARK, "created": True, "data": {"record": arguments["record"]}}
    ]
    if not arguments["has_parent"]:
        created = {
            "action": "c2pa.created",
            "digitalSourceType": arguments["source_type"],
            "description": "Declared by the tagging tool",
        }
        actions = {"actions": [created, mark_action(arguments)]}
        assertions.append({"label": "c2pa.actions.v2", "created": True, "data": actions})
    if "hash" in arguments:
        label, data = arguments["hash"]
        assertions.append({"label": label, "created": True, "data": data})
    return {
        "title": arguments["title"],
        "format": arguments["media_type"],
        "claim_generator_info": [{"name": arguments["tool"], "version": arguments["version"]}],
        "assertions": assertions,
    }


def mark_action(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the action that says temporary."""
    # Inside c2pa.actions no later signer can redact it; a custom assertion alone can be.
    return {
        "action": MARK_ACTION,
        "description": "Temporary - not for final deliverables without written approval",
        "parameters": {"record": arguments["record"]},
    }
