"""What payment stories do: shops with approved statements, accounts, batches and bank files."""

from __future__ import annotations

from typing import Any

import httpx

from shared.contracts.ids import new_id
from tests.vouchers.town import MONTHLY_FEN, Elder, Shop, Town

HEADING = "指令号,金额(元),状态,日期,收款账号,银行流水号,原因"


class Paying:
    """A town whose shops are paid."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.accounts: dict[str, str] = {}

    async def open(self, *shops: Shop) -> None:
        """Each shop takes 1000, 2000, ... fen from one holder; all statements are approved."""
        elders = [Elder() for _ in shops]
        await self.town.grant(*elders)
        await self.town.admit(shops[0])
        for shop in shops[1:]:
            await self.town.admit(shop)
        await self.town.publish()
        await self.town.allocate(MONTHLY_FEN * len(shops))
        await self.town.issue()
        for nth, (shop, elder) in enumerate(zip(shops, elders, strict=True), start=1):
            card = await self.town.card(elder)
            done = await self.town.redeem(shop, card, 1000 * nth)
            assert done.status_code == 201, done.text
        await self.town.settlements()

    async def propose(self, shop: Shop, account_no: str, name: str = "安贞居家服务中心") -> str:
        made = await self.town.post(
            self.town.till(shop),
            "payees",
            provider_id=str(shop.provider_id),
            account_name=name,
            bank_name="北京银行朝阳支行",
            account_no=account_no,
        )
        assert made.status_code == 201, made.text
        payee: str = made.json()["payee_id"]
        return payee

    async def payee(self, shop: Shop, account_no: str) -> dict[str, Any]:
        """An account that is proposed by the shop and approved by finance."""
        payee = await self.propose(shop, account_no)
        done = await self.town.post(
            self.town.finance(), f"payees/{payee}/decision", decision="approved"
        )
        assert done.status_code == 201, done.text
        self.accounts[str(shop.provider_id)] = account_no
        approved: dict[str, Any] = done.json()
        return approved

    async def person(self, elder: Elder, account_no: str, name: str = "李秀英") -> httpx.Response:
        """A person's account, entered by his street."""
        self.accounts[str(elder.person_id)] = account_no
        return await self.town.post(
            self.town.street(elder.area_code[:9]),
            "payees",
            person_id=str(elder.person_id),
            account_name=name,
            bank_name="北京银行朝阳支行",
            account_no=account_no,
        )

    async def approved(self, proposed: httpx.Response) -> None:
        """Finance approves what a street has entered."""
        assert proposed.status_code == 201, proposed.text
        path = f"payees/{proposed.json()['payee_id']}/decision"
        done = await self.town.post(self.town.finance(), path, decision="approved")
        assert done.status_code == 201, done.text

    async def batch(self) -> dict[str, Any]:
        made = await self.town.post(self.town.finance(), "payment-batches")
        assert made.status_code == 201, made.text
        batch: dict[str, Any] = made.json()
        return batch

    async def orders(self, batch: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The orders of a batch by their providers or people."""
        listed = await self.town.finance().get("/vouchers/v1/payment-orders")
        return {
            order["provider_id"] or order["person_id"]: order
            for order in listed.json()["items"]
            if order["batch_id"] == batch["batch_id"]
        }

    def line(self, order: dict[str, Any], state: str = "成功", **more: str) -> str:
        """A line of the bank's file about an order."""
        fen = order["amount_fen"]
        said = {
            "amount": f"{fen // 100}.{fen % 100:02d}",
            "day": "2010-01-04",
            "account": self.accounts[order["provider_id"] or order["person_id"]],
            "reason": "",
            **more,
        }
        return (
            f"{order['order_id']},{said['amount']},{state},{said['day']},{said['account']},"
            f"{new_id().hex},{said['reason']}"
        )

    async def answer(self, batch: dict[str, Any], content: bytes | list[str]) -> httpx.Response:
        if isinstance(content, list):
            content = "\r\n".join([HEADING, *content]).encode()
        return await self.town.finance().post(
            f"/vouchers/v1/payment-batches/{batch['batch_id']}/answers",
            files={"file": ("answer.csv", content)},
        )

    async def pay(self, batch: dict[str, Any], day: str) -> None:
        """The bank says that all of a batch was paid."""
        orders = (await self.orders(batch)).values()
        said = await self.answer(batch, [self.line(order, day=day) for order in orders])
        assert results(said) == {"matched": len(orders)}

    async def payout(self, payout_id: str) -> dict[str, Any]:
        """One payout in the list."""
        listed = (await self.town.finance().get("/vouchers/v1/payouts")).json()["items"]
        (found,) = [one for one in listed if one["payout_id"] == payout_id]
        one: dict[str, Any] = found
        return one

    async def worklist(self) -> list[dict[str, Any]]:
        listed = await self.town.finance().get("/vouchers/v1/discrepancies")
        found: list[dict[str, Any]] = listed.json()["items"]
        return found

    async def resolve(self, discrepancy_id: str, resolution: str) -> httpx.Response:
        """One officer of finance resolves, another one confirms."""
        place = f"discrepancies/{discrepancy_id}"
        first = await self.town.post(
            self.town.finance("sun"),
            f"{place}/resolution",
            resolution=resolution,
            reason="银行函复",
        )
        if first.status_code != 201:
            return first
        return await self.town.post(self.town.finance("zhou"), f"{place}/confirmation")

    async def money(self, shop: Shop) -> tuple[int, int]:
        """What a shop's books say: settled and payable."""
        books = (await self.town.money())["by_provider"]
        found = {row["provider_id"]: row for row in books}[str(shop.provider_id)]
        return found["settled_fen"], found["payable_fen"]


def results(answer: httpx.Response) -> dict[str, int]:
    """How many lines of an answer came to each result."""
    assert answer.status_code in (200, 201), answer.text
    return {one["result"]: one["lines"] for one in answer.json()["results"]}
