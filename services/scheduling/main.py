"""The scheduling service, put together."""

from __future__ import annotations

from services.scheduling.catalogue import api as catalogue
from services.scheduling.checks import scheduling_checks
from services.scheduling.figures import figures
from services.scheduling.plans import api as plans
from services.scheduling.plans import handlers as plans_handlers
from services.scheduling.plans.store import Plans
from services.scheduling.policy.loader import own_policy
from services.scheduling.visits import api as visits
from services.scheduling.visits import handlers as visits_handlers
from services.scheduling.visits import summary
from services.scheduling.visits.store import Visits
from services.scheduling.workforce import api as workforce
from services.scheduling.workforce import handlers as workforce_handlers
from services.scheduling.workforce.store import Workforce
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.verification import verification_router

SERVICE = Service(
    name="scheduling",
    title="居养·服务安排 scheduling",
    routers=(
        catalogue.public,
        catalogue.router,
        workforce.router,
        plans.router,
        plans.confirmations,
        visits.rosters,
        visits.router,
        visits.batches,
        summary.router,
        verification_router(scheduling_checks),
    ),
    hearings=(
        Hearing(workforce_handlers.HANDLERS, Workforce),
        Hearing(plans_handlers.HANDLERS, Plans),
        Hearing(visits_handlers.HANDLERS, Visits),
    ),
    topics=frozenset(
        {
            topics.INTAKE_PERSONS,
            topics.INTAKE_AREAS,
            topics.ELIGIBILITY_AWARDS,
            topics.EVALUATION_PROVIDERS,
            topics.SCHEDULING_PLANS,
        }
    ),
    state=lambda settings: {"policy": own_policy()},
    figures=figures,
)
