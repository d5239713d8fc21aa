"""What the documents claim, read so that it can be held against the code."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.house.rooms import PROGRAM, ROOT, modules

ENDPOINT = re.compile(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]+)`")
COMMAND = re.compile(r"`juyang ([a-z-]+)[^`]*`")
TEST = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")
FILE = re.compile(r"`((?:services|shared|deploy|docs|examples|tests)/[\w./-]+)`")
CODE = re.compile(r"`([^`]+)`")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read(place: str) -> str:
    """A document's text."""
    return (ROOT / place).read_text(encoding="utf-8")


def rows_of(place: str, columns: int) -> list[list[str]]:
    """The rows of a document's Markdown tables with so many columns, without their headings."""
    found: list[list[str]] = []
    for line in read(place).splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == columns and not set(cells[0]) <= set("-: "):
                found.append(cells)
    return found


def missing_tests(text: str) -> list[str]:
    """Tests that a text names and that nobody wrote."""
    return [named for named in TEST.findall(text) if not _is_written(named)]


def missing_files(text: str) -> list[str]:
    """Files that a text names and that are not there."""
    return [place for place in FILE.findall(text) if not (ROOT / place).exists()]


def _is_written(named: str) -> bool:
    place, _, test = named.partition("::")
    file = ROOT / place
    return file.is_file() and re.search(rf"def {test}\(", file.read_text()) is not None


@cache
def names_in_code() -> frozenset[str]:
    """Every word that the program works with: identifiers, texts but docstrings, its data."""
    found: set[str] = set()
    for module in modules(*PROGRAM):
        nodes = list(ast.walk(module.tree))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if id(node) not in docstrings:
                found.update(_words(node))
    for file in sorted((ROOT / "services").rglob("*.yaml")):
        found.update(WORD.findall(file.read_text(encoding="utf-8")))
    return frozenset(found)


def _words(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [name]
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.arg(arg=str(name)) | ast.keyword(arg=str(name)):
            return [name]
        case ast.Constant(value=str(text)):
            return WORD.findall(text)
        case _:
            return []
