"""The fourteen programmes as OpenFisca variables, written the way its country packages are."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Child: Any = build_entity(key="child", plural="children", label="A child", is_person=True)
Applicant: Any = build_entity(
    key="applicant",
    plural="applicants",
    label="An applicant, as the group of the applicant's children",
    roles=[{"key": "offspring", "plural": "offsprings"}],
)
SINCE = "2008-05-19"
CITY = 10_000


def _law(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _law(value) for name, value in content.items()}
    return {"values": {SINCE: {"value": content}}}


LAW = {
    "chaoyang": _law(
        {
            "district": 110105, "city": 11, "oldest": 80, "elderly": 60, "grown_up": 16,
            "severe": 2, "centenarian": 100, "device_elderly": 65,
        }
    ),
    "nangang": _law({"district": 230103, "elderly": 60, "served_first": 65, "income_fen": 49_000}),
}  # fmt: skip


def _input(name: str, kind: type, entity: Any = Applicant) -> type[Variable]:
    parts: dict[str, Any] = {
        "value_type": kind,
        "entity": entity,
        "definition_period": DateUnit.ETERNITY,
        "label": name,
    }
    return type(name, (Variable,), parts)


def _computed(name: str, kind: type, formula: Any, entity: Any = Applicant) -> type[Variable]:
    parts = {
        "value_type": kind,
        "entity": entity,
        "definition_period": DateUnit.DAY,
        "label": name,
        "formula": formula,
    }
    return type(name, (Variable,), parts)


def _age(person: Any, period: Any) -> Any:
    """As in OpenFisca's country template, with 29 February completed on the 28th."""
    birth = person("birth", period)
    day = period.start
    birth_year = birth.astype("datetime64[Y]").astype(int) + 1970
    birth_month = birth.astype("datetime64[M]").astype(int) % 12 + 1
    birth_day = (birth - birth.astype("datetime64[M]") + 1).astype(int)
    past = (birth_month < day.month) + (birth_month == day.month) * (birth_day <= day.day)
    return (day.year - birth_year) - np.where(past, 0, 1)


def _alive(person: Any, period: Any) -> Any:
    return person("death", period) >= np.datetime64(str(period.start), "D")


def _in_chaoyang(person: Any, period: Any, parameters: Any) -> Any:
    law = parameters(period).chaoyang
    return person("alive", period) * (person("residence_district", period) == law.district)


def _of_beijing(person: Any, period: Any, parameters: Any) -> Any:
    return person("hukou_district", period) // CITY == parameters(period).chaoyang.city


def _severe(person: Any, period: Any, parameters: Any) -> Any:
    grade = person("disability_grade", period)
    return (grade > 0) * (grade <= parameters(period).chaoyang.severe)


def _certified(person: Any, period: Any) -> Any:
    return person("disability_grade", period) > 0


def _elderly_or_disabled(person: Any, period: Any, parameters: Any) -> Any:
    old = person("age", period) >= parameters(period).chaoyang.elderly
    return person("in_chaoyang", period) * (old + person("certified", period))


def _voucher(person: Any, period: Any, parameters: Any) -> Any:
    law, age, severe = parameters(period).chaoyang, person("age", period), person("severe", period)
    a = age >= law.oldest
    b = (age >= law.elderly) * (age < law.oldest) * severe
    c = (age >= law.grown_up) * (age < law.elderly) * severe * person("not_employed", period)
    return person("in_chaoyang", period) * person("of_beijing", period) * (a + b + c)


def _centenarian(person: Any, period: Any, parameters: Any) -> Any:
    old = person("age", period) >= parameters(period).chaoyang.centenarian
    held = person("centenarian_certificate_held", period)
    return person("in_chaoyang", period) * person("of_beijing", period) * old * held


def _device(person: Any, period: Any, parameters: Any) -> Any:
    law, age = parameters(period).chaoyang, person("age", period)
    grown_up = (age >= law.grown_up) * (age < law.device_elderly) * person("severe", period)
    who = (age >= law.device_elderly) + grown_up
    wants = person("device_need", period) * person("device_able", period)
    return person("in_chaoyang", period) * person("of_beijing", period) * who * wants


def _home_modification(person: Any, period: Any, parameters: Any) -> Any:
    old = person("age", period) >= parameters(period).chaoyang.elderly
    needs = person("certified", period) * person("home_needs", period)
    return person("in_chaoyang", period) * old * needs


def _meal_delivery(person: Any, period: Any) -> Any:
    return person("elderly_or_disabled", period) * person("mobility_impaired", period)


def _open_to_all(person: Any, period: Any) -> Any:
    return person("elderly_or_disabled", period)


def _filial_star(person: Any, period: Any) -> Any:
    return person("in_chaoyang", period)


def _in_nangang(person: Any, period: Any, parameters: Any) -> Any:
    law = parameters(period).nangang
    return person("alive", period) * (person("residence_district", period) == law.district)


def _away(child: Any, period: Any) -> Any:
    return child("child_alive", period) * child("child_elsewhere", period)


def _helpless(child: Any, period: Any) -> Any:
    here = child("child_alive", period) * np.logical_not(child("child_elsewhere", period))
    return here * (child("child_dibao", period) + child("child_severe", period))


def _able(child: Any, period: Any) -> Any:
    cannot = child("child_elsewhere", period) + child("helpless", period)
    return child("child_alive", period) * np.logical_not(cannot)


def _home_care(person: Any, period: Any, parameters: Any) -> Any:
    law, sanwu = parameters(period).nangang, person("sanwu", period)
    registered = person("hukou_district", period) == law.district
    old = person("age", period) >= law.served_first
    income = person("income_fen", period)
    poor = (income >= 0) * (income <= law.income_fen * person("persons", period))
    hardship = sanwu + person("gulao", period) + person("dibao", period) + person("tekun", period)
    members = person.members
    away, helpless, able = (
        person.sum(members(name, period), role=Applicant.OFFSPRING) > 0
        for name in ("away", "helpless", "able")
    )
    none_helps = np.logical_not(able) * np.logical_not(away * helpless)
    children = person("children_known", period) * none_helps
    left_alone = (sanwu + children) * person("alone", period)
    return person("in_nangang", period) * registered * old * (sanwu + poor) * hardship * left_alone


def _paid_care(person: Any, period: Any, parameters: Any) -> Any:
    return person("in_nangang", period) * (
        person("age", period) >= parameters(period).nangang.elderly
    )


def _medical_aid(person: Any, period: Any) -> Any:
    return person("paid_care", period) * person("tekun", period)


def _pairing(person: Any, period: Any) -> Any:
    woman = person("alive", period) * person("woman", period)
    return woman * person("gulao", period) * person("enrolled", period)


DAYS = ("birth", "death")
NUMBERS = (
    "persons", "income_fen", "hukou_district", "residence_district", "disability_grade",
)  # fmt: skip
FLAGS = (
    "sanwu", "gulao", "dibao", "tekun", "not_employed", "centenarian_certificate_held",
    "mobility_impaired", "device_need", "device_able", "enrolled", "woman", "alone", "home_needs",
    "children_known",
)  # fmt: skip
OF_CHILDREN = ("child_alive", "child_elsewhere", "child_dibao", "child_severe")
INPUTS = (*DAYS, *NUMBERS, *FLAGS, *OF_CHILDREN)
CHILD_STEPS = {"away": _away, "helpless": _helpless, "able": _able}
STEPS = {
    "age": _age, "in_chaoyang": _in_chaoyang, "of_beijing": _of_beijing, "severe": _severe,
    "alive": _alive, "certified": _certified, "elderly_or_disabled": _elderly_or_disabled,
    "in_nangang": _in_nangang, "voucher": _voucher, "centenarian_medical": _centenarian,
    "device": _device, "home_modification": _home_modification, "meal_delivery": _meal_delivery,
    "meal_table": _open_to_all, "day_care": _open_to_all, "vehicle": _open_to_all,
    "comfort_call": _open_to_all, "filial_star": _filial_star, "home_care": _home_care,
    "paid_care": _paid_care, "medical_aid": _medical_aid, "pairing": _pairing,
}  # fmt: skip


def variable_of(programme: str) -> str:
    """The name of a programme's variable: `chaoyang-2010/meal-table` is `meal_table`."""
    return programme.partition("/")[2].replace("-", "_")


def country() -> Any:
    """The two districts with all inputs, steps and programmes."""
    system: Any = TaxBenefitSystem([Child, Applicant])
    system.parameters = ParameterNode("", data=LAW)
    kinds = {
        **dict.fromkeys(DAYS, date),
        **dict.fromkeys(NUMBERS, int),
        **dict.fromkeys(FLAGS, bool),
    }
    for name, kind in kinds.items():
        system.add_variable(_input(name, kind))
    for name in OF_CHILDREN:
        system.add_variable(_input(name, bool, Child))
    for name, formula in CHILD_STEPS.items():
        system.add_variable(_computed(name, bool, formula, Child))
    for name, formula in STEPS.items():
        system.add_variable(_computed(name, int if name == "age" else bool, formula))
    return system
