"""Reclaim cases in the database, and what comes back of them into the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.vouchers.accounts.store import Accounts
from services.vouchers.approvals.domain import Outcome, Proposal
from services.vouchers.ledger.domain import EVER
from services.vouchers.reclaims import statements as sql
from services.vouchers.reclaims.domain import (
    Instalment,
    Part,
    Reason,
    Spent,
    Taken,
    Way,
    case_of,
    recovery_lines,
)
from shared.contracts.ids import derived_id
from shared.errors import Conflict, NotFound
from shared.work import Row


@dataclass(frozen=True, slots=True)
class Decision:
    """A proposal or decision on a part of a case, locked until the end of the work."""

    id: UUID
    case_id: UUID
    area_code: str
    way: Way
    amount_fen: int
    proposal: Proposal


class Reclaims(Accounts):
    """What was spent though it was not due."""

    async def open(
        self, person_id: UUID, area_code: str, reason: Reason, since_on: date, after: date = EVER
    ) -> int:
        """Open or extend the person's case; returns how many redemptions are new in it.

        What was spent later than `since_on` counts after a death; otherwise what was spent of
        months later than `after`.
        """
        died = reason == "spent_after_death"
        return await self._work.run(
            sql.OPEN,
            case_id=case_of(person_id, reason),
            person_id=person_id,
            area_code=area_code,
            reason=reason,
            since_on=since_on,
            spent_after=since_on if died else EVER,
            months_after=EVER if died else after,
            today=self.today,
        )

    async def case(self, case_id: UUID) -> Row:
        """One case.

        Raises:
            NotFound: there is none in the caller's area.
        """
        found = await self._work.row(sql.CASE, id=case_id)
        if found is None:
            raise NotFound("no_such_case", "本辖区没有此追回案件", "no such case in your area")
        return found

    async def lines(self, case_id: UUID) -> Sequence[Row]:
        """A case's redemptions."""
        return await self._work.rows(sql.LINES.format(lock=""), id=case_id)

    async def undecided(self, case_id: UUID) -> list[Spent]:
        """A case's redemptions, locked until the end of the work."""
        rows = await self._work.rows(sql.LINES.format(lock="FOR UPDATE OF l"), id=case_id)
        return [Spent(row["redemption_id"], row["settled"], row["decision_id"]) for row in rows]

    async def parts(self, redemptions: Sequence[UUID]) -> list[Part]:
        """What of redemptions can be taken back, from the postings; no refund comes between."""
        await self._work.rows(sql.HOLD_STILL, ids=list(redemptions))
        rows = await self._work.rows(sql.PARTS, ids=list(redemptions))
        return [Part(**row) for row in rows]

    async def propose(
        self, case: Row, made: Mapping[str, Any], parts: Sequence[Part], plan: Sequence[Instalment]
    ) -> None:
        """Keep a proposal with its parts and its plan; `made` is id, way and reason.

        Raises:
            Conflict: the id is taken.
        """
        caller, about = self._work.caller, {"id": made["id"], "area_code": case["area_code"]}
        total = sum(part.amount_fen for part in parts)
        values = {**made, **about, "case_id": case["id"], "amount_fen": total}
        stamp = {"today": self.today, "sub": caller.sub, "body": caller.body}
        if not await self._work.run(sql.PROPOSE, **values, **stamp):
            raise Conflict(
                "id_taken", "该编号已使用；请换用新编号", "this id is taken; use another"
            )
        await self._work.run(
            sql.TIE, id=made["id"], ids=list({part.redemption_id for part in parts})
        )
        kept = [{k: v for k, v in asdict(p).items() if k != "recovered_fen"} for p in parts]
        await self._work.run_many(sql.KEEP_PART, [{**part, **about} for part in kept])
        await self._work.run_many(sql.KEEP_INSTALMENT, [{**asdict(one), **about} for one in plan])

    async def decision(self, decision_id: UUID) -> Decision:
        """A proposal or decision, locked until the end of the work.

        Raises:
            NotFound: there is none in the caller's area.
        """
        row = await self._work.row(sql.DECISION, id=decision_id)
        if row is None:
            raise NotFound(
                "no_such_decision", "本辖区没有此追回决定", "no such decision in your area"
            )
        proposal = Proposal(row["made_by"], row["made_body"], row["outcome"])
        names = ("id", "case_id", "area_code", "way", "amount_fen")
        return Decision(**{name: row[name] for name in names}, proposal=proposal)

    async def kept_parts(self, decision_id: UUID) -> list[Part]:
        """What a decision takes back, and how much of it is back."""
        return [Part(**row) for row in await self._work.rows(sql.KEPT_PARTS, id=decision_id)]

    async def decide(self, decision: Decision, outcome: Outcome, reason: str) -> None:
        """Keep the second signature; a refused proposal frees its redemptions for another one."""
        caller = self._work.caller
        await self._work.run(
            sql.DECIDE,
            id=decision.id,
            outcome=outcome,
            reason=reason,
            today=self.today,
            sub=caller.sub,
            body=caller.body,
        )
        if outcome == "refused":
            await self._work.run(sql.FREE, id=decision.id)

    async def deduct(self, decision: Decision, taken: Sequence[Taken]) -> None:
        """Take from what is payable to the providers: one set for each redemption."""
        for one in dict.fromkeys(taking.part.redemption_id for taking in taken):
            mine = [taking for taking in taken if taking.part.redemption_id == one]
            await self._book(decision, mine, derived_id("reclaim", decision.id, one), one)

    async def receive(
        self, decision: Decision, receipt: Mapping[str, Any], taken: Sequence[Taken]
    ) -> None:
        """Keep a family's receipt and book it back to the funds that had paid.

        Raises:
            Conflict: the receipt's number or id is booked already.
        """
        kept = await self._work.run(
            sql.RECEIVE,
            **receipt,
            decision_id=decision.id,
            area_code=decision.area_code,
            today=self.today,
            sub=self._work.caller.sub,
        )
        if not kept:
            raise Conflict(
                "receipt_taken",
                "该收据号已入账；请核对，勿重复登记",
                "a receipt with this number is booked already; check it, do not book it twice",
            )
        await self._book(decision, taken, receipt["id"], receipt["id"])

    async def _book(
        self, decision: Decision, taken: Sequence[Taken], set_id: UUID, cause: UUID
    ) -> None:
        agencies = list({one.part.provider_id for one in taken})
        rows = await self._work.rows(sql.ACCOUNTS, agencies=agencies)
        payables = {row["agency"]: row["id"] for row in rows if row["fund"] is None}
        a_fund = {(row["kind"], row["fund"]): row["id"] for row in rows if row["fund"]}
        lines = recovery_lines(taken, decision.way, payables, a_fund)
        await self._ledger.book(set_id, "recover", lines, on=self.today, cause=cause)
        await self._work.run_many(
            sql.RECOVER,
            [
                {
                    **{k: v for k, v in asdict(one.part).items() if k not in UNASKED},
                    "amount_fen": one.amount_fen,
                    "id": decision.id,
                }
                for one in taken
            ],
        )

    async def told_of(self, case_id: UUID) -> dict[str, Sequence[Row]]:
        """Everything that belongs to a case."""
        return {
            "lines": await self.lines(case_id),
            "decisions": await self._work.rows(sql.DECISIONS, id=case_id),
            "instalments": await self._work.rows(sql.INSTALMENTS, id=case_id),
            "receipts": await self._work.rows(sql.RECEIPTS, id=case_id),
        }

    async def cases(self, after: UUID | None, most: int, *, undone: bool) -> Sequence[Row]:
        """Cases within the caller's area; with `undone` those that wait for something."""
        return await self._work.rows(sql.PAGE, after=after, most=most, open=undone)


UNASKED = ("recovered_fen", "provider_id", "amount_fen")
"""What tells a part's state, not which part it is."""
