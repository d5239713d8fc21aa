"""Migrations go back and forth over an office that has worked, and lose nothing of the books."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from alembic import command

from deploy.postgres import EmbeddedPostgres
from tests.deploy.test_upgrade import config_of, database_of, drawing
from tests.vouchers.paid import Paying, results
from tests.vouchers.paper import in_hand
from tests.vouchers.test_paper_returns import pay, recollect
from tests.vouchers.test_payouts import approved_claim
from tests.vouchers.test_settlement_statements import object_to
from tests.vouchers.town import JANUARY, Elder, Shop, Town

pytestmark = pytest.mark.anyio
BOOKS = "SELECT * FROM postings ORDER BY position"
BALANCES = "SELECT id, kind, balance_fen FROM ledger_accounts ORDER BY id"


async def worked(town: Town) -> None:
    """Paper that was spent, came back and was destroyed; payments, one of them twice; a claim."""
    shop, serials = await in_hand(town, Elder())
    await pay(town, shop, serials[:2], 4000)
    await recollect(town, shop, serials[:2], {"2000": 2})
    paying, elder = Paying(town), Elder()
    await approved_claim(town, elder)
    await paying.payee(shop, "1101900100002222")
    await paying.approved(await paying.person(elder, "1101900100003333"))
    await town.settlements(JANUARY)
    listed = await town.post(town.civil(), "paper/destructions", month_on="2010-01-01")
    act = listed.json()["destruction_id"]
    signed = await town.post(town.finance(), f"paper/destructions/{act}/signature")
    assert signed.status_code == 201, signed.text
    batch = await paying.batch()
    orders = await paying.orders(batch)
    theirs = orders[str(shop.provider_id)]
    lines = [paying.line(theirs, "退回"), paying.line(orders[str(elder.person_id)])]
    assert results(await paying.answer(batch, lines)) == {"returned": 1, "matched": 1}
    renewal = f"payment-orders/{theirs['order_id']}/renewal"
    again = await town.post(town.finance(), renewal, payee_kept=True)
    assert again.status_code == 201, again.text
    await paying.batch()
    await pay(town, shop, serials[2:3], 2000)
    await recollect(town, shop, serials[2:3], {"2000": 1})
    made = await town.post(town.finance(), "settlements", month_on=str(JANUARY))
    (open_one,) = made.json()["statements"]
    found = await town.till(shop).get(f"/vouchers/v1/settlements/{open_one['settlement_id']}/lines")
    await object_to(town, shop, open_one, found.json()["items"][0]["line_id"])


@pytest.mark.parametrize("revision", ["0020", "0017", "0016"])
async def test_back_and_forth_again_over_a_filled_office_keeps_the_books_and_the_schema(
    town: Town, postgres: EmbeddedPostgres, database: str, revision: str
) -> None:
    await worked(town)
    await town.desk.settle()
    assert await town.failures() == []
    admin = await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
    before = drawing(postgres, database_of(database))
    books, balances = await admin.fetch(BOOKS), await admin.fetch(BALANCES)
    config = config_of("vouchers", database)
    for _ in range(2):
        await asyncio.to_thread(command.downgrade, config, revision)
        assert drawing(postgres, database_of(database)) != before
        await asyncio.to_thread(command.upgrade, config, "head")
        assert drawing(postgres, database_of(database)) == before
        assert await admin.fetch(BOOKS) == books
        assert await admin.fetch(BALANCES) == balances
    await admin.close()


async def test_a_shop_goes_on_selling_after_the_way_back_and_forth(
    town: Town, database: str
) -> None:
    paying, shop = Paying(town), Shop()
    await paying.open(shop)
    config = config_of("vouchers", database)
    await asyncio.to_thread(command.downgrade, config, "0016")
    await asyncio.to_thread(command.upgrade, config, "head")
    await paying.payee(shop, "1101900100002222")
    assert (await paying.batch())["orders"] == 1
