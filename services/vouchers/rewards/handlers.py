"""Letters with providers' published scores; a year's reward is reckoned from them."""

from __future__ import annotations

from collections.abc import Mapping

from services.vouchers.rewards.store import Rewards
from shared.contracts.evaluation import ScorePublished
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def keep_score(letter: ScorePublished, rewards: Rewards) -> None:
    await rewards.keep_score(
        str(letter.provider_id), letter.month_on, letter.points, letter.occurred_at
    )


HANDLERS: Mapping[type[Letter], Handler] = {ScorePublished: keep_score}
