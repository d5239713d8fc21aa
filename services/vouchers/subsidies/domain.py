"""A subsidised device: a tender's prices, what must hold at the counter, and the sale (C-16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.funds.domain import Draw, Source, split
from services.vouchers.policy.model import FundRule
from shared.errors import Conflict

RefusalCode = Literal[
    "provider_not_admitted", "unknown_tender", "tender_closed", "unknown_award", "award_over",
    "one_per_person", "serial_sold", "quota_used_up",
]  # fmt: skip
WORDS: dict[RefusalCode, tuple[str, str]] = {
    "provider_not_admitted": (
        "本单位当日未准入或已暂停，不能销售补贴器具",
        "your organisation is not admitted on that day and may not sell subsidised devices",
    ),
    "unknown_tender": (
        "没有本单位的此项中标；请核对中标编号",
        "your organisation holds no such approved tender; check its id",
    ),
    "tender_closed": (
        "中标价不在有效期内；请改用现行中标编号",
        "the tender's price is not in force today; use the one that is",
    ),
    "unknown_award": (
        "没有此项“小帮手”待遇；请核对通知书上的待遇编号",
        "there is no such device award; check the id on the notice",
    ),
    "award_over": (
        "该待遇今日无效；请购买人联系街道",
        "the award does not hold today; the buyer should ask the street office",
    ),
    "one_per_person": (
        "此人已享受补贴购买一台；每人限一台",
        "this person has bought a subsidised device already; one each",
    ),
    "serial_sold": (
        "此序列号已售出；请核对机身编号",
        "a device with this serial number was sold already; check the number on the device",
    ),
    "quota_used_up": (
        "本项名额已用完；请购买人向街道登记等候",
        "the quota is used up; the buyer may ask the street office to be put on the list",
    ),
}


@dataclass(frozen=True, slots=True)
class Tender:
    """What a tender fixed: the prices, the days and how many."""

    provider_id: str
    outcome: str | None
    from_on: date
    to_on: date
    list_price_fen: int
    user_price_fen: int
    quota: int
    sold: int

    @property
    def subsidy_fen(self) -> int:
        return self.list_price_fen - self.user_price_fen


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whoever holds the award."""

    person_id: UUID
    starts_on: date
    ended_on: date | None
    died_on: date | None
    has_one: bool

    def entitled_on(self, day: date) -> bool:
        """Whether the award holds on a day; nobody's holds after his death."""
        ends = [end for end in (self.ended_on, self.died_on) if end is not None]
        return self.starts_on <= day and all(day <= end for end in ends)


@dataclass(frozen=True, slots=True)
class Counter:
    """Everything that a sale is decided on."""

    taken: bool
    standing: str | None
    tender: Tender | None
    buyer: Buyer | None
    serial_sold: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The sale stands; these allocations pay the subsidy."""

    tender: Tender
    draws: tuple[Draw, ...]


def decide(
    provider_id: str, counter: Counter, day: date, rules: Sequence[FundRule]
) -> Accepted | RefusalCode:
    """Sell or refuse; the first thing that does not hold is the reason.

    Raises:
        Conflict: the id is taken, or the allocations do not cover the subsidy.
    """
    if counter.taken:
        raise Conflict("id_taken", "该编号已使用；请换用新编号", "this id is taken; use another")
    tender, buyer = counter.tender, counter.buyer
    if counter.standing != "admitted":
        return "provider_not_admitted"
    if tender is None or tender.provider_id != provider_id or tender.outcome != "approved":
        return "unknown_tender"
    refusal = _of_tender(tender, day) or _of_buyer(buyer, day)
    if refusal or counter.serial_sold:
        return refusal or "serial_sold"
    draws = split(tender.subsidy_fen, counter.sources, rules, "device_subsidies")
    return Accepted(tender, tuple(draws))


def _of_tender(tender: Tender, day: date) -> RefusalCode | None:
    if not tender.from_on <= day <= tender.to_on:
        return "tender_closed"
    return None if tender.sold < tender.quota else "quota_used_up"


def _of_buyer(buyer: Buyer | None, day: date) -> RefusalCode | None:
    if buyer is None:
        return "unknown_award"
    if not buyer.entitled_on(day):
        return "award_over"
    return "one_per_person" if buyer.has_one else None
