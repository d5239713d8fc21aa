"""Every letter type there is, by its name: for publishing schemas and the frozen-letters test."""

from __future__ import annotations

import inspect
from types import ModuleType

from shared.contracts import eligibility, evaluation, intake, scheduling, vouchers
from shared.contracts.letter import Letter

MODULES: tuple[ModuleType, ...] = (intake, eligibility, scheduling, vouchers, evaluation)


def letter_types() -> dict[str, type[Letter]]:
    """All letters, keyed by type name, in the order of services and files."""
    found: dict[str, type[Letter]] = {}
    for module in MODULES:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Letter) and kind.TYPE and kind.__module__ == module.__name__:
                found[kind.TYPE] = kind
    return found
