"""What the books do say of a few holders and a shop, read in one statement past every scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from tests.faults.money_site import Market
from tests.vouchers.town import Elder, Shop

LOOK = """
SELECT
    (SELECT CAST(json_agg(json_build_array(a.person_id, a.month_on, a.balance_fen,
            coalesce((SELECT sum(p.amount_fen) FROM postings p WHERE p.account_id = a.id), 0)))
            AS text)
        FROM ledger_accounts a WHERE a.kind = 'holder' AND a.person_id = ANY($1::uuid[]))
        AS months,
    (SELECT CAST(coalesce(sum(p.amount_fen), 0) AS bigint) FROM postings p
        JOIN ledger_accounts a ON a.id = p.account_id
        WHERE a.kind = 'provider_payable' AND a.agency = $2) AS payable_fen,
    (SELECT CAST(coalesce(sum(p.amount_fen), 0) AS bigint) FROM postings p
        WHERE p.account_kind = 'settled' AND p.agency = $2) AS settled_fen,
    (SELECT CAST(coalesce(sum(p.amount_fen), 0) AS bigint) FROM postings p
        WHERE p.account_kind = 'recovered' AND p.agency = $2) AS recovered_fen,
    (SELECT CAST(json_agg(s.state ORDER BY s.id) AS text)
        FROM paper_serials s JOIN paper_months m USING (account_id)
        WHERE m.person_id = ANY($1::uuid[])) AS paper,
    (SELECT CAST(json_agg(json_build_array(l.redemption_id, json_build_array(l.case_id,
            l.amount_fen, l.decision_id))) AS text) FROM reclaim_lines l
        WHERE l.provider_id = $2) AS reclaims,
    (SELECT count(*) FROM (SELECT 1 FROM postings WHERE position > $3
        GROUP BY set_id HAVING sum(amount_fen) <> 0) s) AS unbalanced,
    (SELECT coalesce(max(position), 0) FROM postings) AS position,
    (SELECT CAST(json_agg(json_build_array(r.id, r.amount_fen - coalesce((
            SELECT sum(f.amount_fen) FROM refunds f WHERE f.redemption_id = r.id), 0))) AS text)
        FROM redemptions r WHERE r.provider_id = $2) AS bought,
    (SELECT CAST(json_agg(json_build_array(h.id, coalesce(h.ended, ''))) AS text) FROM holds h
        WHERE h.provider_id = $2) AS holds,
    (SELECT CAST(json_agg(json_build_array(c.person_id, c.closed_on IS NOT NULL, c.lost_on)
            ORDER BY c.card_id) AS text) FROM cards c WHERE c.person_id = ANY($1::uuid[])) AS cards
"""
Balances = list[dict[date, int]]


@dataclass(frozen=True, slots=True)
class Looked:
    """The books as they are; each holder's months twice: as kept, and from the postings."""

    balances: Balances
    recomputed: Balances
    payable_fen: int
    settled_fen: int
    recovered_fen: int
    unbalanced: int
    position: int
    bought: dict[str, int]
    holds: dict[str, str]
    cards: list[list[tuple[bool, date | None]]]
    reclaims: dict[str, list[Any]]
    paper: list[str]


async def look(there: Market, elders: Sequence[Elder], shop: Shop, since: int) -> Looked:
    """Read everything that a step may have changed; sets are summed from a position on."""
    people = [elder.person_id for elder in elders]
    row = await there.eye.fetchrow(LOOK, people, str(shop.provider_id), since)
    assert row is not None
    balances: Balances = [{} for _ in people]
    recomputed: Balances = [{} for _ in people]
    order = {str(person): nth for nth, person in enumerate(people)}
    cards: list[list[tuple[bool, date | None]]] = [[] for _ in people]
    for person, closed, lost in _list(row["cards"]):
        cards[order[person]].append((closed, date.fromisoformat(lost) if lost else None))
    for person, month, kept, summed in _list(row["months"]):
        balances[order[person]][date.fromisoformat(month)] = kept
        recomputed[order[person]][date.fromisoformat(month)] = summed
    return Looked(
        balances,
        recomputed,
        row["payable_fen"],
        row["settled_fen"],
        row["recovered_fen"],
        row["unbalanced"],
        row["position"],
        dict(_list(row["bought"])),
        dict(_list(row["holds"])),
        cards,
        dict(_list(row["reclaims"])),
        _list(row["paper"]),
    )


def _list(found: str | None) -> Any:
    return orjson.loads(found or "[]")
