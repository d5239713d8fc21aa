"""The dashboards, alerts and runbook as the tests read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "deploy" / "dashboards"
RULES = ROOT / "deploy" / "alerts" / "juyang.rules.yaml"
SCRAPE = ROOT / "deploy" / "alerts" / "prometheus.yaml"
RUNBOOK = ROOT / "docs" / "runbook.md"
VARIABLES = {
    "$__rate_interval": "1m",
    "$__range": "1h",
    "$job": "juyang-.+",
    "$programme": ".+",
}
METRIC = re.compile(r"\b(?:juyang|http)_[a-z_]+\b")
TRACES = "tempo"


@dataclass(frozen=True, slots=True)
class Query:
    """One query of one panel, with Grafana's variables filled in."""

    board: str
    panel: str
    promql: str

    @property
    def name(self) -> str:
        return f"{self.board}: {self.panel}"


def boards() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(BOARDS.glob("*.json"))}


def targets() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every query of every panel, as it stands in the files."""
    for name, board in boards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield name, panel["title"], target


def queries() -> list[Query]:
    """Every query to Prometheus; those to Tempo ask for traces and not for numbers."""
    return [
        Query(board, panel, filled(target["expr"]))
        for board, panel, target in targets()
        if target["datasource"]["type"] == "prometheus"
    ]


def filled(promql: str) -> str:
    for variable, value in VARIABLES.items():
        promql = promql.replace(variable, value)
    return promql


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}
