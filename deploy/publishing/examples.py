"""One made-up letter of every type, for the catalogue: nobody's, on a day of January 2010."""

from __future__ import annotations

from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.clock import SHANGHAI
from shared.contracts.ids import derived_id
from shared.contracts.letter import Letter
from shared.contracts.programmes import VOUCHER

DAY = date(2010, 1, 20)
MONTH = date(2010, 1, 1)
AT = datetime(2010, 1, 20, 9, 30, tzinfo=SHANGHAI)
COMMUNITY = "110105001001"
STREET = "110105001"
BY_NAME: dict[str, Any] = {
    "programme": VOUCHER,
    "benefit_class": "aged_80",
    "policy_version": "chaoyang-2010@2010-01-06",
    "digest": "sha256:0f1e2d3c",
    "item_code": "household.cleaning",
    "code": "insufficient_balance",
    "birth_on": date(1928, 5, 1),
    "month_on": MONTH,
    "residence_area": COMMUNITY,
    "hukou_area": COMMUNITY,
    "street_code": STREET,
    "previous_area": "110105002003",
    "unmet": ("minimum_age",),
    "unknown": ("employment",),
    "changed": ("residence_area",),
    "documents": ("household_register",),
    "names": ("户口簿",),
    "categories": ("household", "meals"),
    "weekdays": (1, 3, 5),
    "starts_at_minute": 570,
    "minutes": 60,
    "rating": 5,
    "points": 92,
    "household_size": 1,
    "children": (),
}
AMOUNT_FEN = 10_000
COUNT = 12


def example(kind: type[Letter]) -> dict[str, Any]:
    """A letter's value as it lies on the wire."""
    own = {name: _value(kind.TYPE, name, one) for name, one in kind.model_fields.items()}
    subject = derived_id("example", "subject")
    letter = kind.model_validate({**own, "aggregate_id": subject, "occurred_at": AT})
    facts: dict[str, Any] = orjson.loads(letter.facts())
    return facts


def _value(place: str, name: str, one: FieldInfo) -> Any:
    if name in BY_NAME:
        return BY_NAME[name]
    if not one.is_required() and not _is_facts(one.annotation):
        return one.get_default(call_default_factory=True)
    return _of_type(place, name, one.annotation)


def _of_type(place: str, name: str, annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not NoneType)
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return {key: _value(place, key, one) for key, one in fields.items()}
    return _plain(name, annotation)


def _plain(name: str, annotation: Any) -> Any:
    amount = AMOUNT_FEN if name.endswith("_fen") else COUNT
    by_type: dict[Any, Any] = {UUID: derived_id("example", name), date: DAY, datetime: AT}
    return ({bool: True, int: amount} | by_type)[annotation]


def _is_facts(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
