"""Orders that override the waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.funds.overrides import FundShare, Override, unknown_override
from services.vouchers.ledger.store import Books
from shared.errors import Conflict
from shared.jsonb import jsonb
from shared.work import Row

MAKE = """
INSERT INTO fund_overrides (id, area_code, order_no, programme, from_month_on, to_month_on,
    street_code, benefit_class, shares, reason, made_on, made_by, made_body)
VALUES (:id, :area_code, :order_no, :programme, :from_month_on, :to_month_on, :street_code,
    :benefit_class, CAST(:shares AS jsonb), :reason, :today, :made_by, :made_body)
ON CONFLICT DO NOTHING
"""
COLUMNS = """
SELECT id, area_code, order_no, programme, from_month_on, to_month_on, street_code, benefit_class,
    CAST(shares AS text) AS shares, reason, made_by, made_body, signed_by
FROM fund_overrides
"""
LOAD = COLUMNS + "WHERE id = :id FOR UPDATE"
STANDING = (
    COLUMNS
    + """WHERE signed_on IS NOT NULL AND programme = :programme
    AND from_month_on <= :month_on AND to_month_on >= :month_on
ORDER BY signed_on DESC, id DESC
"""
)
SIGN = """
UPDATE fund_overrides SET signed_on = :today, signed_by = :sub, signed_body = :body WHERE id = :id
"""
PAGE = """
SELECT id AS override_id, order_no, programme, from_month_on, to_month_on, street_code,
    benefit_class, CAST(shares AS text) AS shares, reason, made_on, made_by, made_body, signed_on,
    signed_by, signed_body
FROM fund_overrides WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""


class Overrides(Books):
    """Orders of finance on who pays instead."""

    async def make(self, override: Override) -> None:
        """Keep an order that waits for its second person.

        Raises:
            Conflict: its id or its number is taken.
        """
        values = {k: v for k, v in asdict(override).items() if k != "signed_by"}
        shares = jsonb(values.pop("shares"))
        if not await self._work.run(MAKE, today=self.today, shares=shares, **values):
            raise Conflict(
                "order_taken",
                "该调整单编号或文号已存在",
                "an order with this id or number exists",
            )

    async def load(self, override_id: UUID) -> Override:
        """An order, locked until the end of the work.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(LOAD, id=override_id)
        if row is None:
            raise unknown_override()
        return _override(row)

    async def sign(self, override: Override) -> None:
        """Let the order count for what is issued from now on."""
        caller = self._work.caller
        await self._work.run(
            SIGN, id=override.id, today=self.today, sub=caller.sub, body=caller.body
        )

    async def standing(self, programme: str, month_on: date) -> list[Override]:
        """The orders that stand for a month, newest first."""
        found = await self._work.rows(STANDING, programme=programme, month_on=month_on)
        return [_override(row) for row in found]

    async def page(self, after: UUID | None, most: int) -> Sequence[dict[str, Any]]:
        """Orders with their signatures."""
        found = await self._work.rows(PAGE, after=after, most=most)
        return [{**row, "shares": orjson.loads(row["shares"])} for row in found]


def _override(row: Row) -> Override:
    values: dict[str, Any] = dict(row)
    values["shares"] = tuple(FundShare(**share) for share in orjson.loads(row["shares"]))
    return Override(**values)
