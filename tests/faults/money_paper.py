"""Paper for a walk: a holder who chose it, and his month's vouchers in his hand."""

from __future__ import annotations

from datetime import date

from services.vouchers.paper.serials import serial_of
from shared.vault import Vault
from tests.faults.money_model_paper import Note
from tests.faults.money_site import Market
from tests.vouchers.paper import batch, on_paper
from tests.vouchers.town import Elder

SERIALS = """
SELECT s.id, s.amount_fen FROM paper_serials s JOIN paper_months m USING (account_id)
WHERE m.person_id = $1 ORDER BY s.id
"""


async def chosen(there: Market, elder: Elder, month: date) -> None:
    """Somebody with an award wishes for paper."""
    await there.town.grant(elder, starts_on=month)
    await on_paper(there.town, elder, month_on=month)


async def in_hand(there: Market, elder: Elder, month: date) -> list[Note]:
    """The vouchers of an issued month, made and handed out, by their serials."""
    made = await batch(there.town, elder.area_code, month)
    await _handed_out(there, elder, made)
    vault = Vault.at(there.at.data / "secrets")
    rows = await there.eye.fetch(SERIALS, elder.person_id)
    return [Note(serial_of(row["id"], vault), row["amount_fen"]) for row in rows]


async def _handed_out(there: Market, elder: Elder, batch_id: str) -> None:
    """From the street to the community, and from there to the holder."""
    town, area = there.town, elder.area_code
    path, worker = f"paper/batches/{batch_id}", town.desk.as_("community_worker", "chen", area)
    await town.post(town.street(area[:9]), f"{path}/dispatch")
    await town.post(worker, f"{path}/receipt")
    found = await town.street(area[:9]).get(f"/vouchers/v1/{path}/bundles")
    lines = [{"account_id": one["account_id"]} for one in found.json()["items"]]
    done = await town.post(worker, f"{path}/handovers", lines=lines)
    assert done.json()["refused"] == 0, done.text
