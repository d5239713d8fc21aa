"""A city is issued some streets at a time: none is cut, none is left out, and it is one act."""

from __future__ import annotations

import pytest

from services.vouchers.issuance.domain import portions
from tests.vouchers.town import JANUARY, MONTHLY_FEN, OTHER_COMMUNITY, Elder, Town


def test_streets_go_together_as_far_as_their_people_fit() -> None:
    streets = [("a", 4), ("b", 3), ("c", 3), ("d", 11), ("e", 1), ("f", 9)]
    assert portions(streets, 10) == [["a", "b", "c"], ["d"], ["e", "f"]]


def test_a_street_larger_than_a_portion_is_issued_whole_and_alone() -> None:
    assert portions([("a", 1), ("b", 99), ("c", 1)], 10) == [["a"], ["b"], ["c"]]


def test_where_nobody_is_due_there_is_no_portion() -> None:
    assert portions([], 10) == []


@pytest.mark.anyio
async def test_a_run_that_finds_nobody_is_approved_and_says_so(town: Town) -> None:
    done = await town.issue(JANUARY)
    assert (done["people"], done["total_fen"]) == (0, 0)
    assert await town.told("vouchers.issued") == []


@pytest.mark.anyio
async def test_each_street_is_told_once_of_its_own_people(town: Town) -> None:
    here, there = [Elder() for _ in range(3)], [Elder(area_code=OTHER_COMMUNITY) for _ in range(2)]
    await town.grant(*here, *there)
    await town.allocate(5 * MONTHLY_FEN)
    assert (await town.issue(JANUARY))["people"] == 5
    told = [letter["facts"] for letter in await town.told("issued")]
    assert [(one["street_code"], one["people"]) for one in told] == [
        ("110105001", 3),
        ("110105002", 2),
    ]
    assert {str(elder.application_id) for elder in here} == set(told[0]["applications"])
    await town.desk.settle()
    assert await town.failures() == []
