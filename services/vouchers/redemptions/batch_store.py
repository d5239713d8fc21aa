"""Batches in the database: one statement loads and locks for all lines, one books, one refuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.ledger.store import Books
from services.vouchers.redemptions.batch import (
    Asked,
    BatchFacts,
    CardKnown,
    Fresh,
    Known,
    LineDecision,
    Purse,
)
from services.vouchers.redemptions.columns import booked, places
from services.vouchers.redemptions.domain import Accepted, Refused, redeemed, refused
from services.vouchers.redemptions.store import month_left
from shared.contracts.letter import Letter
from shared.vault import Vault
from shared.work import Row

LOAD = """
SELECT * FROM till_batch(:provider_id, CAST(:ids AS uuid[]), CAST(:digests AS bytea[]),
    CAST(:outlets AS uuid[]), CAST(:items AS text[]), :today)
"""
BOOK = """
SELECT book_batch(:provider_id, :channel, :today, :sub, CAST(:ids AS uuid[]),
    CAST(:cards AS uuid[]), CAST(:people AS uuid[]), CAST(:applications AS uuid[]),
    CAST(:areas AS text[]), CAST(:outlets AS uuid[]), CAST(:items AS text[]),
    CAST(:amounts AS bigint[]), CAST(:days AS date[]), CAST(:charged AS uuid[]),
    CAST(:accounts AS uuid[]), CAST(:charges AS bigint[]))
"""
REFUSE = """
SELECT refuse_batch(:provider_id, :today, :sub, CAST(:ids AS uuid[]), CAST(:people AS uuid[]),
    CAST(:areas AS text[]), CAST(:outlets AS uuid[]), CAST(:items AS text[]),
    CAST(:amounts AS bigint[]), CAST(:codes AS text[]))
"""


class Batches(Books):
    """The side of the books that offline tills and other senders of lists see."""

    @property
    def vault(self) -> Vault:
        vault: Vault = self._work.state["vault"]
        return vault

    async def load(self, provider_id: UUID, asked: Sequence[Asked]) -> BatchFacts:
        """All facts of a batch; its holders are locked, in one order, until the end of the work."""
        row = await self._work.row(
            LOAD,
            provider_id=str(provider_id),
            ids=[one.purchase.id for one in asked],
            digests=list({one.digest for one in asked}),
            outlets=list({one.purchase.outlet_id for one in asked}),
            items=list({one.purchase.item_code for one in asked}),
            today=self.today,
        )
        assert row is not None
        return _facts(row)

    async def save(self, provider_id: UUID, decided: Sequence[LineDecision]) -> None:
        """Book what was accepted, keep what was refused, and tell both."""
        fresh = [line for line in decided if isinstance(line, Fresh)]
        accepted = [(x.purchase, x.decision) for x in fresh if isinstance(x.decision, Accepted)]
        declined = [(x, x.decision) for x in fresh if isinstance(x.decision, Refused)]
        about: dict[str, Any] = {
            "provider_id": str(provider_id), "today": self.today, "sub": self._work.caller.sub
        }  # fmt: skip
        if accepted:
            await self._work.row(BOOK, channel="batch", **about, **booked(accepted))
        if declined:
            await self._work.row(REFUSE, **about, **self._kept(declined))
        now = self.now
        self._work.send(*(self._letter(line, now) for line in fresh))

    def _kept(self, declined: Sequence[tuple[Fresh, Refused]]) -> dict[str, Any]:
        payers = [line.till.payer for line, _ in declined]
        return {
            **places([line.purchase for line, _ in declined]),
            "people": [payer.person_id if payer else None for payer in payers],
            "areas": [
                (payer.area_code if payer else line.till.outlet_area) or self.policy.district
                for (line, _), payer in zip(declined, payers, strict=True)
            ],
            "codes": [decision.code for _, decision in declined],
        }

    def _letter(self, line: Fresh, now: datetime) -> Letter:
        programmes = self.policy.programmes
        if isinstance(line.decision, Accepted):
            return redeemed(line.purchase, line.decision, programmes, now)
        return refused(line.purchase, line.decision.code, line.till, programmes, now)


def _facts(row: Row) -> BatchFacts:
    said = {name: orjson.loads(text or "[]") for name, text in row.items()}
    return BatchFacts(
        cards={
            bytes.fromhex(digest): CardKnown(
                UUID(card), _day(closed), _day(lost), _day(until), UUID(person)
            )
            for digest, card, closed, lost, until, person in said["cards"]
        },
        purses={UUID(one["person_id"]): _purse(one) for one in said["holders"]},
        known={UUID(one["id"]): _known(one) for one in said["known"]},
        standings=[(date.fromisoformat(day), standing) for day, standing in said["standings"]],
        outlets={UUID(outlet): (owner, area) for outlet, owner, area in said["outlets"]},
        items={
            code: (category, allowed, date.fromisoformat(published))
            for code, category, allowed, published in said["items"]
        },
    )


def _purse(one: dict[str, Any]) -> Purse:
    return Purse(
        one["area_code"],
        _day(one["died_on"]),
        _day(one["lapsed_on"]),
        int(one["held_fen"]),
        tuple(month_left(month) for month in one["months"] or ()),
    )


def _known(one: dict[str, Any]) -> Known:
    person = one["person_id"]
    return Known(
        one["provider_id"],
        UUID(one["outlet_id"]),
        one["item_code"],
        one["amount_fen"],
        UUID(person) if person else None,
        _day(one["day"]),
        one["code"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
