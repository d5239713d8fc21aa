"""What a batch should answer line by line: earlier days first, and a known line as it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.money_model import Model
from tests.faults.money_model_parts import Sale


@dataclass(frozen=True)
class Line:
    """A line's answer: its code, whether it was decided before, and what the holder has left."""

    code: str
    again: bool = False
    left_fen: int | None = None


def batch(model: Model, sales: Sequence[Sale]) -> list[Line]:
    """Decide every line on what those before it have left; of one day the earlier line first."""
    lines: dict[int, Line] = {}
    for nth in sorted(range(len(sales)), key=lambda nth: sales[nth].day):
        lines[nth] = _line(model, sales[nth])
    return [lines[nth] for nth in range(len(sales))]


def _line(model: Model, sale: Sale) -> Line:
    known = model.known.get(sale.key)
    if known is not None:
        return Line(known.code, again=True) if known.is_of(sale) else Line("id_taken")
    code = model.untimely(sale.day)
    if code:
        return Line(code)
    code = model.redeem(sale)
    return Line(code, left_fen=None if code else model.free_fen(sale.purse, sale.day))
