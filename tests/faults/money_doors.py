"""Every door that writes: a crowd with one key has one effect and one answer, and keeps it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.faults.money_crowd import FOUND, TIMES, doors
from tests.faults.money_site import load
from tests.faults.site import Verdict
from tests.faults.sizes import Size

PLUGIN = "tests.faults.money_crowd"
SHOWN = 12
EXIT_OF_FAILED_STORIES = 1


async def every_door(seed: int, size: Size) -> Verdict:
    """Run the stories with a crowd before every door, until each door has had one.

    Each crowd is `size.doors` concurrent requests with one key; then the same key with other
    bodies; then the same request to a successor that knows the database alone.
    """
    verdict = Verdict(
        "one key, one effect", f"{size.doors} concurrent requests with one key at every door"
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        found = Path(place) / "found.jsonl"
        failed, said = await _stories(found, size)
        notes = [json.loads(line) for line in found.read_text().splitlines()]
    _judge(verdict, notes)
    verdict.expect(not failed, f"stories failed behind the crowd: {said}")
    verdict.figures.append(f"{time.monotonic() - began:.0f} s, {load()}")
    return verdict


async def _stories(found: Path, size: Size) -> tuple[bool, str]:
    where = [f"tests/{name}" for name in size.stories]
    words = ("-m", "pytest", *where, "-q", "-p", PLUGIN, "-p", "no:cacheprovider")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, TIMES: str(size.doors), FOUND: str(found)},
    )
    out, _ = await process.communicate()
    lines = [line for line in out.decode().splitlines() if line.startswith("FAILED")]
    return process.returncode == EXIT_OF_FAILED_STORIES, "; ".join(lines[:SHOWN])


def _judge(verdict: Verdict, notes: list[dict[str, Any]]) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for note in notes:
        kinds[note["door"]].add(note["kind"])
    broken = [f"{x['door']}: {x['what']}" for x in notes if x["kind"] == "broken"]
    verdict.expect(not broken, "; ".join(broken[:SHOWN]))
    every = [door.name for door in doors()]
    held = [name for name in every if "held" in kinds[name] and "broken" not in kinds[name]]
    missing = sorted(set(every) - set(held))
    verdict.figures.append(f"{len(held)} of {len(every)} doors held")
    if missing:
        verdict.figures.append("no crowd that was let in: " + ", ".join(missing[:SHOWN]))
