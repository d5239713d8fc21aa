"""Doors of signed lists: what may be signed at once, the signature, and what was signed."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.eligibility.awards.domain import one_of_a_kind, responsible
from services.eligibility.awards.store import Awards
from services.eligibility.reviews.domain import decide_each
from services.eligibility.reviews.store import Cases
from services.eligibility.signing.domain import Shown, lines_of_act, list_digest, sign
from services.eligibility.signing.store import SignedLists
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import NotFound, Refusal, invalid_field
from shared.lines import MOST_LINES, BulkAnswer, LineResult, Lines, stood
from shared.pages import LARGEST_LIMIT, Cursor, Limit, Page, mark, page_of, read_cursor

clear = doors("/v1/clear-cases", "signed lists")
signed = doors("/v1/signed-lists", "signed lists")
CaseStore = Annotated[Cases, Depends(opens(Cases))]
AwardStore = Annotated[Awards, Depends(opens(Awards))]
Store = Annotated[SignedLists, Depends(opens(SignedLists))]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
READERS = ("street_officer", "district_officer", "auditor", "operator")


class ClearCase(BaseModel):
    """A case as it is shown for signing; `digest` is its determination's."""

    case_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    benefit_class: str | None
    starts_on: date
    reviewed_by: str
    reviewed_on: date
    digest: str


class ClearCases(BaseModel):
    """Clear cases with the digest of the whole list, both to be sent back with the signature."""

    list_digest: str
    items: list[ClearCase]
    next: str | None = None


class ShownCase(Body):
    """A line of the list, as it was shown."""

    case_id: UUID
    digest: Digest


class Signature(Body):
    """One officer's approval of all cases of a list, as they were shown."""

    id: UUID
    list_digest: Digest
    cases: Annotated[list[ShownCase], Field(min_length=1, max_length=MOST_LINES)]


class SignedList(BaseModel):
    """An act that was signed."""

    act_id: UUID
    sub: str
    body: str
    area_code: str
    signed_on: date
    list_digest: str
    shown: int
    approved: int


class SignedLine(BaseModel):
    """A line of an act: `approved`, or why it was not carried out."""

    case_id: UUID
    digest: str
    result: str


class SignedListWhole(SignedList):
    """An act with all of its lines."""

    lines: list[SignedLine]


@clear.get("")
async def clear_cases(
    store: Store,
    cases: CaseStore,
    caller: Annotated[Caller, permit("district_officer")],
    cursor: Cursor = None,
    limit: Limit = LARGEST_LIMIT,
) -> ClearCases:
    """Cases that the caller may sign at once: eligible, recommended, nothing left to judge."""
    every = cases.policies.programmes.values()
    mine = [programme.id for programme in every if responsible(programme, caller)]
    after = read_cursor(cursor, date.fromisoformat, UUID)
    rows = await store.clear(mine, after, limit + 1)
    shown, more = rows[:limit], len(rows) > limit
    lines = [Shown(row["case_id"], row["digest"]) for row in shown]
    return ClearCases(
        list_digest=list_digest(lines),
        items=[ClearCase.model_validate(dict(row)) for row in shown],
        next=mark(shown[-1]["opened_on"], shown[-1]["case_id"]) if more else None,
    )


@signed.post("")
async def sign_list(
    body: Signature,
    store: Store,
    cases: CaseStore,
    awards: AwardStore,
    caller: Annotated[Caller, permit("district_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Approve a list of clear cases in one act; a line that changed meanwhile stops no other."""
    shown = [Shown(case.case_id, case.digest) for case in body.cases]
    _check_digest(body.list_digest, shown)
    lines = Lines(
        "cases", ShownCase, [case.model_dump(mode="json") for case in body.cases], "case_id"
    )
    files = await cases.files([line.case_id for line in shown])
    decided = decide_each(
        shown, files, lambda line, file: sign(line, file, cases.programme(file.programme), caller)
    )
    granted = [one.file.person_id for one in stood(decided)]
    decided = one_of_a_kind(decided, await awards.running(granted))
    await awards.save(stood(decided), [one.letter(awards.now) for one in stood(decided)])
    await store.save(body.id, body.list_digest, lines_of_act(shown, decided))
    outcomes = [one if isinstance(one, Refusal) else one.stage for one in decided]
    return lines.answer(outcomes, response)


@signed.get("", dependencies=[permit(*READERS)])
async def signed_lists(
    store: Store, cursor: Cursor = None, limit: Limit = LARGEST_LIMIT
) -> Page[SignedList]:
    """Acts of the caller's area: who signed, when, for which body, how many."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    views = [SignedList.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.act_id,))


@signed.get("/{act_id}", dependencies=[permit(*READERS)])
async def signed_list(act_id: UUID, store: Store) -> SignedListWhole:
    """One act with its lines."""
    row = await store.one(act_id)
    if row is None:
        raise NotFound(
            "no_such_act", "辖区内没有这次签批", "there is no such signed list in your area"
        )
    return SignedListWhole.model_validate(dict(row))


def _check_digest(said: str, shown: list[Shown]) -> None:
    if len({line.case_id for line in shown}) < len(shown):
        raise invalid_field(
            "body.cases", "repeated", "同一清单中有重复的件", "a case stands in the list twice"
        )
    if said != list_digest(shown):
        raise invalid_field(
            "body.list_digest",
            "list_not_as_shown",
            "清单与其摘要不符，请按 clear-cases 显示的件与顺序签批",
            "the digest is not of this list; sign the cases as clear-cases showed them, in order",
        )
