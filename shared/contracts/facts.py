"""What is known of a person for deciding on benefits: no name, number, phone or address.

Every fact is optional and an absent fact is *unknown*, which never means "no" (Nangang 八(三)).
Letters are read tolerantly, so facts that a newer sender adds are passed over; what people write
in requests is read strictly (`written.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

AreaCode = Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}){0,2}$")]
"""District (6 digits, GB/T 2260), street (9) or community or village (12)."""

LivesWith = Literal["alone", "spouse_elderly_or_disabled", "spouse_able", "able_adult", "other"]
ModificationNeed = Literal["bath", "toilet", "cooking", "indoor"]


class Disability(BaseModel):
    """A certificate: category (1 sight … 7 multiple), grade (1 heaviest … 4) and last day."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    category: Annotated[int, Field(ge=1, le=7)]
    grade: Annotated[int, Field(ge=1, le=4)]
    valid_until_on: date | None = None


class Child(BaseModel):
    """A living or dead child of the person, for the lives-alone test of Nangang 三(一)."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    alive: bool | None = None
    in_city: Literal[True, False, "county"] | None = None
    dibao: bool | None = None
    severely_disabled: bool | None = None


class PersonFacts(BaseModel):
    """Facts as letters carry them; `None` is unknown. Money is whole fen, dates are Gregorian."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    birth_on: date | None = None
    died_on: date | None = None
    sex: Literal["male", "female"] | None = None
    hukou_area: AreaCode | None = None
    residence_area: AreaCode | None = None
    household_size: Annotated[int, Field(ge=1, le=50)] | None = None
    household_monthly_income_fen: Annotated[int, Field(ge=0, le=10**12)] | None = None
    sanwu: bool | None = None
    gulao: bool | None = None
    dibao: bool | None = None
    tekun: bool | None = None
    lives_with: LivesWith | None = None
    children: tuple[Child, ...] | None = None
    disability: Literal["none"] | Disability | None = None
    employed: bool | None = None
    centenarian_certificate_held: bool | None = None
    mobility_impaired: bool | None = None
    modification_needs: tuple[ModificationNeed, ...] | None = None
    device_need: bool | None = None
    device_able: bool | None = None
    enrolled: bool | None = None
