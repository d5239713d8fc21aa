"""Medical claims in the database: filed, proposed on, decided and paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.vouchers.approvals.domain import Outcome, Proposal
from services.vouchers.claims.domain import Claim, Receipt
from services.vouchers.entitlements.store import Entitlements
from services.vouchers.payouts.store import Payouts
from shared.errors import Conflict, NotFound
from shared.work import Row, Work

FILE = """
INSERT INTO medical_claims (id, award_id, person_id, area_code, amount_fen, filed_on, filed_by)
VALUES (:id, :award_id, :person_id, :area_code, :amount_fen, :today, :sub)
ON CONFLICT DO NOTHING
"""
# A receipt is reimbursed once, wherever it was filed; a refused claim sets its receipts free.
KEEP = """
INSERT INTO claim_receipts (claim_id, area_code, digest, receipt_no, hospital, issued_on,
    amount_fen)
SELECT :claim_id, :area_code, r.* FROM unnest(CAST(:digests AS text[]), CAST(:numbers AS text[]),
    CAST(:hospitals AS text[]), CAST(:days AS date[]), CAST(:amounts AS bigint[])) AS r
ON CONFLICT DO NOTHING
"""
LOAD = """
SELECT id, award_id, person_id, area_code, amount_fen, state FROM medical_claims
WHERE id = :id
"""
PROPOSE = """
WITH made AS (
    INSERT INTO claim_decisions (id, claim_id, area_code, amount_fen, reason, made_on, made_by,
        made_body)
    VALUES (:id, :claim_id, :area_code, :amount_fen, :reason, :today, :sub, :body)
    ON CONFLICT DO NOTHING RETURNING claim_id
)
UPDATE medical_claims SET state = 'proposed' WHERE id = (SELECT claim_id FROM made)
"""
DECISION = """
SELECT id, claim_id, amount_fen, made_by, made_body, outcome FROM claim_decisions
WHERE id = :id FOR UPDATE
"""
DECIDE = """
UPDATE claim_decisions SET outcome = :outcome, decided_on = :today, decided_by = :sub,
    decided_body = :body, decided_reason = :reason
WHERE id = :id
"""
TURN = """
UPDATE medical_claims SET state = :state, approved_fen = :approved_fen, approved_on = :approved_on
WHERE id = :id
"""
FREE = "UPDATE claim_receipts SET released = true WHERE claim_id = :id"
YEAR = """
SELECT CAST(coalesce(sum(approved_fen), 0) AS bigint) FROM medical_claims
WHERE person_id = :person_id AND state = 'approved'
    AND extract(year FROM approved_on) = extract(year FROM CAST(:today AS date))
"""
SAME_PERSON = "SELECT 1 FROM holders WHERE person_id = :person_id FOR NO KEY UPDATE"
PAGE = """
SELECT c.id AS claim_id, c.award_id, c.person_id, c.area_code, c.amount_fen, c.state, c.filed_on,
    c.approved_fen, c.approved_on, p.paid_on
FROM medical_claims c LEFT JOIN payouts p ON p.id = c.id
WHERE (CAST(:after AS uuid) IS NULL OR c.id > :after)
    AND (CAST(:state AS text) IS NULL OR c.state = :state)
ORDER BY c.id LIMIT :most
"""
RECEIPTS = """
SELECT digest, receipt_no, hospital, issued_on, amount_fen FROM claim_receipts
WHERE claim_id = :id ORDER BY issued_on, receipt_no
"""
DECISIONS = """
SELECT id AS decision_id, amount_fen, reason, made_on, made_by, made_body, outcome, decided_on,
    decided_by, decided_body, decided_reason
FROM claim_decisions WHERE claim_id = :id ORDER BY made_on, id
"""
STATEMENT = """
SELECT left(c.area_code, 9) AS street_code, count(*) AS claims,
    count(DISTINCT c.person_id) AS people, CAST(sum(c.amount_fen) AS bigint) AS claimed_fen,
    CAST(sum(c.approved_fen) AS bigint) AS approved_fen,
    CAST(coalesce(sum(p.amount_fen) FILTER (WHERE p.paid_on IS NOT NULL), 0) AS bigint) AS paid_fen
FROM medical_claims c LEFT JOIN payouts p ON p.id = c.id
WHERE c.state = 'approved' AND extract(year FROM c.approved_on) = :year
GROUP BY left(c.area_code, 9) ORDER BY 1
"""


class Claims(Entitlements):
    """Claims on the book of subsidies."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._payouts = Payouts(work)

    async def file(
        self, claim_id: UUID, award: Row, receipts: Sequence[Receipt], amount_fen: int
    ) -> None:
        """Keep a claim with its receipts.

        Raises:
            Conflict: the id is taken, or a receipt has been claimed before.
        """
        about = {name: award[name] for name in ("award_id", "person_id", "area_code")}
        stamp = {"today": self.today, "sub": self._work.caller.sub}
        if not await self._work.run(FILE, id=claim_id, amount_fen=amount_fen, **about, **stamp):
            raise Conflict(
                "id_taken", "该编号已使用；请换用新编号", "this id is taken; use another"
            )
        kept = await self._work.run(
            KEEP,
            claim_id=claim_id,
            area_code=award["area_code"],
            digests=[receipt.digest for receipt in receipts],
            numbers=[receipt.receipt_no for receipt in receipts],
            hospitals=[receipt.hospital for receipt in receipts],
            days=[receipt.issued_on for receipt in receipts],
            amounts=[receipt.amount_fen for receipt in receipts],
        )
        if kept != len(receipts):
            raise Conflict(
                "receipt_claimed",
                f"有 {len(receipts) - kept} 张票据已申请过；同一票据只报销一次，请去掉后重新提交",
                f"{len(receipts) - kept} of the receipts have been claimed before; each is "
                "reimbursed once, leave them out and file again",
            )

    async def claim(self, claim_id: UUID, *, lock: bool) -> Claim:
        """A claim; locked, it stays so until the end of the work.

        Raises:
            NotFound: there is none in the caller's area.
        """
        row = await self._work.row(LOAD + (" FOR UPDATE" if lock else ""), id=claim_id)
        if row is None:
            raise NotFound("no_such_claim", "本辖区没有此申请", "no such claim in your area")
        return Claim(**row)

    async def propose(self, claim: Claim, decision_id: UUID, amount_fen: int, reason: str) -> None:
        """Keep the first signature.

        Raises:
            Conflict: the id is taken.
        """
        caller = self._work.caller
        made = await self._work.run(
            PROPOSE,
            id=decision_id,
            claim_id=claim.id,
            area_code=claim.area_code,
            amount_fen=amount_fen,
            reason=reason,
            today=self.today,
            sub=caller.sub,
            body=caller.body,
        )
        if not made:
            raise Conflict(
                "id_taken", "该编号已使用；请换用新编号", "this id is taken; use another"
            )

    async def decision(self, decision_id: UUID) -> tuple[Claim, int, Proposal]:
        """A proposal with its claim and amount, all locked.

        Raises:
            NotFound: there is none in the caller's area.
        """
        row = await self._work.row(DECISION, id=decision_id)
        if row is None:
            raise NotFound("no_such_decision", "本辖区没有此审核意见", "no such decision here")
        proposal = Proposal(row["made_by"], row["made_body"], row["outcome"])
        return await self.claim(row["claim_id"], lock=True), row["amount_fen"], proposal

    async def approved_this_year(self, person_id: UUID) -> int:
        """What a person has been approved this year; nobody approves for him meanwhile."""
        await self._work.rows(SAME_PERSON, person_id=person_id)
        return int(await self._work.value(YEAR, person_id=person_id, today=self.today))

    async def decide(
        self, decision_id: UUID, claim: Claim, amount_fen: int, outcome: Outcome, reason: str
    ) -> str:
        """Keep the second signature; what both approve is booked and ordered to be paid."""
        caller = self._work.caller
        stamp = {"today": self.today, "sub": caller.sub, "body": caller.body}
        await self._work.run(DECIDE, id=decision_id, outcome=outcome, reason=reason, **stamp)
        if outcome == "refused":
            return await self._turn(claim, "filed")
        if amount_fen == 0:
            await self._work.run(FREE, id=claim.id)
            return await self._turn(claim, "refused")
        await self._payouts.pay(
            "centenarian_claims",
            "claim",
            "claims",
            amount_fen,
            area_code=claim.area_code,
            cause=claim.id,
        )
        await self._payouts.order(
            claim.id, "claim", amount_fen, area_code=claim.area_code, person_id=claim.person_id
        )
        return await self._turn(claim, "approved", amount_fen)

    async def _turn(self, claim: Claim, state: str, amount_fen: int | None = None) -> str:
        day = self.today if amount_fen is not None else None
        await self._work.run(
            TURN, id=claim.id, state=state, approved_fen=amount_fen, approved_on=day
        )
        return state

    async def claims(self, state: str | None, after: UUID | None, most: int) -> Sequence[Row]:
        """Claims within the caller's area."""
        return await self._work.rows(PAGE, state=state, after=after, most=most)

    async def told_of(self, claim_id: UUID) -> tuple[Sequence[Row], Sequence[Row]]:
        """A claim's receipts and decisions."""
        receipts = await self._work.rows(RECEIPTS, id=claim_id)
        return receipts, await self._work.rows(DECISIONS, id=claim_id)

    async def statement(self, year: int) -> Sequence[Row]:
        """A year's approved claims by street."""
        return await self._work.rows(STATEMENT, year=year)


def receipts_of(sent: Sequence[Any]) -> list[Receipt]:
    """Receipts as a claim names them."""
    return [Receipt(**one.model_dump()) for one in sent]
