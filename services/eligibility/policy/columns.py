"""Facts of many people as NumPy columns in which unknown keeps its place, for judging all at once.

Facts with few different values are dictionary-coded: a code a person, and each value once, so that
a criterion is asked once for each value and not once for each person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.contracts.facts import Child, Disability, PersonFacts

Array: TypeAlias = NDArray[Any]
Row: TypeAlias = dict[str, Any]

ROWS_AT_ONCE = 20_000
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

    def __len__(self) -> int:
        return len(self.codes["birth_on"])


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
        self._child_kinds = _Codes(_child)
        self._families = _Codes(self._family)
        self._days = _Days()
        self._chunks: dict[str, list[Array]] = {}

    def add(self, people: bytes | str) -> None:
        """One JSON array with the facts of some people; keys that are no facts are passed over."""
        rows: list[Row] = orjson.loads(people)
        self._add_numbers(rows)
        for name in FLAGS:
            self._keep(name, np.uint8, [FLAG_CODES[row.get(name)] for row in rows])
        for name, codes in self._words.items():
            self._keep(name, np.int32, [codes[row.get(name)] for row in rows])
        for name, codes, key in (
            ("disability", self._disabilities, _disability_key),
            ("modification_needs", self._needs, _needs_key),
            ("children", self._families, self._family_key),
        ):
            found = [row.get(name) for row in rows]
            self._keep(name, np.int32, [0 if one is None else codes[key(one)] for one in found])

    def made(self) -> Columns:
        """Everybody added; the maker is empty afterwards."""
        if not self._chunks:
            self.add(b"[]")
        coded = {
            **self._words,
            "disability": self._disabilities,
            "modification_needs": self._needs,
            "children": self._families,
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

    def _family_key(self, children: list[Row]) -> bytes:
        """The kinds of a family's children in one order, since a family is judged as a whole."""
        kinds = self._child_kinds
        return bytes(
            sorted(
                kinds[
                    child.get("alive"),
                    child.get("in_city"),
                    child.get("dibao"),
                    child.get("severely_disabled"),
                ]
                for child in children
            )
        )

    def _family(self, kinds: bytes) -> tuple[Child, ...]:
        return tuple(self._child_kinds.values_of[kind] for kind in kinds)


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


class _Days(dict[Any, int]):
    """Days as `YYYYMMDD`, each read once."""

    def __init__(self) -> None:
        super().__init__({None: NO_DAY})

    def __missing__(self, day: str) -> int:
        code = self[day] = int(day.replace("-", ""))
        return code


def _as_it_is(value: Any) -> Any:
    return value


def _disability_key(found: str | Row) -> Any:
    return found if isinstance(found, str) else (found["category"], found["grade"])


def _disability(key: Any) -> str | Disability:
    return key if isinstance(key, str) else Disability(category=key[0], grade=key[1])


def _needs_key(found: list[str]) -> tuple[str, ...]:
    return tuple(sorted(found))


def _child(key: tuple[Any, ...]) -> Child:
    alive, in_city, dibao, severely_disabled = key
    return Child(alive=alive, in_city=in_city, dibao=dibao, severely_disabled=severely_disabled)


def _utf8(row: bytes | str) -> bytes:
    return row.encode() if isinstance(row, str) else row
