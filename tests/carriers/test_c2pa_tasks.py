"""The worker's side of C2PA: stores of odd shapes reduced to plain values."""

import io

import pytest

from provenance.carriers import c2pa_tasks
from provenance.errors import DamagedMediaError


def manifests(*, active="urn:1", **store):
    return list(c2pa_tasks._manifests({"active_manifest": active, "manifests": store}))


def manifest(**facts):
    (found,) = manifests(**{"urn:1": facts})
    return found


def with_assertion(label, data):
    return manifest(assertions=[{"label": label, "data": data}])


def test_the_library_is_loaded_early():
    assert c2pa_tasks.preload() is None


def test_a_file_without_a_store_has_none():
    arguments = {"media_type": "image/png", "root": "", "validate": False}
    with pytest.raises(DamagedMediaError):
        c2pa_tasks.read_store(arguments, [io.BytesIO(b"no picture")])


def test_a_store_without_manifests_yields_none():
    assert manifests() == []
    assert list(c2pa_tasks._manifests({})) == []


def test_the_active_manifest_comes_first_wherever_it_stands():
    found = manifests(active="urn:2", **{"urn:1": {}, "urn:2": {}})
    assert [(one["label"], one["is_active"]) for one in found] == [
        ("urn:2", True),
        ("urn:1", False),
    ]
    found = manifests(active="urn:9", **{"urn:1": {}})
    assert [one["is_active"] for one in found] == [False]


def test_of_several_uses_the_one_that_says_most_of_the_making_counts():
    def ingredient(label, relationship):
        return {"active_manifest": label, "relationship": relationship}

    found = manifests(
        **{
            "urn:1": {
                "ingredients": [
                    ingredient("urn:2", "inputTo"),
                    ingredient("urn:2", "parentOf"),
                    ingredient("urn:2", "componentOf"),
                    ingredient("urn:3", "somethingNew"),
                    ingredient(None, "parentOf"),
                    {"relationship": "parentOf"},
                ]
            },
            "urn:2": {},
            "urn:3": {},
        }
    )
    assert {one["label"]: one["relationship"] for one in found} == {
        "urn:1": "",
        "urn:2": "parentOf",
        "urn:3": "somethingNew",
    }


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"claim_generator_info": [{"name": "Desk", "version": "4"}]}, "Desk 4"),
        ({"claim_generator_info": [{"name": "Desk"}]}, "Desk"),
        ({"claim_generator_info": [{}], "claim_generator": "old/1"}, "old/1"),
        ({"claim_generator_info": ["odd"], "claim_generator": "old/1"}, "old/1"),
        ({"claim_generator_info": "odd"}, ""),
        ({"claim_generator": None}, ""),
    ],
)
def test_a_claim_generator_is_named_in_every_version(facts, name):
    assert manifest(**facts)["claim_generator"] == name


@pytest.mark.parametrize(
    ("signature", "signer"),
    [
        ({"issuer": "Org", "common_name": "Name"}, "Org"),
        ({"common_name": "Name"}, "Name"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_signer_is_named_by_organisation_or_name(signature, signer):
    assert manifest(signature_info=signature)["signer"] == signer


@pytest.mark.parametrize(
    ("agent", "name", "version"),
    [
        ("Diffuser 2", "Diffuser 2", ""),
        ({"name": "Diffuser", "version": "2"}, "Diffuser", "2"),
        ({}, "", ""),
        (None, "", ""),
    ],
)
def test_an_agent_is_a_text_or_a_record(agent, name, version):
    data = {"actions": [{"action": "c2pa.created", "softwareAgent": agent}]}
    (action,) = with_assertion("c2pa.actions.v2", data)["actions"]
    assert (action["software_agent"], action["agent_version"]) == (name, version)


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("c2pa.hash.data", {"actions": [{"action": "c2pa.created"}]}),
        ("c2pa.actions", "no record"),
        ("c2pa.actions", None),
        ("c2pa.actions", {}),
    ],
)
def test_other_assertions_hold_no_actions(label, data):
    found = with_assertion(label, data)
    assert found["actions"] == []
    assert found["assertions"] == [label]


def test_long_texts_are_shortened():
    data = {"actions": [{"action": "x" * 9999, "description": "y" * 9999}]}
    (action,) = with_assertion("c2pa.actions", data)["actions"]
    assert (len(action["name"]), len(action["description"])) == (200, 2000)


MARK = "local.provenance.temporary"
ACTION = "local.provenance.markedTemporary"


@pytest.mark.parametrize(
    ("label", "data", "record"),
    [
        (MARK, {"record": "{}"}, "{}"),
        (MARK, {}, ""),
        (MARK, "no record", ""),
        ("c2pa.actions", {"actions": [{"action": ACTION, "parameters": {"record": "r"}}]}, "r"),
        ("c2pa.actions", {"actions": [{"action": ACTION, "parameters": None}]}, ""),
        ("c2pa.actions", {"actions": [{"action": "c2pa.edited"}]}, ""),
        ("c2pa.metadata", {"actions": "odd"}, ""),
    ],
)
def test_our_record_is_found_in_assertion_or_action(label, data, record):
    assert with_assertion(label, data)["record"] == record


def test_a_redacted_assertion_leaves_the_action():
    action = {"action": ACTION, "parameters": {"record": "r"}}
    found = manifest(assertions=[{"label": "c2pa.actions.v2", "data": {"actions": [action]}}])
    assert found["record"] == "r"


def test_only_a_success_of_our_anchor_is_ours():
    def signed(code, explanation):
        return c2pa_tasks._signed_by_us({"success": [{"code": code, "explanation": explanation}]})

    trusted = "signingCredential.trusted"
    assert signed(trusted, "signing certificate trusted, found in urn:provenance:show anchors")
    assert not signed(trusted, "signing certificate trusted, found in System trust anchors")
    assert not signed("claimSignature.validated", "urn:provenance:show")
    assert not c2pa_tasks._signed_by_us({})
