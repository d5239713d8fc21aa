"""Paper in the voucher town: who is on paper, batches, sheets read back, and a provider's stack."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

from pypdf import PdfReader

from shared.contracts.programmes import VOUCHER
from tests.vouchers.town import COMMUNITY, JANUARY, MONTHLY_FEN, Elder, Shop, Town

SERIAL = re.compile(r"\b(?:[0-9A-Z]{4}-){4}[0-9A-Z*](?![0-9A-Z])")
USUAL = [2000] * 3 + [1000] * 2 + [500] * 2 + [200] * 3 + [100] * 4


async def on_paper(town: Town, *elders: Elder, month_on: date = JANUARY, **more: Any) -> None:
    """Elders choose paper."""
    for elder in elders:
        chosen = await town.post(
            town.street(elder.area_code[:9]),
            "paper/choices",
            person_id=str(elder.person_id),
            programme=VOUCHER,
            month_on=str(month_on),
            scheme="paper",
            **more,
        )
        assert chosen.status_code == 201, chosen.text


async def ready(town: Town, *elders: Elder) -> Shop:
    """Elders on paper whose January is issued, and a shop that takes it."""
    shop = Shop()
    await town.grant(*elders)
    await town.admit(shop)
    await town.publish()
    await town.allocate(6 * MONTHLY_FEN)
    await on_paper(town, *elders)
    await town.issue(JANUARY)
    return shop


async def batch(town: Town, area: str = COMMUNITY, month_on: date = JANUARY) -> str:
    """A community's paper, made by its street."""
    made = await town.post(
        town.street(area[:9]),
        "paper/batches",
        programme=VOUCHER,
        month_on=str(month_on),
        area_code=area,
    )
    assert made.status_code == 201, made.text
    batch_id: str = made.json()["batch_id"]
    return batch_id


async def sheet(town: Town, batch_id: str, first: int = 1) -> str:
    """The words on the sheets that a street prints."""
    path = f"/vouchers/v1/paper/batches/{batch_id}/sheets"
    printed = await town.street().post(path, json={"first_bundle": first})
    assert printed.status_code == 200, printed.text
    pages = PdfReader(io.BytesIO(printed.content)).pages
    return "\n".join(page.extract_text() for page in pages)


async def bundles(town: Town, batch_id: str) -> list[dict[str, Any]]:
    """The bundles of a batch, without serials."""
    path = f"/vouchers/v1/paper/batches/{batch_id}/bundles"
    found: list[dict[str, Any]] = (await town.street().get(path)).json()["items"]
    return found


async def handed_out(town: Town, batch_id: str, **more: Any) -> dict[str, Any]:
    """The batch goes to its community and from there into the holders' hands."""
    await town.post(town.street(), f"paper/batches/{batch_id}/dispatch")
    await town.post(worker(town), f"paper/batches/{batch_id}/receipt")
    lines = [{"account_id": one["account_id"], **more} for one in await bundles(town, batch_id)]
    done = await town.post(worker(town), f"paper/batches/{batch_id}/handovers", lines=lines)
    assert done.status_code == 200, done.text
    answer: dict[str, Any] = done.json()
    return answer


async def in_hand(town: Town, *elders: Elder) -> tuple[Shop, list[str]]:
    """A shop, and the serials of elders who have their January in hand, the largest first."""
    shop = await ready(town, *elders)
    made = await batch(town)
    serials = SERIAL.findall(await sheet(town, made))
    assert (await handed_out(town, made))["refused"] == 0
    return shop, serials


def worker(town: Town, area: str = COMMUNITY) -> Any:
    """A community worker."""
    return town.desk.as_("community_worker", sub="chen", area=area)


async def states(town: Town) -> dict[str, int]:
    """How many serials are in each state."""
    work = town.desk.work("vouchers")
    found = await work.rows("SELECT state, count(*) AS n FROM paper_serials GROUP BY state")
    await work.abandon()
    return {row["state"]: row["n"] for row in found}


async def failures(town: Town) -> list[str]:
    """The checks that do not hold once every letter has arrived."""
    await town.desk.settle()
    return await town.failures()
