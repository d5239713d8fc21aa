"""Holds and refunds, decided without a database: how long, how much, and to which month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.vouchers.redemptions.domain import Accepted, Charge, Refused
from services.vouchers.redemptions.holds import (
    Hold,
    check_voidable,
    decide_capture,
    expires_on,
    known,
)
from services.vouchers.redemptions.refunds import (
    Booked,
    Part,
    Returned,
    give_back,
    spendable_fen,
)
from shared.contracts.ids import new_id
from shared.errors import Conflict, Invalid, NotFound, Refusal
from tests.vouchers.purses import (
    AREA,
    FEBRUARY,
    JANUARY,
    JOURNEY,
    OUTLET,
    PERSON,
    POLICY,
    PROVIDER,
    TODAY,
    VOID_AFTER,
    account,
    month,
    payer,
    purchase,
    till,
)

DAY = timedelta(days=1)
HOLD = Hold(new_id(), b"digest", OUTLET, "wash", 500, TODAY, None)


def captured(hold: Hold, amount_fen: int, *, today: date = TODAY, **more: Any) -> Any:
    """What is left after a capture, or the code of its refusal."""
    facts = till(month(JANUARY, 800), **{"held_fen": 500, **more})
    decision = decide_capture(hold, purchase(amount_fen, today), facts, POLICY, today)
    return decision.code if isinstance(decision, Refused) else decision.balance_fen


def test_a_hold_lasts_seven_days_but_not_longer_than_its_money() -> None:
    def lasts(*charges: Charge) -> date:
        return expires_on(Accepted(payer(), charges, 0), TODAY, POLICY)

    week = Charge(month(JANUARY, 5), 5)
    assert lasts(week) == TODAY + 7 * DAY
    assert lasts(week, Charge(month(FEBRUARY, 5, until=TODAY + DAY), 5)) == TODAY + DAY


def test_a_hold_that_nobody_knows_is_not_found() -> None:
    assert known(HOLD) is HOLD
    with pytest.raises(NotFound) as caught:
        known(None)
    assert caught.value.code == "unknown_hold"


def test_a_capture_spends_what_was_held_and_frees_the_rest() -> None:
    assert captured(HOLD, 500) == 300
    assert captured(HOLD, 1) == 799
    assert captured(HOLD, 501) == "more_than_held"
    assert captured(HOLD, 500, held_fen=800) == 0
    assert captured(HOLD, 500, held_fen=801) == "insufficient_balance"


def test_the_card_of_a_hold_may_be_closed_lost_or_renewed_meanwhile() -> None:
    gone = payer(card_closed_on=TODAY, card_lost_on=TODAY, token_until_on=TODAY - DAY)
    assert captured(HOLD, 500, payer=gone) == 300
    assert captured(HOLD, 500, payer=payer(died_on=TODAY)) == "account_closed"
    assert captured(HOLD, 500, payer=None) == "unknown_card"


@pytest.mark.parametrize(
    ("hold", "code"),
    [
        (replace(HOLD, ended="captured"), "hold_captured"),
        (replace(HOLD, ended="voided"), "hold_voided"),
        (replace(HOLD, expires_on=TODAY - DAY), "hold_expired"),
        (replace(HOLD, ended="voided", expires_on=TODAY - DAY), "hold_voided"),
    ],
)
def test_a_hold_that_has_ended_is_neither_captured_nor_voided(hold: Hold, code: str) -> None:
    assert captured(hold, 1) == code
    assert captured(hold, 501) == code
    with pytest.raises(Conflict) as caught:
        check_voidable(hold, TODAY)
    assert caught.value.code == code
    assert caught.value.zh
    assert caught.value.en


def test_on_its_last_day_a_hold_still_stands() -> None:
    check_voidable(HOLD, TODAY)
    assert captured(HOLD, 500) == 300


def test_a_capture_under_a_taken_id_is_a_conflict() -> None:
    with pytest.raises(Conflict) as caught:
        captured(replace(HOLD, ended="voided"), 1, taken=True)
    assert caught.value.code == "id_taken"


def booked(*left_fen: int, **more: Any) -> Booked:
    """A redemption that January and February paid, with so much of each not given back."""
    parts = [
        Part(account(on), on, VOID_AFTER, fen)
        for on, fen in zip((JANUARY, FEBRUARY), left_fen, strict=False)
    ]
    made = Booked(
        redemption_id=new_id(), person_id=PERSON, application_id=JOURNEY, area_code=AREA,
        provider_id=str(PROVIDER), amount_fen=sum(left_fen), redeemed_on=TODAY, settled=False,
        died_on=None, refunded_fen=0, reclaimed_fen=0, channel="till", taken=False,
        parts=tuple(parts),
    )  # fmt: skip
    return replace(made, **more)


def back(
    found: Booked | None,
    amount_fen: int | None = None,
    *,
    today: date = TODAY,
    office: bool = False,
) -> list[tuple[date, int, str]]:
    given = give_back(found, amount_fen, today, POLICY, by_office=office)
    return [(one.part.month_on, one.amount_fen, one.ends) for one in given]


def refusal(*args: Any, **more: Any) -> tuple[type[Refusal], str]:
    with pytest.raises(Refusal) as caught:
        back(*args, **more)
    assert caught.value.zh
    assert caught.value.en
    return type(caught.value), caught.value.code


def test_the_newest_month_gets_back_first() -> None:
    assert back(booked(600, 400), 401) == [(FEBRUARY, 400, ""), (JANUARY, 1, "")]
    assert back(booked(600, 400), 400) == [(FEBRUARY, 400, "")]
    assert back(booked(600, 400)) == [(FEBRUARY, 400, ""), (JANUARY, 600, "")]
    assert back(booked(600, 0, refunded_fen=0), 600) == [(JANUARY, 600, "")]


def test_no_more_is_given_back_than_is_left() -> None:
    part = booked(600, 100, amount_fen=1000, refunded_fen=300)
    assert back(part) == [(FEBRUARY, 100, ""), (JANUARY, 600, "")]
    assert back(part, 700)
    assert refusal(part, 701) == (Invalid, "more_than_spent")
    reclaimed = booked(500, 0, amount_fen=1000, refunded_fen=300, reclaimed_fen=200)
    assert back(reclaimed) == [(JANUARY, 500, "")]
    assert refusal(reclaimed, 501) == (Invalid, "more_than_spent")
    assert refusal(booked(amount_fen=500, refunded_fen=500)) == (Conflict, "already_refunded")
    assert refusal(booked(amount_fen=500, refunded_fen=100, reclaimed_fen=400)) == (
        Conflict, "reclaimed_already",
    )  # fmt: skip


def test_too_much_is_told_at_its_field() -> None:
    with pytest.raises(Invalid) as caught:
        back(booked(5), 6)
    assert caught.value.flaws[0].field == "body.amount_fen"


def test_a_provider_has_thirty_days_and_the_office_as_long_as_it_likes() -> None:
    last, late = TODAY + 30 * DAY, TODAY + 31 * DAY
    assert back(booked(5), today=last) == [(JANUARY, 5, "")]
    assert refusal(booked(5), today=late) == (Conflict, "refund_too_late")
    assert back(booked(5), today=late, office=True) == [(JANUARY, 5, "")]


def test_what_cannot_be_given_back_has_its_code() -> None:
    assert refusal(None) == (NotFound, "unknown_redemption")
    assert refusal(booked(5, taken=True)) == (Conflict, "id_taken")
    assert refusal(booked(5, channel="paper")) == (Conflict, "paper_not_refunded")


def test_what_has_lapsed_meanwhile_lapses_again_and_a_dead_holder_s_is_revoked() -> None:
    on_the_day, after = VOID_AFTER, VOID_AFTER + DAY
    assert back(booked(5), today=on_the_day, office=True) == [(JANUARY, 5, "")]
    assert back(booked(5), today=after, office=True) == [(JANUARY, 5, "expire")]
    assert back(booked(5, died_on=TODAY), today=after, office=True) == [(JANUARY, 5, "revoke")]


def test_only_what_neither_lapses_nor_is_revoked_can_be_spent() -> None:
    part = Part(account(JANUARY), JANUARY, VOID_AFTER, 9)
    returned = [Returned(part, 7, ""), Returned(part, 3, "expire"), Returned(part, 2, "revoke")]
    assert spendable_fen(returned) == 7
    assert spendable_fen([]) == 0
