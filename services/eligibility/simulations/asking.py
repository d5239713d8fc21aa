"""What may be asked: other values or another policy; and the pairs of programmes it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from services.eligibility.policy import (
    AsOfRefused,
    PolicyBook,
    PolicyRefused,
    Programme,
    UnknownProgramme,
    load_policies,
)
from services.eligibility.policy.changing import (
    Changeable,
    ChangeRefused,
    changeable,
    with_values,
)
from services.eligibility.policy.columns import columns_of
from services.eligibility.policy.columns_judging import judge
from services.eligibility.policy.model import Text
from services.eligibility.simulations.comparing import Pair
from services.eligibility.simulations.projection import projection
from shared.contracts.months import last_day, month_of, next_month

MOST_CHANGES, MOST_FILES, MOST_MONTHS = 50, 10, 24
MOST_FEN, WEEK_MINUTES, LONGEST_TEXT = 10**15, 7 * 24 * 60, 2**20
AMOUNT_UNIT = "fen"
Value = StrictInt | list[StrictInt] | dict[str, StrictInt]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]


ALLOWED: Mapping[str, Text] = {
    "at_least": Text("0–150 的整周岁数", "whole years from 0 to 150"),
    "between": Text("[起, 止]，0–150 的整周岁数", "[low, high], whole years from 0 to 150"),
    "at_most_per_head": Text(
        "每人每月若干分，不小于 0 的整数", "fen a head and month, whole, from 0"
    ),
    "grade_at_most": Text(
        '{"every_category": 1–4}，可另写类别 "1"–"7"',
        '{"every_category": 1 to 4}, and by category "1" to "7"',
    ),
    AMOUNT_UNIT: Text("每月若干分，不小于 0 的整数", "fen a month, whole, from 0"),
}
"""What may be changed, by test (an amount by its unit), and what it may be changed to."""


class AskRefused(ValueError):
    """A question that cannot be answered; `field` is its place in the request."""

    def __init__(self, field: str, code: str, zh: str, en: str) -> None:
        self.field, self.code, self.zh, self.en = field, code, zh, en
        super().__init__(f"{field}: {en}")


class Model(BaseModel):
    """Base of what is asked: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangeAsked(Model):
    """Another value of a criterion, of a condition inside one, or of `monthly_amount`."""

    programme: str
    name: str
    value: Value
    from_on: date


class PolicyText(Model):
    """A policy file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,80}\.yaml$")]
    text: Annotated[str, Field(max_length=LONGEST_TEXT)]


class Asked(Model):
    """What both kinds of question share.

    `area_code` is one district of several; `as_of` the day judged on (today, or the last change's
    day, if later); `months` the months of the budget from there on; `funds_fen` what the funds
    have a month; `care_minutes` the care a person needs a week, for the mean of present plans.
    """

    id: UUID
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    as_of: date | None = None
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] = 1
    funds_fen: dict[str, Fen] = {}
    care_minutes: Annotated[int, Field(ge=1, le=WEEK_MINUTES)] | None = None


class ValuesAsked(Asked):
    """What if these values were others?"""

    kind: Literal["values"] = "values"
    changes: Annotated[list[ChangeAsked], Field(min_length=1, max_length=MOST_CHANGES)]


class PoliciesAsked(Asked):
    """What if these files were the policy? Without `before`, against the policy in force."""

    kind: Literal["policies"] = "policies"
    before: Annotated[list[PolicyText], Field(min_length=1, max_length=MOST_FILES)] | None = None
    after: Annotated[list[PolicyText], Field(min_length=1, max_length=MOST_FILES)]


Question = Annotated[ValuesAsked | PoliciesAsked, Field(discriminator="kind")]


def day_of(asked: ValuesAsked | PoliciesAsked, today: date) -> date:
    """The day to judge on."""
    if asked.as_of is not None:
        return asked.as_of
    days = [change.from_on for change in asked.changes] if asked.kind == "values" else []
    return max([today, *days])


def months_of(as_of: date, months: int) -> list[date]:
    """The last days of the months; what holds then has held on a day of the month (C-37)."""
    days, month = list[date](), month_of(as_of)
    for _ in range(months):
        days.append(last_day(month))
        month = next_month(month)
    return days


def pairs_of(asked: ValuesAsked | PoliciesAsked, book: PolicyBook, as_of: date) -> list[Pair]:
    """The programmes before and after.

    Raises:
        AskRefused: no such programme or value, a file that the loader refuses, a day before it.
    """
    unknown = sorted(set(asked.funds_fen) - set(projection().fund_names()))
    if unknown:
        known = ", ".join(projection().fund_names())
        raise AskRefused("funds_fen", "no_such_fund", f"可填：{known}", f"there are: {known}")
    pairs = _by_values(asked, book) if asked.kind == "values" else _by_policies(asked, book)
    for pair in pairs:
        for programme in (pair.before, pair.after):
            _check_day(programme, as_of)
    return pairs


def _check_day(programme: Programme | None, as_of: date) -> None:
    try:
        if programme is not None:
            judge(programme, columns_of(()), as_of)
    except AsOfRefused as refused:
        raise AskRefused("as_of", "as_of_refused", str(refused), str(refused)) from None


def _by_values(asked: ValuesAsked, book: PolicyBook) -> list[Pair]:
    for number, change in enumerate(asked.changes):
        _check_change(book, change, number)
    by_programme = sorted(asked.changes, key=lambda change: (change.programme, change.from_on))
    return [
        _changed(book.programme(name), list(changes), asked.changes)
        for name, changes in groupby(by_programme, key=lambda change: change.programme)
    ]


def _check_change(book: PolicyBook, change: ChangeAsked, number: int) -> None:
    field = f"changes.{number}"
    try:
        programme = book.programme(change.programme)
    except UnknownProgramme as unknown:
        words = str(unknown)
        raise AskRefused(f"{field}.programme", "no_such_programme", words, words) from None
    start = programme.instrument.counts_from
    if change.from_on < start:
        raise AskRefused(
            f"{field}.from_on",
            "before_the_policy",
            f"须为政策起始日 {start} 或以后",
            f"must be {start}, the policy's first day, or later",
        )
    known = values_of(programme, change.from_on)
    if change.name not in known:
        listed = ", ".join(known) or "—"
        raise AskRefused(
            f"{field}.name",
            "not_changeable",
            f"该项目可改的值：{listed}",
            f"values of this programme that may be changed: {listed}",
        )


def values_of(programme: Programme, day: date) -> dict[str, Changeable]:
    """The values of a programme that a what-if may change: ages, income lines, grades, amounts."""
    known = changeable(programme, day).items()
    return {name: one for name, one in known if one.test in ALLOWED}


def _changed(
    before: Programme, changes: Sequence[ChangeAsked], all_changes: Sequence[ChangeAsked]
) -> Pair:
    """The programme with its changes, day by day; those of one day hold together."""
    after = before
    for since, of_day in groupby(changes, key=lambda change: change.from_on):
        together = list(of_day)
        values = {change.name: change.value for change in together}
        try:
            after = with_values(after, values, since)
        except ChangeRefused as refused:
            at = next((one for one in together if one.name == refused.name), together[0])
            allowed = ALLOWED[values_of(before, since)[at.name].test]
            raise AskRefused(
                f"changes.{all_changes.index(at)}.value",
                "value_not_allowed",
                f"{refused.zh}；可填 {allowed.zh}",
                f"{refused.en}; allowed: {allowed.en}",
            ) from None
    return Pair(before.id, before, after)


def _by_policies(asked: PoliciesAsked, book: PolicyBook) -> list[Pair]:
    after = book_of(asked.after, "after")
    before = book if asked.before is None else book_of(asked.before, "before")
    old, new = before.programmes, after.programmes
    if asked.before is None:
        old = _within(before, after)
    return [Pair(name, old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]


def _within(book: PolicyBook, other: PolicyBook) -> Mapping[str, Programme]:
    """The programmes of the documents that the other book speaks of."""
    return {
        name: programme
        for name, programme in book.programmes.items()
        if programme.instrument.id in other.instruments
    }


def book_of(files: Sequence[PolicyText], field: str) -> PolicyBook:
    """The policy book of some files, checked as the office's own are."""
    with TemporaryDirectory() as folder:
        for number, file in enumerate(files):
            _no_alias(file, f"{field}.{number}.text")
            (Path(folder) / file.name).write_text(file.text, encoding="utf-8")
        try:
            return load_policies(Path(folder))
        except PolicyRefused as refused:
            raise AskRefused(field, "policy_refused", str(refused), str(refused)) from None


def _no_alias(file: PolicyText, field: str) -> None:
    """A few lines of aliases can unfold to more than a machine holds; the files need none."""
    try:
        aliased = any(
            isinstance(e, yaml.AliasEvent) for e in yaml.parse(file.text, yaml.SafeLoader)
        )
    except yaml.YAMLError:
        return
    if aliased:
        raise AskRefused(
            field,
            "policy_refused",
            f"{file.name}：不得使用 YAML 别名（*）",
            f"{file.name}: YAML aliases (*) are not allowed",
        )
