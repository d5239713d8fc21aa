"""The locks: every package pinned and hashed, and no address of an index."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.rooms import ROOT, none

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")
PIN = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ;]+( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
FETCHES = ("://", "--index", "--find-links", "--trusted-host", "-e ", "git+", "@ ")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_or_its_hash(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    odd = [
        f"{lock}:{number} {line}"
        for number, line in enumerate(lines, 1)
        if line and not line.startswith("#") and not PIN.match(line) and not HASH.match(line)
    ]
    none(odd)
    unhashed = [
        f"{lock}: {line}"
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and not HASH.match(after)
    ]
    none(unhashed)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    none([f"{lock}: {mark}" for mark in FETCHES if mark in text])


def test_the_program_and_its_tests_run_with_the_same_versions() -> None:
    program, tests, bench = (_pins(lock) for lock in LOCKS)
    none([f"{name} {pin}" for name, pin in program.items() if tests.get(name) != pin])
    none([f"{name} {pin}" for name, pin in tests.items() if bench.get(name) != pin])


def test_everything_that_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [re.split(r"[\[<>=~! ]", line)[0].lower() for line in project["dependencies"]]
    none([name for name in wanted if name not in _pins(LOCKS[0])])


def _pins(lock: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (ROOT / lock).read_text().splitlines():
        if PIN.match(line):
            name, pin = line.rstrip(" \\").split("==", 1)
            found[name.split("[")[0].lower()] = pin
    return found
