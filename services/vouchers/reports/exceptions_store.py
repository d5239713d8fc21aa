"""Reads what finance should look at: money nearly used, unsigned papers, orders, cases, nights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.vouchers.ledger.store import Books
from services.vouchers.policy.model import Exceptions
from shared.contracts.months import month_of
from shared.work import Row

UNSIGNED = """
SELECT 'unsigned', '{table}', CAST(id AS text), made_on, {amount}, 1
FROM {table} WHERE {open} AND made_on < :signed_since
"""
NEARLY = """
SELECT 'nearly_used', 'allocations', CAST(o.id AS text), o.signed_on, a.balance_fen,
    (o.amount_fen - a.balance_fen) * 100 / o.amount_fen
FROM allocations o JOIN ledger_accounts a ON a.kind = 'allocation' AND a.allocation_id = o.id
WHERE (o.amount_fen - a.balance_fen) * 100 > o.amount_fen * :used_percent
"""
ORDERS = """
SELECT 'override_in_force', 'fund_overrides', CAST(id AS text), signed_on, CAST(NULL AS bigint), 1
FROM fund_overrides WHERE signed_on IS NOT NULL AND to_month_on >= :month_on
"""
RECLAIMS = """
SELECT 'reclaim_open', 'reclaim_cases', CAST(c.id AS text), c.opened_on, sum(l.amount_fen), count(*)
FROM reclaim_cases c JOIN reclaim_lines l ON l.case_id = c.id
WHERE l.decision_id IS NULL GROUP BY c.id, c.opened_on
"""
# A redemption stands in one case: what was decided on it for an award's end stays as it is when a
# death is told later. What the provider still has of it and nobody asks back is told of.
DECIDED_BEFORE = """
SELECT 'after_death_decided_before', 'redemptions', CAST(r.id AS text), h.died_on,
    had.amount_fen - coalesce(asked.amount_fen, 0), 1
FROM reclaim_lines l JOIN reclaim_cases c ON c.id = l.case_id AND c.reason = 'not_due'
    JOIN redemptions r ON r.id = l.redemption_id
    JOIN holders h ON h.person_id = r.person_id AND h.died_on < r.redeemed_on
    CROSS JOIN LATERAL (
        SELECT sum(p.amount_fen) AS amount_fen FROM (
            SELECT account_kind, amount_fen FROM postings WHERE act = 'redeem' AND cause = r.id
            UNION ALL SELECT account_kind, amount_fen FROM postings
                WHERE act IN ('refund', 'recover') AND cause = r.id
        ) p WHERE p.account_kind = 'provider_payable'
    ) had
    CROSS JOIN LATERAL (
        SELECT sum(CASE d.way WHEN 'family' THEN k.amount_fen
            ELSE k.amount_fen - k.recovered_fen END) AS amount_fen
        FROM reclaim_parts k JOIN reclaim_decisions d ON d.id = k.decision_id
        WHERE k.redemption_id = r.id AND d.way <> 'waive' AND d.outcome IS DISTINCT FROM 'refused'
    ) asked
WHERE l.decision_id IS NOT NULL AND had.amount_fen > coalesce(asked.amount_fen, 0)
"""
DEBTS = """
SELECT 'debt_open', 'provider_debts', CAST(id AS text), claimed_on, amount_fen - received_fen, 1
FROM provider_debts WHERE received_fen < amount_fen
"""
SUSPICIONS = """
SELECT 'suspicion_open', 'suspicions', pattern, min(found_on), sum(amount_fen), count(*)
FROM suspicions WHERE finding IS NULL GROUP BY pattern
"""
NIGHTS = """
SELECT 'night_not_conserved', 'conservation_nights', CAST(night_on AS text), night_on,
    CAST(NULL AS bigint), jsonb_array_length(wrong)
FROM conservation_nights WHERE wrong <> '[]'
"""
PAPERS = (
    ("allocations", "amount_fen", "signed_on IS NULL"),
    ("fund_overrides", "CAST(NULL AS bigint)", "signed_on IS NULL"),
    ("backpays", "amount_fen", "signed_on IS NULL"),
    ("work_budgets", "amount_fen", "signed_on IS NULL"),
    ("work_expenses", "amount_fen", "signed_on IS NULL"),
    ("issue_runs", "CAST(preview ->> 'total_fen' AS bigint)", "approved_on IS NULL"),
    ("periods", "CAST(NULL AS bigint)", "signed_on IS NULL"),
    ("settlements", "amount_fen", "second_on IS NULL AND void_on IS NULL"),
)
ALL = " UNION ALL ".join(
    [NEARLY, ORDERS, RECLAIMS, DECIDED_BEFORE, DEBTS, SUSPICIONS, NIGHTS]
    + [UNSIGNED.format(table=table, amount=amount, open=open_) for table, amount, open_ in PAPERS]
)
EXCEPTIONS = f"""
SELECT kind, place, subject, since_on, CAST(amount_fen AS bigint) AS amount_fen,
    CAST(n AS bigint) AS n
FROM ({ALL}) AS found (kind, place, subject, since_on, amount_fen, n)
WHERE (CAST(:kind AS text) IS NULL OR kind = :kind)
    AND (CAST(:after_kind AS text) IS NULL
        OR (kind, since_on, place, subject) > (:after_kind, :after_on, :after_place, :after))
ORDER BY kind, since_on, place, subject LIMIT :most
"""


class ExceptionReports(Books):
    """What is out of the ordinary; nothing here can be changed."""

    async def page(
        self, kind: str | None, after: tuple[Any, Any, Any, Any], most: int
    ) -> Sequence[Row]:
        """What is out of the ordinary today, kind by kind, oldest first."""
        bounds: Exceptions = self.policy.exceptions.on(self.today)
        return await self._work.rows(
            EXCEPTIONS,
            kind=kind,
            used_percent=bounds.used_percent,
            signed_since=self._days_ago(bounds.unsigned_days),
            month_on=month_of(self.today),
            after_kind=after[0],
            after_on=after[1],
            after_place=after[2],
            after=after[-1],
            most=most,
        )

    def _days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)
