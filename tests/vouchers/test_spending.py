"""Spending, decided without a database: who pays, from which months, and why it is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.vouchers.accounts.domain import account_id
from services.vouchers.redemptions.domain import (
    Accepted,
    Refused,
    decide,
    provider_of,
    redeemed,
    redeemed_on,
    refused,
)
from services.vouchers.redemptions.wording import WORDS
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.errors import Conflict, Forbidden, Invalid
from tests.vouchers.purses import (
    AREA,
    CARD,
    FEBRUARY,
    JANUARY,
    JOURNEY,
    MARCH,
    OUTLET,
    PERSON,
    POLICY,
    PROVIDER,
    TODAY,
    VOID_AFTER,
    WHOLE_ONLY,
    month,
    payer,
    purchase,
    till,
)

NOON = datetime(2010, 3, 10, 4, tzinfo=UTC)


def paid(amount_fen: int, *months: Any, policy: Any = POLICY, on: date = TODAY, **more: Any) -> Any:
    """What a purchase takes from each month and leaves, or the code of its refusal."""
    decision = decide(purchase(amount_fen, on), till(*months, **more), policy)
    if isinstance(decision, Refused):
        return decision.code
    charged = [(charge.month.month_on, charge.amount_fen) for charge in decision.charges]
    return charged, decision.balance_fen


def test_the_oldest_month_pays_first_whatever_order_they_come_in() -> None:
    months = month(MARCH, 10000), month(JANUARY, 300), month(FEBRUARY, 10000)
    assert paid(301, *months) == ([(JANUARY, 300), (FEBRUARY, 1)], 19999)
    assert paid(300, *months) == ([(JANUARY, 300)], 20000)
    assert paid(20300, *months) == (
        [(JANUARY, 300), (FEBRUARY, 10000), (MARCH, 10000)], 0,
    )  # fmt: skip
    assert paid(20301, *months) == "insufficient_balance"


def test_a_month_is_good_from_its_first_day_to_its_last() -> None:
    only = month(MARCH, 500, until=date(2010, 3, 31))
    for on in (MARCH, date(2010, 3, 31)):
        assert paid(500, only, on=on) == ([(MARCH, 500)], 0)
    assert paid(500, only, on=date(2010, 2, 28)) == "insufficient_balance"
    assert paid(500, only, on=date(2010, 4, 1)) == "voucher_expired"


def test_who_has_nothing_valid_is_told_whether_it_lapsed() -> None:
    day = date(2011, 2, 1)
    assert paid(1, on=day, lapsed_on=VOID_AFTER) == "voucher_expired"
    assert paid(1, on=VOID_AFTER, lapsed_on=VOID_AFTER) == "insufficient_balance"
    assert paid(1) == "insufficient_balance"
    lapsed, coming = month(JANUARY, 5, until=VOID_AFTER), month(date(2011, 3, 1), 5, day)
    assert paid(1, lapsed, coming, on=day) == "voucher_expired"
    assert paid(1, lapsed, month(FEBRUARY, 5, until=day), on=day) == ([(FEBRUARY, 1)], 4)
    assert paid(9, lapsed, month(FEBRUARY, 5, until=day), on=day) == "insufficient_balance"
    assert paid(1, lapsed, on=day, lapsed_on=day) == "insufficient_balance"


def test_what_is_held_for_visits_cannot_be_spent() -> None:
    money = month(JANUARY, 600), month(FEBRUARY, 400)
    assert paid(701, *money, held_fen=300) == "insufficient_balance"
    assert paid(700, *money, held_fen=300) == ([(JANUARY, 600), (FEBRUARY, 100)], 0)
    assert paid(600, *money, held_fen=300)[1] == 100


def test_money_of_a_month_to_come_covers_what_is_held() -> None:
    coming = month(date(2010, 4, 1), 300)
    assert paid(600, month(JANUARY, 600), coming, held_fen=300) == ([(JANUARY, 600)], 0)
    assert paid(600, month(JANUARY, 600), coming, held_fen=301) == "insufficient_balance"
    lapsed = month(FEBRUARY, 300, until=date(2010, 3, 9))
    assert paid(600, month(JANUARY, 600), lapsed, held_fen=1) == "insufficient_balance"
    last_day = month(FEBRUARY, 300, until=TODAY)
    assert paid(600, month(JANUARY, 600), last_day, held_fen=300)[1] == 0


def test_where_vouchers_are_whole_a_part_is_refused() -> None:
    money = month(JANUARY, 600), month(FEBRUARY, 400)
    assert paid(600, *money, policy=WHOLE_ONLY) == ([(JANUARY, 600)], 400)
    assert paid(1000, *money, policy=WHOLE_ONLY)[1] == 0
    assert paid(599, *money, policy=WHOLE_ONLY) == "partial_not_allowed"
    assert paid(601, *money, policy=WHOLE_ONLY) == "partial_not_allowed"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"standing": None}, "provider_not_admitted"),
        ({"standing": "suspended"}, "provider_suspended"),
        ({"standing": "exited"}, "provider_exited"),
        ({"outlet_provider": None}, "unknown_outlet"),
        ({"outlet_provider": str(new_id())}, "foreign_outlet"),
        ({"published_on": None}, "unknown_item"),
        ({"published_on": date(2010, 3, 11)}, "unknown_item"),
        ({"voucher_allowed": False}, "item_not_allowed"),
        ({"category": "meals"}, "item_not_allowed"),
        ({"payer": None}, "unknown_card"),
        ({"payer": payer(card_closed_on=TODAY)}, "card_closed"),
        ({"payer": payer(card_lost_on=TODAY)}, "card_lost"),
        ({"payer": payer(card_lost_on=date(2010, 3, 9))}, "card_lost"),
        ({"payer": payer(token_until_on=date(2010, 3, 9))}, "token_expired"),
        ({"payer": payer(died_on=TODAY)}, "account_closed"),
        ({"payer": payer(died_on=date(2010, 3, 11))}, "account_closed"),
    ],
)
def test_each_thing_that_is_wrong_at_a_till_has_its_own_code(
    wrong: dict[str, Any], code: str
) -> None:
    assert paid(1, month(JANUARY, 1), **wrong) == code
    assert all(WORDS[code])  # type: ignore[index]


@pytest.mark.parametrize(
    "right",
    [
        {"published_on": TODAY},
        {"payer": payer(card_lost_on=date(2010, 3, 11))},
        {"payer": payer(token_until_on=TODAY)},
    ],
)
def test_what_is_just_in_time_is_taken(right: dict[str, Any]) -> None:
    assert paid(1, month(JANUARY, 1), **right) == ([(JANUARY, 1)], 0)


def test_the_provider_s_faults_come_before_the_item_s_and_the_card_s() -> None:
    everything = {"standing": "exited", "published_on": None, "payer": None}
    assert paid(1, **everything) == "provider_exited"
    assert paid(1, **{**everything, "standing": "admitted"}) == "unknown_item"


def test_an_id_that_is_taken_is_no_refusal_but_a_conflict() -> None:
    with pytest.raises(Conflict) as caught:
        decide(purchase(1), till(month(JANUARY, 1), taken=True), POLICY)
    assert caught.value.code == "id_taken"


def test_a_till_may_report_seven_days_late_and_never_ahead() -> None:
    assert redeemed_on(None, TODAY, POLICY) == TODAY
    for day in (TODAY, date(2010, 3, 3)):
        assert redeemed_on(day, TODAY, POLICY) == day
    for day, code in (
        (date(2010, 3, 2), "reported_too_late"),
        (date(2010, 3, 11), "till_clock_ahead"),
    ):
        with pytest.raises(Invalid) as caught:
            redeemed_on(day, TODAY, POLICY)
        assert (caught.value.code, caught.value.flaws[0].field) == (code, "body.occurred_on")


def test_a_till_s_token_must_name_its_provider_exactly() -> None:
    def caller(agency: str) -> Caller:
        return Caller("till", "provider", agency=agency)

    assert provider_of(caller(str(PROVIDER))) == PROVIDER
    for wrong in ("", "corner-shop", str(PROVIDER).upper(), PROVIDER.hex):
        with pytest.raises(Forbidden) as caught:
            provider_of(caller(wrong))
        assert caught.value.code == "no_provider"


def test_the_letter_of_a_redemption_names_the_first_month_s_journey() -> None:
    bought, later = purchase(700), new_id()
    money = till(month(JANUARY, 600), month(FEBRUARY, 400))
    money = till(money.months[0], month(FEBRUARY, 400).__class__(
        money.months[1].account_id, FEBRUARY, VOID_AFTER, 400, later))  # fmt: skip
    decision = decide(bought, money, POLICY)
    assert isinstance(decision, Accepted)
    assert decision.payer.card_id == CARD
    letter = redeemed(bought, decision, POLICY.programmes, NOON)
    assert letter.aggregate_id == account_id(PERSON, POLICY.programmes[0])
    assert (letter.person_id, letter.application_id, letter.area_code) == (PERSON, JOURNEY, AREA)
    assert (letter.agency, letter.provider_id) == (str(PROVIDER), PROVIDER)
    assert (letter.redemption_id, letter.outlet_id, letter.item_code) == (bought.id, OUTLET, "wash")
    assert (letter.amount_fen, letter.redeemed_on, letter.occurred_at) == (700, TODAY, NOON)


def test_the_letter_of_a_refusal_names_a_person_only_when_the_card_is_known() -> None:
    asked = purchase(700)
    known = refused(asked, "card_lost", till(month(JANUARY, 1)), POLICY.programmes, NOON)
    assert known.aggregate_id == account_id(PERSON, POLICY.programmes[0])
    assert (known.person_id, known.application_id, known.area_code) == (PERSON, JOURNEY, AREA)
    assert (known.agency, known.provider_id) == (str(PROVIDER), PROVIDER)
    assert (known.amount_fen, known.code, known.occurred_at) == (700, "card_lost", NOON)
    nobody = till(payer=None, outlet_area="110105002")
    unknown = refused(asked, "unknown_card", nobody, POLICY.programmes, NOON)
    assert (unknown.person_id, unknown.application_id) == (None, None)
    assert (unknown.aggregate_id, unknown.area_code) == (asked.id, "110105002")
