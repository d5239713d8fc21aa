"""Back-pay orders, and the month that a signed one issues to one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from uuid import UUID

from services.vouchers.funds.store import Funds
from services.vouchers.issuance.backpay import (
    Backpay,
    Standing,
    backpay_lines,
    unknown_award,
    unknown_backpay,
    valid_until,
)
from services.vouchers.issuance.domain import Due, Issued, Run, check_covered, letters
from services.vouchers.issuance.store import Issuance
from services.vouchers.ledger.store import Books
from shared.contracts.ids import new_id
from shared.contracts.months import last_day
from shared.errors import Conflict
from shared.work import Row, Work

STREET_DIGITS = 9
# The holder's key share: a death that is being recorded goes first, or waits and then revokes.
STANDING = """
SELECT h.area_code, h.died_on, a.application_id,
    CASE WHEN a.starts_on <= :last_on THEN coalesce(c.benefit_class, a.benefit_class) END
        AS benefit_class,
    CASE WHEN a.starts_on <= :last_on THEN coalesce(c.amount_fen, a.amount_fen) END AS amount_fen,
    a.starts_on, e.ended_on, EXISTS (SELECT 1 FROM ledger_accounts v WHERE v.kind = 'holder'
        AND v.person_id = a.person_id AND v.programme = a.programme
        AND v.month_on = :month_on) AS issued
FROM awards a JOIN holders h ON h.person_id = a.person_id
    LEFT JOIN award_ends e ON e.award_id = a.award_id
    LEFT JOIN LATERAL (
        SELECT benefit_class, amount_fen FROM award_classes s
        WHERE s.award_id = a.award_id AND s.starts_on <= :last_on ORDER BY s.starts_on DESC LIMIT 1
    ) c ON true
WHERE a.person_id = :person_id AND a.programme = :programme
ORDER BY (a.starts_on <= :last_on) DESC, a.starts_on DESC LIMIT 1 FOR KEY SHARE OF h
"""
MAKE = """
INSERT INTO backpays (id, person_id, programme, month_on, area_code, application_id, benefit_class,
    amount_fen, reason, note, made_on, made_by, made_body)
VALUES (:id, :person_id, :programme, :month_on, :area_code, :application_id, :benefit_class,
    :amount_fen, :reason, :note, :today, :made_by, :made_body)
ON CONFLICT DO NOTHING
"""
LOAD = """
SELECT id, person_id, programme, month_on, area_code, application_id, benefit_class, amount_fen,
    reason, note, made_by, made_body, signed_on
FROM backpays WHERE id = :id FOR UPDATE
"""
SIGN = """
UPDATE backpays SET signed_on = :today, signed_by = :sub, signed_body = :body WHERE id = :id
"""
OPEN = """
INSERT INTO ledger_accounts (kind, area_code, fund, allocation_id, person_id, application_id,
    programme, month_on, valid_until_on, street_code, benefit_class, run_id, balance_fen)
VALUES ('holder', :area_code, :fund, :allocation_id, :person_id, :application_id, :programme,
    :month_on, :valid_until_on, :street_code, :benefit_class, :run_id, :amount_fen)
ON CONFLICT (person_id, programme, month_on) WHERE kind = 'holder' DO NOTHING
RETURNING id
"""
PAGE = """
SELECT id AS backpay_id, person_id, programme, month_on, area_code, benefit_class, amount_fen,
    reason, note, made_on, made_by, made_body, signed_on, signed_by, signed_body
FROM backpays WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""


class Backpays(Books):
    """Past months that are paid to one person each."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._funds = Funds(work)

    async def standing(self, person_id: UUID, programme: str, month_on: date) -> Standing:
        """What the person's award says of a month; the person is locked against a death.

        Raises:
            NotFound: there is no award of the programme.
        """
        row = await self._work.row(
            STANDING,
            person_id=person_id,
            programme=programme,
            month_on=month_on,
            last_on=last_day(month_on),
        )
        if row is None:
            raise unknown_award()
        return Standing(**row)

    async def make(self, backpay: Backpay) -> None:
        """Keep a back-pay that waits for the other body.

        Raises:
            Conflict: its id is taken.
        """
        values = {k: v for k, v in asdict(backpay).items() if k != "signed_on"}
        if not await self._work.run(MAKE, today=self.today, **values):
            raise Conflict(
                "id_taken",
                "已有同一标识的补发单；请换用新标识",
                "there is a back-pay with this id already; use a new id",
            )

    async def load(self, backpay_id: UUID) -> Backpay:
        """A back-pay, locked until the end of the work.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(LOAD, id=backpay_id)
        if row is None:
            raise unknown_backpay()
        return Backpay(**row)

    async def sign(self, backpay: Backpay, area_code: str) -> str:
        """Keep the other body's signature and issue the month; returns the fund that pays.

        Raises:
            Conflict: allocations do not cover it, or the month has been issued meanwhile.
        """
        caller, today = self._work.caller, self.today
        due = Due(backpay.area_code, backpay.benefit_class, backpay.amount_fen, 1)
        coverage = await Issuance(self._work).coverage(
            backpay.programme, backpay.month_on, [due], lock=True
        )
        check_covered(coverage)
        source = coverage.shares[0].source
        account = await self._work.value(
            OPEN,
            area_code=area_code,
            fund=source.fund,
            allocation_id=source.allocation_id,
            person_id=backpay.person_id,
            application_id=backpay.application_id,
            programme=backpay.programme,
            month_on=backpay.month_on,
            valid_until_on=valid_until(self.policy, backpay.month_on, today),
            street_code=backpay.area_code,
            benefit_class=backpay.benefit_class,
            run_id=backpay.id,
            amount_fen=backpay.amount_fen,
        )
        if account is None:
            raise Conflict("already_issued", "该月已发放", "this month has been issued already")
        await self._funds.draw({source.account_id: backpay.amount_fen}, "overdrawn under its lock")
        lines = backpay_lines(backpay, source, account)
        await self._ledger.book(new_id(), "backpay", lines, on=today, cause=backpay.id)
        await self._work.run(SIGN, id=backpay.id, today=today, sub=caller.sub, body=caller.body)
        self._tell(backpay, source.fund)
        return source.fund

    def _tell(self, backpay: Backpay, fund: str) -> None:
        run = Run(backpay.id, backpay.programme, backpay.month_on, backpay.made_by, self.today)
        amount, journey = backpay.amount_fen, backpay.application_id
        part = Issued(backpay.area_code, fund, 1, amount, (amount,), (journey,))
        self._work.send(*letters(run, [part], self.now))

    async def page(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Back-pays within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most)


def street_of(area_code: str) -> str:
    """The street of a community."""
    return area_code[:STREET_DIGITS]
