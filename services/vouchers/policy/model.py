"""The voucher policy as types: dated values with their article, and what they decide."""

from __future__ import annotations

from datetime import date
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.months import MONTHS_IN_YEAR

T = TypeVar("T")
LONGEST_MONTH = 31
FundName = Literal["lottery", "disability", "unemployment", "district_finance"]
Purpose = Literal["benefits", "worker_training"]


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
        return self.values[max(days)]


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
    silences: tuple[Silence, ...]

    def valid_until(self, month_on: date) -> date:
        """The last day of a month's voucher (C-39)."""
        return self.validity.on(month_on).until(month_on)
