"""Who plays in the demo: officers, providers, caregivers and the menu; all of it invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.desk import Desk, Person
from shared.contracts.ids import derived_id
from shared.contracts.programmes import CHAOYANG, NANGANG

CHAOYANG_STREET = "110105015"
NANGANG_STREET = "230103006"
FIRST_DAY = date(2010, 1, 4)

ITEMS: tuple[dict[str, Any], ...] = (
    {"item_code": "home-cleaning", "category": "household", "name": "家政保洁", "price_fen": 3000},
    {"item_code": "life-care-hour", "category": "life_care", "name": "生活照料", "price_fen": 2500},
    {
        "item_code": "rehab-massage",
        "category": "rehabilitation",
        "name": "康复护理",
        "price_fen": 5000,
    },
    {
        "item_code": "heart-talk",
        "category": "spiritual_comfort",
        "name": "心理慰藉",
        "price_fen": 2000,
    },
)
MENU: tuple[dict[str, Any], ...] = (
    {"item_code": "ng-life-care", "category": "life_care", "name": "无偿生活照料", "price_fen": 0},
    {
        "item_code": "ng-company",
        "category": "spiritual_comfort",
        "name": "陪聊读报",
        "price_fen": 0,
    },
)


@dataclass(frozen=True, slots=True)
class ProviderCast:
    """A provider of the demo with its one outlet."""

    key: str
    name: str
    area_code: str
    categories: tuple[str, ...]

    @property
    def provider_id(self) -> str:
        return demo_id("provider", self.key)

    @property
    def outlet_id(self) -> str:
        return demo_id("outlet", self.key)


ALL_KINDS = ("life_care", "household", "rehabilitation", "spiritual_comfort")
SHOPS = (
    ProviderCast("anxin", "安心家政服务公司", CHAOYANG_STREET, ALL_KINDS),
    ProviderCast("kangle", "康乐护理服务部", CHAOYANG_STREET, ALL_KINDS),
    ProviderCast("jiajia", "家家乐便民服务站", CHAOYANG_STREET, ALL_KINDS),
)
CARERS = (
    ProviderCast("luhe", "芦和居家养老服务中心", NANGANG_STREET, ("life_care",)),
    ProviderCast("xiyang", "夕阳红家政公司", NANGANG_STREET, ("life_care",)),
)
SUSPENDED = SHOPS[-1]
CAREGIVERS_EACH = 5
RELIEF = CAREGIVERS_EACH
"""Each provider has one caregiver more, who stands in for the others."""


def demo_id(*parts: object) -> str:
    """The same id in every run, so that a demo that was cut off can go on."""
    return str(derived_id("demo", *parts))


@dataclass(frozen=True, slots=True)
class Cast:
    """The people at their desks."""

    desk: Desk

    def street(self, name: str = "street-li", area: str = CHAOYANG_STREET) -> Person:
        return self.desk.person("street_officer", name, area)

    def district(self, name: str = "district-wang", area: str = CHAOYANG) -> Person:
        return self.desk.person("district_officer", name, area)

    def second(self, area: str = CHAOYANG) -> Person:
        return self.desk.person("district_officer", "district-zhao", area)

    def finance(self) -> Person:
        return self.desk.person("finance", "finance-qian", CHAOYANG)

    def nangang_street(self) -> Person:
        return self.street("street-sun", NANGANG_STREET)

    def nangang(self) -> Person:
        return self.district("district-zhou", NANGANG)

    def shop(self, provider: ProviderCast) -> Person:
        return self.desk.person("provider", f"clerk-{provider.key}", agency=provider.provider_id)

    def operator(self) -> Person:
        return self.desk.person("operator", "operator-wu")

    def auditor(self) -> Person:
        return self.desk.person("auditor", "auditor-zheng")

    def hotline(self) -> Person:
        return self.desk.person("hotline", "hotline-96156")
