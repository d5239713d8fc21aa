"""Files and functions stay small, have a name that says something, and say what they hold."""

from __future__ import annotations

import ast

from tests.house.rooms import EVERYTHING, functions, modules, none

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 50
BANNED = {
    "utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "misc",
    "data", "process", "stuff", "base", "core",
}  # fmt: skip
COMMANDS = {"deploy/cli/data.py"}
"""Named after the group of subcommands that they hold."""


def test_no_file_is_longer_than_300_lines() -> None:
    long = [
        f"{module.place}: {lines}"
        for module in modules(*EVERYTHING)
        if (lines := len(module.text.splitlines())) > LINES_OF_A_FILE
    ]
    none(long)


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{module.place}:{function.lineno} {function.name}: {lines}"
        for module in modules(*EVERYTHING)
        for function in functions(module.tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    none(long)


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty = [
        module.place
        for module in modules(*EVERYTHING)
        if module.path.stem in BANNED and module.place not in COMMANDS
    ]
    none(empty)


def test_every_module_opens_with_a_sentence_that_says_what_it_holds() -> None:
    silent = [
        module.place
        for module in modules(*EVERYTHING)
        if module.text.strip() and not _opens_with_a_sentence(module.tree)
    ]
    none(silent)


def test_nothing_is_left_for_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
    left = [
        f"{module.place}:{number}"
        for module in modules(*EVERYTHING)
        for number, line in enumerate(module.text.splitlines(), 1)
        if any(f"# {word}" in line for word in words)
    ]
    none(left)


def _opens_with_a_sentence(tree: ast.Module) -> bool:
    said = ast.get_docstring(tree)
    return said is not None and said.splitlines()[0].rstrip().endswith((".", "。", ":", "?"))
