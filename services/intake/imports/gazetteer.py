"""From the names that rosters write to area codes: communities of the district, places of hukou."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

HUKOU_PLACES = Path(__file__).parent / "data" / "hukou.csv"
CITIES = ("北京市", "哈尔滨市")
PROVINCE = slice(0, 2)
STREET = slice(0, 9)
STREET_DIGITS, COMMUNITY_DIGITS = 9, 12
CODE_DIGITS = (6, 9, 12)
# Harbin or Heilongjiang alone leaves open whether the hukou is Nangang's: unknown, never "no".
WITHOUT_DISTRICT = "230100"
WITHOUT_CITY = "230000"
SHORTEST_STEM = 2
COMMUNITIES_KEPT, PLACES_KEPT = 16384, 4096
STREET_ENDINGS = ("街道办事处", "地区办事处", "街道", "地区", "办事处")
COMMUNITY_ENDINGS = (
    "社区居民委员会",
    "社区居委会",
    "村民委员会",
    "居民委员会",
    "村委会",
    "居委会",
    "社区",
    "村",
)
KINDS = ("社区", "村")
REGION_ENDINGS = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区")
PLACE_ENDINGS = (*REGION_ENDINGS, "省", "市", "区", "县")


def tidy(text: str) -> str:
    """Half-width, without any white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _stem(name: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        stem = name.removesuffix(ending)
        if stem != name and len(stem) >= SHORTEST_STEM:
            return stem
    return name


def _street_spellings(name: str) -> tuple[str, ...]:
    return name, _stem(name, STREET_ENDINGS)


def _community_spellings(name: str) -> tuple[str, ...]:
    """From exact to short: 高井社区居委会, 高井社区, 高井 (a village may have that name)."""
    stem = _stem(name, COMMUNITY_ENDINGS)
    kind = next((kind for kind in KINDS if name[len(stem) :].startswith(kind)), "")
    return name, stem + kind, stem


def _first(book: dict[str, set[str]], spellings: Iterable[str]) -> set[str]:
    return next((book[spelling] for spelling in spellings if spelling in book), set())


class Gazetteer:
    """Looks up 12-digit communities by code or by street and name; a doubtful name gives None."""

    def __init__(self, areas: Iterable[tuple[str, str]]) -> None:
        """`areas` are (code, name) of streets (9 digits) and communities (12)."""
        self.codes: set[str] = set()
        self._streets: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for code, name in areas:
            if len(code) == STREET_DIGITS:
                self._enter(self._streets, code, _street_spellings(tidy(name)))
            elif len(code) == COMMUNITY_DIGITS:
                self.codes.add(code)
                self._enter(self._names, code, _community_spellings(tidy(name)))
        self.community = lru_cache(maxsize=COMMUNITIES_KEPT)(self._community)

    @staticmethod
    def _enter(book: dict[str, set[str]], code: str, spellings: Iterable[str]) -> None:
        for spelling in spellings:
            book.setdefault(spelling, set()).add(code)

    def _community(self, street: str, community: str) -> str | None:
        name = tidy(community)
        if name in self.codes:
            return name
        streets: set[str] | None = None
        if street:
            named = tidy(street)
            streets = {named} | _first(self._streets, _street_spellings(named))
        for spelling in _community_spellings(name):
            found = self._names.get(spelling, set())
            if streets is not None:
                found = {code for code in found if code[STREET] in streets}
            if len(found) == 1:
                return next(iter(found))
        return None


def _variants(name: str) -> Iterable[str]:
    yield name
    yield _stem(name, PLACE_ENDINGS)
    for city in CITIES:
        district = name.removeprefix(city)
        if district and district != name:
            for called in (district, _stem(district, PLACE_ENDINGS)):
                yield called
                yield city.removesuffix("市") + called


def _places() -> dict[str, str]:
    with HUKOU_PLACES.open(encoding="utf-8", newline="") as file:
        rows = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    return {variant: code for code, name in reversed(rows) for variant in _variants(name)}


PLACES = _places()
PROVINCES = frozenset(code[PROVINCE] for code in PLACES.values())


@lru_cache(maxsize=PLACES_KEPT)
def place(text: str) -> str | None:
    """The code of a hukou or a home: district where the text says it, else the province outside.

    None when the place is not known, or too coarse to decide on (Harbin without its district).
    """
    name = tidy(text)
    if name.isascii() and name.isdigit():
        known = len(name) in CODE_DIGITS and name[PROVINCE] in PROVINCES
        return name if known else None
    code, rest = _longest(name)
    if code == WITHOUT_CITY:
        code = place(rest) or (None if not rest or _longest(rest)[0] else code)
    return None if code == WITHOUT_DISTRICT else code


def _longest(name: str) -> tuple[str | None, str]:
    if name in PLACES:
        return PLACES[name], ""
    for end in range(len(name) - 1, SHORTEST_STEM, -1):
        if name[:end] in PLACES and name[end - 1] in "省市区县":
            return PLACES[name[:end]], name[end:]
    return None, name
