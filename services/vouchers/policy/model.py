"""The voucher policy as types: dated values with their article, and what they decide."""

from __future__ import annotations

from datetime import date
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.months import MONTHS_IN_YEAR

T = TypeVar("T")
LONGEST_MONTH = 31
FundName = Literal["lottery", "disability", "unemployment", "district_finance"]
Purpose = Literal[
    "benefits",
    "worker_training",
    "centenarian_claims",
    "device_subsidies",
    "work_expenses",
    "rewards",
]


class Frozen(BaseModel):
    """Base of the policy's parts: unknown keys are refused when the file is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Dated(Frozen, Generic[T]):
    """A value of an article, in force from each day until the next one."""

    article: str
    values: dict[date, T] = Field(min_length=1)

    def on(self, day: date) -> T:
        """The value in force on a day.

        Raises:
            LookupError: the day is before the first value.
        """
        days = [start for start in self.values if start <= day]
        if not days:
            raise LookupError(f"{self.article}: no value before {min(self.values)}")
        return self.values[days[0] if len(days) == 1 else max(days)]


class FundRule(Frozen):
    """One payer of the waterfall: what its money may be used for, and for which classes."""

    fund: FundName
    purposes: tuple[Purpose, ...]
    classes: tuple[str, ...]


class Validity(Frozen):
    """The last day of a month's voucher: a calendar day so many years after its year."""

    years_after: int = Field(ge=0)
    month: int = Field(ge=1, le=MONTHS_IN_YEAR)
    day: int = Field(ge=1, le=LONGEST_MONTH)

    def until(self, month_on: date) -> date:
        """The last day on which a month's voucher can be spent."""
        return date(month_on.year + self.years_after, self.month, self.day)


class Velocity(Frozen):
    """What is still usual: more redemptions than these are looked at by a person."""

    holder_a_day: int = Field(gt=0)
    outlet_a_day: int = Field(gt=0)
    holders_a_minute: int = Field(gt=0)
    burst_days: int = Field(ge=0)
    burst_holders: int = Field(gt=0)


class Exceptions(Frozen):
    """What finance is told of without asking: a percentage used, and days without a signature."""

    used_percent: int = Field(gt=0)
    unsigned_days: int = Field(gt=0)


class PaperRule(Frozen):
    """Denominations of paper vouchers in fen, and how many of each a usual month has (C-40)."""

    denominations_fen: tuple[int, ...] = Field(min_length=1)
    split: dict[int, int]


class Silence(Frozen):
    """What the document does not say, and which reading was chosen."""

    id: str
    chosen_zh: str
    chosen_en: str


class VoucherPolicy(Frozen):
    """All that vouchers takes from one instrument."""

    instrument: str
    document_number: str
    issued_on: date
    counts_from: date
    district: str = Field(pattern=r"^[0-9]{6}$")
    programmes: tuple[str, ...]
    waterfall: Dated[tuple[FundRule, ...]]
    signing_bodies: Dated[tuple[str, str]]
    categories: Dated[tuple[str, ...]]
    validity: Dated[Validity]
    late_redemption_days: Dated[int]
    partial_spending: Dated[bool]
    hold_days: Dated[int]
    refund_days: Dated[int]
    qr_token_days: Dated[int]
    written_loss_days: Dated[int]
    velocity: Dated[Velocity]
    objection_days: Dated[int]
    payee_cooling_days: Dated[int]
    payment_late_days: Dated[int]
    work_expense_per_head_fen: Dated[int]
    exceptions: Dated[Exceptions]
    paper: Dated[PaperRule]
    claims_programme: str
    device_programme: str
    claim_cap_fen: Dated[int | None]
    device_return_days: Dated[int]
    silences: tuple[Silence, ...]

    @property
    def entitling(self) -> frozenset[str]:
        """Programmes whose awards entitle to other money than vouchers (C-06, C-16)."""
        return frozenset({self.claims_programme, self.device_programme})

    def valid_until(self, month_on: date) -> date:
        """The last day of a month's voucher (C-39)."""
        return self.validity.on(month_on).until(month_on)
