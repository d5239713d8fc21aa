"""The conservation of every cell, fund, book and provider, for the night and for verification."""

from __future__ import annotations

from services.vouchers.periods.store import STANDING
from services.vouchers.reports.domain import BookMoney, Cell, FundMoney, ProviderMoney, wrong
from services.vouchers.reports.store import Cut, Reports
from shared.verification import Check
from shared.work import Work

SHOWN = 5
# Each statement answers with two columns: how many things were looked at, and how many are off.
COUNTED = {
    "closed_periods_stand": STANDING,
    "backpays_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE b.amount_fen IS DISTINCT FROM p.total)
        FROM (SELECT * FROM backpays WHERE signed_on IS NOT NULL) b FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act = 'backpay' AND account_kind = 'holder' GROUP BY cause
        ) p ON p.cause = b.id""",
    "expenses_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE e.amount_fen IS DISTINCT FROM p.total)
        FROM (SELECT * FROM work_expenses WHERE signed_on IS NOT NULL) e FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act = 'expense' AND account_kind = 'expenses' GROUP BY cause
        ) p ON p.cause = e.id""",
    "budget_lines_are_kept": """
        SELECT count(*), count(*) FILTER (WHERE e.spent_fen > coalesce(b.budget_fen, 0))
        FROM (SELECT area_code, year, sum(amount_fen) AS spent_fen FROM work_expenses
            WHERE signed_on IS NOT NULL GROUP BY area_code, year) e
            LEFT JOIN (SELECT area_code, year, sum(amount_fen) AS budget_fen FROM work_budgets
                WHERE signed_on IS NOT NULL GROUP BY area_code, year) b USING (area_code, year)""",
}


async def conservation_checks(work: Work) -> list[Check]:
    """Every cell of the cross cut, every fund, book and provider; and no money in a wrong book."""
    reports = Reports(work)
    checks = [
        _check("conserved_by_cell", await reports.cells(Cut())),
        _check("funds_balance_at_both_ends", await reports.funds()),
        _check("books_are_spent_or_left", await reports.books()),
        _check("providers_net_of_reversals", await reports.providers()),
    ]
    for name, sql in COUNTED.items():
        checked, off = await reports.counted(sql)
        detail = f"{off} off" if off else ""
        checks.append(Check(name=name, ok=not off, checked=checked, detail=detail))
    strayed = await reports.strayed()
    detail = f"{strayed} off" if strayed else ""
    return [
        *checks,
        Check(name="money_stays_in_its_book", ok=not strayed, checked=strayed, detail=detail),
    ]


def _check(
    name: str, lines: list[Cell] | list[FundMoney] | list[BookMoney] | list[ProviderMoney]
) -> Check:
    off = wrong(lines)
    more = len(off) - SHOWN
    detail = "; ".join(off[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return Check(name=name, ok=not off, checked=len(lines), detail=detail)
