"""The vouchers service, put together."""

from __future__ import annotations

from typing import Any

from services.vouchers.accounts import agents_api as agents
from services.vouchers.accounts import api as accounts
from services.vouchers.accounts.handlers import HANDLERS as ACCOUNT_LETTERS
from services.vouchers.accounts.store import Accounts
from services.vouchers.cards import api as cards
from services.vouchers.cards import losses_api as card_losses
from services.vouchers.cards import tokens_api as card_tokens
from services.vouchers.cards.handlers import HANDLERS as CARD_LETTERS
from services.vouchers.cards.store import Cards
from services.vouchers.claims import api as claims
from services.vouchers.entitlements.handlers import HANDLERS as ENTITLING_LETTERS
from services.vouchers.entitlements.store import Entitlements
from services.vouchers.expiries import api as expiries
from services.vouchers.expiries.jobs import expire_daily
from services.vouchers.figures import figures
from services.vouchers.funds import api as funds
from services.vouchers.funds import expenses_api as expenses
from services.vouchers.funds import overrides_api as overrides
from services.vouchers.issuance import api as issuance
from services.vouchers.issuance import backpay_api as backpays
from services.vouchers.ledger import api as ledger
from services.vouchers.ledger import journal_api as journal
from services.vouchers.ledger.jobs import make_months, seal_journal
from services.vouchers.paper import api as paper
from services.vouchers.paper import destructions_api as paper_destructions
from services.vouchers.paper import returns_api as paper_returns
from services.vouchers.paper.checks import paper_checks
from services.vouchers.payments import answers_api as answers
from services.vouchers.payments import batches_api as payment_batches
from services.vouchers.payments import discrepancies_api as discrepancies
from services.vouchers.payments import payees_api as payees
from services.vouchers.payouts import api as payouts
from services.vouchers.payouts.checks import payout_checks
from services.vouchers.periods import api as periods
from services.vouchers.policy.loader import own_policy
from services.vouchers.providers.handlers import HANDLERS as PROVIDER_LETTERS
from services.vouchers.providers.store import Providers
from services.vouchers.reclaims import api as reclaims
from services.vouchers.reclaims.checks import reclaim_checks
from services.vouchers.reclaims.handlers import HANDLERS as RECLAIM_LETTERS
from services.vouchers.reclaims.store import Reclaims
from services.vouchers.redemptions import api as redemptions
from services.vouchers.redemptions import batch_api as batches
from services.vouchers.redemptions import holds_api as holds
from services.vouchers.redemptions import refunds_api as refunds
from services.vouchers.redemptions.checks import till_checks
from services.vouchers.reports import api as reports
from services.vouchers.reports import exceptions_api as exceptions
from services.vouchers.reports.checks import conservation_checks
from services.vouchers.reports.jobs import check_nightly
from services.vouchers.rewards import api as rewards
from services.vouchers.rewards.handlers import HANDLERS as REWARD_LETTERS
from services.vouchers.rewards.store import Rewards
from services.vouchers.settlement import api as settlement
from services.vouchers.settlement import debts_api as debts
from services.vouchers.settlement import objections_api as objections
from services.vouchers.settlement import statements_api as statements
from services.vouchers.settlement.checks import money_checks
from services.vouchers.subsidies import api as devices
from services.vouchers.suspicions import api as suspicions
from services.vouchers.suspicions.jobs import look_for_patterns
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.settings import Settings
from shared.vault import Vault
from shared.verification import Check, verification_router
from shared.work import Work


def _state(settings: Settings) -> dict[str, Any]:
    return {"policy": own_policy(), "vault": Vault.at(settings.directory / "secrets")}


async def _checks(work: Work) -> list[Check]:
    rounds = (
        money_checks,
        till_checks,
        conservation_checks,
        paper_checks,
        reclaim_checks,
        payout_checks,
    )
    return [check for found in rounds for check in await found(work)]


SERVICE = Service(
    name="vouchers",
    title="居养·券与资金 vouchers",
    # Tills first: a request's address is looked for in this order.
    routers=(
        redemptions.router,
        batches.router,
        holds.router,
        refunds.router,
        funds.router,
        expenses.router,
        overrides.router,
        issuance.router,
        backpays.router,
        cards.router,
        card_tokens.router,
        card_losses.router,
        accounts.router,
        agents.router,
        suspicions.router,
        settlement.router,
        objections.router,
        debts.router,
        statements.router,
        payees.router,
        payment_batches.router,
        answers.router,
        discrepancies.router,
        reclaims.router,
        claims.router,
        devices.router,
        rewards.router,
        payouts.router,
        expiries.router,
        periods.router,
        reports.router,
        exceptions.router,
        paper.router,
        paper_returns.router,
        paper_destructions.router,
        ledger.router,
        journal.router,
        verification_router(_checks),
    ),
    hearings=(
        Hearing(ACCOUNT_LETTERS, Accounts),
        Hearing(RECLAIM_LETTERS, Reclaims),
        Hearing(ENTITLING_LETTERS, Entitlements),
        Hearing(CARD_LETTERS, Cards),
        Hearing(PROVIDER_LETTERS, Providers),
        Hearing(REWARD_LETTERS, Rewards),
    ),
    topics=frozenset(
        {
            topics.INTAKE_PERSONS,
            topics.ELIGIBILITY_AWARDS,
            topics.EVALUATION_PROVIDERS,
            topics.SCHEDULING_CATALOGUE,
        }
    ),
    jobs=(expire_daily, seal_journal, make_months, look_for_patterns, check_nightly),
    state=_state,
    figures=figures,
)
