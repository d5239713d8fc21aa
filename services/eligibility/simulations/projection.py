"""What the what-if projects with: who bears the money in which order, and a working week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

AMOUNT = "monthly_amount"
ARROW = " → "
FILE = Path(__file__).parent / "projection.yaml"


@dataclass(frozen=True, slots=True)
class Projection:
    """The projection's own dated values."""

    content: Mapping[str, Any]

    @property
    def care(self) -> frozenset[str]:
        """The programmes whose people are cared for by plans."""
        return frozenset(self.content["care"]["programmes"])

    def week_minutes(self, day: date) -> int:
        """The longest working week of a caregiver."""
        minutes: int = _on(self.content["longest_week"]["values"], day)
        return minutes

    def funds(self, programme: str, day: date) -> Sequence[Mapping[str, Any]]:
        """The funds that bear a programme's money, in the text's order; none elsewhere."""
        waterfall = self.content["waterfall"]
        known: Sequence[Mapping[str, Any]] = ()
        if programme in waterfall["programmes"]:
            known = _on(waterfall["values"], day)
        return known

    def borne(
        self, programme: str, day: date, need_fen: Mapping[str, int], given_fen: Mapping[str, int]
    ) -> dict[str, int]:
        """A month's need by class, laid on the funds.

        With nothing said of what the funds have, a need stands under the chain of funds that may
        bear it; else each gives what it has in the text's order, and the last one the rest.
        """
        funds = self.funds(programme, day)
        borne: dict[str, int] = {}
        if not given_fen:
            for class_, need in need_fen.items():
                chain = ARROW.join(fund["fund"] for fund in funds if class_ in fund["classes"])
                borne[chain or "—"] = borne.get(chain or "—", 0) + need
            return borne
        left = dict(given_fen)
        for class_, need in need_fen.items():
            for fund in (one for one in funds if class_ in one["classes"]):
                rest = fund is funds[-1]
                part = need if rest else min(need, left.get(fund["fund"], 0))
                left[fund["fund"]] = left.get(fund["fund"], 0) - part
                borne[fund["fund"]] = borne.get(fund["fund"], 0) + part
                need -= part
        return borne

    def fund_names(self) -> tuple[str, ...]:
        """Every fund that the projection knows, but the one that bears the rest."""
        dated = self.content["waterfall"]["values"].values()
        return tuple(dict.fromkeys(fund["fund"] for funds in dated for fund in funds[:-1]))


@cache
def projection() -> Projection:
    """The projection as its file has it."""
    return Projection(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def _on(values: Mapping[date, Any], day: date) -> Any:
    """The value in force; days before the first one use the first."""
    return values[max((start for start in values if start <= day), default=min(values))]
