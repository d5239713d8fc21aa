"""Stories of `juyang replay` and `juyang policy diff` at a running office."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from deploy.premises import ADDRESS
from services.eligibility.policy.loader import HERE
from tests.desk import OfficeDesk
from tests.eligibility.stories import Elder, tell
from tests.observability.served import served

pytestmark = pytest.mark.anyio
SEVENTY_SIX, EIGHTY_TWO = date(1933, 6, 1), date(1927, 6, 1)
CHAOYANG = HERE / "chaoyang-2010.yaml"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


async def juyang(data: Path, *words: str) -> Said:
    command = [sys.executable, "-m", "deploy.cli.main", *words, "--data", str(data)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def running(desk: OfficeDesk) -> AsyncIterator[Path]:
    """The desk's office with its address in its data directory, as `juyang up` leaves it."""
    async with served(desk) as port:
        address = {"url": f"http://127.0.0.1:{port}", "pid": os.getpid()}
        (desk.directory / ADDRESS).write_text(json.dumps(address))
        yield desk.directory


async def test_replay_proves_all_and_exits_1_once_a_row_was_changed(
    desk: OfficeDesk, database: str
) -> None:
    elders = [Elder(birth_on=date(1925 + n, 3, 3)) for n in range(3)]
    await tell(desk, *(one for elder in elders for one in (elder.registers(), elder.applies())))
    async with running(desk) as data:
        proved = await juyang(data, "replay", "--all")
        assert proved.code == 0, proved.err
        assert "3 条已重算" in proved.out
        assert "0 条不同" in proved.out
        admin = await asyncpg.connect(database)
        try:
            changed = await admin.fetchrow(
                "UPDATE eligibility.determinations SET outcome = 'ineligible' "
                "WHERE person_id = $1 RETURNING determination_id, digest",
                elders[0].person_id,
            )
        finally:
            await admin.close()
        refuted = await juyang(data, "replay", "--all", "--json")
        shown = await juyang(data, "replay", "--all")
    assert changed is not None
    found = json.loads(refuted.out)
    assert (refuted.code, found["ok"], found["checked"]) == (1, False, 3)
    (one,) = found["different"]
    assert one["determination_id"] == str(changed["determination_id"])
    assert one["stored"] == changed["digest"] != one["recomputed"]
    assert shown.code == 1
    assert one["stored"] in shown.out
    assert one["recomputed"] in shown.out


async def test_replay_asks_for_all(tmp_path: Path) -> None:
    said = await juyang(tmp_path, "replay")
    assert said.code == 1
    assert "juyang replay --all" in said.err


async def test_an_amended_file_is_compared_with_the_policy_in_force(
    desk: OfficeDesk, tmp_path: Path
) -> None:
    young = [Elder(SEVENTY_SIX).registers() for _ in range(6)]
    old = [Elder(EIGHTY_TWO).registers() for _ in range(2)]
    await tell(desk, *young, *old)
    text = CHAOYANG.read_text(encoding="utf-8")
    lowered = text.replace("values: {2010-01-06: 80}", "values: {2010-01-06: 75}", 1)
    lowered = lowered.replace("values: {2010-01-06: [60, 79]}", "values: {2010-01-06: [60, 74]}", 1)
    assert lowered != text
    amended = tmp_path / "amended.yaml"
    amended.write_text(lowered, encoding="utf-8")
    async with running(desk) as data:
        table = await juyang(data, "policy", "diff", str(amended))
        back = await juyang(data, "policy", "diff", str(amended), str(CHAOYANG), "--json")
        same = await juyang(data, "policy", "diff", str(HERE))
        broken = tmp_path / "broken.yaml"
        broken.write_text(text.replace("values: {2010-01-06: 80}", "values: {}", 1))
        refused = await juyang(data, "policy", "diff", str(broken))
    assert table.code == 0, table.err
    assert "chaoyang-2010/voucher" in table.out
    assert "三(二)" in table.out
    found = json.loads(back.out)
    (voucher,) = [one for one in found["programmes"] if one["totals"]["lost"]]
    assert voucher["totals"] == {"before": 8, "after": 2, "gained": 0, "lost": 6}
    assert voucher["by_criterion"] == [
        {"effect": "lost", "criterion": "severe_disability", "article": "三(二)", "people": 6}
    ]
    assert "没有人得到或失去资格" in same.out
    assert refused.code == 1
    assert "broken.yaml:" in refused.err
    assert "Traceback" not in refused.err


async def test_a_place_without_policy_files_is_a_sentence(tmp_path: Path) -> None:
    said = await juyang(tmp_path, "policy", "diff", str(tmp_path))
    assert said.code == 1
    assert "没有政策文件" in said.err
