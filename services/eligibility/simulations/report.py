"""The result of a what-if: tables and chart data out of the tallies, with nothing personal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.eligibility.policy import Programme
from services.eligibility.policy.model import Criterion
from services.eligibility.simulations.comparing import KINDS, Pair, Tally
from services.eligibility.simulations.projection import AMOUNT, Projection
from services.eligibility.simulations.withholding import Shown, shown
from shared.contracts.months import month_of

STREET, COMMUNITY = 9, 12
GAINED, LOST = KINDS.index("gained"), KINDS.index("lost")
CHARTED = 20
"""So many streets stand in a chart, those with the largest changes."""
Json = dict[str, Any]


def programme_report(tally: Tally) -> Json:
    """One programme: who was in and is in, newly in and out, by class, criterion and place."""
    pair, counts = tally.pair, tally.counts
    totals = counts.sum(axis=(0, 1))
    return {
        "programme": pair.id,
        "name_zh": pair.either.name.zh,
        "name_en": pair.either.name.en,
        "totals": _kinds(totals),
        "open": dict(tally.open),
        "by_class": [
            {"class": name, **_kinds(counts[:, at].sum(axis=0))}
            for at, name in enumerate(pair.classes)
            if counts[:, at].any()
        ],
        "by_criterion": [
            {"effect": effect, "criterion": name, "article": _article(pair, name), "people": people}
            for (effect, name), people in sorted(tally.reasons.items())
        ],
        "by_street": _by_place(tally, STREET),
        "by_community": _by_place(tally, COMMUNITY),
    }


def budget(tally: Tally, projection: Projection, given_fen: Mapping[str, int]) -> Iterator[Json]:
    """Each month's money by class and by fund, before and after."""
    pair = tally.pair
    for at, day in enumerate(tally.months):
        sides = (pair.before, pair.after)
        needs = [
            _need(pair, programme, tally.heads[at, number], day)
            for number, programme in enumerate(sides)
        ]
        common = {"programme": pair.id, "month_on": month_of(day).isoformat()}
        for place, name in enumerate(pair.classes):
            heads = [int(tally.heads[at, number, place]) for number in range(len(sides))]
            if any(heads):
                yield {**common, "class": name, "fund": None, **_money(name, needs, heads)}
        borne = [projection.borne(pair.id, day, need, given_fen) for need in needs]
        for fund in dict.fromkeys(name for one in borne for name in one):
            yield {**common, "class": None, "fund": fund, **_money(fund, borne, None)}


def charts(programmes: Sequence[Json], months: Sequence[Json]) -> list[Json]:
    """Data for charts: labels and series; a withheld count is null."""
    drawn: list[Json] = []
    for one in programmes:
        named = {"programme": one["programme"]}
        classes = one["by_class"]
        drawn.append(
            {
                **named,
                "chart": "by_class",
                "labels": [row["class"] for row in classes],
                "series": [
                    {"name": kind, "values": [row[kind] for row in classes]} for kind in KINDS
                ],
            }
        )
        streets = sorted(one["by_street"], key=_size, reverse=True)[:CHARTED]
        drawn.append(
            {
                **named,
                "chart": "by_street",
                "labels": [f"{row['area_code']} {row['class']}" for row in streets],
                "series": [
                    {"name": kind, "values": [_number(row[kind]) for row in streets]}
                    for kind in ("gained", "lost")
                ],
            }
        )
    return drawn + _money_charts(months)


def districts_of(tallies: Sequence[Tally], digits: int) -> list[str]:
    """The districts in which anybody is or would be entitled."""
    return sorted(
        {
            place[:digits]
            for tally in tallies
            for place, at in tally.places.items()
            if tally.counts[at].any()
        }
    )


def entitled(tallies: Sequence[Tally], kind: str) -> int:
    """How many are entitled, before or after."""
    return sum(int(tally.counts[:, :, KINDS.index(kind)].sum()) for tally in tallies)


def _kinds(row: Any) -> Json:
    return {kind: int(count) for kind, count in zip(KINDS, row, strict=True)}


def _by_place(tally: Tally, digits: int) -> list[Json]:
    """Newly in and out by place and class; the totals told beside it are those one level up."""
    sums: dict[tuple[str, int], list[int]] = {}
    for place, at in tally.places.items():
        for class_at in range(len(tally.pair.classes)):
            one = sums.setdefault((place[:digits], class_at), [0, 0])
            one[0] += int(tally.counts[at, class_at, GAINED])
            one[1] += int(tally.counts[at, class_at, LOST])
    told = [_told({key: one[side] for key, one in sums.items()}, digits) for side in range(2)]
    return [
        {
            "area_code": place,
            "class": tally.pair.classes[class_at],
            "gained": told[0][place, class_at],
            "lost": told[1][place, class_at],
        }
        for place, class_at in sorted(sums)
        if any(sums[place, class_at])
    ]


def _told(counts: Mapping[tuple[str, int], int], digits: int) -> dict[tuple[str, int], Shown]:
    """The counts of places as they may be told, class by class."""
    told: dict[tuple[str, int], Shown] = {}
    for class_at in dict.fromkeys(at for _, at in counts):
        own = {place: count for (place, at), count in counts.items() if at == class_at}
        parents = {place: place[:STREET] if digits == COMMUNITY else "" for place in own}
        told |= {(place, class_at): count for place, count in shown(own, parents).items()}
    return told


def _article(pair: Pair, criterion: str) -> str:
    """The article of a criterion on either side; the programme's own where there is none."""
    for side in (pair.after, pair.before):
        for one in _criteria(side) if side else ():
            if one.id == criterion:
                return one.article
    return pair.either.article


def _criteria(programme: Programme) -> Iterator[Criterion]:
    yield from programme.criteria
    for each in programme.classes:
        yield from each.criteria


def _need(pair: Pair, programme: Programme | None, heads: Any, day: Any) -> dict[str, int]:
    if programme is None or AMOUNT not in programme.parameters:
        return {}
    amount_fen = programme.parameter(AMOUNT, day)
    return {
        name: int(count) * amount_fen
        for name, count in zip(pair.classes, heads, strict=True)
        if count
    }


def _money(name: str, sides: Sequence[Mapping[str, int]], heads: Sequence[int] | None) -> Json:
    before, after = (side.get(name, 0) for side in sides)
    counted = {} if heads is None else {"heads_before": heads[0], "heads_after": heads[1]}
    return {**counted, "before_fen": before, "after_fen": after, "more_fen": after - before}


def _money_charts(months: Sequence[Json]) -> list[Json]:
    drawn = []
    for name in dict.fromkeys(row["programme"] for row in months):
        rows = [row for row in months if row["programme"] == name and row["fund"] is None]
        labels = list(dict.fromkeys(row["month_on"] for row in rows))
        series = [
            {
                "name": side,
                "values": [
                    sum(row[f"{side}_fen"] for row in rows if row["month_on"] == label)
                    for label in labels
                ],
            }
            for side in ("before", "after")
        ]
        drawn.append(
            {"programme": name, "chart": "money_by_month", "labels": labels, "series": series}
        )
    return drawn


def _number(count: Shown) -> int | None:
    return count if isinstance(count, int) else None


def _size(row: Json) -> int:
    return sum(_number(row[kind]) or 0 for kind in ("gained", "lost"))
