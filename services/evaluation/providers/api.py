"""Doors of providers: application, admission by another person, suspension, exit, outlets."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.evaluation.policy.model import Document, Source
from services.evaluation.providers.domain import (
    DOCUMENTS,
    ExitReason,
    Provider,
    SelectionMode,
    State,
    SuspensionReason,
    check_area,
)
from services.evaluation.providers.store import Providers
from shared.caller import Caller
from shared.contracts.facts import AreaCode
from shared.contracts.scheduling import Category
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor
from shared.work import Row

router = doors("/v1/providers", "providers")
outlets = doors("/v1/outlets", "providers")
Store = Annotated[Providers, Depends(opens(Providers))]
Officer = Annotated[Caller, permit("street_officer", "district_officer")]
District = Annotated[Caller, permit("district_officer")]
Opener = Annotated[Caller, permit("street_officer", "district_officer", "provider")]
Reader = Annotated[
    Caller,
    permit(
        "community_worker", "street_officer", "district_officer", "finance", "hotline", "provider",
        "auditor", "operator",
    ),
]  # fmt: skip
Name = Annotated[str, Field(min_length=2, max_length=80)]
Credential = Annotated[str, Field(min_length=2, max_length=60)]
Documents = Annotated[tuple[Document, ...], Field(max_length=len(DOCUMENTS))]


class NewProvider(Body):
    """An application for admission (N-18, N-35..40, C-33)."""

    id: UUID
    name: Name
    area_code: AreaCode
    source: Source
    selection_mode: SelectionMode
    credential_no: Credential | None = None
    documents: Documents = ()


class MorePapers(Body):
    """Papers added before admission."""

    id: UUID
    documents: Documents = ()
    credential_no: Credential | None = None


class Act(Body):
    """An act without further words."""

    id: UUID


class Suspension(Body):
    """Why a provider is suspended."""

    id: UUID
    reason: SuspensionReason


class Exit(Body):
    """Why a provider leaves."""

    id: UUID
    reason: ExitReason


class NewOutlet(Body):
    """A place of service of a provider."""

    id: UUID
    provider_id: UUID
    area_code: AreaCode
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=20)]


class Standing(BaseModel):
    """Where a provider stands after an act."""

    provider_id: UUID
    state: State
    documents: list[Document]


class Opened(BaseModel):
    """An outlet that is open."""

    outlet_id: UUID
    provider_id: UUID


class ProviderView(BaseModel):
    """A provider as officers see it; the credential's number is masked."""

    provider_id: UUID
    name: str
    area_code: str
    source: Source
    selection_mode: SelectionMode
    state: State
    documents: list[Document]
    credential: str | None
    categories: list[str]
    entered_on: date


def standing(provider: Provider) -> Standing:
    return Standing(
        provider_id=provider.id, state=provider.state, documents=list(provider.documents)
    )


def view(row: Row) -> ProviderView:
    categories = row["categories"] or []
    return ProviderView.model_validate(
        {
            **row,
            "provider_id": row["id"],
            "categories": categories,
            "credential": row["credential_tail"],
        }
    )


@router.post("", status_code=201)
async def enter(new: NewProvider, caller: Officer, store: Store) -> Standing:
    """Put a provider's application on file; another person admits it."""
    check_area(caller, new.area_code)
    store.policy(new.area_code)
    provider = Provider(
        new.id,
        new.area_code,
        new.source,
        tuple(name for name in DOCUMENTS if name in new.documents),
        new.credential_no is not None,
        (caller.sub,),
    )
    await store.enter(provider, new.name, new.selection_mode, new.credential_no)
    return standing(provider)


@router.post("/{provider_id}/documents", status_code=201)
async def complete(provider_id: UUID, more: MorePapers, caller: Officer, store: Store) -> Standing:
    """Add papers to an application."""
    provider = await store.load(provider_id)
    provider.complete(more.documents, more.credential_no is not None, caller.sub)
    await store.save(provider, more.id, "completed", credential_no=more.credential_no)
    return standing(provider)


@router.post("/{provider_id}/admissions", status_code=201)
async def admit(provider_id: UUID, act: Act, caller: District, store: Store) -> Standing:
    """Admit a provider whose papers are complete; not by who entered them."""
    provider = await store.load(provider_id)
    letter = provider.admit(caller.sub, store.now, store.policy(provider.area_code))
    await store.save(provider, act.id, "admitted", letter)
    return standing(provider)


@router.post("/{provider_id}/suspensions", status_code=201)
async def suspend(provider_id: UUID, act: Suspension, caller: District, store: Store) -> Standing:
    """Suspend an admitted provider."""
    provider = await store.load(provider_id)
    letter = provider.suspend(act.reason, store.now)
    await store.save(provider, act.id, "suspended", letter, reason=act.reason)
    return standing(provider)


@router.post("/{provider_id}/reinstatements", status_code=201)
async def reinstate(provider_id: UUID, act: Act, caller: District, store: Store) -> Standing:
    """Lift a suspension."""
    provider = await store.load(provider_id)
    letter = provider.reinstate(store.now)
    await store.save(provider, act.id, "reinstated", letter)
    return standing(provider)


@router.post("/{provider_id}/exits", status_code=201)
async def leave(provider_id: UUID, act: Exit, caller: District, store: Store) -> Standing:
    """Let a provider leave, or make it leave."""
    provider = await store.load(provider_id)
    letter = provider.exit(act.reason, store.now)
    await store.save(provider, act.id, "exited", letter, reason=act.reason)
    return standing(provider)


@router.get("")
async def catalogue(
    caller: Reader,
    store: Store,
    state: State | None = None,
    within: Within = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ProviderView]:
    """The providers of the caller's area or agency, in order of their ids."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(state, within, after, limit + 1)
    return page_of([view(row) for row in rows], limit, lambda shown: (shown.provider_id,))


@router.get("/{provider_id}")
async def one(provider_id: UUID, caller: Reader, store: Store) -> ProviderView:
    """One provider."""
    return view(await store.one(provider_id))


@outlets.post("", status_code=201)
async def open_outlet(new: NewOutlet, caller: Opener, store: Store) -> Opened:
    """Open a provider's place of service."""
    check_area(caller, new.area_code)
    provider = await store.load(new.provider_id)
    letter = provider.open_outlet(new.id, new.area_code, new.categories, store.now)
    await store.open_outlet(letter)
    return Opened(outlet_id=new.id, provider_id=new.provider_id)
