"""What must be true after the twelve months: each month once to each who was due it, in time."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from tests.faults.money_site import Market
from tests.faults.site import Verdict

ISSUED = """
SELECT a.person_id, a.month_on, count(*) AS vouchers, coalesce(sum(p.n), 0) AS issues,
    min(p.first_on) AS first_on
FROM ledger_accounts a LEFT JOIN (
    SELECT account_id, count(*) AS n, min(occurred_on) AS first_on FROM postings
    WHERE act = 'issue' AND account_kind = 'holder' GROUP BY account_id) p ON p.account_id = a.id
WHERE a.kind = 'holder' GROUP BY a.person_id, a.month_on
"""
EXPIRED = """
SELECT count(*) AS expiries,
    count(*) FILTER (WHERE p.occurred_on <= a.valid_until_on) AS early,
    count(*) FILTER (WHERE p.occurred_on > a.valid_until_on + 1) AS late
FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
WHERE p.act = 'expire' AND p.account_kind = 'holder'
"""
FORGOTTEN = """
SELECT count(*) FROM ledger_accounts
WHERE kind = 'holder' AND balance_fen > 0 AND valid_until_on < $1
"""
# Money spent on a day on which it was not valid.
OUT_OF_TIME = """
SELECT count(*) FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
WHERE p.act = 'redeem' AND p.account_kind = 'holder'
    AND NOT p.occurred_on BETWEEN a.month_on AND a.valid_until_on
"""


async def judge(there: Market, verdict: Verdict, due: set[tuple[UUID, date]]) -> None:
    """Hold the books against who was due what."""
    rows = await there.rows(ISSUED)
    got = {(row["person_id"], row["month_on"]) for row in rows}
    double = sum(row["vouchers"] > 1 or row["issues"] > 1 for row in rows)
    early = sum(row["first_on"] < row["month_on"] for row in rows)
    verdict.expect(double == 0, f"{double} issued twice")
    verdict.expect(early == 0, f"{early} issued before their month")
    verdict.expect(got >= due, f"{len(due - got)} were due and got nothing")
    verdict.expect(got <= due, f"{len(got - due)} got what was not due")
    (row,) = await there.rows(EXPIRED)
    verdict.expect(row["early"] == 0, f"{row['early']} expired early")
    verdict.expect(row["late"] == 0, f"{row['late']} expired late")
    forgotten = await there.value(FORGOTTEN, there.desk.clock.today())
    verdict.expect(forgotten == 0, f"{forgotten} never expired")
    wrong = await there.value(OUT_OF_TIME)
    verdict.expect(wrong == 0, f"{wrong} charges on days that were not theirs")
    verdict.figures.append(
        f"{len(got)} months of money, {double} double, {row['expiries']} expiries, "
        f"{row['early']} early, {row['late'] + forgotten} late"
    )
