import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.attestation.approval_statement import approval_statement, read_approval
from provenance.attestation.revocation_statement import read_revocation, revocation_statement
from provenance.errors import AttestationError
from provenance.model.ai_use import Transform, UseCategory
from provenance.model.approval import Approval, Decision, Revocation, RevocationKind
from provenance.model.condition import Condition, ConditionKind
from provenance.model.digest import Digest, digest_from_hex, hex_of, sha256_digest
from provenance.model.evidence import DkimOutcome, Evidence, EvidenceKind, MailFacts
from provenance.model.party import Party
from provenance.model.purpose import Scope
from provenance.model.subject import Subject
from provenance.model.trust_edition import TrustEdition
from tests.exhaustive import exhaustive

MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=9))]),
)
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: digest_from_hex(raw.hex()))
FILLED = st.text(min_size=1).filter(str.strip)
SUBJECTS = st.builds(Subject, name=st.text(), file_digest=DIGESTS, essence_digest=DIGESTS)
MAILS = st.builds(
    MailFacts,
    message_id=st.text(),
    sender=st.text(),
    sent_at=st.none() | MOMENTS,
    dkim=st.sampled_from(DkimOutcome),
    dkim_domain=st.text(),
    dkim_selector=st.text(),
    dkim_key=st.text(),
)
EVIDENCE = st.builds(
    Evidence,
    name=st.text(),
    digest=DIGESTS,
    size=st.integers(0, 2**63),
    kind=st.sampled_from(EvidenceKind),
    mail=st.none() | MAILS,
)
PARTIES = st.builds(Party, name=FILLED, organisation=st.text(), role=st.text())
SETS = st.frozensets(st.text(max_size=5), max_size=3)
CONDITIONS = st.one_of(
    st.builds(
        Condition,
        text=st.text(),
        kind=st.sampled_from(["text", "background-only"]).map(ConditionKind),
    ),
    st.builds(
        Condition,
        text=st.text(),
        kind=st.just(ConditionKind.MAX_SECONDS),
        seconds=st.floats(0, 1e6),
    ),
)
IDS = st.uuids().map(lambda uuid: uuid.urn)
APPROVALS = st.builds(
    Approval,
    approval_id=IDS,
    subjects=st.lists(SUBJECTS, min_size=1, max_size=3).map(tuple),
    uses=st.frozensets(
        st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True), min_size=1
    ),
    approver=PARTIES,
    approved_at=MOMENTS,
    evidence=st.lists(EVIDENCE, min_size=1, max_size=3).map(tuple),
    decision=st.sampled_from(Decision),
    authority=st.text(),
    requester=st.none() | PARTIES,
    recorder=st.text(),
    request_id=st.text(),
    categories=st.frozensets(st.sampled_from(UseCategory)),
    scope=st.builds(
        Scope,
        title=st.text(),
        episode=st.text(),
        cut=st.text(),
        territories=SETS,
        languages=SETS,
        media=SETS,
    ),
    conditions=st.lists(CONDITIONS, max_size=3).map(tuple),
    derivatives=st.frozensets(st.sampled_from(Transform)),
    consents=st.lists(st.text(), max_size=2).map(tuple),
    supersedes=st.text(),
    valid_from=st.none() | MOMENTS,
    valid_until=st.none() | MOMENTS,
    trust_edition=st.builds(TrustEdition, list_id=st.text(), serial=st.integers(0, 2**31)),
)
REVOCATIONS = st.builds(
    Revocation,
    record_id=IDS | st.text(min_size=1).map("consent:{}".format),
    kind=st.sampled_from([RevocationKind.REVOKED, RevocationKind.SUSPENDED]),
    reason=FILLED,
    revoked_at=MOMENTS,
) | st.builds(
    Revocation,
    record_id=IDS,
    kind=st.just(RevocationKind.REINSTATED),
    reason=FILLED,
    revoked_at=MOMENTS,
    lifts=st.lists(DIGESTS, min_size=1, max_size=2).map(tuple),
)
ENVELOPE_DIGEST = sha256_digest(b"envelope")


@exhaustive
@given(approval=APPROVALS)
def test_a_written_approval_reads_back(approval: Approval) -> None:
    assert read_approval(approval_statement(approval)) == approval


@given(revocation=REVOCATIONS)
def test_a_written_revocation_reads_back(revocation: Revocation) -> None:
    statement = revocation_statement(revocation, approval_envelope=ENVELOPE_DIGEST)
    assert read_revocation(statement) == revocation


def test_an_approval_is_an_in_toto_statement(approval: Approval) -> None:
    fields = json.loads(approval_statement(approval))
    assert fields["_type"] == "https://in-toto.io/Statement/v1"
    assert fields["predicateType"] == "https://ns.provenance.local/approval/v1"
    assert fields["subject"] == [
        {
            "name": "sky_v003.png",
            "digest": {
                "sha256": hex_of(sha256_digest(b"file")),
                "provenanceEssenceSha256": hex_of(sha256_digest(b"essence")),
            },
        }
    ]
    assert fields["predicate"] == {
        "schema": "provenance-approval",
        "version": 2,
        "approval_id": "urn:uuid:1a2b3c4d-0000-4000-8000-000000000001",
        "uses": ["final-deliverable", "trailer"],
        "approver": {"name": "Paula Producer", "organisation": "", "role": "Producer"},
        "approved_at": "2026-01-10T09:30:00+00:00",
        "evidence": [
            {
                "name": "mail.eml",
                "digest": {"sha256": hex_of(sha256_digest(b"mail"))},
                "size": 4,
                "kind": "other",
                "mail": None,
            }
        ],
        "decision": "approved",
        "authority": "",
        "requester": None,
        "recorder": "",
        "request_id": "",
        "categories": [],
        "scope": {
            "title": "Café Nord",
            "episode": "",
            "cut": "",
            "territories": [],
            "languages": [],
            "media": [],
        },
        "conditions": [{"kind": "text", "text": "background only", "seconds": None}],
        "derivatives": [],
        "consents": [],
        "supersedes": "",
        "valid_from": None,
        "valid_until": "2026-03-01T00:00:00+00:00",
        "trust_edition": {"list_id": "", "serial": 0},
    }


def test_a_revocation_names_the_envelope_it_takes_back(revocation: Revocation) -> None:
    fields = json.loads(revocation_statement(revocation, approval_envelope=ENVELOPE_DIGEST))
    assert fields["predicateType"] == "https://ns.provenance.local/revocation/v1"
    assert fields["subject"] == [
        {"name": revocation.record_id, "digest": {"sha256": hex_of(ENVELOPE_DIGEST)}}
    ]


def test_a_file_name_that_is_not_utf8_is_kept(approval: Approval) -> None:
    odd = replace(approval.subjects[0], name=b"sky\xff.png".decode("utf-8", "surrogateescape"))
    changed = replace(approval, subjects=(odd,))
    assert read_approval(approval_statement(changed)) == changed


def test_times_of_other_zones_are_written_in_utc(approval: Approval) -> None:
    local = datetime(2026, 1, 10, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    statement = approval_statement(replace(approval, approved_at=local))
    assert json.loads(statement)["predicate"]["approved_at"] == "2026-01-09T23:00:00+00:00"


@pytest.mark.parametrize(
    "changes",
    [
        {"approved_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the point of the test
        {"valid_until": datetime(2026, 1, 1)},  # noqa: DTZ001 - the point of the test
        {"approved_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))},
        {"subjects": ()},
        {"uses": frozenset()},
        {"uses": frozenset({"Final Deliverable"})},
        {"evidence": ()},
        {"approver": Party(name=" ")},
        {"approval_id": "urn:uuid:1A2B3C4D-0000-4000-8000-000000000001"},
        {"evidence": (Evidence(name="a", digest=Digest("sha256:12"), size=1),)},
        {"evidence": (Evidence(name="a", digest=Digest("AB" * 32), size=1),)},
    ],
)
def test_an_approval_that_would_not_read_back_is_never_written(
    approval: Approval, changes: dict[str, Any]
) -> None:
    with pytest.raises(AttestationError):
        approval_statement(replace(approval, **changes))


@pytest.mark.parametrize(
    "changes",
    [{"revoked_at": datetime(2026, 1, 1)}, {"reason": ""}, {"record_id": "1"}],  # noqa: DTZ001 - naive on purpose
)
def test_a_revocation_that_would_not_read_back_is_never_written(
    revocation: Revocation, changes: dict[str, Any]
) -> None:
    with pytest.raises(AttestationError):
        revocation_statement(replace(revocation, **changes), approval_envelope=ENVELOPE_DIGEST)


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    def edit(fields: Any) -> None:
        for step in path[:-1]:
            fields = fields[step]
        fields[path[-1]] = value

    return edit


def drop(*path: str | int) -> Callable[[Any], None]:
    def edit(fields: Any) -> None:
        for step in path[:-1]:
            fields = fields[step]
        del fields[path[-1]]

    return edit


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (drop("_type"), "statement._type is missing"),
        (put("_type", value="https://in-toto.io/Statement/v2"), "statement._type is not"),
        (put("predicateType", value="x"), "statement.predicateType is not"),
        (put("predicate", value=[]), "statement.predicate is not an object"),
        (put("subject", value=[]), "statement.subject is empty"),
        (put("subject", value={}), "statement.subject is not a list"),
        (put("subject", value=["a"]), r"statement.subject\[0\] is not an object"),
        (drop("subject", 0, "digest", "provenanceEssenceSha256"), "EssenceSha256 is missing"),
        (put("subject", 0, "digest", "sha256", value="12"), "sha256 is not a SHA-256"),
        (put("subject", 0, "name", value=3), r"subject\[0\].name is not a text"),
        (put("predicate", "schema", value="other"), "predicate.schema is not"),
        (put("predicate", "version", value=3), "newer than this program"),
        (put("predicate", "version", value=0), "is not a version"),
        (put("predicate", "version", value=True), "is not a whole number"),
        (put("predicate", "version", value="1"), "is not a whole number"),
        (put("predicate", "uses", value=[]), "predicate.uses is empty"),
        (put("predicate", "uses", value=[1]), "something that is not a text"),
        (put("predicate", "uses", value=["Final Cut"]), "'Final Cut', not lower-case"),
        (put("predicate", "evidence", value=[]), "predicate.evidence is empty"),
        (put("predicate", "evidence", 0, "size", value=-1), "size is not a whole number"),
        (put("predicate", "evidence", 0, "size", value=1.5), "size is not a whole number"),
        (put("predicate", "approved_at", value="2026-01-10T09:30:00"), "has no time zone"),
        (put("predicate", "approved_at", value="yesterday"), "is not a time with a zone"),
        (put("predicate", "approved_at", value="0001-01-01T00:00+01:00"), "outside the years"),
        (put("predicate", "approved_at", value=None), "approved_at is not a text"),
        (drop("predicate", "valid_until"), "valid_until is missing"),
        (put("predicate", "valid_until", value="2026-01-10"), "has no time zone"),
        (put("predicate", "approver", "name", value=""), "approver.name is empty"),
        (put("predicate", "conditions", value="none"), "conditions is not a list"),
        (put("predicate", "approval_id", value="urn:uuid:1"), "approval_id is not urn:uuid:"),
    ],
)
def test_a_wrong_field_is_named(
    approval: Approval, edit: Callable[[Any], None], sentence: str
) -> None:
    fields = json.loads(approval_statement(approval))
    edit(fields)
    with pytest.raises(AttestationError, match=sentence):
        read_approval(json.dumps(fields).encode())


def every_field(fields: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = fields.items() if isinstance(fields, dict) else enumerate(fields)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += every_field(value, (*path, key))
    return found


def test_every_single_field_is_needed_and_typed(approval: Approval) -> None:
    whole = json.loads(approval_statement(approval))
    for path in every_field(whole):
        if path[-2:] == ("conditions", 0) or path[-2:-1] == ("uses",):
            continue  # one of several entries may be left out
        if path[-1] in ("requester", "mail", "kind") and "evidence" in (*path, "evidence"):
            continue  # null or absent where nobody knows
        fields = json.loads(approval_statement(approval))
        drop(*path)(fields)
        with pytest.raises(AttestationError):
            read_approval(json.dumps(fields).encode())
        fields = json.loads(approval_statement(approval))
        put(*path, value=False)(fields)
        with pytest.raises(AttestationError):
            read_approval(json.dumps(fields).encode())


def test_unknown_fields_are_passed_over(approval: Approval) -> None:
    fields = json.loads(approval_statement(approval))
    for path in ((), ("predicate",), ("subject", 0), ("subject", 0, "digest")):
        put(*path, "later", value={"a": [1]})(fields)
    assert read_approval(json.dumps(fields).encode()) == approval


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (put("subject", 0, "name", value="urn:uuid:other"), "is another approval"),
        (put("subject", value=[]), "subject is empty"),
        (put("predicate", "kind", value="forgotten"), "kind holds 'forgotten', none of revoked"),
        (put("predicate", "kind", value="reinstated"), "lifts does not go with reinstated"),
        (put("predicate", "lifts", value=["sha256:00"]), "lifts does not go with revoked"),
        (put("predicate", "version", value=3), "newer than this program"),
    ],
)
def test_a_wrong_revocation_is_refused(
    revocation: Revocation, edit: Callable[[Any], None], sentence: str
) -> None:
    fields = json.loads(revocation_statement(revocation, approval_envelope=ENVELOPE_DIGEST))
    edit(fields)
    with pytest.raises(AttestationError, match=sentence):
        read_revocation(json.dumps(fields).encode())


def test_an_approval_is_not_read_as_a_revocation(approval: Approval) -> None:
    with pytest.raises(AttestationError, match="predicateType"):
        read_revocation(approval_statement(approval))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not readable as JSON"),
        (b"[]", "not a JSON object"),
        (b'{"a": NaN}', "NaN is no JSON value"),
        (b"\xff\xfe{\x00}\x00", "not readable as JSON"),
        (b"[" * 200_000, "not readable as JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not readable as JSON"),
        (b'{"a": 1, "a": 1}', "'a' stands twice"),
        (b'{"b": [{"a": 1, "\\u0061": 2}]}', "'a' stands twice"),
    ],
)
def test_bytes_that_are_no_plain_json_are_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(AttestationError, match=sentence):
        read_approval(data)


@given(data=st.binary(max_size=200))
def test_noise_is_never_an_approval(data: bytes) -> None:
    with pytest.raises(AttestationError):
        read_approval(data)
