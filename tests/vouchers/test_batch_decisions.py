"""A batch and paper at the till, decided without a database: each line on what is left for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.vouchers.paper.presenting import PaperHand, PaperNote
from services.vouchers.redemptions.batch import (
    Again,
    Asked,
    BatchFacts,
    CardKnown,
    Fresh,
    Known,
    Purse,
    Taken,
    decide_batch,
)
from services.vouchers.redemptions.domain import Accepted, Purchase, Refused
from services.vouchers.redemptions.paper import decide_paper, paper_till
from shared.contracts.ids import new_id
from shared.errors import Conflict
from tests.vouchers.purses import (
    AREA,
    CARD,
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
    purchase,
    till,
)

DAY = timedelta(days=1)
DIGEST = b"card"
OPEN = CardKnown(CARD, None, None, None, PERSON)


def facts(*balances_fen: int, **more: Any) -> BatchFacts:
    """One holder with January and February, and a shop in order."""
    months = tuple(month(on, fen) for on, fen in zip((JANUARY, FEBRUARY), balances_fen))  # noqa: B905
    made = BatchFacts(
        cards={DIGEST: OPEN},
        purses={PERSON: Purse(AREA, None, None, 0, months)},
        standings=((JANUARY, "admitted"),),
        outlets={OUTLET: (str(PROVIDER), AREA)},
        items={"wash": ("life_care", True, JANUARY)},
    )
    return replace(made, **more)


def decided(found: BatchFacts, *asked: Purchase, digest: bytes = DIGEST) -> list[Any]:
    """Each line: what is left after it, its refusal's code, or that it is known or taken."""
    lines = decide_batch([Asked(one, digest) for one in asked], found, POLICY)
    return [_said(line) for line in lines]


def _said(line: Any) -> Any:
    if isinstance(line, Taken):
        return "taken"
    if isinstance(line, Again):
        return ("again", line.code)
    return line.decision.code if isinstance(line.decision, Refused) else line.decision.balance_fen


def test_each_line_spends_what_those_before_it_have_left() -> None:
    found = facts(600, 400)
    lines = [purchase(500), purchase(400), purchase(101), purchase(100)]
    assert decided(found, *lines) == [500, 100, "insufficient_balance", 0]
    assert found.purses[PERSON].months == ()


def test_a_month_that_is_spent_out_is_gone_and_the_next_pays() -> None:
    found = facts(600, 400)
    assert decided(found, purchase(600), purchase(1)) == [400, 399]
    (left,) = found.purses[PERSON].months
    assert (left.month_on, left.balance_fen) == (FEBRUARY, 399)


def test_earlier_days_spend_first_and_of_one_day_the_earlier_line() -> None:
    late, early, same = purchase(60), purchase(60, TODAY - DAY), purchase(40, TODAY - DAY)
    assert decided(facts(100), late, early, same) == ["insufficient_balance", 40, 0]


def test_a_line_that_was_decided_before_gets_its_answer_again() -> None:
    one = purchase(60)
    asked = (str(PROVIDER), OUTLET, "wash", 60, PERSON)
    before = Known(*asked, day=TODAY)
    assert decided(facts(1, known={one.id: before}), one) == [("again", None)]
    refused = Known(*asked, code="card_lost")
    assert decided(facts(100, known={one.id: refused}), one) == [("again", "card_lost")]


@pytest.mark.parametrize(
    "other",
    [
        {"provider_id": "x"}, {"outlet_id": new_id()}, {"item_code": "cut"}, {"amount_fen": 61},
        {"person_id": new_id()}, {"person_id": None}, {"day": TODAY - DAY},
    ],
)  # fmt: skip
def test_an_id_that_was_used_for_something_else_is_taken(other: dict[str, Any]) -> None:
    one = purchase(60)
    known = replace(Known(str(PROVIDER), OUTLET, "wash", 60, PERSON, TODAY), **other)
    assert decided(facts(100, known={one.id: known}), one) == ["taken"]


def test_the_same_line_twice_in_one_batch_is_booked_once() -> None:
    one, poor = purchase(60), purchase(50)
    found = facts(100)
    assert decided(found, one, one, poor, poor) == [
        40, ("again", None), "insufficient_balance", ("again", "insufficient_balance"),
    ]  # fmt: skip
    assert found.known[one.id] == Known(str(PROVIDER), OUTLET, "wash", 60, PERSON, TODAY)
    assert found.known[poor.id].day is None
    assert decided(facts(100), one, replace(one, amount_fen=61)) == [40, "taken"]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"closed_on": TODAY}, "card_closed"),
        ({"lost_on": TODAY}, "card_lost"),
        ({"token_until_on": TODAY - DAY}, "token_expired"),
    ],
)
def test_a_card_s_end_is_seen_in_a_batch(card: dict[str, Any], code: str) -> None:
    assert decided(facts(100, cards={DIGEST: replace(OPEN, **card)}), purchase(1)) == [code]


def test_a_card_nobody_knows_and_a_holder_without_a_purse_are_refused() -> None:
    assert decided(facts(100), purchase(1), digest=b"other") == ["unknown_card"]
    assert decided(facts(100, purses={}), purchase(1)) == ["unknown_card"]


def test_a_holder_s_death_holds_and_lapses_are_seen_in_a_batch() -> None:
    def purse(**more: Any) -> BatchFacts:
        return facts(
            purses={PERSON: replace(Purse(AREA, None, None, 0, (month(JANUARY, 9),)), **more)}
        )

    assert decided(purse(died_on=TODAY), purchase(1)) == ["account_closed"]
    assert decided(purse(held_fen=1), purchase(9)) == ["insufficient_balance"]
    assert decided(purse(held_fen=1), purchase(8)) == [0]
    void = VOID_AFTER + DAY
    gone = purse(months=(), lapsed_on=VOID_AFTER)
    gone.standings = ((JANUARY, "admitted"),)
    assert decided(gone, purchase(1, void)) == ["voucher_expired"]
    # A later month was spent already: what is left has lapsed all the same.
    left = purse(lapsed_on=date(VOID_AFTER.year + 1, 1, 31))
    assert decided(left, purchase(1, void)) == ["voucher_expired"]


def test_the_shop_s_standing_is_that_of_the_line_s_own_day() -> None:
    standings = ((JANUARY, "admitted"), (TODAY, "suspended"), (TODAY + DAY, "exited"))
    lines = [purchase(1, TODAY - DAY), purchase(1), purchase(1, TODAY + DAY)]
    assert decided(facts(100, standings=standings), *lines) == [
        99, "provider_suspended", "provider_exited",
    ]  # fmt: skip
    assert decided(facts(100, standings=((TODAY + DAY, "admitted"),)), purchase(1)) == [
        "provider_not_admitted"
    ]


def test_outlets_and_items_that_are_unknown_are_refused_line_by_line() -> None:
    lines = [
        purchase(1, outlet_id=new_id()),
        purchase(1, item_code="cut"),
        purchase(1),
    ]
    assert decided(facts(100), *lines) == ["unknown_outlet", "unknown_item", 99]
    foreign = facts(100, outlets={OUTLET: ("other", AREA)})
    assert decided(foreign, purchase(1)) == ["foreign_outlet"]


def test_what_a_line_was_decided_on_is_kept_with_it() -> None:
    (line,) = decide_batch([Asked(purchase(1), DIGEST)], facts(100), POLICY)
    assert isinstance(line, Fresh)
    assert not line.till.taken
    assert line.till.outlet_area == AREA
    payer = line.till.payer
    assert payer is not None
    assert (payer.card_id, payer.person_id, payer.area_code) == (CARD, PERSON, AREA)
    nobody = decide_batch([Asked(purchase(1), b"other")], facts(100), POLICY)[0]
    assert isinstance(nobody, Fresh)
    assert (nobody.till.payer, nobody.till.months, nobody.till.held_fen) == (None, (), 0)
    assert nobody.till.lapsed_on is None


def note(on: date, fen: int, **more: Any) -> PaperNote:
    made = PaperNote("handed_out", PERSON, account(on), on, VOID_AFTER, fen, JOURNEY)
    return replace(made, **more)


def hand(*notes: PaperNote, person: UUID | None = PERSON) -> PaperHand:
    return PaperHand(notes, person, AREA)


def by_paper(amount_fen: int, shown: PaperHand, asked: int, **more: Any) -> Any:
    facts_there = paper_till(till(payer=None, **more), shown)
    decision = decide_paper(purchase(amount_fen), facts_there, shown, asked, POLICY)
    if isinstance(decision, Refused):
        return decision.code
    assert isinstance(decision, Accepted)
    assert (decision.balance_fen, decision.payer.card_id) == (0, None)
    return sorted((x.month.month_on, x.amount_fen, x.month.balance_fen) for x in decision.charges)


def test_paper_pays_whole_and_is_charged_month_by_month() -> None:
    notes = note(JANUARY, 2000), note(FEBRUARY, 500), note(JANUARY, 100)
    assert by_paper(2600, hand(*notes), 3) == [
        (JANUARY, 2100, 2100), (FEBRUARY, 500, 500),
    ]  # fmt: skip
    assert by_paper(2599, hand(*notes), 3) == "serials_do_not_make_the_amount"


def test_paper_s_charge_carries_its_month_and_journey() -> None:
    shown = hand(note(JANUARY, 500))
    decision = decide_paper(purchase(500), paper_till(till(), shown), shown, 1, POLICY)
    assert isinstance(decision, Accepted)
    (charge,) = decision.charges
    assert charge.month.account_id == account(JANUARY)
    assert (charge.month.valid_until_on, charge.month.application_id) == (VOID_AFTER, JOURNEY)


def test_paper_is_refused_for_the_shop_first_and_then_for_itself() -> None:
    one = hand(note(JANUARY, 500))
    assert by_paper(500, one, 1, standing="exited") == "provider_exited"
    assert by_paper(500, one, 2) == "serial_unknown"
    assert by_paper(500, hand(note(JANUARY, 500, state="lost")), 1) == "serial_lost"
    several = hand(note(JANUARY, 500), person=None)
    assert by_paper(500, several, 1) == "serials_of_several_holders"


def test_the_paper_of_a_dead_holder_pays_nothing() -> None:
    shown = replace(hand(note(JANUARY, 500)), died_on=TODAY)
    assert by_paper(500, shown, 1) == "account_closed"


def test_paper_without_a_place_has_no_payer() -> None:
    shown = replace(hand(note(JANUARY, 500)), area_code=None)
    assert paper_till(till(payer=None), shown).payer is None
    assert by_paper(500, shown, 1) == "serial_unknown"


def test_paper_under_a_taken_id_is_a_conflict() -> None:
    with pytest.raises(Conflict) as caught:
        by_paper(500, hand(note(JANUARY, 500)), 1, taken=True)
    assert caught.value.code == "id_taken"
