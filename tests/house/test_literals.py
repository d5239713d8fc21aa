"""Numbers of the law stand in a dated, cited YAML line: rules hold no number but 0, 1 and 2."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.rooms import Module, none, pure_modules

PLAIN = (0, 1, 2)


def literals_of(tree: ast.Module) -> Iterator[tuple[int, float]]:
    """Numbers (line, value) outside the named constants at the top of a module."""
    named = {
        id(node) for statement in tree.body if _names(statement) for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in named:
            value = node.value
            if isinstance(value, int | float) and value not in PLAIN:
                yield node.lineno, value


def _names(statement: ast.stmt) -> bool:
    """Whether a statement of the module gives an UPPER_CASE name to something."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    flat = [leaf for target in targets for leaf in _leaves(target)]
    return bool(flat) and all(isinstance(leaf, ast.Name) and leaf.id.isupper() for leaf in flat)


def _leaves(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, ast.Tuple) else [target]


def _found(module: Module) -> list[str]:
    return [f"{module.place}:{line} {value}" for line, value in literals_of(module.tree)]


def test_domain_and_noun_modules_hold_no_number_but_0_1_and_2() -> None:
    none([said for module in pure_modules() for said in _found(module)])


def test_a_number_in_a_rule_would_be_found() -> None:
    rule = "AGE = 80\n\ndef is_old(age: int) -> bool:\n    return age >= 80 or age < -1\n"
    assert list(literals_of(ast.parse(rule))) == [(4, 80)]


def test_named_constants_are_allowed_and_lower_case_ones_are_not() -> None:
    kept = "DIGITS: int = 18\nYEAR, MONTH = 4, 12\nWEIGHTS = (7, 9, 10)\nlimit = 49000\n"
    assert list(literals_of(ast.parse(kept))) == [(4, 49000)]
