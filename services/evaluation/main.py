"""The evaluation service, put together."""

from __future__ import annotations

from typing import Any

from services.evaluation.chains import api as chains
from services.evaluation.chains import handlers as chain_ears
from services.evaluation.chains.store import ChainLinks
from services.evaluation.feedback import api as feedback
from services.evaluation.feedback import handlers as feedback_ears
from services.evaluation.feedback.store import FeedbackBook
from services.evaluation.figures import figures
from services.evaluation.policy.loader import own_policies
from services.evaluation.providers import api as providers
from services.evaluation.providers import caregivers_api, public_api
from services.evaluation.scorecards import api as scorecards
from services.evaluation.scorecards import handlers as score_ears
from services.evaluation.scorecards.store import Scores
from services.evaluation.verification import checks
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.settings import Settings
from shared.vault import Vault
from shared.verification import verification_router


def state(settings: Settings) -> dict[str, Any]:
    """What doors and handlers reach through their work."""
    return {
        "policies": own_policies(),
        "vault": Vault.at(settings.directory / "secrets"),
    }


SERVICE = Service(
    name="evaluation",
    title="居养·评估 evaluation",
    routers=(
        public_api.router,
        providers.router,
        providers.outlets,
        caregivers_api.router,
        caregivers_api.certification,
        chains.router,
        feedback.router,
        scorecards.router,
        verification_router(checks),
    ),
    hearings=(
        Hearing(chain_ears.HANDLERS, ChainLinks),
        Hearing(feedback_ears.HANDLERS, FeedbackBook),
        Hearing(score_ears.HANDLERS, Scores),
    ),
    topics=frozenset(topics.ALL_TOPICS),
    state=state,
    figures=figures,
)
