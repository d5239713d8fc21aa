"""Who may import whom: the contracts of `.importlinter`, and purity of every noun module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.rooms import DOORS_BY_ANOTHER_NAME, ROOT, imported, none, pure_modules

MACHINERY = (
    "aiokafka", "alembic", "asyncpg", "fastapi", "httpx", "opentelemetry", "sqlalchemy",
    "starlette", "uvicorn", "shared.app", "shared.audit", "shared.auth", "shared.bus",
    "shared.clock", "shared.db", "shared.doors", "shared.inbox", "shared.outbox", "shared.relay",
    "shared.runtime", "shared.telemetry", "shared.work",
)  # fmt: skip
CLOCKS = ("time", "random", "secrets")


def test_the_contracts_of_the_import_linter_are_kept() -> None:
    # In a process of its own: it silences every logger of the process that it runs in.
    linter = Path(sys.executable).with_name("lint-imports")
    words = [str(linter), "--config", str(ROOT / ".importlinter"), "--no-cache"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_domain_and_noun_modules_touch_neither_machinery_nor_doors() -> None:
    doors = tuple(place.removesuffix(".py").replace("/", ".") for place in DOORS_BY_ANOTHER_NAME)
    forbidden = (*MACHINERY, *CLOCKS, *doors)
    found = sorted(
        f"{module.place}:{line} imports {name}"
        for module in pure_modules()
        for name, line in imported(module)
        if name in forbidden
        or name.startswith(tuple(f"{place}." for place in forbidden))
        or (name.startswith("services.") and name.split(".")[-1] in {"store", "api", "handlers"})
    )
    none(found)


def test_no_pure_module_asks_what_time_it_is() -> None:
    asking = ("date.today(", "datetime.now(", "datetime.utcnow(", "time.time(")
    found = [
        f"{module.place}:{number}"
        for module in pure_modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        if any(call in line for call in asking)
    ]
    none(found)


def test_doors_by_another_name_are_there() -> None:
    none([place for place in DOORS_BY_ANOTHER_NAME if not (ROOT / place).is_file()])
