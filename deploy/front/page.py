"""`/`: the demo's table, one elder's chain, the office's date, and the ways on."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from deploy.front.ops import OpsPages
from deploy.front.traces import Traces
from shared.auth import Tokens
from shared.clock import CLOCK_FILE, DirectoryClock
from shared.contracts.money import yuan_text

HERE = Path(__file__).parent
SERVICE_WORDS = {
    "intake": ("受理", "who lives where and what they ask for"),
    "eligibility": ("资格", "who gets what, under which article"),
    "scheduling": ("服务安排", "five-fixed plans and visits"),
    "vouchers": ("券与资金", "funds, issue, redemption, settlement"),
    "evaluation": ("评估", "providers, feedback, scores, chains"),
}


def add_front(app: FastAPI, data: Path, tokens: Tokens, traces: Traces | None = None) -> None:
    """Give an office its front page and `/ops`; they show figures and codes, nothing personal.

    `app` answers under the services' prefixes, here or behind a gateway; `tokens` tells who may
    see `/ops`; without `traces` it shows no requests.
    """
    OpsPages(app, tokens, traces).open()
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]))
    environment.filters["yuan"] = yuan_text
    template = environment.get_template("home.html")
    clock = DirectoryClock(data)

    @app.get("/", include_in_schema=False)
    async def home(request: Request) -> HTMLResponse:
        shown: dict[str, Any] = {
            "today": clock.today(),
            "fixed": (data / CLOCK_FILE).exists(),
            "services": SERVICE_WORDS,
            "demo": _demo(data),
            "runs": runs,
            "data": str(data),
        }
        return HTMLResponse(template.render(shown))


def runs(links: list[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """A chain's links with repeats that follow each other told once, with their number."""
    told = [list(same) for _, same in groupby(links, key=lambda link: link["type"])]
    return [(same[0], len(same)) for same in told]


def _demo(data: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = orjson.loads((data / "demo.json").read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return found
