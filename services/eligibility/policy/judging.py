"""The judgement of a person by a programme on a day: pure, three-valued, every finding kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

from services.eligibility.policy.criteria import WAIVER_UNKNOWN, compiled, either
from services.eligibility.policy.findings import Finding, Glance, Judgement, Outcome
from services.eligibility.policy.looking import Case, Look, Seen
from services.eligibility.policy.model import Criterion, Programme, Text
from services.eligibility.policy.reasons import Point, reasons
from services.eligibility.policy.wording import requires_on
from shared.contracts.ages import age_on, attained_on
from shared.contracts.facts import PersonFacts

VERSIONS_KEPT = 1024
DISTRICT_DIGITS = 6
AGE = "age_years"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A criterion with the values of one version, compiled; `parts` are those inside its ways."""

    criterion: Criterion
    required: Any
    look: Look
    requires: Text
    refers_within: str | None
    parts: Mapping[str, Rule]
    tests: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, eq=False)
class RuleClass:
    """A class's age band (high None: open) and its rules, the age rule first."""

    id: str
    low: int
    high: int | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """A programme in one version; `bounds` are the ages at which a criterion of it flips."""

    version: str
    common: tuple[Rule, ...]
    classes: tuple[RuleClass, ...]
    bounds: tuple[int, ...]


Looked: TypeAlias = tuple[Rule, Seen]


def evaluate(programme: Programme, facts: PersonFacts, as_of: date) -> Judgement:
    """Judge the facts as they stand on `as_of`; raises `AsOfRefused` outside the policy's time."""
    rules, case, looks, outcome, shown_class = _look(programme, facts, as_of)
    refer_to = _referral(looks, facts)
    points = [_point(programme, rule, seen) for rule, seen in looks]
    return Judgement(
        programme=programme.id,
        as_of=as_of,
        policy_version=rules.version,
        outcome=outcome,
        class_=shown_class,
        findings=tuple(point.finding for point in points),
        reasons=reasons(programme, outcome, shown_class, points, refer_to),
        evidence=_once(name for point in points for name in point.documents),
        flags=_once(point.flag for point in points),
        reconsider_on=_next_birthday(rules.bounds, case),
        refer_to=refer_to,
    )


def glance(programme: Programme, facts: PersonFacts, as_of: date) -> Glance:
    """What `evaluate` says without its words, for looks of which most find nothing new."""
    rules, case, looks, outcome, shown_class = _look(programme, facts, as_of)
    return Glance(
        outcome,
        shown_class,
        tuple(rule.criterion.id for rule, seen in looks if seen.met is False),
        tuple(rule.criterion.id for rule, seen in looks if seen.met is None),
        _next_birthday(rules.bounds, case),
    )


def _look(
    programme: Programme, facts: PersonFacts, as_of: date
) -> tuple[Rules, Case, list[Looked], Outcome, str | None]:
    programme.in_time(as_of)
    rules = rules_of(programme, programme.version_on(as_of))
    age = None if facts.birth_on is None else age_on(facts.birth_on, as_of)
    case = Case(facts, age, as_of)
    looks = [(rule, rule.look(case)) for rule in rules.common]
    class_id, class_looks = _in_class(rules.classes, case)
    looks += class_looks
    outcome = _outcome(looks)
    return rules, case, looks, outcome, class_id if outcome != "ineligible" else None


@lru_cache(maxsize=VERSIONS_KEPT)
def rules_of(programme: Programme, version: date) -> Rules:
    """The programme's criteria compiled with the values of one version."""
    classes = tuple(
        _rule_class(each.id, tuple(_rule(criterion, version) for criterion in each.criteria))
        for each in programme.classes
    )
    common = tuple(_rule(criterion, version) for criterion in programme.criteria)
    asked = [rule for each in common for rule in (each, *each.parts.values())]
    ages = [_band(rule) for rule in asked if rule.criterion.fact == AGE]
    ages += [(each.low, each.high) for each in classes]
    bounds = {low for low, _ in ages} | {high + 1 for _, high in ages if high is not None}
    version_name = f"{programme.instrument.id}@{version.isoformat()}"
    return Rules(version_name, common, classes, tuple(sorted(bounds)))


def _rule(criterion: Criterion, version: date) -> Rule:
    if criterion.ways:
        return _either_rule(criterion, version)
    required = criterion.values.on(version)
    refers = None if criterion.refers_within is None else criterion.refers_within.on(version)
    look = compiled(criterion, required)
    return Rule(criterion, required, look, requires_on(criterion, version), refers, {}, None)


def _either_rule(criterion: Criterion, version: date) -> Rule:
    ways = [[_rule(leaf, version) for leaf in way] for way in criterion.ways]
    parts = {rule.criterion.id: rule for way in ways for rule in way}
    look = either([[(rule.criterion.id, rule.look) for rule in way] for way in ways])
    required = [{rule.criterion.id: rule.required for rule in way} for way in ways]
    tests = {name: rule.criterion.test for name, rule in parts.items()}
    requires = requires_on(criterion, version)
    return Rule(criterion, required, look, requires, None, parts, tests)


def _rule_class(class_id: str, rules: tuple[Rule, ...]) -> RuleClass:
    low, high = _band(rules[0])
    return RuleClass(class_id, low, high, rules)


def _band(rule: Rule) -> tuple[int, int | None]:
    if rule.criterion.test == "between":
        return rule.required[0], rule.required[1]
    return rule.required, None


def _in_class(classes: tuple[RuleClass, ...], case: Case) -> tuple[str | None, list[Looked]]:
    """The one class that the age leaves, and its looks; it counts once all of it is met."""
    if not classes:
        return None, []
    if case.age is None:
        return None, _any_age(classes, case)
    group = nearest(classes, case.age)
    looks = [(group.rules[0], group.rules[0].look(case))]
    if looks[0][1].met:
        looks += [(rule, rule.look(case)) for rule in group.rules[1:]]
    fits = all(seen.met for _, seen in looks)
    return (group.id if fits else None), looks


def nearest(classes: tuple[RuleClass, ...], age: int) -> RuleClass:
    """The class of that age, or the lowest for the too young and the highest for the too old."""
    below = [each for each in classes if each.low <= age]
    if below:
        return max(below, key=lambda each: each.low)
    return min(classes, key=lambda each: each.low)


def _any_age(classes: tuple[RuleClass, ...], case: Case) -> list[Looked]:
    """Without an age: the age asked by every class still open, or what closes them all."""
    rest = {each.id: [(rule, rule.look(case)) for rule in each.rules[1:]] for each in classes}
    still_open = [
        each for each in classes if all(seen.met is not False for _, seen in rest[each.id])
    ]
    if still_open:
        return [(each.rules[0], each.rules[0].look(case)) for each in still_open]
    return [look for each in classes for look in rest[each.id] if look[1].met is False]


def _outcome(looks: list[Looked]) -> Outcome:
    """One certain no decides; else missing papers come before questions; else yes."""
    open_looks = []
    for rule, seen in looks:
        if seen.met is False:
            return "ineligible"
        if seen.met is None:
            open_looks.append((rule, seen))
    if not open_looks:
        return "eligible"
    papers = any(_documents(rule, seen) for rule, seen in open_looks)
    return "needs_evidence" if papers else "needs_review"


def _documents(rule: Rule, seen: Seen) -> tuple[str, ...]:
    """The papers that would settle an open look; none where a person has to judge."""
    if seen.open:
        asked = (rule.parts[name].criterion.document for name in seen.open)
        return _once(asked)
    waiver = rule.criterion.waived_by
    if seen.cause is None:
        return _once([rule.criterion.document])
    return (waiver.document,) if waiver is not None and seen.cause == WAIVER_UNKNOWN else ()


def _point(programme: Programme, rule: Rule, seen: Seen) -> Point:
    criterion = rule.criterion
    finding = Finding(criterion.id, criterion.article, seen.found, rule.required, seen.met)
    if seen.met is not None:
        return Point(finding, criterion.test, rule.requires, parts=rule.tests)
    papers = _documents(rule, seen)
    if papers:
        asked = _asked([programme.instrument.documents[name] for name in papers])
        return Point(finding, criterion.test, rule.requires, documents=papers, asked=asked)
    question = criterion.question if seen.cause is None else criterion.reviews[seen.cause]
    flag = seen.cause or criterion.id.upper()
    return Point(finding, criterion.test, rule.requires, flag=flag, asked=question)


def _asked(papers: list[Text]) -> Text:
    return Text("；".join(each.zh for each in papers), "; ".join(each.en for each in papers))


def _referral(looks: list[Looked], facts: PersonFacts) -> str | None:
    """The district to go to, where the text sends people living elsewhere (Chaoyang 二)."""
    residence = facts.residence_area
    for rule, seen in looks:
        within = rule.refers_within
        if within and seen.met is False and residence and residence.startswith(within):
            return residence[:DISTRICT_DIGITS]
    return None


def _next_birthday(bounds: tuple[int, ...], case: Case) -> date | None:
    birth_on = case.facts.birth_on
    if birth_on is None or case.age is None or case.facts.died_on is not None:
        return None
    index = bisect_right(bounds, case.age)
    return attained_on(birth_on, bounds[index]) if index < len(bounds) else None


def _once(names: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))
