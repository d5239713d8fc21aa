"""The demo: one elder's life from a street's roster to a settled voucher and an evaluated visit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from deploy.postgres import erase

COMMAND = [sys.executable, "-m", "deploy.cli.main"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("demo")
    yield place
    erase(place)


@pytest.fixture(scope="module")
def played(data: Path) -> dict[str, Any]:
    """The summary of a whole demo, played by the command against an office of its own."""
    run = subprocess.run(
        [*COMMAND, "demo", "--json", "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    summary: dict[str, Any] = json.loads(run.stdout)
    return summary


def test_every_row_of_the_rosters_is_a_person_or_comes_back(played: dict[str, Any]) -> None:
    funnel = played["funnel"]
    assert funnel["rows"] == 2300
    # One person more: somebody of 85 called the hotline.
    assert funnel["persons"] + funnel["rejected"] == funnel["rows"]
    outcomes = funnel["eligible"] + funnel["not_eligible"] + funnel["to_be_reviewed"]
    assert outcomes >= funnel["applications"] > funnel["awards"] > 1000


def test_every_fen_that_was_issued_is_somewhere(played: dict[str, Any]) -> None:
    money = played["money"]
    assert money["issued_fen"] > 0
    assert money["issued_fen"] == sum(
        money[part] for part in ("redeemed_fen", "expired_fen", "revoked_fen", "outstanding_fen")
    )
    for row in (*played["by_month"], *played["by_street"].values(), *played["by_fund"].values()):
        parts = ("redeemed_fen", "expired_fen", "revoked_fen", "outstanding_fen")
        assert row["issued_fen"] == sum(row[part] for part in parts), row
    assert money["revoked_fen"] > 0, "somebody died in February with unspent money"


def test_providers_are_paid_what_was_spent_with_them(played: dict[str, Any]) -> None:
    assert len(played["settlement"]) == 3
    for row in played["settlement"]:
        assert row["amount_fen"] == row["redeemed_fen"] > 0
    assert sum(row["amount_fen"] for row in played["settlement"]) == played["money"]["redeemed_fen"]


def test_three_odd_purchases_are_answered_as_they_should(played: dict[str, Any]) -> None:
    assert played["refusals"] == {
        "insufficient_balance": "409 insufficient_balance",
        "provider_suspended": "409 provider_suspended",
        "sent_twice": "201 same answer",
    }


def test_eightieth_birthdays_in_march_start_the_voucher(played: dict[str, Any]) -> None:
    issued = {row["month_on"][:7]: row["issued_fen"] for row in played["by_month"]}
    # At least five applicants turn 80 in March; one holder died in February.
    assert issued["2010-03"] - issued["2010-02"] >= (5 - 1) * 10000


def test_a_month_of_visits_has_one_missed_and_one_substitute(played: dict[str, Any]) -> None:
    visits = played["visits"]
    assert visits["completed"] >= 400
    assert visits["missed"] == 1
    assert visits["substituted"] == 1
    assert {row["name"] for row in played["scores"]} == {
        "芦和居家养老服务中心",
        "夕阳红家政公司",
    }


def test_one_answer_tells_an_elders_life_from_application_to_evaluation(
    played: dict[str, Any],
) -> None:
    care = [link["type"] for link in played["chain"]["links"]]
    assert care[0] == "intake.person.registered.v1"
    for kind in (
        "intake.application.submitted.v1",
        "eligibility.determination.made.v1",
        "eligibility.case.reviewed.v1",
        "eligibility.award.granted.v1",
        "scheduling.plan.confirmed.v1",
        "scheduling.visit.completed.v1",
        "evaluation.feedback.given.v1",
    ):
        assert kind in care
    money = [link["type"] for link in played["voucher_chain"]["links"]]
    for kind in (
        "vouchers.account.opened.v1",
        "vouchers.vouchers.issued.v1",
        "vouchers.voucher.redeemed.v1",
        "vouchers.redemption.settled.v1",
    ):
        assert kind in money


def test_the_journals_recompute_to_the_same_figures(played: dict[str, Any]) -> None:
    assert played["verify"]["ok"], [c for c in played["verify"]["checks"] if not c["ok"]]


def test_the_rejects_can_be_opened_and_corrected(played: dict[str, Any], data: Path) -> None:
    assert played["funnel"]["rejected"] > 0
    book = CalamineWorkbook.from_path(data / "demo" / "rejects-chaoyang-roster.xlsx")
    rows = list(book.get_sheet_by_index(0).iter_rows())
    assert rows[0][0] == "错误说明"
    assert all(row[0] for row in rows[1:])
