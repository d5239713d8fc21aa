"""What vouchers counts for those who watch over the whole: voucher money and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.metrics import Figure
from shared.work import Work

RECENT = timedelta(days=30)
PARTS = {"issue": "issued", "redeem": "redeemed", "expire": "expired", "revoke": "revoked"}
# One statement, so that the parts are of one moment and add up.
MONEY = """
SELECT a.programme, p.act, abs(sum(p.amount_fen)) AS fen, 0 AS held
FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
WHERE p.account_kind = 'holder' GROUP BY a.programme, p.act
UNION ALL
SELECT programme, 'outstanding', sum(balance_fen), count(*) FILTER (WHERE balance_fen > 0)
FROM ledger_accounts WHERE kind = 'holder' GROUP BY programme
"""
FUNDS = """
SELECT fund, account_kind AS place, sum(amount_fen) AS fen
FROM postings WHERE account_kind <> 'fund' GROUP BY fund, account_kind
"""
REFUSED = "SELECT code, count(*) AS n FROM refusals WHERE refused_on > :since GROUP BY code"


async def figures(work: Work) -> Sequence[Figure]:
    """Voucher money by programme and part, money by fund and place, refusals at tills."""
    money = await work.rows(MONEY)
    funds = await work.rows(FUNDS)
    refused = await work.rows(REFUSED, since=work.today - RECENT)
    return [
        *_parts([(row["programme"], row["act"], int(row["fen"])) for row in money]),
        *(
            Figure("juyang.vouchers.held", row["held"], {"programme": row["programme"]})
            for row in money
            if row["act"] == "outstanding"
        ),
        *(
            Figure(
                "juyang.funds.fen", int(row["fen"]), {"fund": row["fund"], "place": row["place"]}
            )
            for row in funds
        ),
        *(Figure("juyang.redemptions.refused", row["n"], {"code": row["code"]}) for row in refused),
    ]


def _parts(rows: Sequence[tuple[str, str, int]]) -> list[Figure]:
    found = {(programme, part): 0 for programme, _, _ in rows for part in PARTS.values()}
    for programme, act, fen in rows:
        found[programme, PARTS.get(act, act)] = fen
    return [
        Figure("juyang.vouchers.fen", fen, {"programme": programme, "part": part})
        for (programme, part), fen in found.items()
    ]
