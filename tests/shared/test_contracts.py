"""What letters carry: plain digits in codes, nothing unknown lost, nothing read twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import orjson
import pytest
from pydantic import ValidationError

from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonMoved, PersonRegistered
from shared.contracts.letter import Envelope


def test_an_area_code_in_full_width_digits_is_no_area_code() -> None:
    with pytest.raises(ValidationError):
        PersonFacts.model_validate({"hukou_area": "１１０１０５"})
    assert PersonFacts.model_validate({"hukou_area": "110105"}).hukou_area == "110105"


def test_a_parked_letter_is_read_back_as_it_was() -> None:
    person = new_id()
    letter = PersonRegistered(
        aggregate_id=person,
        person_id=person,
        occurred_at=datetime(2010, 1, 4, 9, tzinfo=UTC),
        area_code="110105015033",
        person=PersonFacts(birth_on=date(1930, 3, 10), sex="female"),
    )
    sent = Envelope.around(letter, causation_id=new_id(), traceparent=None)
    assert Envelope.from_json(orjson.loads(sent.to_json())) == sent


def test_a_letter_of_a_newer_sender_is_read_without_what_is_not_known_here() -> None:
    person = new_id()
    letter = PersonRegistered(
        aggregate_id=person, occurred_at=datetime(2010, 1, 4, tzinfo=UTC), person=PersonFacts()
    )
    sent = Envelope.around(letter, causation_id=None, traceparent=None)
    newer = replace(sent, facts=b'{"person": {"shoe_size": 41, "dibao": true}, "mood": "good"}')
    assert newer.open(PersonRegistered).person == PersonFacts(dibao=True)


def test_a_move_concerns_the_old_home_and_the_new_one() -> None:
    letter = PersonMoved(
        aggregate_id=new_id(),
        occurred_at=datetime(2010, 1, 4, tzinfo=UTC),
        area_code="110105016001",
        previous_area="110105015033",
        moved_on=date(2010, 1, 3),
    )
    assert letter.areas() == ("110105016001", "110105015033")
