"""Mutants of a module: its syntax tree with one operator, constant, answer or refusal changed."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
"""Texts that programs read; sentences for people are not changed."""
TYPES = re.compile(r"Literal\[|: TypeAlias")
Change = Callable[[ast.AST], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed tree, and the change in words with its line."""

    line: int
    what: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module's text."""
    tree = ast.parse(source)
    sites = list(_sites(tree))
    for nth, node in enumerate(sites):
        for what, change in _changes(node):
            other = copy.deepcopy(tree)
            change(list(_sites(other))[nth])
            ast.fix_missing_locations(other)
            yield Mutant(getattr(node, "lineno", 0), what, other)


def _sites(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that do something: no annotations, decorators, types or sentences."""
    for statement in tree.body:
        if not TYPES.search(ast.unparse(statement).partition("\n")[0]):
            yield from _below(statement)


def _below(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_sentence(child):
                yield from _below(child)


def _is_sentence(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else node
    if isinstance(value, ast.JoinedStr):
        return False
    text = value.value if isinstance(value, ast.Constant) else None
    return isinstance(text, str) and text != "" and CODE.fullmatch(text) is None


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.Constant():
            yield from _constants(node)
        case ast.Return() if node.value is not None:
            yield "return nothing", _nothing
        case ast.If() | ast.IfExp():
            yield "if not", _negated
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield "passed over", _passed
        case _:
            yield from _operators(node)


def _operators(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.BinOp() if type(node.op) in COMPUTED:
            yield "+ - * //", _computed
        case ast.BoolOp():
            yield "and or", _joined
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "without not or -", _unsigned


def _comparisons(node: ast.Compare) -> Iterator[tuple[str, Change]]:
    for nth, op in enumerate(node.ops):
        other = COMPARED[type(op)]

        def change(site: ast.AST, nth: int = nth, other: type[ast.cmpop] = other) -> None:
            assert isinstance(site, ast.Compare)
            site.ops[nth] = other()

        yield f"{type(op).__name__} as {other.__name__}", change


def _constants(node: ast.Constant) -> Iterator[tuple[str, Change]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} as {not value}", _constant(not value)
    elif isinstance(value, int):
        yield f"{value} as {value + 1}", _constant(value + 1)
    elif isinstance(value, str):
        yield f"{value!r} as other text", _constant(f"{value}X")


def _constant(value: object) -> Change:
    def change(site: ast.AST) -> None:
        assert isinstance(site, ast.Constant)
        site.value = value  # type: ignore[assignment]

    return change


def _computed(site: ast.AST) -> None:
    assert isinstance(site, ast.BinOp)
    site.op = COMPUTED[type(site.op)]()


def _joined(site: ast.AST) -> None:
    assert isinstance(site, ast.BoolOp)
    site.op = ast.And() if isinstance(site.op, ast.Or) else ast.Or()


def _unsigned(site: ast.AST) -> None:
    assert isinstance(site, ast.UnaryOp)
    site.op = ast.UAdd() if isinstance(site.op, ast.USub) else ast.Invert()
    if isinstance(site.op, ast.Invert):
        # `not x` becomes `not not x`.
        site.op, site.operand = ast.Not(), ast.UnaryOp(ast.Not(), site.operand)


def _nothing(site: ast.AST) -> None:
    assert isinstance(site, ast.Return)
    site.value = ast.Constant(None)


def _negated(site: ast.AST) -> None:
    assert isinstance(site, ast.If | ast.IfExp)
    site.test = ast.UnaryOp(ast.Not(), site.test)


def _passed(site: ast.AST) -> None:
    """A statement without effect in place of this one."""
    match site:
        case ast.Raise():
            # `raise` of an expression becomes the expression: nobody evaluates a new error for it.
            site.exc, site.cause = None, None
            site.__class__ = ast.Pass  # type: ignore[assignment]
        case ast.Expr():
            site.value = ast.Constant(None)
