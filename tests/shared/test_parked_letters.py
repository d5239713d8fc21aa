"""Parked letters: found, explained, replayed in order or given up, always with a reason."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import ApplicationSubmitted
from shared.contracts.letter import Envelope
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
COMMUNITY = "110105015033"
FACTS = PersonFacts(birth_on=date(1925, 1, 1), hukou_area="110105", residence_area=COMMUNITY)


def application(desk: OfficeDesk, person: UUID, programme: str) -> ApplicationSubmitted:
    made = new_id()
    return ApplicationSubmitted(
        aggregate_id=made,
        application_id=made,
        person_id=person,
        occurred_at=desk.clock.now(),
        area_code=COMMUNITY,
        programme=programme,
        channel="street_office",
        applied_on=desk.clock.today(),
        person=FACTS,
    )


async def sent(desk: OfficeDesk, *letters: ApplicationSubmitted) -> None:
    work = desk.work("intake")
    work.send(*letters)
    await work.commit()
    await desk.settle()


async def test_a_letter_that_cannot_be_handled_waits_with_what_comes_behind_it(
    desk: OfficeDesk,
) -> None:
    person, other = new_id(), new_id()
    await sent(
        desk,
        application(desk, person, "nowhere-2010/nothing"),
        application(desk, person, "chaoyang-2010/voucher"),
        application(desk, other, "chaoyang-2010/voucher"),
    )
    async with desk.as_("operator") as operator:
        counts = (await operator.get("/eligibility/v1/letters")).json()
        listed = (await operator.get("/eligibility/v1/letters/parked")).json()["items"]
        whole = (
            await operator.get(f"/eligibility/v1/letters/parked/{listed[0]['letter_id']}")
        ).json()
        funnel = (await operator.get("/eligibility/v1/funnel")).json()
    assert counts == {"unsent": 0, "behind": 0, "parked": 2, "held": 0, "last": 1}
    assert [row["cause"] for row in listed][1] == "waits behind a parked letter of the same key"
    assert {row["key"] for row in listed} == {str(person)}
    assert whole["envelope"]["type"] == "intake.application.submitted.v1"
    assert funnel["applications"] == 1


async def test_a_replay_stops_at_what_still_fails_and_a_discard_lets_the_rest_go_on(
    desk: OfficeDesk,
) -> None:
    person = new_id()
    await sent(
        desk,
        application(desk, person, "nowhere-2010/nothing"),
        application(desk, person, "chaoyang-2010/voucher"),
    )
    async with desk.as_("operator", sub="wu") as operator:
        first, second = (await operator.get("/eligibility/v1/letters/parked")).json()["items"]
        place = f"/eligibility/v1/letters/parked/{first['letter_id']}"
        body = {"id": str(new_id()), "reason": "政策已补 · the policy is there now"}
        again = (await operator.post(f"{place}/replays", json=body)).json()
        assert again["replayed"] == 0
        assert again["stopped_by"]
        silent = await operator.post(f"{place}/discards", json={"id": str(new_id())})
        assert silent.status_code == 422
        body = {"id": str(new_id()), "reason": "项目名有误 · no such programme"}
        given_up = await operator.post(f"{place}/discards", json=body)
        assert given_up.json()["state"] == "discarded"
        place = f"/eligibility/v1/letters/parked/{second['letter_id']}"
        body = {"id": str(new_id()), "reason": "前信已作废"}
        done = (await operator.post(f"{place}/replays", json=body)).json()
        assert done == {"replayed": 1, "stopped_by": None}
        funnel = (await operator.get("/eligibility/v1/funnel")).json()
        assert funnel["applications"] == 1
        twice = await operator.post(
            f"{place}/discards", json={"id": str(new_id()), "reason": "once more"}
        )
        assert twice.status_code == 409
    work = desk.work("eligibility")
    told = await work.rows("SELECT act, sub, detail FROM audit WHERE act LIKE 'letters.%ed'")
    await work.abandon()
    acts = {row["act"]: row for row in told if row["sub"] == "wu"}
    assert acts["letters.discarded"]["detail"] == "项目名有误 · no such programme"


async def test_only_an_operator_replays_and_an_auditor_only_looks(desk: OfficeDesk) -> None:
    place = f"/eligibility/v1/letters/parked/{new_id()}/replays"
    async with desk.as_("auditor") as auditor:
        assert (await auditor.get("/eligibility/v1/letters/parked")).status_code == 200
        body = {"id": str(new_id()), "reason": "because"}
        assert (await auditor.post(place, json=body)).status_code == 403


async def test_a_gap_in_an_aggregates_letters_is_seen_and_parked(desk: OfficeDesk) -> None:
    inbox = desk.office.runtimes["eligibility"].inbox
    letter = application(desk, new_id(), "chaoyang-2010/voucher")
    first = Envelope.around(letter, causation_id=None, traceparent=None)
    from dataclasses import replace

    await inbox.receive([replace(first, seq=1)])
    await inbox.receive([replace(first, id=new_id(), seq=3)])
    async with desk.as_("operator") as operator:
        listed = (await operator.get("/eligibility/v1/letters/parked")).json()["items"]
    assert [row["cause"] for row in listed] == [
        "letter 2 of its aggregate has not come; this is letter 3"
    ]


async def test_an_old_letter_whose_inbox_row_is_pruned_has_no_second_effect(
    desk: OfficeDesk, database: str
) -> None:
    person = new_id()
    await sent(desk, application(desk, person, "chaoyang-2010/voucher"))
    work = desk.work("intake")
    row = await work.row("SELECT *, CAST(facts AS text) AS text FROM outbox LIMIT 1")
    await work.abandon()
    assert row is not None
    await _prune_inbox(database)
    columns = {k: v for k, v in row.items() if k not in ("facts", "text", "sent", "key")}
    again = Envelope(**columns, facts=row["text"].encode())
    await desk.office.runtimes["eligibility"].inbox.receive([again])
    async with desk.as_("operator") as operator:
        assert (await operator.get("/eligibility/v1/funnel")).json()["applications"] == 1


async def _prune_inbox(database: str) -> None:
    """As the pruner does to rows that are old."""
    admin = await asyncpg.connect(database)
    try:
        await admin.execute("DELETE FROM eligibility.inbox")
    finally:
        await admin.close()
