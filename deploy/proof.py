"""What `juyang verify` proves: each service's own recomputation, and what they must say alike."""

from __future__ import annotations

from typing import Any

from deploy.desk import Desk
from shared.migrate import SERVICES

PARTS = ("redeemed_fen", "expired_fen", "revoked_fen", "outstanding_fen")


async def prove(desk: Desk) -> dict[str, Any]:
    """Ask every service to recompute itself, then hold the services against each other."""
    await desk.settle()
    auditor = desk.person("auditor", "verify")
    checks: list[dict[str, Any]] = []
    for name in SERVICES:
        found = await auditor.get(f"/{name}/v1/verification")
        checks += [{"service": name, **check} for check in found["checks"]]
    checks += await _between(desk)
    return {"ok": all(check["ok"] for check in checks), "checks": checks}


async def _between(desk: Desk) -> list[dict[str, Any]]:
    auditor = desk.person("auditor", "verify")
    money = await auditor.get("/vouchers/v1/conservation")
    totals = money["total"]
    spent = sum(totals[part] for part in PARTS)
    funnel = await auditor.get("/eligibility/v1/funnel")
    visits = await auditor.get("/scheduling/v1/summary")
    counts = await auditor.get("/evaluation/v1/chains/counts")
    return [
        _check("money_conserved", totals["issued_fen"], spent, "issued = redeemed + … [fen]"),
        _check(
            "awards_in_chains",
            sum(funnel["awards"].values()),
            counts.get("eligibility.award.granted.v1", 0),
            "awards granted = links in chains",
        ),
        _check(
            "visits_in_chains",
            visits["visits"]["completed"],
            counts.get("scheduling.visit.completed.v1", 0),
            "visits completed = links in chains",
        ),
    ]


def _check(name: str, here: int, there: int, what: str) -> dict[str, Any]:
    return {
        "service": "·",
        "name": name,
        "ok": here == there,
        "checked": here,
        "detail": f"{what}: {here} = {there}" if here == there else f"{what}: {here} ≠ {there}",
    }
