"""Glossary, README and decisions speak of what is there."""

from __future__ import annotations

import re

import pytest

from tests.house.documents import (
    CODE,
    COMMAND,
    ENDPOINT,
    WORD,
    missing_files,
    missing_tests,
    names_in_code,
    read,
    rows_of,
)
from tests.house.rooms import ROOT, none
from tests.house.test_coverage import commands

GLOSSARY = "docs/glossary.md"
TERMS_AT_LEAST = 80
CURL = re.compile(r"\$OFFICE(/[a-z]+/v1/[^ \"'\n?]*)")
DECISIONS = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))


def terms() -> list[list[str]]:
    """Rows of the glossary: Chinese, English, name in code."""
    return [row for row in rows_of(GLOSSARY, 3) if row[0] != "中文"]


def test_the_glossary_has_the_terms_of_both_policies() -> None:
    assert len(terms()) >= TERMS_AT_LEAST
    none([str(row) for row in terms() if not all(row)])


def test_a_term_stands_in_the_glossary_once() -> None:
    chinese = [row[0] for row in terms()]
    none(sorted({term for term in chinese if chinese.count(term) > 1}))


def test_every_name_of_the_glossary_is_used_by_the_code() -> None:
    known = names_in_code()
    none(
        [
            f"{row[0]}: {name}"
            for row in terms()
            for code in CODE.findall(row[2])
            for name in WORD.findall(code)
            if name not in known
        ]
    )
    none([row[0] for row in terms() if not CODE.search(row[2])])


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_ends_with_the_test_that_enforces_it(decision: str) -> None:
    text = read(f"docs/decisions/{decision}").strip()
    last = text.splitlines()[-1]
    assert last.startswith("Enforced by `tests/"), last
    none(missing_tests(text))


def test_decisions_have_a_number_each() -> None:
    numbers = [name[:4] for name in DECISIONS]
    none([name for name in DECISIONS if not re.match(r"^\d{4}-[a-z0-9-]+\.md$", name)])
    none(sorted({number for number in numbers if numbers.count(number) > 1}))


def test_the_readme_walks_through_endpoints_that_exist(endpoints: frozenset[str]) -> None:
    text = read("README.md")
    paths = {endpoint.split(" ", 1)[1] for endpoint in endpoints}
    known = [re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", path) + "$") for path in paths]
    walked = CURL.findall(re.sub(r"\$\(id \d+\)", "some-id", text))
    assert walked
    none([path for path in walked if not any(shape.match(path) for shape in known)])
    none([act for act in ENDPOINT.findall(text) if act not in endpoints])


def test_the_readme_names_commands_and_files_that_exist() -> None:
    text = read("README.md")
    named = set(COMMAND.findall(text)) | set(re.findall(r"(?m)^\.venv/bin/juyang ([a-z-]+)", text))
    assert named
    none(sorted(named - commands()))
    none(sorted(commands() - named))
    none(missing_files(text))


def test_the_changelog_knows_this_version() -> None:
    version = re.search(r'(?m)^version = "([^"]+)"', read("pyproject.toml"))
    assert version is not None
    assert f"## [{version.group(1)}]" in read("CHANGELOG.md")
