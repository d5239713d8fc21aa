"""Who may collect for a holder, on which written authority, and until when (C-47)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.vouchers.accounts.store import Accounts
from shared.errors import Conflict, NotFound
from shared.work import Row

RECORD = """
INSERT INTO agents (id, person_id, area_code, relation, authority_no, from_on, until_on,
    recorded_on, recorded_by)
SELECT :id, h.person_id, h.area_code, :relation, :authority_no, :from_on, :until_on, :today, :sub
FROM holders h WHERE h.person_id = :person_id
ON CONFLICT DO NOTHING
"""
WITHDRAW = """
UPDATE agents SET ended_on = :today, ended_by = :sub WHERE id = :id AND ended_on IS NULL
"""
OF_PERSON = """
SELECT a.id AS agent_id, a.person_id, a.relation, a.authority_no, a.from_on, a.until_on,
    a.recorded_on, a.recorded_by, a.ended_on,
    h.died_on IS NULL AND :today BETWEEN a.from_on AND a.until_on AND a.ended_on IS NULL
        AS may_collect
FROM agents a JOIN holders h ON h.person_id = a.person_id
WHERE a.person_id = :person_id ORDER BY a.from_on, a.id
"""
MAY_COLLECT = """
SELECT EXISTS (SELECT 1 FROM agents a JOIN holders h ON h.person_id = a.person_id
    WHERE a.id = :id AND a.person_id = :person_id AND h.died_on IS NULL
        AND CAST(:on AS date) BETWEEN a.from_on AND a.until_on AND a.ended_on IS NULL)
"""


class Agents(Accounts):
    """Written authorities to collect; the agent's name stays on the paper."""

    async def record(self, authority: Mapping[str, Any]) -> None:
        """Keep an authority.

        Raises:
            NotFound: no such holder in the caller's area.
            Conflict: the holder has died, or the paper is recorded already.
        """
        holder = await self.holder(authority["person_id"])
        if holder["died_on"] is not None:
            raise Conflict(
                "holder_died", "持券人已去世，不能登记代领", "the holder has died; nobody collects"
            )
        stamp = {"today": self.today, "sub": self._work.caller.sub}
        if not await self._work.run(RECORD, **authority, **stamp):
            raise Conflict(
                "authority_taken",
                "该编号或该委托书已登记",
                "this id or this paper of authority is recorded already",
            )

    async def withdraw(self, agent_id: UUID) -> None:
        """End an authority today.

        Raises:
            NotFound: there is none in force in the caller's area.
        """
        stamp = {"today": self.today, "sub": self._work.caller.sub}
        if not await self._work.run(WITHDRAW, id=agent_id, **stamp):
            raise NotFound(
                "no_such_authority",
                "本辖区没有此有效代领委托",
                "no such authority in force in your area",
            )

    async def of_person(self, person_id: UUID) -> list[Row]:
        """All authorities for a holder, those that have ended too."""
        return list(await self._work.rows(OF_PERSON, person_id=person_id, today=self.today))

    async def may_collect(self, agent_id: UUID, person_id: UUID, on: date) -> bool:
        """Whether an agent may collect for a holder on a day."""
        found = await self._work.value(MAY_COLLECT, id=agent_id, person_id=person_id, on=on)
        return bool(found)
