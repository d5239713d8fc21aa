"""`python -m tests.bench.run`: takes every figure and writes tests/bench/report.json."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.table import Table

from tests.bench import (
    demo,
    eligibility_columns,
    eligibility_previews,
    eligibility_sweep,
    imports,
    latency,
    letters,
    tracing,
    vouchers,
    vouchers_batch,
    vouchers_growth,
    vouchers_issue,
    vouchers_journal,
    vouchers_reconcile,
)
from tests.bench.figures import Figure, Measurement, kept

MEASUREMENTS = (
    *demo.MEASUREMENTS,
    *imports.MEASUREMENTS,
    *letters.MEASUREMENTS,
    *latency.MEASUREMENTS,
    *tracing.MEASUREMENTS,
    *eligibility_previews.MEASUREMENTS,
    *eligibility_columns.MEASUREMENTS,
    *eligibility_sweep.MEASUREMENTS,
    *vouchers.MEASUREMENTS,
    *vouchers_issue.MEASUREMENTS,
    *vouchers_batch.MEASUREMENTS,
    *vouchers_growth.MEASUREMENTS,
    *vouchers_journal.MEASUREMENTS,
    *vouchers_reconcile.MEASUREMENTS,
)


def main() -> None:
    """Measure one after another; a goal missed is a line of the report and no failure."""
    console = Console()
    figures: list[Figure] = []
    for measurement in MEASUREMENTS:
        names = ", ".join(goal.name for goal in measurement.goals)
        with console.status(names):
            figures += asyncio.run(_taken(measurement))
    kept(figures)
    console.print(_table(figures))


async def _taken(measurement: Measurement) -> list[Figure]:
    """The figures, or why there are none: one that cannot be taken does not keep the others."""
    try:
        return await measurement.run()
    except Exception as trouble:
        why = f"{type(trouble).__name__}: {trouble}"
        return [goal.unmeasured(why) for goal in measurement.goals]


def _table(figures: list[Figure]) -> Table:
    table = Table("figure", "value", "unit", "goal", "met", "yardstick")
    for one in figures:
        value = "-" if one.value is None else f"{one.value:g}"
        mark = "[green]✔[/green]" if one.met else "[red]✘[/red]"
        table.add_row(one.name, value, one.unit, one.goal, mark, one.yardstick)
    return table


if __name__ == "__main__":
    main()
