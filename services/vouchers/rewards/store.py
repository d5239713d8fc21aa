"""Scores, schemes, rewards and training money in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.vouchers.approvals.domain import Outcome, Proposal
from services.vouchers.payouts.store import Payouts
from services.vouchers.rewards.domain import Result, Scheme, Step, days_of, result_of
from shared.caller import district_of
from shared.errors import Conflict, NotFound
from shared.work import Row

SCORE = """
INSERT INTO score_months (provider_id, month_on, area_code, points, told_at)
VALUES (:provider_id, :month_on, :area_code, :points, :told_at)
ON CONFLICT (provider_id, month_on) DO UPDATE
SET points = excluded.points, told_at = excluded.told_at
WHERE score_months.told_at < excluded.told_at
"""
YEAR = """
SELECT points FROM score_months
WHERE provider_id = :provider_id AND month_on BETWEEN :from_on AND :to_on
"""
SCHEME = """
INSERT INTO reward_schemes (id, area_code, year, order_no, months_at_least, points_from,
    amounts_fen, made_on, made_by, made_body)
VALUES (:id, :area_code, :year, :order_no, :months_at_least, CAST(:points_from AS integer[]),
    CAST(:amounts_fen AS bigint[]), :today, :sub, :body)
ON CONFLICT DO NOTHING
"""
SCHEME_OF = """
SELECT id, months_at_least, points_from, amounts_fen FROM reward_schemes
WHERE year = :year AND outcome = 'approved'
"""
LOCK_SCHEME = (
    "SELECT year, made_by, made_body, outcome FROM reward_schemes WHERE id = :id FOR UPDATE"
)
DECIDE = """
UPDATE {table} SET outcome = :outcome, decided_on = :today, decided_by = :sub,
    decided_body = :body, decided_reason = :reason
WHERE id = :id
"""
SCHEMES = """
SELECT id AS scheme_id, year, order_no, months_at_least, points_from, amounts_fen, outcome,
    made_by, made_body, decided_by, decided_body
FROM reward_schemes ORDER BY year, id
"""
PROPOSE = """
INSERT INTO rewards (id, kind, area_code, agency, year, scheme_id, points, months, people, course,
    amount_fen, reason, made_on, made_by, made_body)
VALUES (:id, :kind, :area_code, :agency, :year, :scheme_id, :points, :months, :people, :course,
    :amount_fen, :reason, :today, :sub, :body)
ON CONFLICT DO NOTHING
"""
LOCK = """
SELECT kind, agency, area_code, amount_fen, made_by, made_body, outcome FROM rewards
WHERE id = :id FOR UPDATE
"""
PAGE = """
SELECT r.id AS reward_id, r.kind, r.agency AS provider_id, r.year, r.points, r.months, r.people,
    r.course, r.amount_fen, r.reason, r.outcome, r.made_by, r.made_body, r.decided_by,
    r.decided_body, p.paid_on
FROM rewards r LEFT JOIN payouts p ON p.id = r.id
WHERE CAST(:after AS uuid) IS NULL OR r.id > :after ORDER BY r.id LIMIT :most
"""
EMPTY = dict.fromkeys(("scheme_id", "points", "months", "people", "course"))


class Rewards(Payouts):
    """The book of rewards, and the training money beside it."""

    async def keep_score(
        self, provider_id: str, month_on: date, points: int, told_at: datetime
    ) -> None:
        """Keep a published month; the one that was told last counts."""
        await self._work.rescope(f"{district_of(self.policy.district)}%")
        await self._work.run(
            SCORE,
            provider_id=provider_id,
            month_on=month_on,
            area_code=self.policy.district,
            points=points,
            told_at=told_at,
        )

    async def result(self, provider_id: str, year: int) -> Result:
        """A provider's year."""
        first, last = days_of(year)
        rows = await self._work.rows(YEAR, provider_id=provider_id, from_on=first, to_on=last)
        return result_of([row["points"] for row in rows])

    async def make_scheme(self, scheme: Mapping[str, Any], steps: Sequence[Step]) -> None:
        """Keep a scheme that waits for its second signature.

        Raises:
            Conflict: its id or number is taken.
        """
        made = await self._work.run(
            SCHEME,
            **scheme,
            **self._stamp(),
            area_code=self.policy.district,
            points_from=[step.points_from for step in steps],
            amounts_fen=[step.amount_fen for step in steps],
        )
        if not made:
            raise Conflict(
                "scheme_taken", "该编号或文号已登记", "a scheme with this id or number is there"
            )

    async def scheme(self, year: int) -> Scheme | None:
        """The scheme that is in force for a year."""
        row = await self._work.row(SCHEME_OF, year=year)
        if row is None:
            return None
        pairs = zip(row["points_from"], row["amounts_fen"], strict=True)
        return Scheme(row["id"], row["months_at_least"], tuple(Step(*pair) for pair in pairs))

    async def proposed_scheme(self, scheme_id: UUID) -> Proposal:
        """A scheme's first signature, locked until the end of the work.

        Raises:
            NotFound: there is none.
            Conflict: another scheme is in force for its year.
        """
        row = await self._work.row(LOCK_SCHEME, id=scheme_id)
        if row is None:
            raise NotFound("no_such_scheme", "没有此奖励办法", "there is no such scheme")
        there = await self.scheme(row["year"])
        if there is not None and there.id != scheme_id:
            raise Conflict(
                "year_has_a_scheme", "该年度已有生效的奖励办法", "this year has a scheme already"
            )
        return Proposal(row["made_by"], row["made_body"], row["outcome"])

    async def decide_scheme(self, scheme_id: UUID, outcome: Outcome, reason: str) -> None:
        """Keep the second signature on a scheme."""
        await self._decide("reward_schemes", scheme_id, outcome, reason)

    async def schemes(self) -> Sequence[Row]:
        """All schemes."""
        return await self._work.rows(SCHEMES)

    async def propose(self, proposed: Mapping[str, Any]) -> None:
        """Keep a reward or training money that waits for its second signature.

        Raises:
            Conflict: the id is taken, or the provider has a reward for the year.
        """
        where = {"area_code": self.policy.district}
        if not await self._work.run(PROPOSE, **{**EMPTY, **proposed}, **self._stamp(), **where):
            raise Conflict(
                "rewarded_already",
                "该编号已使用，或该单位当年已有奖励",
                "this id is taken, or the provider has a reward for this year",
            )

    async def proposal(self, reward_id: UUID) -> tuple[Row, Proposal]:
        """A proposed reward, locked until the end of the work.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(LOCK, id=reward_id)
        if row is None:
            raise NotFound("no_such_reward", "没有此奖励", "there is no such reward")
        return row, Proposal(row["made_by"], row["made_body"], row["outcome"])

    async def decide(self, reward_id: UUID, row: Row, outcome: Outcome, reason: str) -> None:
        """Keep the second signature; what both approve is booked and ordered to be paid."""
        await self._decide("rewards", reward_id, outcome, reason)
        if outcome == "refused":
            return
        amount, area = row["amount_fen"], row["area_code"]
        if row["kind"] == "reward":
            await self.pay("rewards", "reward", "rewards", amount, area_code=area, cause=reward_id)
            await self.order(reward_id, "reward", amount, area_code=area, agency=row["agency"])
        else:
            await self.pay(
                "worker_training", "training", "training", amount, area_code=area, cause=reward_id
            )
            await self.order(reward_id, "training", amount, area_code=area, agency=row["agency"])

    async def rewards(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Rewards and training money; a provider sees its own."""
        return await self._work.rows(PAGE, after=after, most=most)

    async def _decide(self, table: str, one: UUID, outcome: Outcome, reason: str) -> None:
        sql = DECIDE.format(table=table)
        await self._work.run(sql, id=one, outcome=outcome, reason=reason, **self._stamp())

    def _stamp(self) -> dict[str, Any]:
        caller = self._work.caller
        return {"today": self.today, "sub": caller.sub, "body": caller.body}
