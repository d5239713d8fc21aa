"""Accounts of providers: the number sealed, a digest to compare it, its last digits to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.payments.payees import Decision, Payee, tail_of
from shared.vault import SealedFields, Vault
from shared.work import Row

ACCOUNT = "account_no"
DIGEST_KIND = "payee.account"
PROPOSE = """
INSERT INTO payees (id, provider_id, area_code, account_name, bank_name, wrapped_key, sealed,
    digest, tail, proposed_on, proposed_by)
VALUES (:id, :provider_id, :area_code, :account_name, :bank_name, :wrapped_key, :sealed, :digest,
    :tail, :today, :sub)
ON CONFLICT DO NOTHING RETURNING id
"""
LOAD = """
SELECT p.id, p.provider_id, p.proposed_by, p.decision, EXISTS (
    SELECT 1 FROM payees e WHERE e.provider_id = p.provider_id AND e.decision = 'approved'
) AS earlier
FROM payees p WHERE p.id = :id FOR UPDATE OF p
"""
DECIDE = """
UPDATE payees SET decision = :decision, decided_on = :today, decided_by = :sub,
    valid_from_on = CAST(:valid_from_on AS date)
WHERE id = :id
"""
PAGE = """
SELECT id AS payee_id, provider_id, account_name, bank_name, tail, proposed_on, proposed_by,
    decision, decided_on, decided_by, valid_from_on
FROM payees WHERE CAST(:after AS uuid) IS NULL OR id > :after
ORDER BY id LIMIT :most
"""


class Payees(Books):
    """The accounts that providers are paid into."""

    @property
    def _vault(self) -> Vault:
        vault: Vault = self._work.state["vault"]
        return vault

    async def propose(
        self, payee_id: UUID, provider_id: UUID, account_no: str, account_name: str, bank_name: str
    ) -> bool:
        """Keep a proposal; `False` when another one waits."""
        kept = self._vault.seal(payee_id, {ACCOUNT: account_no})
        made = await self._work.value(
            PROPOSE,
            id=payee_id,
            provider_id=str(provider_id),
            area_code=self.policy.district,
            account_name=account_name,
            bank_name=bank_name,
            wrapped_key=kept.wrapped_key,
            sealed=kept.sealed,
            digest=self._vault.blind(DIGEST_KIND, account_no),
            tail=tail_of(account_no),
            today=self.today,
            sub=self._work.caller.sub,
        )
        return made is not None

    async def load(self, payee_id: UUID) -> Payee | None:
        row = await self._work.row(LOAD, id=payee_id)
        return Payee(**row) if row else None

    async def decide(self, payee: Payee, decision: Decision, valid_from_on: date | None) -> None:
        await self._work.run(
            DECIDE,
            id=payee.id,
            decision=decision,
            valid_from_on=valid_from_on,
            today=self.today,
            sub=self._work.caller.sub,
        )

    async def page(self, after: UUID | None, most: int) -> Sequence[Row]:
        return await self._work.rows(PAGE, after=after, most=most)

    @property
    def cooling_days(self) -> int:
        return self.policy.payee_cooling_days.on(self.today)

    def opened(self, rows: Iterable[Row]) -> dict[UUID, str]:
        """Account numbers by payee, for a file that goes to the bank."""
        numbers: dict[UUID, str] = {}
        for row in rows:
            kept = SealedFields(row["wrapped_key"], row["sealed"])
            numbers[row["payee_id"]] = self._vault.open(row["payee_id"], kept)[ACCOUNT]
        return numbers

    def digests(self, numbers: Sequence[str]) -> list[bytes | None]:
        """What account numbers are compared by; `None` where the bank named none."""
        known = {one: self._vault.blind(DIGEST_KIND, one) for one in set(numbers) if one}
        return [known.get(one) for one in numbers]
