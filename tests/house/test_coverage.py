"""docs/coverage.md says where every demand of the two policies works, and cannot rot."""

from __future__ import annotations

from collections import Counter

import typer

from deploy.cli.main import app as juyang
from tests.house.documents import COMMAND, ENDPOINT, TEST, missing_files, missing_tests, rows_of
from tests.house.rooms import none

PLACE = "docs/coverage.md"
COLUMNS = 6
DEMANDS = [f"N-{n:02}" for n in range(1, 59)] + [f"C-{n:02}" for n in range(1, 61)]
SERVICES = {"intake", "eligibility", "scheduling", "vouchers", "evaluation", "shared"}
STATUSES = ("works", "partly", "planned")


def demands() -> list[list[str]]:
    """The rows that begin with a demand's number."""
    return [row for row in rows_of(PLACE, COLUMNS) if row[0][:2] in {"N-", "C-"}]


def commands() -> set[str]:
    """The subcommands of `juyang`."""
    return set(typer.main.get_command(juyang).commands)  # pyrefly: ignore


def test_every_demand_has_exactly_one_row() -> None:
    counted = Counter(row[0] for row in demands())
    none([f"{name}: {counted[name]} rows" for name in DEMANDS if counted[name] != 1])
    none(sorted(set(counted) - set(DEMANDS)))


def test_every_row_says_article_demand_owner_and_status() -> None:
    none(
        [
            row[0]
            for row in demands()
            if not row[1]
            or " · " not in row[2]
            or not set(row[3].split("+")) <= SERVICES
            or not row[4].startswith(STATUSES)
        ]
    )


def test_what_works_names_where_and_a_test() -> None:
    none(
        [row[0] for row in demands() if row[4].startswith("works") and not _place_and_test(row[5])]
    )


def test_what_works_in_part_names_where_or_a_test_and_says_what_is_missing() -> None:
    none(
        [
            row[0]
            for row in demands()
            if row[4].startswith("partly")
            and not ("; missing: " in row[5] and "`" in row[5].split("; missing: ")[0])
        ]
    )


def test_what_is_planned_names_its_area_and_claims_nothing() -> None:
    none(
        [
            row[0]
            for row in demands()
            if row[4].startswith("planned")
            and (not row[5].startswith("planned: ") or ENDPOINT.search(row[5]))
        ]
    )


def test_every_endpoint_that_is_named_exists(endpoints: frozenset[str]) -> None:
    named = {(row[0], act) for row in rows_of(PLACE, COLUMNS) for act in ENDPOINT.findall(row[5])}
    none(sorted(f"{demand}: {act}" for demand, act in named if act not in endpoints))


def test_every_command_file_and_test_that_is_named_exists() -> None:
    known = commands()
    for row in rows_of(PLACE, COLUMNS):
        none([f"{row[0]}: juyang {name}" for name in COMMAND.findall(row[5]) if name not in known])
        none([f"{row[0]}: {test}" for test in missing_tests(row[5])])
        none([f"{row[0]}: {place}" for place in missing_files(row[5])])


def _place_and_test(where: str) -> bool:
    place = ENDPOINT.search(where) or COMMAND.search(where) or "policy/" in where
    return bool(place) and TEST.search(where) is not None
