"""From policy files to the policy book: shape by the schema, then what no schema can check."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from services.eligibility.policy import sense
from services.eligibility.policy.criteria import EITHER
from services.eligibility.policy.model import (
    Bodies,
    Criterion,
    Dated,
    Follows,
    Instrument,
    Parameter,
    PolicyBook,
    PolicyClass,
    Programme,
    Silence,
    Text,
    Waiver,
)
from services.eligibility.policy.source import Source, read

HERE = Path(__file__).parent
SCHEMA = HERE / "schema.json"


def load_policies(*folders: Path) -> PolicyBook:
    """Read the policy files of the folders (of this package if none is named); the caller keeps it.

    Raises `PolicyRefused` with file, line, place and reason when a file must not be decided by.
    """
    instruments: dict[str, Instrument] = {}
    programmes: dict[str, Programme] = {}
    for file in (file for folder in folders or (HERE,) for file in sorted(folder.glob("*.yaml"))):
        source = _checked(file)
        instrument = _instrument(source.content)
        if instrument.id in instruments:
            raise source.refuse(
                ("instrument",), "重叠：文号已载入 overlap: instrument loaded already"
            )
        instruments[instrument.id] = instrument
        for content in source.content["programmes"]:
            programme = _programme(instrument, content)
            programmes[programme.id] = programme
    return PolicyBook(instruments, programmes)


@cache
def own_policies() -> PolicyBook:
    """The policies of this package, read once a process: nothing changes what was read."""
    return load_policies()


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _checked(file: Path) -> Source:
    source = read(file)
    for problem in _validator().iter_errors(source.content):
        raise source.refuse(tuple(problem.absolute_path), _wording(problem))
    sense.check(source)
    return source


def _wording(problem: ValidationError) -> str:
    place = problem.absolute_path
    if problem.validator == "required":
        return f"缺少必填项 missing: {problem.message}"
    if problem.validator == "type" and place and place[-1] == "values":
        return f"值没有日期 value without a date, write 日期: 值 day: value ({problem.message})"
    if problem.validator == "propertyNames" or "values" in place:
        return f"带日期的值不合格式 dated value not as the schema asks: {problem.message}"
    return f"不合格式 not as the schema asks: {problem.message}"


def _instrument(content: dict[str, Any]) -> Instrument:
    return Instrument(
        id=content["instrument"],
        document_number=content["document_number"],
        title=_text(content["title"]),
        issued_by=_text(content["issued_by"]),
        district=_text(content["district"]),
        issued_on=date.fromisoformat(content["issued_on"]),
        effective_on=date.fromisoformat(content["effective_on"]),
        counts_from=date.fromisoformat(content["counts_from"]),
        effective_to=date.fromisoformat(content["effective_to"])
        if "effective_to" in content
        else None,
        street_activation=content.get("street_activation"),
        documents={name: _text(words) for name, words in content["documents"].items()},
        silences={entry["id"]: _silence(entry) for entry in content["silences"]},
    )


def _programme(instrument: Instrument, content: dict[str, Any]) -> Programme:
    return Programme(
        id=f"{instrument.id}/{content['id']}",
        instrument=instrument,
        name=_text(content["name"]),
        article=content["article"],
        clauses=tuple(content["clauses"]),
        tier=content.get("tier"),
        bodies=Bodies(**{role: tuple(names) for role, names in content["bodies"].items()}),
        documents=tuple(content["documents"]),
        parameters={entry["id"]: _parameter(entry) for entry in content["parameters"]},
        criteria=tuple(_criterion(entry) for entry in content["criteria"]),
        classes=tuple(_class(entry) for entry in content.get("classes", ())),
        versions=tuple(map(date.fromisoformat, sense.change_days(content))),
        follows=_follows(instrument, content.get("follows")),
    )


def _follows(instrument: Instrument, content: dict[str, Any] | None) -> Follows | None:
    if content is None:
        return None
    names = (f"{instrument.id}/{name}" for name in content["programmes"])
    return Follows(content["article"], tuple(names))


def _class(content: dict[str, Any]) -> PolicyClass:
    criteria = tuple(_criterion(entry) for entry in content["criteria"])
    return PolicyClass(content["id"], _text(content["name"]), criteria)


def _criterion(content: dict[str, Any]) -> Criterion:
    unknown = content.get("on_unknown", {})
    waiver = content.get("waived_by")
    refers = content.get("refers_within")
    return Criterion(
        id=content["id"],
        article=content["article"],
        fact=content.get("fact", ""),
        test=content.get("test", EITHER),
        values=_dated(content.get("values", {})),
        requires=_text(content["requires"]),
        document=unknown.get("needs_evidence"),
        question=_text(unknown["needs_review"]) if "needs_review" in unknown else None,
        inclusive=content.get("inclusive", True),
        waived_by=Waiver(**waiver) if waiver else None,
        reviews={flag: _text(words) for flag, words in content.get("reviews", {}).items()},
        refers_within=_dated(refers) if refers else None,
        ways=tuple(_way(content, way) for way in content.get("either", ())),
    )


def _way(content: dict[str, Any], way: list[dict[str, Any]]) -> tuple[Criterion, ...]:
    """The conditions of one way, under the criterion's article; the criterion has the words."""
    whole = {"article": content["article"], "requires": {"zh": "", "en": ""}}
    return tuple(_criterion({**whole, **leaf}) for leaf in way)


def _parameter(content: dict[str, Any]) -> Parameter:
    return Parameter(content["id"], content["article"], content["unit"], _dated(content["values"]))


def _silence(content: dict[str, Any]) -> Silence:
    words = {name: _text(content[name]) for name in ("subject", "chosen", "why")}
    return Silence(id=content["id"], owner=content["owner"], **words)


def _dated(values: dict[str, Any]) -> Dated[Any]:
    days = sorted(values)
    return Dated(tuple(map(date.fromisoformat, days)), tuple(values[day] for day in days))


def _text(words: dict[str, str]) -> Text:
    return Text(words["zh"], words["en"])
