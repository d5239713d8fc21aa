"""Providers, their acts and outlets in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.evaluation.policy.model import Policies, Policy
from services.evaluation.providers.domain import Provider, id_taken, unknown_provider
from shared.contracts.evaluation import OutletOpened
from shared.contracts.letter import Letter
from shared.vault import Vault
from shared.work import Row, Work

CREDENTIAL = "credential_no"
SHOWN = 4
MASK = "****"
ENTER = """
WITH entered AS (
    INSERT INTO providers (id, name, area_code, source, selection_mode, credential_key,
        credential_sealed, credential_tail, documents, state, entered_by, entered_on, acts)
    VALUES (:id, :name, :area_code, :source, :selection_mode, :key, :sealed, :tail,
        CAST(:documents AS text[]), :state, CAST(:entered_by AS text[]), :today, :acts)
    ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO provider_acts (provider_id, nth, act_id, act, reason, sub, body, acted_on, area_code)
SELECT id, :acts, id, 'entered', '', :sub, :body, :today, :area_code FROM entered
RETURNING provider_id
"""
LOAD = """
SELECT id, area_code, source, documents, credential_sealed IS NOT NULL AS has_credential,
    entered_by, state, admitted_by, acts
FROM providers WHERE id = :id FOR UPDATE
"""
SAVE = """
WITH saved AS (
    UPDATE providers SET state = :state, admitted_by = :admitted_by, acts = :acts,
        documents = CAST(:documents AS text[]), entered_by = CAST(:entered_by AS text[]),
        credential_key = coalesce(CAST(:key AS bytea), credential_key),
        credential_sealed = coalesce(CAST(:sealed AS bytea), credential_sealed),
        credential_tail = coalesce(CAST(:tail AS text), credential_tail)
    WHERE id = :id RETURNING id, area_code
)
INSERT INTO provider_acts (provider_id, nth, act_id, act, reason, sub, body, acted_on, area_code)
SELECT id, :acts, :act_id, :act, :reason, :sub, :body, :today, area_code FROM saved
"""
OPEN_OUTLET = """
INSERT INTO outlets (id, provider_id, area_code, categories, opened_on)
VALUES (:id, :provider_id, :area_code, CAST(:categories AS text[]), :today)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
VIEW = """
SELECT p.id, p.name, p.area_code, p.source, p.selection_mode, p.state, p.documents,
    p.credential_tail, p.entered_on,
    (SELECT array_agg(DISTINCT c ORDER BY c) FROM outlets o, unnest(o.categories) AS c
     WHERE o.provider_id = CAST(p.id AS text)) AS categories
FROM providers p
"""
ONE = VIEW + " WHERE p.id = :id"
LIST = (
    VIEW
    + """
WHERE (CAST(:state AS text) IS NULL OR p.state = :state)
    AND (CAST(:after AS uuid) IS NULL OR p.id > CAST(:after AS uuid))
    AND p.area_code LIKE :area
ORDER BY p.id LIMIT :most
"""
)


class Providers:
    """Loads and saves providers in the request's transaction."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self._work.now

    def policy(self, area_code: str) -> Policy:
        """The policy in force in an area."""
        policies: Policies = self._work.state["policies"]
        return policies.of(area_code)

    async def load(self, provider_id: UUID) -> Provider:
        """The provider, locked until the transaction ends."""
        row = await self._work.row(LOAD, id=provider_id)
        if row is None:
            raise unknown_provider()
        fields: dict[str, Any] = {**row}
        for listed in ("documents", "entered_by"):
            fields[listed] = tuple(row[listed])
        return Provider(**fields)

    async def enter(
        self, provider: Provider, name: str, selection_mode: str, credential_no: str | None
    ) -> None:
        """Put a new provider on file."""
        entered = await self._work.value(
            ENTER,
            name=name,
            selection_mode=selection_mode,
            source=provider.source,
            area_code=provider.area_code,
            **self._sealed(provider.id, credential_no),
            **self._moving(provider),
        )
        if entered is None:
            raise id_taken()

    async def save(
        self,
        provider: Provider,
        act_id: UUID,
        act: str,
        *letters: Letter,
        reason: str = "",
        credential_no: str | None = None,
    ) -> None:
        """Keep a provider's new state, with the act that led to it, and send its letters."""
        await self._work.run(
            SAVE,
            admitted_by=provider.admitted_by,
            act_id=act_id,
            act=act,
            reason=reason,
            **self._sealed(provider.id, credential_no),
            **self._moving(provider),
        )
        self._work.send(*letters)

    async def open_outlet(self, letter: OutletOpened) -> None:
        """Put a new outlet on file."""
        opened = await self._work.value(
            OPEN_OUTLET,
            id=letter.outlet_id,
            provider_id=str(letter.provider_id),
            area_code=letter.area_code,
            categories=list(letter.categories),
            today=self._work.today,
        )
        if opened is None:
            raise id_taken()
        self._work.send(letter)

    async def one(self, provider_id: UUID) -> Row:
        """A provider as shown."""
        row = await self._work.row(ONE, id=provider_id)
        if row is None:
            raise unknown_provider()
        return row

    async def page(
        self, state: str | None, within: str, after: UUID | None, most: int
    ) -> Sequence[Row]:
        """Providers in order of their ids, after one of them."""
        return await self._work.rows(LIST, state=state, area=f"{within}%", after=after, most=most)

    def _moving(self, provider: Provider) -> dict[str, Any]:
        caller = self._work.caller
        return {
            "id": provider.id,
            "state": provider.state,
            "acts": provider.acts,
            "documents": list(provider.documents),
            "entered_by": list(provider.entered_by),
            "today": self._work.today,
            "sub": caller.sub,
            "body": caller.body,
        }

    def _sealed(self, provider_id: UUID, credential_no: str | None) -> dict[str, Any]:
        if credential_no is None:
            return {"key": None, "sealed": None, "tail": None}
        vault: Vault = self._work.state["vault"]
        kept = vault.seal(provider_id, {CREDENTIAL: credential_no})
        return {"key": kept.wrapped_key, "sealed": kept.sealed, "tail": masked(credential_no)}


def masked(credential_no: str) -> str:
    """The last characters of a number that is long enough to hide behind them."""
    return MASK + (credential_no[-SHOWN:] if len(credential_no) > SHOWN + SHOWN else "")
