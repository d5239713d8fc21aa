"""Found and required values in plain Chinese and English, for the reasons of a judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

from services.eligibility.policy.findings import Json
from services.eligibility.policy.model import Criterion, Text

FEN_PER_YUAN = 100
AREAS_KEPT = 2048
UNKNOWN = Text("不明", "not known")
YES, NO = Text("是", "yes"), Text("否", "no")
WORDS = {
    "sanwu": Text("“三无”", "three-without"),
    "gulao": Text("孤寡", "without spouse and children"),
    "dibao": Text("低保", "minimum living allowance"),
    "tekun": Text("特困", "special hardship"),
    "alone": Text("独居", "alone"),
    "spouse_elderly_or_disabled": Text(
        "与年老或残疾的配偶同住", "with an elderly or disabled spouse"
    ),
    "spouse_able": Text("与有能力的配偶同住", "with an able spouse"),
    "able_adult": Text("与有能力的成年人同住", "with an able adult"),
    "other": Text("与其他人同住", "with others"),
    "female": Text("女", "female"),
    "male": Text("男", "male"),
    "none": Text("无残疾", "no disability"),
    "bath": Text("洗澡", "bathing"),
    "toilet": Text("如厕", "the toilet"),
    "cooking": Text("做饭", "cooking"),
    "indoor": Text("户内活动", "moving indoors"),
}
Teller: TypeAlias = Callable[[Any], Text]


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals, exactly."""
    whole, rest = divmod(fen, FEN_PER_YUAN)
    return f"{whole}.{rest:02d}"


def required_words(test: str, required: Any) -> dict[str, object]:
    """What a criterion's `requires` sentence may put in braces for this value."""
    if test == "at_least":
        return {"low": required}
    if test == "between":
        return {"low": required[0], "high": required[1]}
    if test == "at_most_per_head":
        return {"yuan": yuan(required)}
    if test == "grade_at_most":
        return {"grade": required["every_category"]}
    return {}


def either_words(criterion: Criterion, day: date) -> dict[str, object]:
    """The words of all conditions inside its ways, each under its id: `{elderly_low}`."""
    return {
        f"{leaf.id}_{word}": value
        for leaf in criterion.leaves
        for word, value in required_words(leaf.test, leaf.values.on(day)).items()
    }


def requires_on(criterion: Criterion, day: date) -> Text:
    """What a criterion asks for, in words with the values in force on a day."""
    if criterion.ways:
        words = either_words(criterion, day)
    else:
        words = required_words(criterion.test, criterion.values.on(day))
    return Text(criterion.requires.zh.format(**words), criterion.requires.en.format(**words))


def found_text(test: str, found: Json, parts: Mapping[str, str] | None = None) -> Text:
    """What was found, in words; `parts` names the test of each condition inside an `either`."""
    if found is None:
        return UNKNOWN
    if isinstance(found, dict) and "waived_by" in found:
        fact = WORDS[str(found["waived_by"])]
        return Text(f"{fact.zh}人员，自然符合", f"{fact.en}: met by itself")
    if parts and isinstance(found, dict):
        told = [found_text(parts[name], value) for name, value in found.items()]
        once = list(dict.fromkeys(told))
        return Text("、".join(text.zh for text in once), ", ".join(text.en for text in once))
    return TELLERS[test](found)


@lru_cache
def _age(years: int) -> Text:
    return Text(f"{years}周岁", f"aged {years}")


@lru_cache(maxsize=AREAS_KEPT)
def _area(code: str) -> Text:
    return Text(f"区划代码{code}", f"area {code}")


def _income(found: dict[str, int | None]) -> Text:
    income_fen, persons = found["monthly_income_fen"], found["persons"]
    if income_fen is None:
        return UNKNOWN
    amount = yuan(income_fen)
    zh, en = (
        ("人数不明", "size not known")
        if persons is None
        else (f"{persons}人", f"{persons} persons")
    )
    return Text(f"家庭月收入{amount}元、{zh}", f"household income {amount} yuan a month, {en}")


def _disability(found: str | dict[str, int]) -> Text:
    if isinstance(found, str):
        return WORDS[found]
    category, grade = found["category"], found["grade"]
    return Text(f"残疾类别{category}、{grade}级", f"disability category {category}, grade {grade}")


def _flag(found: bool) -> Text:
    return YES if found else NO


def _hardship(found: dict[str, bool | None]) -> Text:
    named = [WORDS[name] for name, value in found.items() if value]
    if not named:
        return UNKNOWN if None in found.values() else Text("均不属于", "none of them")
    return Text("、".join(word.zh for word in named), ", ".join(word.en for word in named))


def _word(found: str) -> Text:
    return WORDS[found]


def _children(found: dict[str, Any]) -> Text:
    flag = f"，{found['flag']}" if "flag" in found else ""
    count = found["children"]
    return Text(f"子女{count}人{flag}", f"children: {count}{flag.replace('，', ', ')}")


def _words(found: list[str]) -> Text:
    if not found:
        return Text("无", "none")
    named = [WORDS[word] for word in found]
    return Text("、".join(word.zh for word in named), ", ".join(word.en for word in named))


TELLERS: dict[str, Teller] = {
    "at_least": _age,
    "between": _age,
    "at_most_per_head": _income,
    "within_area": _area,
    "grade_at_most": _disability,
    "holds": _disability,
    "names_any": _words,
    "shown": _flag,
    "is": _flag,
    "any_true": _hardship,
    "word": _word,
    "each_child": _children,
}
