"""A programme with other values from a day on, for asking "what if" and for comparing policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from jsonschema import Draft202012Validator

from services.eligibility.policy.criteria import review_flags
from services.eligibility.policy.judging import rules_of
from services.eligibility.policy.loader import SCHEMA
from services.eligibility.policy.model import Criterion, Dated, Parameter, Programme

Kind = Literal["criterion", "parameter"]


class ChangeRefused(ValueError):
    """A change that no policy file could hold; the message says what is allowed."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        self.name, self.zh, self.en = name, zh, en
        super().__init__(f"{name}: {zh} {en}")


@dataclass(frozen=True, slots=True)
class Changeable:
    """A value that may be asked about: the test, or a parameter's unit, and what is in force."""

    id: str
    kind: Kind
    test: str
    value: Any


def changeable(programme: Programme, as_of: date) -> dict[str, Changeable]:
    """Every value of the programme by its id, as in force on `as_of`."""
    day = programme.version_on(as_of)
    criteria = {
        one.id: Changeable(one.id, "criterion", one.test, one.values.on(day))
        for one in _conditions(programme)
    }
    parameters = {
        one.id: Changeable(one.id, "parameter", one.unit, one.values.on(day))
        for one in programme.parameters.values()
    }
    return criteria | parameters


def with_values(programme: Programme, values: Mapping[str, Any], since: date) -> Programme:
    """The programme in which each named criterion or parameter has its new value from `since` on.

    A criterion that stands in several classes changes in all of them. Values that the file dates
    later than `since` are left out, so that the new one stays in force.

    Raises `ChangeRefused` for an unknown id, for a value of the wrong kind, and for ages that would
    make classes overlap or leave an age out between them.
    """
    known = changeable(programme, since)
    for name in values:
        if name not in known:
            allowed = ", ".join(sorted(known))
            raise ChangeRefused(name, f"没有此项，可选：{allowed}", f"no such value: {allowed}")
    day = max(since, programme.versions[0])
    changed = replace(
        programme,
        parameters={
            name: _parameter(one, values, day) for name, one in programme.parameters.items()
        },
        criteria=tuple(_criterion(one, values, day) for one in programme.criteria),
        classes=tuple(
            replace(one, criteria=tuple(_criterion(each, values, day) for each in one.criteria))
            for one in programme.classes
        ),
        versions=tuple(sorted({*programme.versions, day})),
    )
    for version in changed.versions:
        if version >= day:
            _no_seam(changed, version)
    return changed


def _conditions(programme: Programme) -> Iterator[Criterion]:
    """Every criterion with a value of its own, in classes and inside ways too."""
    whole = (*programme.criteria, *(one for each in programme.classes for one in each.criteria))
    for criterion in whole:
        yield from criterion.leaves or (criterion,)


def _criterion(criterion: Criterion, values: Mapping[str, Any], since: date) -> Criterion:
    if criterion.ways:
        ways = tuple(
            tuple(_criterion(leaf, values, since) for leaf in way) for way in criterion.ways
        )
        return replace(criterion, ways=ways)
    if criterion.id not in values:
        return criterion
    value = values[criterion.id]
    _check(criterion, value, since)
    return replace(criterion, values=_from(criterion.values, value, since))


def _parameter(parameter: Parameter, values: Mapping[str, Any], since: date) -> Parameter:
    if parameter.id not in values:
        return parameter
    value = values[parameter.id]
    held = {
        "id": parameter.id,
        "article": parameter.article,
        "unit": parameter.unit,
        "values": {since.isoformat(): value},
    }
    _as_the_schema_asks("parameter", parameter.id, held)
    return replace(parameter, values=_from(parameter.values, value, since))


def _from(dated: Dated[Any], value: Any, since: date) -> Dated[Any]:
    earlier = [pair for pair in zip(dated.days, dated.values, strict=True) if pair[0] < since]
    days, values = zip(*earlier, (since, value), strict=True)
    return Dated(days, values)


def _check(criterion: Criterion, value: Any, since: date) -> None:
    held = {
        "fact": criterion.fact,
        "test": criterion.test,
        "inclusive": criterion.inclusive,
        "values": {since.isoformat(): value},
    }
    _as_the_schema_asks("tested", criterion.id, held)
    if criterion.test == "between" and value[0] > value[1]:
        raise ChangeRefused(criterion.id, "下限大于上限", "the lower bound is above the upper")
    if review_flags(criterion.test, criterion.fact, value) - criterion.reviews.keys():
        raise ChangeRefused(
            criterion.id,
            "文件没有交人工审查所需的问题",
            "the policy has no question to put to a reviewer",
        )


def _as_the_schema_asks(shape: str, name: str, held: dict[str, Any]) -> None:
    for problem in _validator(shape).iter_errors(held):
        raise ChangeRefused(
            name, "值不合政策文件的格式", f"not as a policy file asks: {problem.message}"
        )


@cache
def _validator(shape: str) -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": schema["$defs"]})


def _no_seam(programme: Programme, version: date) -> None:
    """Refuse classes that share an age, or leave one out between them."""
    classes = sorted(rules_of(programme, version).classes, key=lambda one: one.low)
    for below, above in pairwise(classes):
        name = above.rules[0].criterion.id
        if below.high is None or above.low <= below.high:
            raise ChangeRefused(
                name,
                f"{below.id}、{above.id}两类年龄重叠，请一并调整",
                f"ages of classes {below.id} and {above.id} would overlap, change both",
            )
        if above.low > below.high + 1:
            raise ChangeRefused(
                name,
                f"{below.id}、{above.id}两类年龄不相接，请一并调整",
                f"ages of classes {below.id} and {above.id} would leave a gap, change both",
            )
