"""The ledger's tables: books posting sets, empties holders, and reads the books back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from services.vouchers.ledger.domain import EVER, NEVER, Act, Emptied, Line, Totals, balanced
from services.vouchers.policy.model import VoucherPolicy
from shared.work import Work

BOOK = """
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    month_on, benefit_class, agency, occurred_on, cause)
SELECT :set_id, :act, l.*, :occurred_on, :cause
FROM unnest(CAST(:accounts AS uuid[]), CAST(:kinds AS text[]), CAST(:amounts AS bigint[]),
    CAST(:funds AS text[]), CAST(:streets AS text[]), CAST(:months AS date[]),
    CAST(:classes AS text[]), CAST(:agencies AS text[])) AS l
"""
# The holders' rows are locked first and in order, as a till does, so that each unspent fen has
# one end whatever races.
LOCK = """
SELECT h.person_id FROM holders h WHERE h.person_id = ANY(CAST(:people AS uuid[]))
ORDER BY h.person_id FOR NO KEY UPDATE
"""
EMPTY = """
WITH emptied AS (
    UPDATE ledger_accounts a SET balance_fen = 0
    WHERE a.kind = 'holder' AND a.person_id = ANY(CAST(:people AS uuid[])) AND a.balance_fen > 0
        AND a.programme = ANY(CAST(:programmes AS text[]))
        AND a.month_on > :after_on AND a.valid_until_on < :before_on
    RETURNING a.id, a.person_id, a.programme, a.application_id, a.area_code, a.fund,
        a.street_code, a.month_on, a.benefit_class, old.balance_fen AS amount_fen
), sets AS MATERIALIZED (
    SELECT uuidv7() AS set_id, emptied.* FROM emptied
), booked AS (
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, occurred_on, cause)
    SELECT s.set_id, :act, side.account, side.kind, side.amount, s.fund, s.street_code,
        s.month_on, s.benefit_class, :occurred_on, :cause
    FROM sets s JOIN ledger_accounts t ON t.kind = :target AND t.fund = s.fund,
        LATERAL (VALUES (s.id, 'holder', -s.amount_fen), (t.id, :target, s.amount_fen))
            AS side(account, kind, amount)
    RETURNING amount_fen
)
SELECT person_id, programme, min(area_code) AS area_code,
    CAST(min(CAST(application_id AS text)) AS uuid) AS application_id,
    CAST(sum(amount_fen) AS bigint) AS amount_fen,
    (SELECT CAST(sum(amount_fen) AS bigint) FROM booked) AS unbalanced_fen
FROM emptied GROUP BY person_id, programme ORDER BY person_id
"""
# A refund gives back to the month it came from; a moved fund issues from one what another issued.
PARTS: Mapping[str, tuple[str, tuple[Act, ...]]] = {
    "issue": ("", ("issue", "backpay", "transfer_fund")),
    "redeem": ("-", ("redeem", "refund")),
    "expire": ("-", ("expire",)),
    "revoke": ("-", ("revoke",)),
}
SUMS = """
CAST(coalesce(sum({sign}amount_fen) FILTER (WHERE act IN ({acts}) AND account_kind = 'holder'), 0)
    AS bigint) AS {part}_fen"""
BY_ACT = ",".join(
    SUMS.format(part=part, sign=sign, acts=", ".join(f"'{act}'" for act in acts))
    for part, (sign, acts) in PARTS.items()
)
TOTALS = f"""
SELECT grouping(month_on, street_code, fund, benefit_class) AS cut,
    month_on, street_code, fund, benefit_class, {BY_ACT},
    CAST(coalesce(sum(amount_fen) FILTER (WHERE account_kind = 'holder'), 0) AS bigint)
        AS outstanding_fen
FROM postings WHERE account_kind = 'holder'
GROUP BY GROUPING SETS ((), (month_on), (street_code), (fund), (benefit_class))
ORDER BY cut, month_on, street_code, fund, benefit_class
"""
PROVIDERS = """
SELECT agency AS provider_id,
    CAST(coalesce(sum(amount_fen) FILTER (WHERE act IN ('redeem', 'refund')), 0) AS bigint)
        AS redeemed_fen,
    CAST(coalesce(-sum(amount_fen) FILTER (WHERE act IN ('settle', 'unsettle')), 0) AS bigint)
        AS settled_fen,
    CAST(coalesce(-sum(amount_fen) FILTER (WHERE act = 'refund'), 0) AS bigint) AS refunded_fen,
    CAST(coalesce(-sum(amount_fen) FILTER (WHERE act = 'recover'), 0) AS bigint) AS recovered_fen,
    CAST(sum(amount_fen) AS bigint) AS payable_fen
FROM postings WHERE account_kind = 'provider_payable'
GROUP BY agency ORDER BY agency
"""
CUTS = {
    0b1111: ("all", ""),
    0b0111: ("month", "month_on"),
    0b1011: ("street", "street_code"),
    0b1101: ("fund", "fund"),
    0b1110: ("class", "benefit_class"),
}


class Ledger:
    """Books in the caller's one transaction; nothing here commits."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def book(
        self, set_id: UUID, act: Act, lines: Sequence[Line], *, on: date, cause: UUID
    ) -> None:
        """Append one balanced posting set."""
        made = balanced(lines)
        await self._work.run(
            BOOK,
            set_id=set_id,
            act=act,
            occurred_on=on,
            cause=cause,
            accounts=[line.account_id for line in made],
            kinds=[line.account_kind for line in made],
            amounts=[line.amount_fen for line in made],
            funds=[line.fund for line in made],
            streets=[line.street_code for line in made],
            months=[line.month_on for line in made],
            classes=[line.benefit_class for line in made],
            agencies=[line.agency for line in made],
        )

    async def empty(
        self,
        people: Sequence[UUID],
        programmes: Sequence[str],
        end: Literal["expire", "revoke"],
        *,
        on: date,
        cause: UUID,
        months_after: date = EVER,
        valid_before: date = NEVER,
    ) -> list[Emptied]:
        """Take what is unspent, to the expired or revoked account of the fund it came from."""
        values: dict[str, Any] = {"people": list(people)}
        await self._work.rows(LOCK, **values)
        found = await self._work.rows(
            EMPTY,
            **values,
            programmes=list(programmes),
            act=end,
            target=f"{end}d",
            occurred_on=on,
            cause=cause,
            after_on=months_after,
            before_on=valid_before,
        )
        if any(row["unbalanced_fen"] != 0 for row in found):
            balanced(())
        return [_emptied(row) for row in found]

    async def totals(self) -> dict[str, dict[str, Totals]]:
        """Conservation from the postings: by cut (all, month, street, fund, class) and value."""
        cuts: dict[str, dict[str, Totals]] = {name: {} for name, _ in CUTS.values()}
        for row in await self._work.rows(TOTALS):
            name, column = CUTS[row["cut"]]
            cuts[name][str(row[column]) if column else name] = _totals(row)
        return cuts

    async def providers(self) -> Sequence[Mapping[str, Any]]:
        """Per provider: redeemed, settled and still payable, from the postings."""
        return await self._work.rows(PROVIDERS)


class Books:
    """The base of the stores that write to the books: the work, the ledger, policy and day."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ledger = Ledger(work)

    @property
    def policy(self) -> VoucherPolicy:
        policy: VoucherPolicy = self._work.state["policy"]
        return policy

    @property
    def signing_bodies(self) -> Sequence[str]:
        """The bodies that sign for money on the office's day."""
        return self.policy.signing_bodies.on(self.today)

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now


def _emptied(row: Mapping[str, Any]) -> Emptied:
    return Emptied(
        row["person_id"],
        row["programme"],
        row["application_id"],
        row["area_code"],
        row["amount_fen"],
    )


def _totals(row: Mapping[str, Any]) -> Totals:
    return Totals(
        row["issue_fen"],
        row["redeem_fen"],
        row["expire_fen"],
        row["revoke_fen"],
        row["outstanding_fen"],
    )
