"""Accounts of providers and people: numbers sealed, a digest to compare, last digits to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.payments.payees import Decision, Named, Payee, tail_of
from shared.vault import SealedFields, Vault
from shared.work import Row

ACCOUNT, NAME = "account_no", "account_name"
DIGEST_KIND = "payee.account"
PROPOSE = """
INSERT INTO payees (id, provider_id, person_id, area_code, account_name, bank_name, wrapped_key,
    sealed, digest, tail, proposed_on, proposed_by)
VALUES (:id, :provider_id, :person_id, :area_code, :account_name, :bank_name, :wrapped_key,
    :sealed, :digest, :tail, :today, :sub)
ON CONFLICT DO NOTHING RETURNING id
"""
LOAD = """
SELECT p.id, p.provider_id, p.proposed_by, p.decision, EXISTS (
    SELECT 1 FROM payees e WHERE e.provider_id = p.provider_id
        AND e.person_id IS NOT DISTINCT FROM p.person_id AND e.decision = 'approved'
) AS earlier
FROM payees p WHERE p.id = :id FOR UPDATE OF p
"""
DECIDE = """
UPDATE payees SET decision = :decision, decided_on = :today, decided_by = :sub,
    valid_from_on = CAST(:valid_from_on AS date)
WHERE id = :id
"""
PAGE = """
SELECT id AS payee_id, nullif(provider_id, '') AS provider_id, person_id, account_name,
    bank_name, tail, proposed_on, proposed_by, decision, decided_on, decided_by, valid_from_on
FROM payees WHERE CAST(:after AS uuid) IS NULL OR id > :after
ORDER BY id LIMIT :most
"""


# Money goes to people by entitlements alone; their district has them, and only in their area.
AREA = "SELECT area_code FROM entitlements WHERE person_id = :person_id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Account:
    """An opened account; a person's name is sealed with the number."""

    number: str
    name: str | None


class Payees(Books):
    """The accounts that providers and people are paid into."""

    @property
    def _vault(self) -> Vault:
        vault: Vault = self._work.state["vault"]
        return vault

    async def area_of(self, person_id: UUID | None) -> str | None:
        """Where a payee's row belongs: a provider's to the district, a person's to his area."""
        if person_id is None:
            return self.policy.district
        found: str | None = await self._work.value(AREA, person_id=person_id)
        return found

    async def propose(self, payee_id: UUID, named: Named, area_code: str) -> bool:
        """Keep a proposal; `False` when another one waits."""
        secret = {ACCOUNT: named.account_no}
        if named.person_id is not None:
            secret[NAME] = named.account_name
        kept = self._vault.seal(payee_id, secret)
        made = await self._work.value(
            PROPOSE,
            id=payee_id,
            provider_id=str(named.provider_id or ""),
            person_id=named.person_id,
            area_code=area_code,
            account_name=named.shown_name,
            bank_name=named.bank_name,
            wrapped_key=kept.wrapped_key,
            sealed=kept.sealed,
            digest=self._vault.blind(DIGEST_KIND, named.account_no),
            tail=tail_of(named.account_no),
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

    def opened(self, rows: Iterable[Row]) -> dict[UUID, Account]:
        """Accounts by payee, for a file that goes to the bank."""
        accounts: dict[UUID, Account] = {}
        for row in rows:
            kept = SealedFields(row["wrapped_key"], row["sealed"])
            secret = self._vault.open(row["payee_id"], kept)
            accounts[row["payee_id"]] = Account(secret[ACCOUNT], secret.get(NAME))
        return accounts

    def digests(self, numbers: Sequence[str]) -> list[bytes | None]:
        """What account numbers are compared by; `None` where the bank named none."""
        known = {one: self._vault.blind(DIGEST_KIND, one) for one in set(numbers) if one}
        return [known.get(one) for one in numbers]
