"""Requests for approval: what becomes of them, and what nobody has to believe."""

from datetime import timedelta

import pytest
from securesystemslib.signer import CryptoSigner

from provenance.attestation.trusted_key import KeyRole
from provenance.errors import UnknownKeyError
from provenance.model.approval import RevocationKind
from provenance.model.party import Party
from provenance.model.request import Request, Terms
from provenance.requesting import RequestState, Wish
from tests.usecases.audit_desk import Desk
from tests.usecases.studio import MORNING, USE


def ask(desk: Desk, *, signer: CryptoSigner | None = None) -> Request:
    wish = Wish(
        paths=(desk.file,),
        requester=Party(name="Ada"),
        addressee="legal@studio.example",
        terms=Terms(uses=frozenset({USE})),
        answer_by=MORNING + timedelta(days=1),
    )
    return desk.studio.production.requester.request(wish, signer or desk.own).request


def only(desk: Desk) -> RequestState:
    production = desk.studio.production
    (state,) = production.requester.states(production.approver.list())
    return state


def test_a_request_is_overdue_after_its_day_and_answered_all_the_same(desk: Desk) -> None:
    request = ask(desk)
    assert (only(desk).state, only(desk).waits) == ("requested", True)
    desk.studio.clock.advance(days=1)
    assert only(desk).state == "requested"
    desk.studio.clock.advance(seconds=1)
    assert only(desk).state == "overdue"
    desk.approve(answers=request)
    assert (only(desk).state, only(desk).waits) == ("approved", False)
    desk.take_back(RevocationKind.SUSPENDED)
    assert only(desk).state == "suspended"


def test_a_stranger_s_request_is_answered_by_nobody(desk: Desk) -> None:
    with pytest.raises(UnknownKeyError, match="not in the trust list"):
        ask(desk, signer=desk.stranger())
    production = desk.studio.production
    assert production.requester.states(()) == ()


def test_a_request_of_a_key_that_was_revoked_since_is_unverified(desk: Desk) -> None:
    key = desk.key("Vera", roles=frozenset({KeyRole.RECORDER}))
    ask(desk, signer=key)
    assert only(desk).state == "requested"
    desk.change_key(key, revoked=True)
    assert only(desk).state == "unverified"
    assert "which was revoked" in only(desk).problem
    with pytest.raises(UnknownKeyError, match="which was revoked"):
        desk.studio.production.requester.find(only(desk).request.request_id)
