"""Issue runs, and the statement that issues a whole month at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.funds.domain import Coverage
from services.vouchers.funds.overrides import cover, lots_of
from services.vouchers.funds.overrides_store import Overrides
from services.vouchers.funds.store import Funds
from services.vouchers.issuance.domain import (
    Due,
    Issued,
    Run,
    letters,
    needs_of,
    summary,
    unknown_run,
)
from services.vouchers.ledger.store import Books
from shared.contracts.months import last_day
from shared.errors import Conflict
from shared.jsonb import jsonb
from shared.work import Work

BENEFITS = "benefits"
# One person, one month, one voucher: those who have it are not due again (C-50). A month counts
# when the conditions hold on any of its days (C-37), a suspension's first and last month too
# (C-52). The dead get nothing more (C-43); the key share lets a death that is being recorded go
# first, or wait and then revoke.
DUE = """
WITH entitled AS MATERIALIZED (
    SELECT DISTINCT ON (a.person_id) a.person_id, a.application_id,
        coalesce(c.benefit_class, a.benefit_class) AS benefit_class,
        coalesce(c.amount_fen, a.amount_fen) AS amount_fen
    FROM awards a LEFT JOIN award_ends e ON e.award_id = a.award_id
        LEFT JOIN (
            SELECT DISTINCT ON (award_id) award_id, benefit_class, amount_fen FROM award_classes
            WHERE starts_on <= :last_on ORDER BY award_id, starts_on DESC
        ) c ON c.award_id = a.award_id
    WHERE a.programme = :programme AND a.starts_on <= :last_on
        AND (e.ended_on IS NULL OR e.ended_on >= :month_on)
        AND NOT EXISTS (SELECT 1 FROM award_pauses s WHERE s.award_id = a.award_id
            AND s.suspended_on < :month_on
            AND (s.resumed_on IS NULL OR s.resumed_on > :last_on))
        AND NOT EXISTS (SELECT 1 FROM ledger_accounts v WHERE v.kind = 'holder'
            AND v.person_id = a.person_id AND v.programme = a.programme
            AND v.month_on = :month_on)
    ORDER BY a.person_id, a.starts_on DESC, a.award_id
), due AS MATERIALIZED (
    SELECT t.person_id, t.application_id, t.benefit_class, t.amount_fen, h.area_code,
        left(h.area_code, 9) AS street_code
    FROM entitled t JOIN holders h ON h.person_id = t.person_id
    WHERE h.died_on IS NULL {lock}
)"""
DEMAND = (
    DUE.format(lock="")
    + """
SELECT street_code, benefit_class, amount_fen, count(*) AS people FROM due
GROUP BY street_code, benefit_class, amount_fen ORDER BY street_code, benefit_class, amount_fen
"""
)
ISSUE = (
    DUE.format(lock="FOR KEY SHARE OF h")
    + """, ranked AS (
    SELECT due.*, l.lot, row_number() OVER (PARTITION BY l.lot, due.benefit_class, due.amount_fen
        ORDER BY due.street_code, due.person_id) AS nth
    FROM due LEFT JOIN unnest(CAST(:lot_streets AS text[]), CAST(:lot_classes AS text[]),
        CAST(:lots AS text[])) AS l(street_code, benefit_class, lot)
        ON l.street_code = due.street_code AND l.benefit_class = due.benefit_class
), charged AS (
    SELECT r.*, s.allocation_id, s.payer_id, s.fund
    FROM ranked r JOIN unnest(CAST(:classes AS text[]), CAST(:amounts AS bigint[]),
        CAST(:afters AS bigint[]), CAST(:uptos AS bigint[]), CAST(:allocations AS uuid[]),
        CAST(:payers AS uuid[]), CAST(:funds AS text[]), CAST(:share_lots AS text[]))
        AS s(benefit_class, amount_fen, after, upto, allocation_id, payer_id, fund, lot)
        ON s.benefit_class = r.benefit_class AND s.amount_fen = r.amount_fen
        AND s.lot = coalesce(r.lot, '')
        AND r.nth > s.after AND r.nth <= s.upto
), vouchers AS (
    INSERT INTO ledger_accounts (kind, area_code, fund, allocation_id, person_id, application_id,
        programme, month_on, valid_until_on, street_code, benefit_class, run_id, balance_fen)
    SELECT 'holder', area_code, fund, allocation_id, person_id, application_id, :programme,
        :month_on, :valid_until_on, street_code, benefit_class, :run_id, amount_fen
    FROM charged ORDER BY person_id
    ON CONFLICT (person_id, programme, month_on) WHERE kind = 'holder' DO NOTHING
    RETURNING id, fund, allocation_id, application_id, street_code, benefit_class, month_on,
        balance_fen
), booked AS (
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, occurred_on, cause)
    SELECT v.id, 'issue', side.account, side.kind, side.sign * v.balance_fen, v.fund,
        v.street_code, v.month_on, v.benefit_class, :today, :run_id
    FROM vouchers v
        JOIN (SELECT DISTINCT allocation_id, payer_id FROM charged) p USING (allocation_id),
        LATERAL (VALUES (p.payer_id, 'allocation', -1), (v.id, 'holder', 1))
            AS side(account, kind, sign)
), drawn AS (
    UPDATE ledger_accounts a SET balance_fen = a.balance_fen - t.total_fen
    FROM (SELECT allocation_id, sum(balance_fen) AS total_fen FROM vouchers
        GROUP BY allocation_id) t
    WHERE a.kind = 'allocation' AND a.allocation_id = t.allocation_id
        AND a.balance_fen >= t.total_fen
        AND EXISTS (SELECT 1 FROM allocations o WHERE o.id = a.allocation_id
            AND o.book = 'benefits')
    RETURNING a.allocation_id
)
SELECT street_code, fund, count(*) AS people, CAST(sum(balance_fen) AS bigint) AS total_fen,
    array_agg(balance_fen ORDER BY id) AS amounts_fen,
    array_agg(application_id ORDER BY id) AS applications,
    bool_and(v.allocation_id IN (SELECT allocation_id FROM drawn)) AS covered
FROM vouchers v GROUP BY street_code, fund ORDER BY street_code, fund
"""
)
# A run of a month that was issued already is supplementary: it issues late approvals (C-37).
MAKE = """
INSERT INTO issue_runs (id, programme, month_on, area_code, made_on, made_by, preview,
    supplementary)
SELECT :id, :programme, :month_on, :area_code, :today, :sub, CAST(:preview AS jsonb), EXISTS (
    SELECT 1 FROM issue_runs WHERE programme = :programme AND month_on = :month_on
        AND approved_on IS NOT NULL)
ON CONFLICT DO NOTHING
"""
LOAD = """
SELECT id, programme, month_on, made_by, approved_on FROM issue_runs WHERE id = :id FOR UPDATE
"""
APPROVE = """
UPDATE issue_runs SET approved_on = :today, approved_by = :sub, issued = CAST(:issued AS jsonb)
WHERE id = :id
"""
SHOW = """
SELECT id AS run_id, programme, month_on, supplementary, made_on, made_by,
    CAST(preview AS text) AS preview, approved_on, approved_by, CAST(issued AS text) AS issued
FROM issue_runs
"""
PAGE = SHOW + "WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most"
ONE = SHOW + "WHERE id = :id"


class Issuance(Books):
    """Runs and what they issue; a month is a few statements whatever its size."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._funds = Funds(work)

    async def dues(self, programme: str, month_on: date) -> list[Due]:
        """Who is due a month and does not have it yet, counted by street, class and amount."""
        found = await self._work.rows(
            DEMAND, programme=programme, month_on=month_on, last_on=last_day(month_on)
        )
        return [Due(**row) for row in found]

    async def coverage(
        self, programme: str, month_on: date, dues: Sequence[Due], *, lock: bool = False
    ) -> Coverage:
        """Which allocations would pay; locked when the run is about to be issued."""
        standing = await Overrides(self._work).standing(programme, month_on)
        lots = lots_of([(due.street_code, due.benefit_class) for due in dues], standing)
        sources = await self._funds.sources(BENEFITS, lock=lock)
        rules = self.policy.waterfall.on(self.today)
        named = {pair: str(order.id) for pair, order in lots.items()}
        orders = {str(order.id): order for order in standing}
        covered = cover(needs_of(dues, named), orders, sources, rules)
        return replace(covered, lots=tuple((*pair, lot) for pair, lot in named.items()))

    async def make(self, run: Run, preview: dict[str, Any]) -> None:
        """Keep a run that waits for approval.

        Raises:
            Conflict: its id is taken.
        """
        made = await self._work.run(
            MAKE,
            id=run.id,
            programme=run.programme,
            month_on=run.month_on,
            area_code=self.policy.district,
            today=self.today,
            sub=run.made_by,
            preview=jsonb(preview),
        )
        if not made:
            raise Conflict(
                "id_taken",
                "已有同一标识的发放批次；请换用新标识",
                "there is a run with this id already; use a new id",
            )

    async def load(self, run_id: UUID) -> Run:
        """A run, locked until the end of the work.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(LOAD, id=run_id)
        if row is None:
            raise unknown_run()
        return Run(**row)

    async def issue(self, run: Run, coverage: Coverage) -> list[Issued]:
        """Issue the month and tell every street."""
        shares = coverage.shares
        found = await self._work.rows(
            ISSUE,
            programme=run.programme,
            month_on=run.month_on,
            last_on=last_day(run.month_on),
            valid_until_on=self.policy.valid_until(run.month_on),
            run_id=run.id,
            today=self.today,
            classes=[share.benefit_class for share in shares],
            amounts=[share.amount_fen for share in shares],
            afters=[share.after for share in shares],
            uptos=[share.upto for share in shares],
            allocations=[share.source.allocation_id for share in shares],
            payers=[share.source.account_id for share in shares],
            funds=[share.source.fund for share in shares],
            share_lots=[share.lot for share in shares],
            lot_streets=[street for street, _, _ in coverage.lots],
            lot_classes=[benefit_class for _, benefit_class, _ in coverage.lots],
            lots=[lot for _, _, lot in coverage.lots],
        )
        assert all(row["covered"] for row in found), "an allocation was overdrawn under its lock"
        issued = [_issued(row) for row in found]
        await self._work.run(
            APPROVE,
            id=run.id,
            today=self.today,
            sub=self._work.caller.sub,
            issued=jsonb(summary(issued)),
        )
        self._work.send(*letters(run, issued, self.now))
        return issued

    async def page(self, after: UUID | None, most: int) -> list[dict[str, Any]]:
        """Runs."""
        found = await self._work.rows(PAGE, after=after, most=most)
        return [_shown(row) for row in found]

    async def show(self, run_id: UUID) -> dict[str, Any]:
        """A run with its preview and what it issued.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(ONE, id=run_id)
        if row is None:
            raise unknown_run()
        return _shown(row)


def _issued(row: Mapping[str, Any]) -> Issued:
    return Issued(
        row["street_code"],
        row["fund"],
        row["people"],
        row["total_fen"],
        tuple(row["amounts_fen"]),
        tuple(row["applications"]),
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    issued = orjson.loads(row["issued"]) if row["issued"] else None
    return {**row, "preview": orjson.loads(row["preview"]), "issued": issued}
