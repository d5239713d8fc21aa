"""Allocation orders and the waterfall: which fund pays for which voucher (N-19, C-22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.vouchers.ledger.domain import AccountKind, Line
from services.vouchers.policy.model import FundRule
from shared.caller import Caller
from shared.contracts.money import yuan_text
from shared.errors import Conflict, Forbidden, invalid_field


@dataclass(frozen=True, slots=True)
class Allocation:
    """An order that lets a fund pay so much for a purpose; effective when two bodies signed."""

    id: UUID
    fund: str
    purpose: str
    amount_fen: int
    order_no: str
    area_code: str
    made_by: str
    made_body: str
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What an effective allocation still has."""

    allocation_id: UUID
    account_id: UUID
    fund: str
    balance_fen: int


@dataclass(frozen=True, slots=True)
class Need:
    """So many people of a class who are due the same amount; `lot` is an order on who pays."""

    benefit_class: str
    amount_fen: int
    people: int
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """The people ranked `after + 1 … upto` of a lot, class and amount: one allocation pays."""

    benefit_class: str
    amount_fen: int
    after: int
    upto: int
    source: Source
    lot: str = ""

    @property
    def total_fen(self) -> int:
        return (self.upto - self.after) * self.amount_fen


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the needs are covered, and what is missing; which lot a street's class belongs to."""

    shares: tuple[Share, ...]
    shortage_fen: int
    lots: tuple[tuple[str, str, str], ...] = ()


def waterfall(
    needs: Sequence[Need], sources: Sequence[Source], rules: Sequence[FundRule], purpose: str
) -> Coverage:
    """Charge each voucher whole to the first fund in order that may pay and still can (C-22)."""
    ordered = sorted(needs, key=lambda need: (need.benefit_class, need.amount_fen))
    served = dict.fromkeys(ordered, 0)
    shares: list[Share] = []
    for rule in rules:
        if purpose not in rule.purposes:
            continue
        for source in sources:
            if source.fund == rule.fund:
                shares += _draw(
                    source, [n for n in ordered if n.benefit_class in rule.classes], served
                )
    missing = sum((need.people - served[need]) * need.amount_fen for need in ordered)
    return Coverage(tuple(shares), missing)


def _draw(source: Source, needs: Sequence[Need], served: dict[Need, int]) -> list[Share]:
    left, shares = source.balance_fen, []
    for need in needs:
        after = served[need]
        taken = min(need.people - after, left // need.amount_fen)
        if taken > 0:
            share = Share(need.benefit_class, need.amount_fen, after, after + taken, source)
            served[need] = share.upto
            left -= share.total_fen
            shares.append(share)
    return shares


@dataclass(frozen=True, slots=True)
class Draw:
    """So much of one amount is paid by one allocation."""

    source: Source
    amount_fen: int


def split(
    amount_fen: int, sources: Sequence[Source], rules: Sequence[FundRule], purpose: str
) -> tuple[Draw, ...]:
    """Pay one amount from the funds in their order, to the fen (1.4); the draws add up to it.

    Raises:
        Conflict: effective allocations of the purpose do not cover it.
    """
    left, draws = amount_fen, list[Draw]()
    for rule in rules:
        if purpose in rule.purposes:
            for source in sources:
                taken = min(left, source.balance_fen) if source.fund == rule.fund else 0
                if taken > 0:
                    draws.append(Draw(source, taken))
                    left -= taken
    if left:
        raise short_by(left)
    return tuple(draws)


def short_by(missing_fen: int) -> Conflict:
    """Nothing is paid beyond what was allocated (N-19)."""
    lack = yuan_text(missing_fen)
    return Conflict(
        "insufficient_allocation",
        f"已生效的拨款不足，差 {lack} 元；请先由民政、财政签署拨款单",
        f"allocations are short by {lack} yuan; have an allocation order signed first",
    )


def paid_lines(
    draws: Sequence[Draw], kind: AccountKind, accounts: Mapping[str, UUID], where: str
) -> tuple[Line, ...]:
    """The posting set of a payment: from each allocation to its fund's account of the book."""
    lines = list[Line]()
    for draw in draws:
        fund = draw.source.fund
        lines += (
            Line(draw.source.account_id, "allocation", -draw.amount_fen, fund, where),
            Line(accounts[fund], kind, draw.amount_fen, fund, where),
        )
    return tuple(lines)


def check_signer(caller: Caller, bodies: Sequence[str]) -> None:
    """Only the bodies that the policy names take part.

    Raises:
        Forbidden: the caller belongs to another body.
    """
    if caller.body not in bodies:
        raise Forbidden(
            "body_not_party",
            f"只有{'、'.join(bodies)}部门可以签署",
            f"only the bodies {', '.join(bodies)} may sign",
        )


def check_purpose(fund: str, purpose: str, rules: Sequence[FundRule]) -> None:
    """A fund pays only for what it may pay for.

    Raises:
        Invalid: the fund is locked against the purpose.
    """
    if not any(rule.fund == fund and purpose in rule.purposes for rule in rules):
        raise invalid_field(
            "body.purpose",
            "fund_purpose_locked",
            "该资金按规定不得用于此用途；请更换资金来源或用途",
            "by its rules this fund may not pay for this purpose; choose another fund or purpose",
        )


class Paper(Protocol):
    """Something about money that one body made and the other one signs."""

    @property
    def made_by(self) -> str: ...
    @property
    def made_body(self) -> str: ...
    @property
    def signed_on(self) -> date | None: ...


def sign(paper: Paper, caller: Caller) -> None:
    """The second signature, by the other body and another person (N-19).

    Raises:
        Conflict: signed already.
        Forbidden: the same person or the same body.
    """
    if paper.signed_on is not None:
        raise Conflict("already_signed", "此件已签署生效", "this is signed and effective already")
    if paper.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人签署：制单人不得自行签署",
            "another person must sign: whoever made it may not",
        )
    if paper.made_body == caller.body:
        raise Forbidden(
            "same_body",
            "须由另一部门签署（民政与财政各一）",
            "the other body must sign (one of civil affairs, one of finance)",
        )


def allocation_lines(allocation: Allocation, fund: UUID, account: UUID) -> tuple[Line, ...]:
    """The posting set of an order that became effective: from the fund to the allocation."""
    amount, where = allocation.amount_fen, allocation.area_code
    return (
        Line(fund, "fund", -amount, allocation.fund, where),
        Line(account, "allocation", amount, allocation.fund, where),
    )
