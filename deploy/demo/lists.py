"""Lists that the demo's people hand in: as many lines at a time as anybody may send."""

from __future__ import annotations

from typing import Any

from deploy.demo.cast import demo_id
from deploy.desk import Person
from shared.lines import MOST_LINES


async def hand_in(
    person: Person, path: str, field: str, lines: list[dict[str, Any]], *names: object
) -> None:
    """Send a list in parts; `names` make the parts' ids, the same in every run."""
    for start in range(0, len(lines), MOST_LINES):
        part = lines[start : start + MOST_LINES]
        await person.post(path, {"id": demo_id(*names, start), field: part})
