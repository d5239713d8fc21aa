"""The eligibility service, put together."""

from __future__ import annotations

import asyncio

from services.eligibility.appeals import api as appeals_api
from services.eligibility.appeals import handlers as appeals_handlers
from services.eligibility.appeals.store import Appeals
from services.eligibility.appeals.verification import appeal_checks
from services.eligibility.awards import api as awards_api
from services.eligibility.awards import handlers as awards_handlers
from services.eligibility.awards.store import Awards
from services.eligibility.awards.verification import checks
from services.eligibility.capacity import handlers as capacity_handlers
from services.eligibility.capacity.store import Capacity
from services.eligibility.determinations import api as determinations_api
from services.eligibility.determinations import handlers as determinations_handlers
from services.eligibility.determinations import policies, replay_api
from services.eligibility.determinations.jobs import sweep_daily
from services.eligibility.determinations.store import Determinations
from services.eligibility.figures import figures
from services.eligibility.notices import api as notices_api
from services.eligibility.notices import sheets_api
from services.eligibility.outreach import api as outreach_api
from services.eligibility.outreach.jobs import judge_residents_daily
from services.eligibility.people import handlers as people_handlers
from services.eligibility.people.store import People
from services.eligibility.policy import own_policies
from services.eligibility.previews import api as previews_api
from services.eligibility.publicity import api as publicity_api
from services.eligibility.publicity import handlers as publicity_handlers
from services.eligibility.publicity.store import Notices
from services.eligibility.rechecks import api as rechecks_api
from services.eligibility.rechecks import handlers as rechecks_handlers
from services.eligibility.rechecks.jobs import sweep_awards_daily
from services.eligibility.rechecks.store import Rechecks
from services.eligibility.reviews import api as reviews_api
from services.eligibility.reviews import handlers as reviews_handlers
from services.eligibility.reviews.store import Cases
from services.eligibility.signing import api as signing_api
from services.eligibility.simulations import api as simulations_api
from services.eligibility.simulations.job import simulate
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.verification import Check, verification_router
from shared.work import Work


async def _checks(work: Work) -> list[Check]:
    return [*await checks(work), *await appeal_checks(work)]


SERVICE = Service(
    name="eligibility",
    title="居养·资格 eligibility",
    routers=(
        previews_api.router,
        policies.router,
        determinations_api.router,
        determinations_api.sweeps,
        replay_api.router,
        reviews_api.cases,
        reviews_api.reviews,
        reviews_api.ties,
        awards_api.approvals,
        awards_api.awards,
        awards_api.funnel,
        signing_api.clear,
        signing_api.signed,
        publicity_api.posted,
        publicity_api.objections,
        appeals_api.appeals,
        appeals_api.histories,
        notices_api.router,
        sheets_api.router,
        rechecks_api.router,
        rechecks_api.resumptions,
        outreach_api.router,
        outreach_api.accuracy,
        simulations_api.router,
        simulations_api.diffs,
        verification_router(_checks),
    ),
    # In this order: what is known first, then cases, then awards (a case locks against a grant).
    hearings=(
        Hearing(people_handlers.HANDLERS, People),
        Hearing(capacity_handlers.HANDLERS, Capacity),
        Hearing(determinations_handlers.HANDLERS, Determinations),
        Hearing(reviews_handlers.HANDLERS, Cases),
        Hearing(awards_handlers.HANDLERS, Awards),
        Hearing(publicity_handlers.HANDLERS, Notices),
        Hearing(appeals_handlers.HANDLERS, Appeals),
        Hearing(rechecks_handlers.HANDLERS, Rechecks),
    ),
    topics=frozenset(
        {
            topics.INTAKE_PERSONS,
            topics.INTAKE_APPLICATIONS,
            topics.INTAKE_AREAS,
            topics.SCHEDULING_PLANS,
            topics.EVALUATION_PROVIDERS,
        }
    ),
    jobs=(sweep_daily, sweep_awards_daily, judge_residents_daily, simulate),
    state=lambda settings: {"policies": own_policies(), "simulations": asyncio.Event()},
    figures=figures,
)
