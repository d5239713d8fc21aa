"""The demo's figures as tables on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from shared.contracts.money import yuan_text

MONEY_WORDS = {
    "issued_fen": "发放 issued",
    "redeemed_fen": "使用 redeemed",
    "expired_fen": "过期 expired",
    "revoked_fen": "收回 revoked",
    "outstanding_fen": "未用 outstanding",
}


def show(summary: dict[str, Any], console: Console) -> None:
    """Print the funnel, the money, the settlement, the visits and whether the proof holds."""
    words = summary["words"]
    _list(console, "漏斗 funnel", {words.get(k, k): f"{v:,}" for k, v in summary["funnel"].items()})
    _money(summary, console)
    _settlement(summary, console)
    visits = {words.get(k, k): f"{v:,}" for k, v in summary["visits"].items()}
    scores = {f"评分 {row['name']}": str(row["points"]) for row in summary["scores"]}
    _list(console, "上门服务与评分 visits and scores", visits | scores)
    _list(console, "拒付与重发 refusals and repeats", summary["refusals"])
    proof = summary["verify"]
    if proof["ok"]:
        console.print(f"[green]✔ 从账簿重算，一分不差 · {len(proof['checks'])} checks hold[/green]")
    else:
        console.print("[red]✘ 有不符 · something is off: juyang verify[/red]")


def _list(console: Console, title: str, cells: dict[str, str]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in cells.items():
        table.add_row(name, value)
    console.print(table)


def _money(summary: dict[str, Any], console: Console) -> None:
    table = Table(title="资金（元）money (yuan)", title_justify="left")
    table.add_column("月份 month")
    for word in MONEY_WORDS.values():
        table.add_column(word, justify="right")
    for row in summary["by_month"]:
        table.add_row(row["month_on"][:7], *(yuan_text(row[name]) for name in MONEY_WORDS))
    table.add_section()
    table.add_row("合计 total", *(yuan_text(summary["money"][name]) for name in MONEY_WORDS))
    console.print(table)


def _settlement(summary: dict[str, Any], console: Console) -> None:
    table = Table(title="结算 settlement", title_justify="left")
    for word in ("服务商 provider", "笔数 redemptions", "使用 redeemed", "已结算 settled"):
        table.add_column(word)
    for row in summary["settlement"]:
        table.add_row(
            row["name"],
            str(row["redemptions"]),
            yuan_text(row["redeemed_fen"]),
            yuan_text(row["amount_fen"]),
        )
    console.print(table)
