"""`python -m tests.faults.mutation SEED COUNT`: a process for each mutant; tells who is alive."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from tests.faults.mutants import Mutant, mutants

LEDGER, TILLS = "services.vouchers.ledger", "services.vouchers.redemptions"
SPENDING, BATCHES = "test_spending", "test_batch_decisions"
BACK, LAWS = "test_holding_and_giving_back", "test_ledger_laws"
PURE = {
    f"{LEDGER}.chain": (LAWS,),
    f"{LEDGER}.domain": (LAWS,),
    f"{LEDGER}.head": (LAWS,),
    f"{TILLS}.batch": (BATCHES,),
    f"{TILLS}.domain": (SPENDING, BATCHES, BACK),
    f"{TILLS}.holder": (LAWS,),
    f"{TILLS}.holds": (BACK,),
    f"{TILLS}.paper": (BATCHES,),
    f"{TILLS}.refunds": (BACK,),
}
"""Modules without a database, and the stories that are about them."""
KNOWN_BEFORE = ("deploy.office", "tests.desk", "services.vouchers.cards.domain")
"""What stories need besides; none of it may bring in what is mutated."""
PLAIN = ("-x", "-q", "--noconftest", "--assert=plain", "-p", "no:cacheprovider", "-c", os.devnull)
"""These stories need neither a database nor plugins, and start often."""
AT_ONCE = 2
LONGEST_S = 60
SURVIVED = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant of a module; none is the module as it is."""

    module: str
    mutant: Mutant | None

    def __str__(self) -> str:
        where = self.module.removeprefix("services.vouchers.")
        return f"{where}:{self.mutant.line} {self.mutant.what}" if self.mutant else where


class Swapped(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another content."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._case.module or self._case.mutant is None:
            return None
        return importlib.util.spec_from_loader(name, self)

    def exec_module(self, module: ModuleType) -> None:
        assert self._case.mutant is not None
        exec(compile(self._case.mutant.tree, self._case.module, "exec"), module.__dict__)


def main() -> None:
    """Print what was done as JSON: how many there are, were tried, and are alive."""
    seed, most = sys.argv[1:]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in KNOWN_BEFORE:
        importlib.import_module(name)
    brought = [name for name in PURE if name in sys.modules]
    assert not brought, f"imported too early: {brought}"
    every = [Case(name, one) for name in PURE for one in mutants(_file(name).read_text("utf-8"))]
    chosen = random.Random(f"{seed} mutants").sample(every, min(int(most), len(every)))
    assert len(alive_of([Case(name, None) for name in PURE])) == len(PURE), "not even as it is"
    alive = [str(case) for case in alive_of(chosen)]
    print(json.dumps({"every": len(every), "tried": len(chosen), "alive": sorted(alive)}))


def alive_of(cases: Sequence[Case]) -> list[Case]:
    """Those that no story noticed."""
    alive: list[Case] = []
    running: dict[int, Case] = {}
    waiting = list(reversed(cases))
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            case = waiting.pop()
            running[_begun(case)] = case
        pid, status = os.wait()
        case = running.pop(pid)
        if status == SURVIVED:
            alive.append(case)
    return alive


def _begun(case: Case) -> int:
    pid = os.fork()
    if pid == 0:
        _tried(case)
    return pid


def _tried(case: Case) -> NoReturn:
    """Run the stories on a mutant; whoever takes too long was noticed."""
    signal.alarm(LONGEST_S)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.meta_path.insert(0, Swapped(case))
    files = [f"tests/vouchers/{name}.py" for name in PURE[case.module]]
    os._exit(pytest.main([*files, *PLAIN]))


def _file(name: str) -> Path:
    return Path(*name.split(".")).with_suffix(".py")


if __name__ == "__main__":
    main()
