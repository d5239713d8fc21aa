"""A provider's life: applied, admitted, suspended, exited; who may move it and what is needed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from services.evaluation.policy.model import Document, Policy, Source
from shared.caller import Caller
from shared.contracts.evaluation import (
    OutletOpened,
    ProviderAdmitted,
    ProviderExited,
    ProviderReinstated,
    ProviderSuspended,
)
from shared.errors import Conflict, FieldFlaw, Forbidden, NotFound

State = Literal["applied", "admitted", "suspended", "exited"]
SelectionMode = Literal["set_up", "tender"]
"""组建 or 招标 (N-18)."""
SuspensionReason = Literal["quality", "credential", "fraud_suspected", "safety", "other"]
ExitReason = Literal["own_wish", "ranked_last", "credential", "fraud", "other"]
DOCUMENT_WORDS: dict[Document, tuple[str, str]] = {
    "rules": ("规章制度", "rules"),
    "standards": ("服务标准", "service standards"),
    "flow": ("服务流程", "service flow"),
    "duties": ("服务人员工作职责", "duties of staff"),
}
STATE_WORDS: dict[State, tuple[str, str]] = {
    "applied": ("已申请", "applied"),
    "admitted": ("已准入", "admitted"),
    "suspended": ("已暂停", "suspended"),
    "exited": ("已退出", "exited"),
}
DOCUMENTS: tuple[Document, ...] = get_args(Document)


@dataclass(slots=True)
class Provider:
    """A provider's file. `entered_by` are all who wrote into it before its admission."""

    id: UUID
    area_code: str
    source: Source
    documents: tuple[Document, ...]
    has_credential: bool
    entered_by: tuple[str, ...]
    state: State = "applied"
    admitted_by: str | None = None
    acts: int = 1

    def complete(self, documents: Collection[Document], credential: bool, by: str) -> None:
        """Add papers to the file before it is admitted."""
        self._expect("applied")
        held = {*self.documents, *documents}
        self.documents = tuple(name for name in DOCUMENTS if name in held)
        self.has_credential = self.has_credential or credential
        if by not in self.entered_by:
            self.entered_by = (*self.entered_by, by)
        self.acts += 1

    def admit(self, by: str, at: datetime, policy: Policy) -> ProviderAdmitted:
        """Admit after the papers are checked by somebody who did not write them (C-33, C-34)."""
        self._expect("applied")
        if by in self.entered_by:
            raise Forbidden(
                "same_person",
                "录入人不得批准本机构准入；请由另一人办理",
                "who entered a provider may not admit it; let another person do so",
            )
        missing = self.missing(at, policy)
        if missing:
            raise Conflict(
                "provider_incomplete",
                f"材料不全，缺：{'、'.join(flaw.zh for flaw in missing)}；请补交后再批准",
                f"missing: {', '.join(flaw.en for flaw in missing)}; add them and admit again",
                *missing,
            )
        self._move("admitted")
        self.admitted_by = by
        return ProviderAdmitted(**self._about(at), admitted_on=at.date())

    def missing(self, at: datetime, policy: Policy) -> tuple[FieldFlaw, ...]:
        """The papers that the policy asks of such a provider and that are not on file."""
        found = [
            FieldFlaw(f"documents.{name}", "document_missing", *DOCUMENT_WORDS[name])
            for name in policy.documents.on(at.date())
            if name not in self.documents
        ]
        paper = policy.credentials.on(at.date())[self.source]
        if paper is not None and not self.has_credential:
            found.append(FieldFlaw("credential_no", "credential_missing", paper.zh, paper.en))
        return tuple(found)

    def suspend(self, reason: SuspensionReason, at: datetime) -> ProviderSuspended:
        """No new plans or vouchers until reinstated."""
        self._expect("admitted")
        self._move("suspended")
        return ProviderSuspended(**self._about(at), suspended_on=at.date(), reason=reason)

    def reinstate(self, at: datetime) -> ProviderReinstated:
        """Lift a suspension."""
        self._expect("suspended")
        self._move("admitted")
        return ProviderReinstated(**self._about(at), reinstated_on=at.date())

    def exit(self, reason: ExitReason, at: datetime) -> ProviderExited:
        """Leave for good; what was honoured before is still settled."""
        self._expect("admitted", "suspended")
        self._move("exited")
        return ProviderExited(**self._about(at), exited_on=at.date(), reason=reason)

    def open_outlet(
        self, outlet_id: UUID, area_code: str, categories: tuple[str, ...], at: datetime
    ) -> OutletOpened:
        """Open a place of service, for a provider that has not left."""
        self._expect("applied", "admitted", "suspended")
        return OutletOpened(
            aggregate_id=outlet_id,
            outlet_id=outlet_id,
            provider_id=self.id,
            area_code=area_code,
            agency=str(self.id),
            categories=categories,
            occurred_at=at,
        )

    def _about(self, at: datetime) -> dict[str, Any]:
        return {
            "aggregate_id": self.id,
            "provider_id": self.id,
            "area_code": self.area_code,
            "agency": str(self.id),
            "occurred_at": at,
        }

    def _move(self, state: State) -> None:
        self.state = state
        self.acts += 1

    def _expect(self, *states: State) -> None:
        if self.state in states:
            return
        zh, en = STATE_WORDS[self.state]
        wanted_zh = "、".join(STATE_WORDS[state][0] for state in states)
        wanted_en = ", ".join(STATE_WORDS[state][1] for state in states)
        raise Conflict(
            "wrong_provider_state",
            f"机构状态为“{zh}”，此操作要求为：{wanted_zh}",
            f"the provider is {en}; this act needs it to be: {wanted_en}",
        )


def check_area(caller: Caller, area_code: str) -> None:
    """Nobody acts outside the area that is his.

    Raises:
        Forbidden: the area lies outside the caller's.
    """
    if not caller.covers(area_code):
        raise Forbidden("outside_area", "该地区不在您的管辖范围内", "this area is outside yours")


def unknown_provider() -> NotFound:
    """No provider of this id that the caller may know of."""
    return NotFound(
        "no_such_provider",
        "没有这个机构，或不在您的范围内；请核对标识",
        "there is no such provider within your area; check its id",
    )


def id_taken() -> Conflict:
    """Another caller has used this id already."""
    return Conflict(
        "id_taken",
        "该标识已被使用；请换用新标识",
        "this id is used already; make a new one",
    )
