"""A provider's standing, dated, so that a late redemption is judged by the day it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Standing = Literal["admitted", "suspended", "exited"]


@dataclass(frozen=True, slots=True)
class StandingNote:
    """From a day on, a provider stands so; the latest note for a day wins, whatever came first."""

    provider_id: str
    standing: Standing
    from_on: date
    told_at: datetime
