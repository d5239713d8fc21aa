"""The demo from the first roster to the last proof, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson

from deploy.demo import care, cases, ground, intake, money
from deploy.demo.cast import CARERS, FIRST_DAY, SHOPS, SUSPENDED, Cast, demo_id
from deploy.desk import Desk, Person
from deploy.proof import PARTS, prove

Tell = Callable[[str], None]
JANUARY, FEBRUARY, MARCH = date(2010, 1, 1), date(2010, 2, 1), date(2010, 3, 1)
DEATH = date(2010, 2, 11)
DAY_AFTER_DEATH = date(2010, 2, 12)
BIRTHDAYS_OVER = date(2010, 3, 26)
LAST_DAY = date(2010, 4, 2)
MONEY = ("issued_fen", *PARTS)
NO_CHAIN: dict[str, Any] = {"application_id": "", "links": []}
WORDS = {
    "rows": "名册行 rows",
    "rejected": "退回 rejected",
    "persons": "建档 persons",
    "applications": "申请 applications",
    "eligible": "符合 eligible",
    "not_eligible": "不符合 not eligible",
    "to_be_reviewed": "待核 to be reviewed",
    "awards": "批准 awards",
    "planned": "计划 planned",
    "completed": "完成 completed",
    "missed": "未到 missed",
    "substituted": "替班 substituted",
    "paused": "暂停 paused",
    "cancelled": "取消 cancelled",
}


class Story:
    """Plays the demo at a desk and keeps what came out."""

    def __init__(self, desk: Desk, tell: Tell) -> None:
        self._desk = desk
        self._cast = Cast(desk)
        self._tell = tell
        self._purse = money.Purse(self._cast)
        self._counts: dict[str, int] = {}
        self._odd: dict[str, str] = {}
        self._scores: list[dict[str, Any]] = []

    async def play(self) -> dict[str, Any]:
        """January to April 2010; returns the summary that `juyang demo --json` prints."""
        await self._january()
        await self._february()
        await self._march()
        summary = await self._summary()
        self._keep(summary)
        return summary

    async def _january(self) -> None:
        self._today(FIRST_DAY, "区划、目录、服务商 · areas, menu, providers")
        await ground.lay(self._cast)
        self._tell("名册导入与申请 · rosters and applications")
        self._counts = await intake.bring(self._cast, self._desk.data / "demo")
        self._tell("街道审核、区级批准 · street review, district approval")
        await cases.decide(self._cast, "january")
        self._tell("资金下达、1月发券 · allocations, January vouchers")
        await money.allocate(self._cast)
        await money.issue(self._cast, JANUARY)
        await self._purse.hand_out()
        await self._purse.spend(JANUARY, shops=SHOPS)
        self._today(date(2010, 1, 29), "五定方案 · five-fixed plans")
        await care.plan(self._cast)

    async def _february(self) -> None:
        self._today(date(2010, 2, 2), "1月结算、2月发券 · January settled, February vouchers")
        await money.settle(self._cast, JANUARY)
        await cases.sweep(self._cast, "february")
        await cases.decide(self._cast, "february")
        await money.issue(self._cast, FEBRUARY)
        await self._suspend()
        self._odd = await self._purse.odd_cases()
        await self._purse.spend(FEBRUARY, shops=SHOPS[:-1])
        self._today(care.REPORT_DAYS[0], "上门服务 · visits")
        await care.report_week(self._cast, care.REPORT_DAYS[0])
        self._today(DAY_AFTER_DEATH, "一位老人去世 · a death")
        await money.somebody_dies(self._cast, self._purse, DEATH)
        for day in care.REPORT_DAYS[1:]:
            self._today(day, "上门服务 · visits")
            await care.report_week(self._cast, day)

    async def _march(self) -> None:
        self._tell("评价与评分、2月结算 · feedback, scores, February settled")
        await care.rate(self._cast)
        self._scores = await care.score(self._cast)
        await money.settle(self._cast, FEBRUARY)
        self._today(BIRTHDAYS_OVER, "80岁生日 · 80th birthdays; 3月发券 March vouchers")
        await cases.sweep(self._cast, "march")
        await cases.decide(self._cast, "march")
        await money.issue(self._cast, MARCH)
        await self._purse.spend(MARCH, shops=SHOPS[:-1])
        self._today(LAST_DAY, "3月结算、核对 · March settled, proof")
        await money.settle(self._cast, MARCH)

    async def _suspend(self) -> None:
        place = f"/evaluation/v1/providers/{SUSPENDED.provider_id}/suspensions"
        body = {"id": demo_id("suspension"), "reason": "quality"}
        await self._cast.second().post(place, body)
        await self._desk.settle()

    async def _summary(self) -> dict[str, Any]:
        auditor = self._cast.auditor()
        kept = await auditor.get("/vouchers/v1/conservation")
        visits = (await auditor.get("/scheduling/v1/summary"))["visits"]
        return {
            "funnel": await cases.funnel(self._cast, self._counts),
            "money": {name: kept["total"][name] for name in MONEY},
            "by_month": [
                {"month_on": month, **{name: row[name] for name in MONEY}}
                for month, row in sorted(kept["by_month"].items())
            ],
            "by_street": kept["by_street"],
            "by_fund": kept["by_fund"],
            "settlement": await self._settlement(kept["by_provider"]),
            "refusals": self._odd,
            "visits": visits,
            "scores": self._scores,
            "chain": await self._care_chain(),
            "voucher_chain": await self._voucher_chain(),
            "verify": await prove(self._desk),
            "words": WORDS,
        }

    async def _settlement(self, by_provider: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = {shop.provider_id: shop.name for shop in (*SHOPS, *CARERS)}
        counts: dict[str, int] = {}
        reader = self._cast.finance()
        async for row in reader.pages("/vouchers/v1/redemptions", limit=1000):
            counts[row["provider_id"]] = counts.get(row["provider_id"], 0) + 1
        return [
            {
                "provider_id": row["provider_id"],
                "name": names.get(row["provider_id"], ""),
                "redemptions": counts.get(row["provider_id"], 0),
                "redeemed_fen": row["redeemed_fen"],
                "amount_fen": row["settled_fen"],
            }
            for row in by_provider
        ]

    async def _care_chain(self) -> dict[str, Any]:
        """The life of one elder who was visited, and of whom something was thought."""
        officer = self._cast.nangang()
        path = "/scheduling/v1/visits"
        async for visit in officer.pages(path, state="completed", limit=1):
            return await _chain_of(officer, visit["person_id"])
        return NO_CHAIN

    async def _voucher_chain(self) -> dict[str, Any]:
        """The life of one holder who spent vouchers that were settled."""
        for person_id in self._purse.cards:
            return await _chain_of(self._cast.district(), person_id)
        return NO_CHAIN

    def _today(self, day: date, what: str) -> None:
        self._desk.clock.set(day)
        self._tell(f"{day} {what}")

    def _keep(self, summary: dict[str, Any]) -> None:
        file = self._desk.data / "demo.json"
        draft = file.with_suffix(".new")
        draft.write_bytes(orjson.dumps(summary))
        draft.replace(file)


async def _chain_of(officer: Person, person_id: str) -> dict[str, Any]:
    chains = await officer.get("/evaluation/v1/chains", person_id=person_id)
    application = chains["items"][0]["application_id"]
    found: dict[str, Any] = await officer.get(f"/evaluation/v1/chains/{application}")
    return found
