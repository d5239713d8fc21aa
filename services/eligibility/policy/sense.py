"""What no schema can say of a policy file: gaps, overlaps, names that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from services.eligibility.policy.criteria import review_flags
from services.eligibility.policy.source import Place, Source
from services.eligibility.policy.wording import required_words

AGE = "age_years"
NO_LIMIT = None


def check(source: Source) -> None:
    """Raise the refusal of the first thing in the file that makes no sense."""
    content = source.content
    if content["counts_from"] > content["effective_on"]:
        raise source.refuse(("counts_from",), "空档：晚于生效日 gap: later than effective_on")
    _no_twins(source, ("programmes",), content["programmes"])
    _no_twins(source, ("silences",), content["silences"])
    for index, programme in enumerate(content["programmes"]):
        _check_programme(source, ("programmes", index), programme)
        _check_phase(source, ("programmes", index, "follows"), programme)


def _check_phase(source: Source, place: Place, programme: dict[str, Any]) -> None:
    """A programme follows others of the same file, and none that follows itself in turn."""
    before = {one["id"]: one.get("follows", {}) for one in source.content["programmes"]}
    follows = before[programme["id"]]
    if follows:
        _known_article(source, (*place, "article"), follows["article"])
        if "street_activation" not in source.content:
            raise source.refuse(place, "没有街道启动条款 there is no street_activation to follow")
    for number, name in enumerate(follows.get("programmes", [])):
        if name not in before or before[name]:
            reason = f"{name} 不是本文件中最先启动的项目 is no first programme of this file"
            raise source.refuse((*place, "programmes", number), reason)


def change_days(programme: dict[str, Any]) -> list[str]:
    """Every day on which some value of the programme changes, earliest first."""
    holders = [holder for _, holder in _dated_places((), programme)]
    return sorted({day for values in holders for day in values})


def _check_programme(source: Source, place: Place, programme: dict[str, Any]) -> None:
    _no_twins(source, (*place, "parameters"), programme["parameters"])
    _no_twins(source, (*place, "criteria"), programme["criteria"])
    _no_twins(source, (*place, "classes"), programme.get("classes", []))
    for at, values in _dated_places(place, programme):
        _no_gap_before(source, at, values)
    for at, cited in _articles(place, programme):
        _known_article(source, at, cited)
    for number, name in enumerate(programme["documents"]):
        _known_document(source, (*place, "documents", number), name)
    for at, criterion in _criteria(place, programme):
        _check_criterion(source, at, criterion)
    if "classes" in programme:
        _check_classes(source, (*place, "classes"), programme)


def _no_twins(source: Source, place: Place, entries: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry["id"] in seen:
            reason = f"重叠：{entry['id']} 出现两次 overlap: {entry['id']} stands twice"
            raise source.refuse((*place, index, "id"), reason)
        seen.add(entry["id"])


def _no_gap_before(source: Source, place: Place, values: dict[str, Any]) -> None:
    first, start = min(values), source.content["effective_on"]
    if first > start:
        reason = f"空档：{start} 至 {first} 没有值 gap: no value from {start} until {first}"
        raise source.refuse(place, reason)


def _known_article(source: Source, place: Place, article: str) -> None:
    silences = {entry["id"] for entry in source.content["silences"]}
    if article.isascii() and article not in silences:
        reason = f"{article} 不在“未尽事项”中 is not in the register of silences"
        raise source.refuse(place, reason)


def _known_document(source: Source, place: Place, name: str) -> None:
    if name not in source.content["documents"]:
        raise source.refuse(place, f"documents 中没有 {name} is not among the documents")


def _check_criterion(source: Source, place: Place, criterion: dict[str, Any]) -> None:
    document = criterion.get("on_unknown", {}).get("needs_evidence")
    if document is not None:
        _known_document(source, (*place, "on_unknown", "needs_evidence"), document)
    if "waived_by" in criterion:
        _known_document(source, (*place, "waived_by"), criterion["waived_by"]["document"])
    for day, required in criterion.get("values", {}).items():
        _check_value(source, (*place, "values", day), criterion, required)
    if "requires" in criterion:
        _check_words(source, place, criterion)


def _check_words(source: Source, place: Place, criterion: dict[str, Any]) -> None:
    """What stands in braces must be a value of the criterion, or of a condition inside it."""
    if "either" in criterion:
        leaves = [leaf for way in criterion["either"] for leaf in way]
        _no_twins(source, (*place, "either"), leaves)
        words: dict[str, object] = {
            f"{leaf['id']}_{word}": value
            for leaf in leaves
            for required in leaf["values"].values()
            for word, value in required_words(leaf["test"], required).items()
        }
    else:
        first = next(iter(criterion["values"].values()))
        words = required_words(criterion["test"], first)
    for language, sentence in criterion["requires"].items():
        try:
            sentence.format(**words)
        except (KeyError, IndexError, ValueError):
            reason = f"只可用 only these may stand in braces: {sorted(words)}"
            raise source.refuse((*place, "requires", language), reason) from None


def _check_value(source: Source, place: Place, criterion: dict[str, Any], required: Any) -> None:
    if criterion["test"] == "between" and required[0] > required[1]:
        raise source.refuse(place, "空档：下限大于上限 gap: the lower bound is above the upper")
    asked = review_flags(criterion["test"], criterion["fact"], required)
    for flag in sorted(asked - criterion.get("reviews", {}).keys()):
        reason = f"reviews 缺少 {flag} 的问题 no question for {flag} in reviews"
        raise source.refuse(place, reason)


def _check_classes(source: Source, place: Place, programme: dict[str, Any]) -> None:
    for index, each in enumerate(programme["classes"]):
        ages = [entry for entry in each["criteria"] if entry.get("fact") == AGE]
        if len(ages) != 1 or each["criteria"][0].get("fact") != AGE:
            reason = "每类须以一个年龄条件开头 each class opens with its one age criterion"
            raise source.refuse((*place, index, "criteria"), reason)
    for day in change_days(programme):
        if day >= source.content["effective_on"]:
            _no_seam(source, place, programme["classes"], day)


def _no_seam(source: Source, place: Place, classes: list[dict[str, Any]], day: str) -> None:
    """Refuse classes that share an age, or leave one out between them, on `day`."""
    bands = sorted(
        (low, index, high)
        for index, each in enumerate(classes)
        for low, high in [_band(each["criteria"][0], day)]
    )
    for (_, below, high), (low, above, _) in pairwise(bands):
        at = (*place, above, "criteria", 0, "values")
        names = f"{classes[below]['id']}, {classes[above]['id']}"
        if high is NO_LIMIT or low <= high:
            raise source.refuse(at, f"重叠：{names} 年龄重叠 overlap of ages from {day}: {names}")
        if low > high + 1:
            raise source.refuse(
                at, f"空档：{names} 年龄不相接 gap between ages from {day}: {names}"
            )


def _band(criterion: dict[str, Any], day: str) -> tuple[int, int | None]:
    values = criterion["values"]
    value = values[max(since for since in values if since <= day)]
    return (value, NO_LIMIT) if criterion["test"] == "at_least" else (value[0], value[1])


def _criteria(place: Place, programme: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every criterion and every condition inside one, with its place."""
    for index, criterion in enumerate(programme["criteria"]):
        yield from _with_leaves((*place, "criteria", index), criterion)
    for number, each in enumerate(programme.get("classes", [])):
        for index, criterion in enumerate(each["criteria"]):
            yield from _with_leaves((*place, "classes", number, "criteria", index), criterion)


def _with_leaves(place: Place, criterion: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    yield place, criterion
    for number, way in enumerate(criterion.get("either", ())):
        for index, leaf in enumerate(way):
            yield (*place, "either", number, index), leaf


def _dated_places(
    place: Place, programme: dict[str, Any]
) -> Iterator[tuple[Place, dict[str, Any]]]:
    for index, parameter in enumerate(programme["parameters"]):
        yield (*place, "parameters", index, "values"), parameter["values"]
    for at, criterion in _criteria(place, programme):
        if "values" in criterion:
            yield (*at, "values"), criterion["values"]
        if "refers_within" in criterion:
            yield (*at, "refers_within"), criterion["refers_within"]


def _articles(place: Place, programme: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    for index, parameter in enumerate(programme["parameters"]):
        yield (*place, "parameters", index, "article"), parameter["article"]
    for at, criterion in _criteria(place, programme):
        if "article" in criterion:
            yield (*at, "article"), criterion["article"]
        if "waived_by" in criterion:
            yield (*at, "waived_by", "article"), criterion["waived_by"]["article"]
