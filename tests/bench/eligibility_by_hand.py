"""The voucher as somebody in a hurry writes it in NumPy: two values, no unknown, no reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.eligibility.policy.columns import NO, Columns

Array = NDArray[Any]


def voucher(columns: Columns, as_of: date) -> Array:
    """The class of everybody entitled, 0 to 2 for A to C, and -1 for everybody else."""
    codes, values = columns.codes, columns.values
    today = as_of.year * 10_000 + as_of.month * 100 + as_of.day
    beijing = np.array([str(area).startswith("11") for area in values["hukou_area"]])
    chaoyang = np.array([str(area).startswith("110105") for area in values["residence_area"]])
    heavy = [getattr(one, "grade", 9) <= 2 for one in values["disability"]]
    years = (today - codes["birth_on"]) // 10_000
    here = beijing[codes["hukou_area"]] & chaoyang[codes["residence_area"]]
    here &= codes["died_on"] >= today
    severe = np.array(heavy)[codes["disability"]]
    idle = codes["employed"] == NO
    old = (years >= 80) & (codes["birth_on"] > 0)
    middle = (years >= 60) & (years <= 79) & severe
    young = (years >= 16) & (years <= 59) & severe & idle
    classes = np.full(len(columns), -1, np.int8)
    classes[here & old] = 0
    classes[here & middle] = 1
    classes[here & young] = 2
    return classes
