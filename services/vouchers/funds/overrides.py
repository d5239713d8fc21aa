"""Overrides of the waterfall: an order moves a class, street or months to other funds (C-22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.vouchers.funds.domain import Coverage, Need, Share, Source, waterfall
from services.vouchers.policy.model import FundRule
from shared.caller import Caller
from shared.contracts.months import month_of
from shared.errors import Conflict, Forbidden, NotFound, invalid_field

WHOLE = 100
BENEFITS = "benefits"


@dataclass(frozen=True, slots=True)
class FundShare:
    """So many of a hundred vouchers are paid by a fund, each voucher whole."""

    fund: str
    percent: int


@dataclass(frozen=True, slots=True)
class Override:
    """An order of finance; it counts when a second person signed."""

    id: UUID
    area_code: str
    order_no: str
    programme: str
    from_month_on: date
    to_month_on: date
    street_code: str | None
    benefit_class: str | None
    shares: tuple[FundShare, ...]
    reason: str
    made_by: str
    made_body: str
    signed_by: str | None = None

    def covers(self, street_code: str, benefit_class: str) -> bool:
        """Whether the order speaks of a class in a street."""
        return self.street_code in (None, street_code) and self.benefit_class in (
            None,
            benefit_class,
        )

    @property
    def rank(self) -> int:
        """How special it is: a street's class before a street, a street before a class."""
        return 2 * (self.street_code is not None) + (self.benefit_class is not None)


def lots_of(
    pairs: Iterable[tuple[str, str]], overrides: Sequence[Override]
) -> dict[tuple[str, str], Override]:
    """The order that stands for each street and class: the most special, then the newest.

    The orders come newest first.
    """
    ranked = sorted(overrides, key=lambda override: -override.rank)
    found = {pair: next((one for one in ranked if one.covers(*pair)), None) for pair in set(pairs)}
    return {pair: override for pair, override in found.items() if override is not None}


def parts(people: int, shares: Sequence[FundShare]) -> list[tuple[str, int]]:
    """People by fund: whole vouchers as near to the shares as they go, all of them together."""
    made, percent, before = list[tuple[str, int]](), 0, 0
    for share in shares:
        percent += share.percent
        upto = people * percent // WHOLE
        made.append((share.fund, upto - before))
        before = upto
    return made


def cover(
    needs: Sequence[Need],
    orders: Mapping[str, Override],
    sources: Sequence[Source],
    rules: Sequence[FundRule],
) -> Coverage:
    """Who pays: first what an order says, then the waterfall with what is left."""
    left = {source.account_id: source.balance_fen for source in sources}
    shares, missing = list[Share](), 0
    for need in needs:
        if need.lot in orders:
            made = _ordered(need, orders[need.lot].shares, sources, left)
            missing += (need.people - sum(x.upto - x.after for x in made)) * need.amount_fen
            shares += made
    rest = [replace(source, balance_fen=left[source.account_id]) for source in sources]
    free = [need for need in needs if need.lot not in orders]
    fallen = waterfall(free, rest, rules, BENEFITS)
    return Coverage((*shares, *fallen.shares), missing + fallen.shortage_fen)


def _ordered(
    need: Need, funds: Sequence[FundShare], sources: Sequence[Source], left: dict[UUID, int]
) -> list[Share]:
    """An order's fund pays its part alone: what it cannot pay is missing, no other one helps."""
    made, after = list[Share](), 0
    for fund, people in parts(need.people, funds):
        for source in (one for one in sources if one.fund == fund):
            taken = min(people, left[source.account_id] // need.amount_fen)
            if taken > 0:
                upto = after + taken
                made.append(
                    Share(need.benefit_class, need.amount_fen, after, upto, source, need.lot)
                )
                left[source.account_id] -= taken * need.amount_fen
                people, after = people - taken, upto
    return made


def check_override(
    override: Override, rules: Sequence[FundRule], programmes: Sequence[str]
) -> None:
    """An order names whole months, shares of a hundred, and funds that may pay for the class.

    Raises:
        Invalid: it does not; the purpose locks of the funds are not moved by an order.
    """
    if override.programme not in programmes:
        raise invalid_field(
            "body.programme", "unknown_programme", "没有此券项目", "no such voucher programme"
        )
    months = (override.from_month_on, override.to_month_on)
    if any(month_on != month_of(month_on) for month_on in months) or months[0] > months[1]:
        raise invalid_field(
            "body.from_month_on",
            "bad_months",
            "起止月份应为某月一日，且起不晚于止",
            "months are given by their first days, the first not after the last",
        )
    funds = [share.fund for share in override.shares]
    whole = sum(share.percent for share in override.shares) == WHOLE
    if not whole or len(set(funds)) != len(funds):
        raise invalid_field(
            "body.shares",
            "shares_not_whole",
            "各资金比例之和应为 100，且每项资金只列一次",
            "the shares must add up to 100, each fund once",
        )
    asked = {override.benefit_class} if override.benefit_class else _classes(rules)
    if not all(asked <= _classes(rules, fund) for fund in funds):
        raise invalid_field(
            "body.shares",
            "fund_purpose_locked",
            "所列资金按规定不得用于该类别；调整单不能改变资金用途限制",
            "by its rules a fund may not pay for this class; an order cannot change that",
        )


def check_second(override: Override, caller: Caller) -> None:
    """The second person.

    Raises:
        Conflict: signed already.
        Forbidden: the person who made the order.
    """
    if override.signed_by is not None:
        raise Conflict("already_signed", "此件已签署生效", "this is signed and effective already")
    if override.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人签署：制单人不得自行签署",
            "another person must sign: whoever made it may not",
        )


def unknown_override() -> NotFound:
    """No order of this id."""
    return NotFound("no_such_override", "没有此调整单", "there is no such override")


def _classes(rules: Sequence[FundRule], fund: str | None = None) -> set[str]:
    return {
        benefit_class
        for rule in rules
        if BENEFITS in rule.purposes and fund in (None, rule.fund)
        for benefit_class in rule.classes
    }
