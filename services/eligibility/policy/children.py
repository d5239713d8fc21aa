"""The children test of Nangang 三(一), child by child: who counts as living alone."""

from __future__ import annotations

from services.eligibility.policy.findings import Json
from services.eligibility.policy.looking import Case, Look, Seen, any_of
from services.eligibility.policy.model import Criterion
from shared.contracts.facts import Child

MIXED_CHILDREN = "MIXED_CHILDREN"
COUNTY_CHILD = "COUNTY_CHILD"
CHILD_UNKNOWN = "CHILD_UNKNOWN"


def each_child(_: Criterion, scope: dict[str, str]) -> Look:
    county = scope["county"]

    def seen(case: Case) -> Seen:
        children = case.facts.children
        if children is None:
            return Seen(None, None)
        living = [child for child in children if child.alive is not False]
        found: dict[str, Json] = {"children": len(children), "not_known_dead": len(living)}
        met, flag = _family([(_place(child, county), child) for child in living])
        if flag is not None:
            found["flag"] = flag
        return Seen(found, met, flag)

    return seen


def _place(child: Child, county: str) -> str | None:
    """`out_of_city`, `in_city`, `review` for a county to be weighed (K10), None for unknown."""
    if child.in_city is None:
        return None
    if child.in_city == "county":
        return county
    return "in_city" if child.in_city else "out_of_city"


def _family(children: list[tuple[str | None, Child]]) -> tuple[bool | None, str | None]:
    """Child by child (Nangang 三(一)): nobody in the city can help; both kinds together: review."""
    each = [_cannot_help(place, child) for place, child in children]
    if False in each:
        return False, None
    places = {place for place, _ in children}
    if None in each:
        county = any(
            met is None and place == "review"
            for met, (place, _) in zip(each, children, strict=True)
        )
        return None, COUNTY_CHILD if county else CHILD_UNKNOWN
    if "out_of_city" in places and places & {"in_city", "review"}:
        return None, MIXED_CHILDREN
    if None in places and len(children) > 1:
        return None, CHILD_UNKNOWN
    return True, None


def _cannot_help(place: str | None, child: Child) -> bool | None:
    """Away, or on dibao, or severely disabled; an unknown life or place keeps it open."""
    away = None if place in (None, "review") else place == "out_of_city"
    dead = None if child.alive is None else not child.alive
    return any_of((dead, away, child.dibao, child.severely_disabled))
