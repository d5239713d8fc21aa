"""A lost card stops at the first word, a new number replaces it; a QR code ends the one before."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import httpx
import pytest

from tests.vouchers.town import MONTHLY_FEN, OTHER_COMMUNITY, OTHER_STREET, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio


async def lose(town: Town, elder: Elder, **more: Any) -> httpx.Response:
    hotline = town.desk.as_("hotline", sub="jie")
    order = {"person_id": str(elder.person_id), "reported_by": "holder", **more}
    return await town.post(hotline, "card-losses", **order)


async def act(town: Town, loss_id: str, name: str) -> httpx.Response:
    return await town.post(town.street(), f"card-losses/{loss_id}/{name}")


async def number(town: Town, card_id: str) -> str:
    shown = await town.street().post(f"/vouchers/v1/cards/{card_id}/disclosures")
    card_no: str = shown.json()["card_no"]
    return card_no


async def test_a_word_on_the_telephone_stops_the_card_at_once(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    town.desk.clock.set(date(2010, 1, 6))
    told = await lose(town, elder)
    assert (told.status_code, told.json()["write_until_on"]) == (201, "2010-01-11")
    assert code(await town.redeem(shop, card, 100)) == (409, "card_lost")
    assert code(await lose(town, elder)) == (409, "already_reported")
    before = await town.redeem(shop, card, 100, occurred_on="2010-01-05")
    assert before.status_code == 201
    found = await act(town, told.json()["loss_id"], "reinstatement")
    assert found.json()["state"] == "found"
    assert (await town.redeem(shop, card, 100)).status_code == 201
    assert code(await act(town, told.json()["loss_id"], "reinstatement")) == (409, "loss_ended")


async def test_a_card_is_replaced_once_in_writing_and_the_money_stays(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    town.desk.clock.set(date(2010, 1, 6))
    loss_id = (await lose(town, elder)).json()["loss_id"]
    assert code(await act(town, loss_id, "replacement")) == (409, "not_in_writing")
    assert (await act(town, loss_id, "confirmation")).status_code == 201
    assert code(await act(town, loss_id, "confirmation")) == (409, "already_written")
    made = await act(town, loss_id, "replacement")
    assert made.status_code == 201, made.text
    assert "card_no" not in made.text
    assert code(await act(town, loss_id, "replacement")) == (409, "loss_ended")
    new = await number(town, made.json()["card_id"])
    assert new != card
    assert code(await town.redeem(shop, card, 100)) == (409, "card_closed")
    before = await town.redeem(shop, card, 100, occurred_on="2010-01-05")
    assert (before.status_code, before.json()["balance_fen"]) == (201, MONTHLY_FEN - 100)
    assert (await town.redeem(shop, new, MONTHLY_FEN - 100)).status_code == 201
    (line,) = (await town.street().get("/vouchers/v1/card-losses")).json()["items"]
    assert (line["state"], line["new_card_id"]) == ("replaced", made.json()["card_id"])


async def test_an_oral_report_that_is_not_confirmed_stays_in_force_and_is_listed_as_overdue(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    await lose(town, elder)
    overdue = "/vouchers/v1/card-losses?state=overdue"
    town.desk.clock.set(date(2010, 1, 9))
    assert (await town.street().get(overdue)).json()["items"] == []
    town.desk.clock.set(date(2010, 1, 10))
    assert len((await town.street().get(overdue)).json()["items"]) == 1
    assert code(await town.redeem(shop, card, 100)) == (409, "card_lost")


async def test_another_street_neither_sees_nor_ends_a_loss(
    town: Town, elder: Elder, card: str
) -> None:
    loss_id = (await lose(town, elder)).json()["loss_id"]
    other = town.street(OTHER_STREET)
    assert (await other.get("/vouchers/v1/card-losses")).json()["items"] == []
    answer = await town.post(other, f"card-losses/{loss_id}/reinstatement")
    assert code(answer) == (404, "no_such_loss")
    stranger = await town.post(
        other, "card-losses", person_id=str(elder.person_id), reported_by="holder"
    )
    assert code(stranger) == (404, "no_open_card")
    assert code(await lose(town, Elder())) == (404, "no_open_card")
    await town.move(elder, OTHER_COMMUNITY, date(2010, 1, 5))
    assert (await town.post(other, f"card-losses/{loss_id}/reinstatement")).status_code == 201


async def test_a_report_races_with_tills_and_nothing_is_spent_after_it(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    answers: list[tuple[int, str]] = []

    async def spend() -> None:
        answers.append(code(await town.redeem(shop, card, 100)))

    async with anyio.create_task_group() as crowd:
        for nth in range(12):
            crowd.start_soon(spend)
            if nth == 5:
                crowd.start_soon(lose, town, elder)
    assert set(answers) <= {(201, ""), (409, "card_lost")}
    assert code(await town.redeem(shop, card, 100)) == (409, "card_lost")
    spent = 100 * answers.count((201, ""))
    assert (await town.money())["total"]["redeemed_fen"] == spent


async def minted(town: Town, card_id: str) -> dict[str, Any]:
    made = await town.post(town.street(), f"cards/{card_id}/qr-codes")
    assert made.status_code == 201, made.text
    assert "JYQ" not in made.text
    shown = await town.street().post(f"/vouchers/v1/cards/{card_id}/qr-codes/disclosures")
    assert shown.status_code == 200, shown.text
    told: dict[str, Any] = shown.json()
    return told


def sale(shop: Shop) -> dict[str, Any]:
    return {"outlet_id": str(shop.outlet_id), "item_code": "wash", "amount_fen": 100}


async def scanned(town: Town, shop: Shop, token: str, **more: Any) -> httpx.Response:
    order = {**sale(shop), "holder": {"qr_token": token}, **more}
    return await town.post(town.till(shop), "redemptions", **order)


async def card_id_of(town: Town) -> str:
    work = town.desk.work("vouchers")
    found = await work.value("SELECT card_id FROM cards WHERE closed_on IS NULL")
    await work.abandon()
    return str(found)


async def test_a_qr_code_spends_as_the_card_does_until_a_newer_one_or_its_last_day(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    card_id = await card_id_of(town)
    first = await minted(town, card_id)
    assert first["svg"].startswith("<svg")
    assert first["valid_until_on"] == "2010-04-04"

    async def scan(token: str, **more: Any) -> tuple[int, str]:
        return code(await scanned(town, shop, token, **more))

    assert await scan(first["qr_token"]) == (201, "")
    town.desk.clock.set(date(2010, 1, 5))
    second = await minted(town, card_id)
    assert second["qr_token"] != first["qr_token"]
    assert await scan(first["qr_token"]) == (409, "token_expired")
    assert await scan(first["qr_token"], occurred_on="2010-01-04") == (201, "")
    assert await scan(second["qr_token"]) == (201, "")
    assert await scan(second["qr_token"][:-1]) == (422, "bad_qr_token")
    assert await scan("JYQ" + "A" * 26) == (409, "unknown_card")
    assert await scan(second["qr_token"], card_no=card) == (422, "name_one_holder")
    nobody = await town.post(town.till(shop), "redemptions", **sale(shop))
    assert code(nobody) == (422, "name_one_holder")
    town.desk.clock.set(date(2010, 4, 6))
    assert await scan(second["qr_token"]) == (409, "token_expired")


async def test_the_codes_of_a_lost_and_a_replaced_card_are_dead(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    card_id = await card_id_of(town)
    token = (await minted(town, card_id))["qr_token"]
    loss_id = (await lose(town, elder, in_writing=True)).json()["loss_id"]
    assert code(await scanned(town, shop, token)) == (409, "card_lost")
    none = await town.post(town.street(), f"cards/{card_id}/qr-codes")
    assert code(none) == (404, "no_such_card")
    await act(town, loss_id, "replacement")
    assert code(await scanned(town, shop, token)) == (409, "card_closed")
    line = {**sale(shop), "id": loss_id, "holder": {"qr_token": token}}
    batch = await town.post(town.till(shop), "redemptions/batch", lines=[line])
    assert batch.json()["results"][0]["code"] == "card_closed"


async def test_numbers_and_tokens_are_in_no_letter_and_no_stored_answer(
    town: Town, elder: Elder, shop: Shop, card: str
) -> None:
    token = (await minted(town, await card_id_of(town)))["qr_token"]
    assert (await scanned(town, shop, token)).status_code == 201
    await town.redeem(shop, card, 100)
    work = town.desk.work("vouchers")
    for sql in (
        "SELECT convert_from(body, 'UTF8') FROM idempotency WHERE body IS NOT NULL",
        "SELECT CAST(facts AS text) FROM outbox",
        "SELECT concat_ws(' ', act, subject, detail) FROM audit",
    ):
        texts = [str(tuple(row.values())) for row in await work.rows(sql)]
        assert texts
        assert not [text for text in texts if token in text or card in text]
    await work.abandon()
