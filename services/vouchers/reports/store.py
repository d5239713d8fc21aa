"""Reads the books for reports; a report writes nothing but its own nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.vouchers.ledger.store import BY_ACT, PARTS, Books
from services.vouchers.reports.domain import BookMoney, Cell, FundMoney, ProviderMoney
from shared.jsonb import jsonb

ISSUING = ", ".join(f"'{act}'" for act in PARTS["issue"][1])
REDEEMING = ", ".join(f"'{act}'" for act in PARTS["redeem"][1])
WHOLE = 10**9
FILTER = """
    AND (CAST(:month_on AS date) IS NULL OR month_on = :month_on)
    AND (CAST(:street AS text) IS NULL OR street_code LIKE :street || '%')
    AND (CAST(:benefit_class AS text) IS NULL OR benefit_class = :benefit_class)
    AND (CAST(:fund AS text) IS NULL OR fund = :fund)
    AND (CAST(:after_month AS date) IS NULL OR (month_on, street_code, benefit_class, fund)
        > (:after_month, :after_street, :after_class, :after_fund))
"""
# The postings and the kept balances are two witnesses: a cell that one of them does not know is 0.
CELLS = f"""
WITH booked AS (
    SELECT month_on, street_code, benefit_class, fund, {BY_ACT},
        CAST(sum(amount_fen) AS bigint) AS outstanding_fen
    FROM postings WHERE account_kind = 'holder' {FILTER}
    GROUP BY month_on, street_code, benefit_class, fund
), held AS (
    SELECT month_on, street_code, benefit_class, fund,
        CAST(sum(balance_fen) AS bigint) AS held_fen
    FROM ledger_accounts WHERE kind = 'holder' {FILTER}
    GROUP BY month_on, street_code, benefit_class, fund
)
SELECT month_on, street_code, benefit_class, fund, coalesce(issue_fen, 0) AS issue_fen,
    coalesce(redeem_fen, 0) AS redeem_fen, coalesce(expire_fen, 0) AS expire_fen,
    coalesce(revoke_fen, 0) AS revoke_fen, coalesce(outstanding_fen, 0) AS outstanding_fen,
    coalesce(held_fen, 0) AS held_fen
FROM booked FULL JOIN held USING (month_on, street_code, benefit_class, fund)
ORDER BY month_on, street_code, benefit_class, fund LIMIT :most
"""
SUM = "CAST(coalesce({sign}sum(amount_fen) FILTER (WHERE {where}), 0) AS bigint) AS {name}_fen"
SUMS = {
    name: SUM.format(sign=sign, where=where, name=name)
    for name, sign, where in (
        ("reserved", "-", f"account_kind = 'allocation' AND act IN ({ISSUING})"),
        ("issued", "", f"account_kind = 'holder' AND act IN ({ISSUING})"),
        ("released", "", "account_kind IN ('expired', 'revoked') AND act IN ('expire', 'revoke')"),
        ("expired", "-", "account_kind = 'holder' AND act = 'expire'"),
        ("revoked", "-", "account_kind = 'holder' AND act = 'revoke'"),
        ("redeemed", "-", f"account_kind = 'holder' AND act IN ({REDEEMING})"),
        ("paid", "", "account_kind = 'settled' AND act <> 'recover'"),
        ("settled", "-", "account_kind = 'provider_payable' AND act IN ('settle', 'unsettle')"),
        ("earned", "", "account_kind = 'provider_payable' AND act NOT IN "
            "('settle', 'unsettle', 'recover')"),
        ("recovered", "-", "account_kind = 'provider_payable' AND act = 'recover'"),
        ("payable", "", "account_kind = 'provider_payable'"),
    )
}  # fmt: skip
OWED = ("redeemed", "earned", "recovered", "settled", "payable")
FUNDS = f"""
SELECT p.fund, {", ".join(SUMS.values())},
    CAST(coalesce((SELECT sum(o.amount_fen) FROM allocations o WHERE o.fund = p.fund
        AND o.book = 'benefits' AND o.signed_on IS NOT NULL), 0) AS bigint) AS allocated_fen
FROM postings p GROUP BY p.fund ORDER BY p.fund
"""
PROVIDERS = f"""
SELECT agency AS provider_id, {", ".join(SUMS[name] for name in OWED)}
FROM postings WHERE agency <> '' AND account_kind IN ('holder', 'provider_payable')
GROUP BY agency ORDER BY agency
"""
BOOKS = """
WITH drawn AS (
    SELECT account_id, sum(amount_fen) FILTER (WHERE act = 'allocate') AS allocated_fen,
        -sum(amount_fen) FILTER (WHERE act <> 'allocate') AS spent_fen
    FROM postings WHERE account_kind = 'allocation' GROUP BY account_id
)
SELECT o.book, o.fund, CAST(coalesce(sum(d.allocated_fen), 0) AS bigint) AS allocated_fen,
    CAST(coalesce(sum(d.spent_fen), 0) AS bigint) AS spent_fen,
    CAST(sum(a.balance_fen) AS bigint) AS left_fen
FROM allocations o
    JOIN ledger_accounts a ON a.kind = 'allocation' AND a.allocation_id = o.id
    LEFT JOIN drawn d ON d.account_id = a.id
GROUP BY o.book, o.fund ORDER BY o.book, o.fund
"""
# Postings that are where no book of theirs may be: the trigger and the check let none pass.
STRAYED = """
SELECT count(*) FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
    JOIN allocations o ON o.id = a.allocation_id
WHERE p.account_kind = 'allocation' AND o.book <> book_of(p.act)
"""
KEEP = """
INSERT INTO conservation_nights (night_on, area_code, checked_at, checks, wrong, totals)
VALUES (:night_on, :area_code, clock_timestamp(), :checks, CAST(:wrong AS jsonb),
    CAST(:totals AS jsonb))
ON CONFLICT DO NOTHING
"""
KNOWN = "SELECT EXISTS (SELECT 1 FROM conservation_nights WHERE night_on = :night_on)"
NIGHTS = """
SELECT night_on, checked_at, checks, CAST(wrong AS text) AS wrong, CAST(totals AS text) AS totals
FROM conservation_nights WHERE CAST(:before AS date) IS NULL OR night_on < :before
ORDER BY night_on DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which cells are asked for; nothing is all."""

    month_on: date | None = None
    street: str | None = None
    benefit_class: str | None = None
    fund: str | None = None


class Reports(Books):
    """The books as finance and auditors see them."""

    async def cells(
        self,
        cut: Cut,
        after: tuple[date | None, str | None, str | None, str | None] = (None,) * 4,
        most: int = WHOLE,
    ) -> list[Cell]:
        """The cross cut by month, street, class and fund."""
        found = await self._work.rows(
            CELLS,
            month_on=cut.month_on,
            street=cut.street,
            benefit_class=cut.benefit_class,
            fund=cut.fund,
            after_month=after[0],
            after_street=after[1],
            after_class=after[2],
            after_fund=after[-1],
            most=most,
        )
        return [Cell(**row) for row in found]

    async def funds(self) -> list[FundMoney]:
        """Benefit money per fund, both ends of each step."""
        return [FundMoney(**row) for row in await self._work.rows(FUNDS)]

    async def books(self) -> list[BookMoney]:
        """Allocated, spent and left per book and fund."""
        return [BookMoney(**row) for row in await self._work.rows(BOOKS)]

    async def providers(self) -> list[ProviderMoney]:
        """Redemptions net of reversals, settled and payable per provider."""
        return [ProviderMoney(**row) for row in await self._work.rows(PROVIDERS)]

    async def strayed(self) -> int:
        """Postings by which money of one book paid for another."""
        count: int = await self._work.value(STRAYED)
        return count

    async def counted(self, sql: str) -> tuple[int, int]:
        """How many things a check looked at, and how many are off."""
        row = await self._work.row(f"SELECT * FROM ({sql}) AS counted (checked, off)")
        assert row is not None
        return row["checked"], row["off"]

    async def night_known(self, night_on: date) -> bool:
        """Whether a night was checked already."""
        known: bool = await self._work.value(KNOWN, night_on=night_on)
        return known

    async def keep_night(
        self, night_on: date, checks: int, wrong: Sequence[str], totals: Mapping[str, Any]
    ) -> None:
        """Keep a night's result, once."""
        await self._work.run(
            KEEP,
            night_on=night_on,
            area_code=self.policy.district,
            checks=checks,
            wrong=jsonb(list(wrong)),
            totals=jsonb(dict(totals)),
        )

    async def nights(self, before: date | None, most: int) -> list[dict[str, Any]]:
        """The last nights, newest first."""
        found = await self._work.rows(NIGHTS, before=before, most=most)
        return [
            {**row, "wrong": orjson.loads(row["wrong"]), "totals": orjson.loads(row["totals"])}
            for row in found
        ]
