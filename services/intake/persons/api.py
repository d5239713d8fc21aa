"""Doors of person files: register, look at (masked), search, disclose, learn, death and move."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field, ValidationError

from services.intake.areas.domain import check_area
from services.intake.areas.store import Areas
from services.intake.persons.domain import Identifiers, Person, check_reason, disclosed, masked
from services.intake.persons.papers import read_papers, read_wanted
from services.intake.persons.store import Persons
from shared import problems
from shared.caller import Caller
from shared.contracts.facts import PersonFacts
from shared.contracts.written import WrittenFacts
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.errors import invalid_field
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor

router = doors("/v1/persons", "persons")
Store = Annotated[Persons, Depends(opens(Persons))]
AreaStore = Annotated[Areas, Depends(opens(Areas))]
STAFF = ("community_worker", "street_officer", "district_officer", "hotline")
Community = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Text = Annotated[str, Field(min_length=1, max_length=60)]
IdentityField = Literal["name", "id_number", "phone", "disability_certificate"]


class NewPerson(Body):
    """A person to open a file for; `facts` may leave out whatever is not known."""

    id: UUID
    name: Text
    id_number: Text
    area_code: Community
    phone: Text | None = None
    disability_certificate: Text | None = None
    facts: WrittenFacts = WrittenFacts()


class PersonView(Body):
    """A person file with its identity masked."""

    person_id: UUID
    area_code: str
    agency: str | None
    moved_out_on: date | None
    identity: dict[str, str | None]
    facts: PersonFacts

    @classmethod
    def of(cls, person: Person, who: Identifiers | None) -> PersonView:
        return cls(
            person_id=person.person_id,
            area_code=person.area_code,
            agency=person.agency,
            moved_out_on=person.moved_out_on,
            identity=masked(who),
            facts=person.facts,
        )


class Search(Body):
    """Search by a number that only the person or his papers can tell."""

    kind: Literal["id_number", "phone", "disability_certificate"]
    value: Text


class SearchHit(Body):
    """A file; outside the caller's scope only its street is told."""

    person_id: UUID | None
    area_code: str
    visible: bool


class Disclosure(Body):
    """Ask for fields in the clear; the reason is kept for ever."""

    reason: Annotated[str, Field(min_length=2, max_length=200)]
    fields: Annotated[list[IdentityField], Field(min_length=1, max_length=4)]


class NewFacts(Body):
    """Facts to change; only those named change, and null means unknown."""

    id: UUID
    facts: dict[str, Any]


class Death(Body):
    """A death to record."""

    id: UUID
    died_on: date


class Move(Body):
    """A move to another community."""

    id: UUID
    area_code: Community
    moved_on: date


@router.post("", status_code=201)
async def register(
    body: NewPerson,
    store: Store,
    areas: AreaStore,
    caller: Annotated[Caller, permit(*STAFF, "partner")],
    response: Response,
) -> PersonView:
    """Open a person file; a number that is known already, here or elsewhere, is refused."""
    who, facts = _said(body, store.today)
    known = await areas.has(body.area_code)
    check_area(caller, body.area_code, "body.area_code", known=known)
    person = Person(body.id, body.area_code, facts, caller.bound_agency or None)
    await store.open_file(person, who, person.registered(store.now))
    response.headers["Location"] = f"/intake/v1/persons/{person.person_id}"
    return PersonView.of(person, who)


@router.get("", dependencies=[permit(*STAFF, "auditor")])
async def persons(
    store: Store,
    within: Within = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PersonView]:
    """Person files of the caller's area, masked."""
    (after,) = read_cursor(cursor, UUID)
    found = await store.page(within, after, limit + 1)
    views = [PersonView.of(person, who) for person, who in found]
    return page_of(views, limit, lambda view: (view.person_id,))


@router.post(
    "/searches",
    openapi_extra={READS_BY_POST: True},
    dependencies=[permit(*STAFF, "partner")],
)
async def search(body: Search, store: Store) -> list[SearchHit]:
    """Find files by number, phone or certificate; nothing personal stands in a URL."""
    found = await store.find(body.kind, read_wanted(body.kind, body.value, store.today))
    await store.searched(body.kind, len(found))
    return [
        SearchHit(
            person_id=hit.person_id if hit.visible else None,
            area_code=hit.area_code,
            visible=hit.visible,
        )
        for hit in found
    ]


@router.get("/{person_id}", dependencies=[permit(*STAFF, "partner", "auditor")])
async def person(person_id: UUID, store: Store) -> PersonView:
    """One person file, masked."""
    return PersonView.of(*await store.opened(person_id))


@router.post(
    "/{person_id}/disclosures",
    openapi_extra={READS_BY_POST: True},
    dependencies=[permit(*STAFF)],
)
async def disclose(person_id: UUID, body: Disclosure, store: Store) -> dict[str, str]:
    """Show fields in the clear, with a reason, and write down who saw them."""
    check_reason(body.reason)
    _, who = await store.opened(person_id)
    shown = disclosed(who, body.fields)
    await store.disclosed(person_id, body.fields, body.reason)
    return shown


@router.post("/{person_id}/facts", dependencies=[permit(*STAFF)])
async def learn(person_id: UUID, body: NewFacts, store: Store) -> PersonView:
    """Change facts of a person."""
    before = await store.person(person_id, lock=True)
    _known_facts(body.facts)
    after, events = before.learn(body.facts, store.now)
    await store.save(after, events)
    return PersonView.of(*await store.opened(person_id))


@router.post("/{person_id}/deaths", status_code=201, dependencies=[permit(*STAFF[:3])])
async def record_death(person_id: UUID, body: Death, store: Store) -> PersonView:
    """Record a death; benefits stop and unspent vouchers are revoked by letters."""
    before = await store.person(person_id, lock=True)
    after, events = before.die(body.died_on, store.now)
    await store.save(after, events)
    return PersonView.of(*await store.opened(person_id))


@router.post("/{person_id}/moves", status_code=201)
async def record_move(
    person_id: UUID,
    body: Move,
    store: Store,
    areas: AreaStore,
    caller: Annotated[Caller, permit(*STAFF[:3])],
) -> PersonView:
    """Record a move; an officer whose area covers the old and the new home may."""
    before = await store.person(person_id, lock=True)
    known = await areas.has(body.area_code)
    check_area(caller, body.area_code, "body.area_code", known=known)
    after, events = before.move(body.area_code, body.moved_on, store.now)
    await store.save(after, events)
    return PersonView.of(*await store.opened(person_id))


def _said(body: NewPerson, today: date) -> tuple[Identifiers, PersonFacts]:
    """Who it is, and the facts with what the papers say of him."""
    if body.facts.died_on is not None:
        raise invalid_field(
            "body.facts.died_on",
            "fact_has_its_own_act",
            "死亡请在建档后另行登记",
            "record a death by its own act, after the file is opened",
        )
    who, papers = read_papers(
        body.name, body.id_number, body.phone, body.disability_certificate, today
    )
    said = {**body.facts.known(), **papers, "residence_area": body.area_code}
    return who, PersonFacts.model_validate(said)


def _known_facts(changes: dict[str, Any]) -> None:
    """Refuse facts that there are not, or that do not fit."""
    try:
        WrittenFacts.model_validate(changes)
    except ValidationError as bad:
        raise problems.invalid("body.facts", bad.errors()) from bad
