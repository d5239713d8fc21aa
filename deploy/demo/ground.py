"""Before anybody applies: areas, an activated street, the menu, providers and caregivers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from deploy.demo.cast import (
    CARERS,
    ITEMS,
    MENU,
    NANGANG_STREET,
    RELIEF,
    SHOPS,
    Cast,
    ProviderCast,
    demo_id,
)
from deploy.demo.lists import hand_in
from deploy.desk import Person
from shared.contracts.programmes import HOME_CARE

ROOT = Path(__file__).parents[2]
STREETS = ROOT / "services" / "intake" / "areas" / "data" / "streets.csv"
COMMUNITIES = ROOT / "examples" / "areas.csv"
CERTIFIED_UNTIL = "2012-12-31"


async def lay(cast: Cast) -> None:
    """Everything that must stand before the first application."""
    await _areas(cast)
    await _activate(cast)
    for officer, items, voucher in (
        (cast.district(), ITEMS, True),
        (cast.nangang(), MENU, False),
    ):
        for item in items:
            await _publish(officer, item, voucher)
    for shop in SHOPS:
        await _provider(cast.street(), cast.second(), shop)
    for carer in CARERS:
        await _provider(cast.nangang_street(), cast.nangang(), carer)
        await _caregivers(cast.nangang_street(), carer)
    await cast.desk.settle()


async def _areas(cast: Cast) -> None:
    rows: list[dict[str, Any]] = []
    for file in (STREETS, COMMUNITIES):
        with file.open(encoding="utf-8") as lines:
            rows += list(csv.DictReader(lines))
    await hand_in(cast.operator(), "/intake/v1/areas", "areas", rows, "areas")


async def _activate(cast: Cast) -> None:
    """One street of Nangang is ready (N-22: 成熟一个，启动一个); its neighbour is not."""
    steps: tuple[tuple[Person, str], ...] = (
        (cast.nangang_street(), "report_plan"),
        (cast.nangang(), "mark_mature"),
        (cast.nangang(), "activate"),
    )
    for officer, step in steps:
        await officer.post(
            "/intake/v1/activations",
            {
                "id": demo_id("activation", step),
                "programme": HOME_CARE,
                "street_code": NANGANG_STREET,
                "step": step,
            },
        )


async def _publish(officer: Person, item: dict[str, Any], voucher: bool) -> None:
    body = {
        "id": demo_id("item", item["item_code"]),
        **item,
        "price_mode": "paid" if item["price_fen"] else "free",
        "voucher_allowed": voucher,
    }
    await officer.post("/scheduling/v1/items", body)


async def _provider(enters: Person, admits: Person, provider: ProviderCast) -> None:
    await enters.post(
        "/evaluation/v1/providers",
        {
            "id": provider.provider_id,
            "name": provider.name,
            "area_code": provider.area_code,
            "source": "household_company",
            "selection_mode": "tender",
            "credential_no": f"DEMO-{provider.key}",
            "documents": ["rules", "standards", "flow", "duties"],
        },
    )
    await admits.post(
        f"/evaluation/v1/providers/{provider.provider_id}/admissions",
        {"id": demo_id("admission", provider.key)},
    )
    await enters.post(
        "/evaluation/v1/outlets",
        {
            "id": provider.outlet_id,
            "provider_id": provider.provider_id,
            "area_code": provider.area_code,
            "categories": list(provider.categories),
        },
    )


async def _caregivers(officer: Person, provider: ProviderCast) -> None:
    lines = [
        {
            "id": demo_id("caregiver", provider.key, nth),
            "provider_id": provider.provider_id,
            "certified_until_on": CERTIFIED_UNTIL,
            "on_duty": True,
        }
        for nth in range(RELIEF + 1)
    ]
    path = "/evaluation/v1/caregivers/batch"
    await hand_in(officer, path, "caregivers", lines, "caregivers", provider.key)
