"""The vouchers service, put together."""

from __future__ import annotations

from typing import Any

from services.vouchers.accounts import api as accounts
from services.vouchers.accounts.handlers import HANDLERS as ACCOUNT_LETTERS
from services.vouchers.accounts.store import Accounts
from services.vouchers.cards import api as cards
from services.vouchers.cards.handlers import HANDLERS as CARD_LETTERS
from services.vouchers.cards.store import Cards
from services.vouchers.expiries import api as expiries
from services.vouchers.expiries.jobs import expire_daily
from services.vouchers.figures import figures
from services.vouchers.funds import api as funds
from services.vouchers.issuance import api as issuance
from services.vouchers.ledger import api as ledger
from services.vouchers.ledger import journal_api as journal
from services.vouchers.ledger.jobs import make_months, seal_journal
from services.vouchers.policy.loader import load_policy
from services.vouchers.providers.handlers import HANDLERS as PROVIDER_LETTERS
from services.vouchers.providers.store import Providers
from services.vouchers.redemptions import api as redemptions
from services.vouchers.settlement import api as settlement
from services.vouchers.settlement.checks import money_checks
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.settings import Settings
from shared.vault import Vault
from shared.verification import verification_router


def _state(settings: Settings) -> dict[str, Any]:
    return {"policy": load_policy(), "vault": Vault.at(settings.directory / "secrets")}


SERVICE = Service(
    name="vouchers",
    title="居养·券与资金 vouchers",
    routers=(
        funds.router,
        issuance.router,
        cards.router,
        accounts.router,
        redemptions.router,
        settlement.router,
        expiries.router,
        ledger.router,
        journal.router,
        verification_router(money_checks),
    ),
    hearings=(
        Hearing(ACCOUNT_LETTERS, Accounts),
        Hearing(CARD_LETTERS, Cards),
        Hearing(PROVIDER_LETTERS, Providers),
    ),
    topics=frozenset(
        {
            topics.INTAKE_PERSONS,
            topics.ELIGIBILITY_AWARDS,
            topics.EVALUATION_PROVIDERS,
            topics.SCHEDULING_CATALOGUE,
        }
    ),
    jobs=(expire_daily, seal_journal, make_months,),
    state=_state,
    figures=figures,
)
