"""No sequence of operations opens the gate but a valid approval, or a person's withdrawal."""

import io
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PIL import Image

from provenance.errors import TaggingError, UsageError
from provenance.model.approval import Decision, RevocationKind
from provenance.model.finding import Verdict
from provenance.model.purpose import Scope
from provenance.registry.memory import MemoryRegistry
from provenance.registry.records import AssetRecord, AssetStatus
from tests.exhaustive import exhaustive
from tests.media.png_chunks import with_chunks_of
from tests.usecases.audit_desk import Desk
from tests.usecases.studio import Studio

TITLE = "Hafen"
HOUR = timedelta(hours=1)
_KINDS = st.sampled_from((RevocationKind.REVOKED, RevocationKind.SUSPENDED))
_WAYS = st.sampled_from(("hour", "consent", "title", "plain", "use", "stranger", "denied"))


class Operations(RuleBasedStateMachine):
    """Does to one AI picture what people do, and keeps by itself what should still hold."""

    fresh: Callable[[], Desk]

    def __init__(self) -> None:
        super().__init__()
        self.desk = type(self).fresh()
        self.file = self.desk.file
        self.approvals: dict[str, dict[str, Any]] = {}
        self.consent_is_suspended = False
        self.is_re_encoded = False
        self.original = self.file.read_bytes()
        self.essence = self.desk.studio.subject(self.file).essence_digest

    @initialize()
    def begins_blocked(self) -> None:
        assert self.desk.studio.verdict(self.file) is Verdict.BLOCK

    @rule()
    def tag(self) -> None:
        self.desk.studio.tag(self.file)

    @rule()
    def strip(self) -> None:
        try:
            if not self.is_re_encoded:
                self.desk.studio.production.untagger.untag(self.file)
        except TaggingError:
            assert not self._is_tagged()

    @rule(number=st.integers(0, 9))
    def rename(self, number: int) -> None:
        self.file = self.file.rename(self.file.with_name(f"v{number:03}.png"))

    @rule(number=st.integers(0, 99))
    def copy(self, number: int) -> None:
        target = self.desk.studio.home / "elsewhere" / f"copy{number}.png"
        target.parent.mkdir(exist_ok=True)
        if target == self.file:
            return
        self.file = Path(shutil.copyfile(self.file, target))

    @rule()
    def re_encode(self) -> None:
        """Save the picture anew, as an editor does who keeps what the file says."""
        data = self.file.read_bytes()
        if self.is_re_encoded or not self._is_tagged():
            return
        saved = io.BytesIO()
        Image.open(io.BytesIO(data)).save(saved, "PNG", compress_level=0)
        self.file.write_bytes(with_chunks_of(data, saved.getvalue()))
        self.is_re_encoded = True

    @rule()
    def put_original_back(self) -> None:
        self.file.write_bytes(self.original)
        self.is_re_encoded = False

    @rule(way=_WAYS)
    def approve(self, way: str) -> None:
        self._approve(way)

    @rule()
    def expire(self) -> None:
        self._approve("hour")
        self.desk.studio.clock.advance(minutes=61)

    def _approve(self, way: str) -> None:
        request: dict[str, Any] = {
            "title": {"scope": Scope(title=TITLE)},
            "hour": {"valid_until": self.desk.studio.clock.now.replace(microsecond=0) + HOUR},
            "consent": {"consents": ("C-17",)},
            "use": {"uses": frozenset({"trailer"})},
            "stranger": {"signer": self.desk.stranger()},
            "denied": {"decision": Decision.DENIED},
        }.get(way, {})
        if self.is_re_encoded:
            return
        identity = self.desk.approve(self.file, **request)
        self.approvals[identity] = {
            "way": way,
            "states": set(),
            "until": request.get("valid_until"),
        }

    @rule(data=st.data(), kind=_KINDS)
    def take_back(self, data: st.DataObject, kind: RevocationKind) -> None:
        if identity := self._one(data):
            self.desk.ids.append(identity)
            self.desk.take_back(kind)
            self.approvals[identity]["states"].add(kind)

    @rule(data=st.data())
    def reinstate(self, data: st.DataObject) -> None:
        if identity := self._one(data):
            states = self.approvals[identity]["states"]
            self.desk.ids.append(identity)
            if RevocationKind.SUSPENDED not in states:
                with pytest.raises(UsageError, match="nothing is suspended"):
                    self.desk.take_back(RevocationKind.REINSTATED)
                return
            self.desk.take_back(RevocationKind.REINSTATED)
            states.discard(RevocationKind.SUSPENDED)

    @rule(data=st.data())
    def supersede(self, data: st.DataObject) -> None:
        """A denial takes the place of an approval."""
        identity = self._one(data)
        if identity and not self.is_re_encoded:
            self.desk.approve(self.file, decision=Decision.DENIED, supersedes=identity)
            self.approvals[identity]["states"].add("superseded")

    @rule()
    def change_consent(self) -> None:
        kind = RevocationKind.REINSTATED if self.consent_is_suspended else RevocationKind.SUSPENDED
        self.desk.take_consent_back("C-17", kind)
        self.consent_is_suspended = not self.consent_is_suspended

    @rule(minutes=st.sampled_from((61, 30)))
    def wait(self, minutes: int) -> None:
        self.desk.studio.clock.advance(minutes=minutes)

    @rule()
    def withdraw(self) -> None:
        registry = self.desk.studio.production.registry
        registry.withdraw_asset(self._record().asset_id, "camera original")

    @rule()
    def export_and_import(self) -> None:
        sent = self.desk.studio.home / "sent"
        self.desk.studio.production.exchange.export(sent, ())
        if self.approvals:
            imported = self.desk.studio.production.exchange.import_from(sent)
            assert imported.approvals == ()

    @invariant()
    def opens_for_a_reason_only(self) -> None:
        for title in ("", TITLE):
            verdict = self.desk.studio.verdict(self.file, title=title, remembers=False)
            if verdict is Verdict.PASS:
                assert not self.is_re_encoded
                assert self._record().status is AssetStatus.WITHDRAWN or self._allows(title)
            elif not self.is_re_encoded:
                assert not self._allows(title)

    @invariant()
    def each_approval_is_what_became_of_it(self) -> None:
        for checked in self.desk.studio.production.approver.list():
            known = self.approvals.get(checked.approval.approval_id)
            if known is not None:
                assert checked.status.holds is self._stands(known)

    def _is_tagged(self) -> bool:
        with self.desk.studio.examined(self.file) as examined:
            return examined.tag is not None

    def _record(self) -> AssetRecord:
        record = self.desk.studio.production.registry.find_by_essence(self.essence)
        assert record is not None
        return record

    def _one(self, data: st.DataObject) -> str:
        known = list(self.approvals)
        return known[data.draw(st.integers(0, len(known) - 1))] if known else ""

    def _allows(self, title: str) -> bool:
        return any(self._holds(one, title) for one in self.approvals.values())

    def _holds(self, approval: dict[str, Any], title: str) -> bool:
        covers = {"title": title == TITLE, "use": False}
        return self._stands(approval) and covers.get(approval["way"], True)

    def _stands(self, approval: dict[str, Any]) -> bool:
        if approval["states"] or approval["way"] in ("stranger", "denied"):
            return False
        if approval["way"] == "hour":
            return bool(self.desk.studio.clock.now <= approval["until"])
        return approval["way"] != "consent" or not self.consent_is_suspended


@exhaustive
def test_nothing_else_opens_the_gate(
    desk: Desk,
    template: Path,
    place: Path,
) -> None:
    made = iter(range(10_000))

    def fresh() -> Desk:
        home = Path(shutil.copytree(template, place / f"show{next(made)}"))
        studio = Studio(home, desk.studio.runner, desk.studio.technical)
        studio.production.registry = MemoryRegistry()  # nothing to flush
        file = studio.put(desk.other.read_bytes(), "sky.png")
        studio.tag(file)
        return Desk(studio, file, desk.other)

    class Bound(Operations):
        def teardown(self) -> None:
            self.desk.studio.close()
            shutil.rmtree(self.desk.studio.home)

    Bound.fresh = staticmethod(fresh)
    bound = Bound.TestCase
    bound.settings = settings(
        max_examples=30,
        stateful_step_count=14,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    bound().runTest()
