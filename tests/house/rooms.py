"""The source tree as the walls see it: modules, their rooms, and the functions in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = ("services", "shared", "deploy", "examples")
EVERYTHING = (*PROGRAM, "tests")

DOORS = frozenset(
    {
        "main",
        "api",
        "store",
        "handlers",
        "jobs",
        "job",
        "statements",
        "verification",
        "checks",
        "figures",
    }
)
"""Rooms that may know SQL, HTTP, letters on their way and the clock; every other one is pure."""

DOORS_BY_ANOTHER_NAME = {
    "services/eligibility/determinations/policies.py": "the public page of the policies",
    "services/eligibility/determinations/replay.py": "a check of the verification page",
    "services/eligibility/determinations/sweeps.py": "one sweep, for the door and for the job",
    "services/scheduling/visits/bodies.py": "request models of visits",
    "services/scheduling/visits/summary.py": "the summary's page",
    "services/scheduling/plans/acts.py": "one line of a list: load, decide, save",
}
"""Doors whose name says more than `api`: their path, and what they are."""


@dataclass(frozen=True)
class Module:
    """One Python file, read and parsed once."""

    path: Path

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    @property
    def is_door(self) -> bool:
        """Whether the file may touch the world; a wing's other doors end in `_api` or `_store`."""
        stem = self.path.stem
        return (
            stem in DOORS
            or stem.endswith(("_api", "_store"))
            or stem == "__init__"
            or self.place in DOORS_BY_ANOTHER_NAME
        )


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """Every module under some top folders, sorted by path."""
    return tuple(_module(path) for top in tops for path in sorted((ROOT / top).rglob("*.py")))


_module = cache(Module)


def pure_modules() -> list[Module]:
    """Domain modules and the nouns beside them: all of a service that is not a door."""
    return [
        module
        for module in modules("services")
        if not module.is_door and "migrations" not in module.path.parts
    ]


def imported(module: Module) -> Iterator[tuple[str, int]]:
    """Every module name that a module imports, with its line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def none(found: list[str]) -> None:
    """Fail with every finding on a line of its own."""
    assert not found, "\n" + "\n".join(found)
