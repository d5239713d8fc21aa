"""Facts of many people as NumPy columns in which unknown keeps its place, for judging all at once.

Facts with few different values are dictionary-coded: a code a person, and each value once, so that
a criterion is asked once for each value and not once for each person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.contracts.facts import Child, Disability, PersonFacts

Array: TypeAlias = NDArray[Any]
Row: TypeAlias = dict[str, Any]

ROWS_AT_ONCE = 500
"""Few enough to stay in the processor's cache while they are read fact by fact."""
NO, UNKNOWN, YES = 0, 1, 255
"""Three values of a yes-or-no fact, in the order in which Kleene's `and` is the minimum."""

NO_DAY = 0
NEVER = 9999_12_31
NOT_KNOWN = -1
NOBODY_COUNTED = 0

FLAGS = (
    "sanwu", "gulao", "dibao", "tekun", "employed", "centenarian_certificate_held",
    "mobility_impaired", "device_need", "device_able", "enrolled",
)  # fmt: skip
WORDS = ("hukou_area", "residence_area", "area_code", "sex", "lives_with")
CODED = (*WORDS, "disability", "modification_needs", "children")
CHILD = tuple(Child.model_fields)
NOBODY = PersonFacts()
FLAG_CODES = {None: UNKNOWN, False: NO, True: YES}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """`codes[name]` has one entry a person.

    Days are whole numbers `YYYYMMDD`; `values[name]` lists what the codes of a dictionary-coded
    fact stand for, the first of them `None`, unknown. `area_code` is no fact, but the place by
    which people are counted, where the source names it.
    """

    codes: Mapping[str, Array]
    values: Mapping[str, tuple[Any, ...]]
    _known: dict[str, list[PersonFacts]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.codes["birth_on"])

    def people_of(self, fact: str) -> list[PersonFacts]:
        """For each value of a dictionary-coded fact, or of a flag, somebody of whom it is known."""
        if fact not in self._known:
            values = tuple(FLAG_CODES) if fact in FLAGS else self.values[fact]
            self._known[fact] = [NOBODY.model_copy(update={fact: value}) for value in values]
        return self._known[fact]


def columns_of(facts: Iterable[PersonFacts]) -> Columns:
    """The facts of people in the order given."""
    return columns_of_json(one.model_dump_json(exclude_none=True) for one in facts)


def columns_of_json(rows: Iterable[bytes | str]) -> Columns:
    """The same from one JSON object a person, as letters and tables hold facts."""
    maker = ColumnsMaker()
    rest = iter(rows)
    while chunk := list(islice(rest, ROWS_AT_ONCE)):
        maker.add(b"[" + b",".join(_utf8(row) for row in chunk) + b"]")
    return maker.made()


class ColumnsMaker:
    """Takes people chunk by chunk, so that only one chunk is ever held as JSON."""

    def __init__(self) -> None:
        self._words = {name: _Codes(_as_it_is) for name in WORDS}
        self._disabilities = _Codes(_disability)
        self._needs = _Codes(_as_it_is)
        self._families = _Families()
        self._days = _Days()
        self._chunks: dict[str, list[Array]] = {}

    def add(self, people: bytes | str) -> None:
        """One JSON array with the facts of some people; keys that are no facts are passed over."""
        rows: list[Row] = orjson.loads(people)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            self._add(rows[start : start + ROWS_AT_ONCE])

    def _add(self, rows: list[Row]) -> None:
        self._add_numbers(rows)
        for name in FLAGS:
            self._keep(name, np.uint8, [FLAG_CODES[row.get(name)] for row in rows])
        for name, codes in self._words.items():
            self._keep(name, np.int32, [codes[row.get(name)] for row in rows])
        found = [row.get("disability") for row in rows]
        disabilities = self._disabilities
        self._keep(
            "disability",
            np.int32,
            [
                disabilities[one if one is None or isinstance(one, str) else _certificate(one)]
                for one in found
            ],
        )
        needs = [row.get("modification_needs") for row in rows]
        self._keep(
            "modification_needs",
            np.int32,
            [self._needs[None if one is None else tuple(one)] for one in needs],
        )
        families = self._families
        children = [families[orjson.dumps(row.get("children"))] for row in rows]
        self._keep("children", np.int32, children)

    def made(self) -> Columns:
        """Everybody added; the maker is empty afterwards."""
        if not self._chunks:
            self._add([])
        coded = {
            **self._words,
            "disability": self._disabilities,
            "modification_needs": self._needs,
            "children": self._families.codes,
        }
        values = {name: tuple(codes.values_of) for name, codes in coded.items()}
        narrow = {name: np.min_scalar_type(len(values[name])) for name in CODED}
        columns: dict[str, Array] = {}
        while self._chunks:
            name, chunks = self._chunks.popitem()
            whole = np.concatenate(chunks)
            columns[name] = whole.astype(narrow.get(name, whole.dtype), copy=False)
        return Columns(columns, values)

    def _add_numbers(self, rows: list[Row]) -> None:
        days = self._days
        self._keep("birth_on", np.int32, [days[row.get("birth_on")] for row in rows])
        died = [days[row.get("died_on")] or NEVER for row in rows]
        self._keep("died_on", np.int32, died)
        sizes = [row.get("household_size") or NOBODY_COUNTED for row in rows]
        self._keep("household_size", np.uint8, sizes)
        name = "household_monthly_income_fen"
        incomes = [row.get(name) for row in rows]
        known = [NOT_KNOWN if one is None else one for one in incomes]
        self._keep(name, np.int64, known)

    def _keep(self, name: str, kind: type[np.generic], column: list[int]) -> None:
        self._chunks.setdefault(name, []).append(np.array(column, kind))


class _Codes(dict[Any, int]):
    """Gives every new value the next code; code 0 is `None`."""

    def __init__(self, valued: Callable[[Any], Any]) -> None:
        super().__init__({None: 0})
        self.values_of: list[Any] = [None]
        self._valued = valued

    def __missing__(self, key: Any) -> int:
        code = self[key] = len(self)
        self.values_of.append(self._valued(key))
        return code


class _Families(dict[bytes, int]):
    """The code of a family by its JSON as found; families that differ in order alone share one."""

    def __init__(self) -> None:
        super().__init__({orjson.dumps(None): 0})
        self.codes = _Codes(self._children)
        self._kinds = _Codes(_child)

    def __missing__(self, found: bytes) -> int:
        kinds = (
            self._kinds[tuple(child.get(name) for name in CHILD)] for child in orjson.loads(found)
        )
        code = self[found] = self.codes[tuple(sorted(kinds))]
        return code

    def _children(self, kinds: tuple[int, ...]) -> tuple[Child, ...]:
        return tuple(self._kinds.values_of[kind] for kind in kinds)


class _Days(dict[Any, int]):
    """Days as `YYYYMMDD`, each read once."""

    def __init__(self) -> None:
        super().__init__({None: NO_DAY})

    def __missing__(self, day: str) -> int:
        code = self[day] = int(day.replace("-", ""))
        return code


def _as_it_is(value: Any) -> Any:
    return value


def _certificate(found: Row) -> tuple[int, int]:
    """Without its last day, as in the one-person tests (`criteria._grade_at_most`)."""
    return found["category"], found["grade"]


def _disability(key: Any) -> str | Disability:
    return key if isinstance(key, str) else Disability(category=key[0], grade=key[1])


def _child(key: tuple[Any, ...]) -> Child:
    return Child(**dict(zip(CHILD, key, strict=True)))


def _utf8(row: bytes | str) -> bytes:
    return row.encode() if isinstance(row, str) else row
