"""Budget lines of the streets' work expenses, and what is paid of them."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from services.vouchers.funds.expenses import BudgetLine, Expense, Headcount, unknown_paper
from services.vouchers.funds.store import Funds
from services.vouchers.ledger.store import Books
from shared.errors import Conflict
from shared.work import Row, Work

HEADS = """
WITH heads AS (
    SELECT left(h.area_code, 9) AS street_code, count(DISTINCT h.person_id) AS headcount
    FROM holders h JOIN awards a ON a.person_id = h.person_id
        LEFT JOIN award_ends e ON e.award_id = a.award_id
    WHERE h.died_on IS NULL AND a.starts_on <= :today
        AND (e.ended_on IS NULL OR e.ended_on >= :today)
    GROUP BY 1
), lines AS (
    SELECT area_code AS street_code, sum(amount_fen) AS budget_fen FROM work_budgets
    WHERE year = :year AND signed_on IS NOT NULL GROUP BY area_code
), spent AS (
    SELECT area_code AS street_code, sum(amount_fen) AS spent_fen FROM work_expenses
    WHERE year = :year AND signed_on IS NOT NULL GROUP BY area_code
)
SELECT street_code, coalesce(headcount, 0) AS headcount,
    CAST(coalesce(budget_fen, 0) AS bigint) AS budget_fen,
    CAST(coalesce(spent_fen, 0) AS bigint) AS spent_fen
FROM heads FULL JOIN lines USING (street_code) FULL JOIN spent USING (street_code)
WHERE CAST(:street AS text) IS NULL OR street_code = :street
ORDER BY street_code
"""
PROPOSE = """
INSERT INTO work_budgets (id, area_code, year, headcount, proposed_fen, amount_fen, reason, made_on,
    made_by, made_body)
VALUES (:id, :area_code, :year, :headcount, :proposed_fen, :amount_fen, :reason, :today, :made_by,
    :made_body)
ON CONFLICT DO NOTHING
"""
CLAIM = """
INSERT INTO work_expenses (id, area_code, year, amount_fen, reason, made_on, made_by, made_body)
VALUES (:id, :area_code, :year, :amount_fen, :reason, :today, :made_by, :made_body)
ON CONFLICT DO NOTHING
"""
LINE = """
SELECT id, area_code, year, headcount, proposed_fen, amount_fen, reason, made_by, made_body,
    signed_by
FROM work_budgets WHERE id = :id FOR UPDATE
"""
EXPENSE = """
SELECT id, area_code, year, amount_fen, reason, made_by, made_body, signed_by
FROM work_expenses WHERE id = :id FOR UPDATE
"""
# Whoever pays from a street's line of a year goes alone: the sum is looked at under this lock.
ALONE = (
    "SELECT id FROM work_budgets WHERE area_code = :street AND year = :year ORDER BY id FOR UPDATE"
)
SIGN = """
UPDATE {table} SET signed_on = :today, signed_by = :sub, signed_body = :body WHERE id = :id
"""
TABLES = {BudgetLine: "work_budgets", Expense: "work_expenses"}


class WorkExpenses(Books):
    """The book of work expenses, which no benefit money enters."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._funds = Funds(work)

    async def heads(self, year: int, street: str | None = None) -> list[Headcount]:
        """Each street's holders, budget and spending in a year."""
        found = await self._work.rows(HEADS, year=year, today=self.today, street=street)
        return [Headcount(**row) for row in found]

    async def alone(self, street: str, year: int) -> Headcount:
        """A street's line, which nobody else pays from until the work ends."""
        await self._work.rows(ALONE, street=street, year=year)
        found = await self.heads(year, street)
        return found[0] if found else Headcount(street, 0, 0, 0)

    async def make(self, paper: BudgetLine | Expense) -> None:
        """Keep a line or an expense that waits for its second person.

        Raises:
            Conflict: its id is taken.
        """
        values = {k: v for k, v in asdict(paper).items() if k != "signed_by"}
        sql = PROPOSE if isinstance(paper, BudgetLine) else CLAIM
        if not await self._work.run(sql, today=self.today, **values):
            raise Conflict(
                "id_taken",
                "已有同一标识的单据；请换用新标识",
                "this id is used already; use a new one",
            )

    async def line(self, line_id: UUID) -> BudgetLine:
        """A budget line, locked; raises NotFound."""
        return BudgetLine(**await self._locked(LINE, line_id))

    async def expense(self, expense_id: UUID) -> Expense:
        """An expense, locked; raises NotFound."""
        return Expense(**await self._locked(EXPENSE, expense_id))

    async def sign(self, paper: BudgetLine | Expense) -> None:
        """Keep the second signature; an expense is paid with it."""
        caller = self._work.caller
        if isinstance(paper, Expense):
            await self._funds.pay(
                "work_expenses",
                "expense",
                "expenses",
                paper.amount_fen,
                area_code=paper.area_code,
                cause=paper.id,
            )
        await self._work.run(
            SIGN.format(table=TABLES[type(paper)]),
            id=paper.id,
            today=self.today,
            sub=caller.sub,
            body=caller.body,
        )

    async def _locked(self, sql: str, paper_id: UUID) -> Row:
        row = await self._work.row(sql, id=paper_id)
        if row is None:
            raise unknown_paper()
        return row
