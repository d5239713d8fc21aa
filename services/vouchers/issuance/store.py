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
from services.vouchers.issuance import statements as sql
from services.vouchers.issuance.domain import (
    Due,
    Issued,
    Run,
    letters,
    needs_of,
    portions,
    summary,
    unknown_run,
)
from services.vouchers.ledger.store import Books
from shared.contracts.months import last_day
from shared.errors import Conflict
from shared.jsonb import jsonb
from shared.work import Work

BENEFITS = "benefits"
MOST_AT_ONCE = 50_000
"""Of how many people's vouchers one statement makes; a street is never cut."""


class Issuance(Books):
    """Runs and what they issue; a month is a few statements whatever its size."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._funds = Funds(work)

    async def dues(self, programme: str, month_on: date) -> list[Due]:
        """Who is due a month and does not have it yet, counted by street, class and amount."""
        found = await self._work.rows(
            sql.DEMAND, programme=programme, month_on=month_on, last_on=last_day(month_on)
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
            sql.MAKE,
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
        row = await self._work.row(sql.LOAD, id=run_id)
        if row is None:
            raise unknown_run()
        return Run(**row)

    async def issue(self, run: Run, coverage: Coverage) -> list[Issued]:
        """Issue the month and tell every street, some streets after another, as one act."""
        issued = list[Issued]()
        for streets in portions(await self._find(run, coverage), MOST_AT_ONCE):
            part = await self._issue(run, coverage, streets)
            self._work.send(*letters(run, part, self.now))
            await self._work.flush()
            issued += [one.counted() for one in part]
        await self._work.run(
            sql.APPROVE,
            id=run.id,
            today=self.today,
            sub=self._work.caller.sub,
            issued=jsonb(summary(issued)),
        )
        return issued

    async def _find(self, run: Run, coverage: Coverage) -> list[tuple[str, int]]:
        """Lock and rank who is due; how many they are in each street."""
        await self._work.run(sql.DUE_NOW)
        await self._work.run(
            sql.FIND,
            programme=run.programme,
            month_on=run.month_on,
            last_on=last_day(run.month_on),
            lot_streets=[street for street, _, _ in coverage.lots],
            lot_classes=[benefit_class for _, benefit_class, _ in coverage.lots],
            lots=[lot for _, _, lot in coverage.lots],
        )
        return [(row["street_code"], row["people"]) for row in await self._work.rows(sql.STREETS)]

    async def _issue(self, run: Run, coverage: Coverage, streets: Sequence[str]) -> list[Issued]:
        shares = coverage.shares
        found = await self._work.rows(
            sql.ISSUE,
            streets=list(streets),
            programme=run.programme,
            month_on=run.month_on,
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
        )
        assert all(row["covered"] for row in found), "an allocation was overdrawn under its lock"
        return [_issued(row) for row in found]

    async def page(self, after: UUID | None, most: int) -> list[dict[str, Any]]:
        """Runs."""
        found = await self._work.rows(sql.PAGE, after=after, most=most)
        return [_shown(row) for row in found]

    async def show(self, run_id: UUID) -> dict[str, Any]:
        """A run with its preview and what it issued.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(sql.ONE, id=run_id)
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
