"""The monthly issue: who is due how much, who pays, and the two people who decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.vouchers.funds.domain import Coverage, Need, short_by
from services.vouchers.policy.model import VoucherPolicy
from shared.caller import Caller
from shared.contracts.months import month_of
from shared.contracts.vouchers import VouchersIssued
from shared.errors import Conflict, Forbidden, NotFound, invalid_field

LARGEST_LETTER = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """So many people of a street and class who are due the same amount for a month."""

    street_code: str
    benefit_class: str
    amount_fen: int
    people: int


@dataclass(frozen=True, slots=True)
class Run:
    """An issue run as it stands."""

    id: UUID
    programme: str
    month_on: date
    made_by: str
    approved_on: date | None


@dataclass(frozen=True, slots=True)
class Issued:
    """What a run issued in one street from one fund, and the journeys it belongs to."""

    street_code: str
    fund: str
    people: int
    total_fen: int
    amounts_fen: tuple[int, ...]
    applications: tuple[UUID | None, ...]

    def counted(self) -> Issued:
        """The sums alone, once the journeys have been told."""
        return replace(self, amounts_fen=(), applications=())


def check_month(policy: VoucherPolicy, programme: str, month_on: date, today: date) -> None:
    """A month can be issued from its first day until its vouchers would be void.

    Raises:
        Invalid: another programme, not a month's first day, in the future, too early or void.
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
    if month_on > month_of(today):
        raise invalid_field(
            "body.month_on",
            "month_in_future",
            "不得提前发放以后月份的券",
            "a month cannot be issued before it has begun",
        )
    if policy.valid_until(month_on) < today:
        raise invalid_field(
            "body.month_on",
            "month_void",
            "该月券已过有效期，不再发放",
            "vouchers of this month would be void already",
        )


def needs_of(dues: Iterable[Due], lots: Mapping[tuple[str, str], str] | None = None) -> list[Need]:
    """The needs of a month over all streets; those of an order on who pays stand by themselves."""
    people: Counter[tuple[str, str, int]] = Counter()
    for due in dues:
        lot = (lots or {}).get((due.street_code, due.benefit_class), "")
        people[lot, due.benefit_class, due.amount_fen] += due.people
    return [Need(kind, amount, n, lot) for (lot, kind, amount), n in sorted(people.items())]


def preview(dues: Sequence[Due], coverage: Coverage) -> dict[str, Any]:
    """What a run would issue: people and money, by fund, street and class, and what is missing."""
    by_fund: Counter[str] = Counter()
    by_street: Counter[str] = Counter()
    by_class: Counter[str] = Counter()
    for share in coverage.shares:
        by_fund[share.source.fund] += share.total_fen
    for due in dues:
        by_street[due.street_code] += due.people * due.amount_fen
        by_class[due.benefit_class] += due.people * due.amount_fen
    return {
        "people": sum(due.people for due in dues),
        "total_fen": sum(by_street.values()),
        "by_fund": dict(by_fund),
        "by_street": dict(by_street),
        "by_class": dict(by_class),
        "shortage_fen": coverage.shortage_fen,
    }


def summary(issued: Sequence[Issued]) -> dict[str, Any]:
    """What a run has issued."""
    by_fund: Counter[str] = Counter()
    by_street: Counter[str] = Counter()
    for part in issued:
        by_fund[part.fund] += part.total_fen
        by_street[part.street_code] += part.total_fen
    return {
        "people": sum(part.people for part in issued),
        "total_fen": sum(part.total_fen for part in issued),
        "by_fund": dict(by_fund),
        "by_street": dict(by_street),
    }


def portions(streets: Iterable[tuple[str, int]], most: int) -> list[list[str]]:
    """Streets in their order, as many together as have at most so many people, or one alone."""
    made, people = list[list[str]](), 0
    for street, here in streets:
        if not made or people + here > most:
            made.append([])
            people = 0
        made[-1].append(street)
        people += here
    return made


def approve(run: Run, caller: Caller) -> None:
    """The second person's approval.

    Raises:
        Conflict: approved already.
        Forbidden: the person who made the run.
    """
    if run.approved_on is not None:
        raise Conflict("already_approved", "本次发放已批准", "this run is approved already")
    if run.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人批准：提交发放的人不得自行批准",
            "another person must approve: whoever made the run may not",
        )


def unknown_run() -> NotFound:
    """No run of this id."""
    return NotFound("no_such_run", "没有此发放批次", "there is no such issue run")


def check_covered(coverage: Coverage) -> None:
    """Nothing is issued beyond what was allocated (N-19).

    Raises:
        Conflict: effective allocations do not cover the month.
    """
    if coverage.shortage_fen:
        raise short_by(coverage.shortage_fen)


def letters(run: Run, issued: Sequence[Issued], now: datetime) -> list[VouchersIssued]:
    """One letter for each street, in parts of at most 1,000 journeys; the parts add up."""
    streets: dict[str, list[tuple[int, UUID | None]]] = {}
    for part in issued:
        pairs = zip(part.amounts_fen, part.applications, strict=True)
        streets.setdefault(part.street_code, []).extend(pairs)
    return [
        _letter(run, street, vouchers[start : start + LARGEST_LETTER], now)
        for street, vouchers in sorted(streets.items())
        for start in range(0, len(vouchers), LARGEST_LETTER)
    ]


def _letter(
    run: Run, street: str, vouchers: Sequence[tuple[int, UUID | None]], now: datetime
) -> VouchersIssued:
    return VouchersIssued(
        aggregate_id=run.id,
        occurred_at=now,
        area_code=street,
        run_id=run.id,
        programme=run.programme,
        month_on=run.month_on,
        street_code=street,
        people=len(vouchers),
        total_fen=sum(amount for amount, _ in vouchers),
        applications=tuple(journey for _, journey in vouchers if journey is not None),
    )
