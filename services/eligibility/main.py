"""The eligibility service, put together."""

from __future__ import annotations

from services.eligibility.awards import api as awards_api
from services.eligibility.awards import handlers as awards_handlers
from services.eligibility.awards.store import Awards
from services.eligibility.awards.verification import checks
from services.eligibility.determinations import api as determinations_api
from services.eligibility.determinations import handlers as determinations_handlers
from services.eligibility.determinations import policies
from services.eligibility.determinations.jobs import sweep_daily
from services.eligibility.determinations.store import Determinations
from services.eligibility.figures import figures
from services.eligibility.people import handlers as people_handlers
from services.eligibility.people.store import People
from services.eligibility.policy import load_policies
from services.eligibility.reviews import api as reviews_api
from services.eligibility.reviews import handlers as reviews_handlers
from services.eligibility.reviews.store import Cases
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.verification import verification_router

SERVICE = Service(
    name="eligibility",
    title="居养·资格 eligibility",
    routers=(
        policies.router,
        determinations_api.router,
        determinations_api.sweeps,
        reviews_api.cases,
        reviews_api.reviews,
        reviews_api.ties,
        awards_api.approvals,
        awards_api.awards,
        awards_api.funnel,
        verification_router(checks),
    ),
    # In this order: what is known first, then cases, then awards (a case locks against a grant).
    hearings=(
        Hearing(people_handlers.HANDLERS, People),
        Hearing(determinations_handlers.HANDLERS, Determinations),
        Hearing(reviews_handlers.HANDLERS, Cases),
        Hearing(awards_handlers.HANDLERS, Awards),
    ),
    topics=frozenset({topics.INTAKE_PERSONS, topics.INTAKE_APPLICATIONS, topics.INTAKE_AREAS}),
    jobs=(sweep_daily,),
    state=lambda settings: {"policies": load_policies()},
    figures=figures,
)
