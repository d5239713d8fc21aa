"""Paper vouchers of a month: who chose paper, who takes them, and what becomes of each serial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.policy.model import VoucherPolicy
from shared.caller import Caller
from shared.contracts.ids import derived_id
from shared.contracts.months import month_of
from shared.errors import Conflict, Forbidden, NotFound, Refusal, invalid_field

Scheme = Literal["account", "paper"]
State = Literal[
    "generated", "handed_out", "lost", "used", "recollected", "settled", "destroyed", "expired",
    "void",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """Account or paper from a month on, for one holder or for all of a programme."""

    id: UUID
    person_id: UUID | None
    programme: str
    from_month_on: date
    scheme: Scheme
    split: dict[int, int] | None


@dataclass(frozen=True, slots=True)
class Chooser:
    """What a choice of one holder is checked against."""

    area_code: str
    died: bool
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Unprinted:
    """A holder's month that was issued on paper and has no serials yet."""

    account_id: UUID
    person_id: UUID
    area_code: str
    valid_until_on: date
    amount_fen: int
    wish: dict[int, int] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The paper of one community and month, on its way to the holders."""

    id: UUID
    area_code: str
    month_on: date
    dispatched_by: str | None
    received_by: str | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """One holder's vouchers of a month, as they stand."""

    account_id: UUID
    batch_id: UUID
    person_id: UUID
    received: bool
    handed: bool
    died: bool
    valid_until_on: date
    generated: int


@dataclass(frozen=True, slots=True)
class Handover:
    """Who took a bundle: the holder, or an agent with a recorded authority (C-47)."""

    account_id: UUID
    agent_id: UUID | None


def check_month(policy: VoucherPolicy, programme: str, month_on: date) -> None:
    """A programme of this policy, and the first day of a month.

    Raises:
        Invalid: one of the two is not.
    """
    if programme not in policy.programmes:
        raise invalid_field(
            "body.programme",
            "unknown_programme",
            f"没有此券项目；可选：{'、'.join(policy.programmes)}",
            f"no such voucher programme; choose one of {', '.join(policy.programmes)}",
        )
    if month_on != month_of(month_on) or month_on < policy.counts_from:
        raise invalid_field(
            "body.month_on",
            "not_a_month",
            f"应为某月一日，且不早于 {policy.counts_from}",
            f"must be the first day of a month, not before {policy.counts_from}",
        )


def check_choice(choice: Choice, chooser: Chooser | None, issued: bool, caller: Caller) -> None:
    """A choice holds from a month that is not issued yet, so no month is on both.

    Raises:
        Forbidden: the whole programme is chosen for by the district alone.
        NotFound: no holder of this id within the caller's area.
        Conflict: the holder died, or the month is issued already.
    """
    if choice.person_id is None and caller.role != "district_officer":
        raise Forbidden(
            "district_alone",
            "整个项目的发放方式由区级决定；街道请按持券人办理",
            "the scheme of a whole programme is the district's; choose for one holder",
        )
    if choice.person_id is not None and chooser is None:
        raise NotFound(
            "no_such_holder",
            "本辖区没有此人的券待遇；请核对人员编号或先办理审批",
            "no voucher award of this person in your area; check the id or have the award approved",
        )
    if chooser is not None and chooser.died:
        raise Conflict(
            "holder_died", "此人已去世，不再发券", "the person has died; nothing more is issued"
        )
    if issued:
        raise Conflict(
            "month_issued",
            "该月或以后月份的券已发放；请从下一个未发放的月份起",
            "vouchers of this month or a later one are issued; choose from the next month on",
        )


def nothing_to_print() -> Conflict:
    """No holder of the community has a month on paper without serials."""
    return Conflict(
        "nothing_to_print",
        "该社区该月没有待印制的纸质券；请先发放，或核对社区和月份",
        "no paper of this month waits for this community; issue it first, or check both",
    )


def no_batch() -> NotFound:
    """No batch of this id within the caller's area."""
    return NotFound("no_such_batch", "本辖区没有此批次", "there is no such batch in your area")


def dispatch(batch: Batch) -> None:
    """Send a batch to its community, once.

    Raises:
        Conflict: it was sent already.
    """
    if batch.dispatched_by is not None:
        raise Conflict("already_dispatched", "本批次已发出", "this batch was dispatched already")


def receive(batch: Batch, caller: Caller) -> None:
    """Take a batch in at the community, by another person than who sent it.

    Raises:
        Conflict: not sent yet, or taken in already.
        Forbidden: the same person.
    """
    if batch.dispatched_by is None:
        raise Conflict("not_dispatched", "本批次尚未发出", "this batch was not dispatched yet")
    if batch.received_by is not None:
        raise Conflict("already_received", "本批次已签收", "this batch was received already")
    if batch.dispatched_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人签收：发出人不得自行签收",
            "another person must receive it: whoever dispatched it may not",
        )


def hand_over(
    line: Handover,
    bundle: Bundle | None,
    batch_id: UUID,
    agents: Mapping[UUID, UUID],
    today: date,
) -> Handover:
    """The bundle goes into the hand of its holder, or of an agent who may collect today.

    `agents` tells for whom each agent may collect.

    Raises:
        NotFound: not a bundle of this batch.
        Conflict: handed over already, not at the community yet, the holder died, or void.
        Forbidden: an agent without an authority that holds today.
    """
    if bundle is None or bundle.batch_id != batch_id:
        raise NotFound(
            "no_such_bundle", "本批次没有此份券", "there is no such bundle in this batch"
        )
    refusal = _of_bundle(bundle, today)
    if refusal is not None:
        raise refusal
    if line.agent_id is not None and agents.get(line.agent_id) != bundle.person_id:
        raise Forbidden(
            "agent_may_not_collect",
            "此代领人没有当日有效的授权；请先登记授权文书，或由本人领取",
            "this agent has no authority that holds today; record one, or let the holder come",
        )
    return line


def _of_bundle(bundle: Bundle, today: date) -> Refusal | None:
    if bundle.handed:
        return Conflict("already_handed_out", "此份券已发放", "this bundle was handed out already")
    if not bundle.received:
        return Conflict(
            "not_received", "社区尚未签收本批次", "the community has not received this batch yet"
        )
    if bundle.died:
        return Conflict(
            "holder_died", "持券人已去世，此份券作废", "the holder has died; this bundle is void"
        )
    if bundle.valid_until_on < today or not bundle.generated:
        return Conflict(
            "bundle_void", "此份券已过期或作废", "this bundle has lapsed or was made void"
        )
    return None


def serial_id(account_id: UUID, nth: int) -> UUID:
    """The nth voucher of a holder's month; a month is printed once, whoever asks twice."""
    return derived_id("paper-serial", account_id, nth)
