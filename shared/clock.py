"""The office clock: the one source of business dates; clients never say what day it is."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
CLOCK_FILE = "office-date"


class OfficeClock(Protocol):
    """What a service needs of the office clock."""

    def today(self) -> date:
        """The business date in Asia/Shanghai."""
        ...

    def now(self) -> datetime:
        """The business instant: the business date at the machine's time of day."""
        ...


class SystemClock:
    """The machine's own date, in Shanghai."""

    def today(self) -> date:
        return self.now().date()

    def now(self) -> datetime:
        return datetime.now(SHANGHAI)


class DirectoryClock:
    """The date that a data directory keeps in a file; without the file, the machine's date."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / CLOCK_FILE
        self._path = str(self._file)
        self._stamp = -1
        self._date: date | None = None

    def today(self) -> date:
        return self.now().date()

    def now(self) -> datetime:
        instant = datetime.now(SHANGHAI)
        fixed = self._fixed()
        return datetime.combine(fixed, instant.time(), SHANGHAI) if fixed else instant

    def set(self, day: date) -> None:
        """Move the office to a day; every process on the directory sees it at once."""
        draft = self._file.with_suffix(f".{os.getpid()}")
        draft.write_text(day.isoformat())
        draft.replace(self._file)

    def _fixed(self) -> date | None:
        try:
            stamp = os.stat(self._path).st_mtime_ns
        except FileNotFoundError:
            return None
        if stamp != self._stamp:
            self._date = date.fromisoformat(self._file.read_text().strip())
            self._stamp = stamp
        return self._date


def clock_of(kind: str, directory: Path) -> OfficeClock:
    """The clock that the settings name."""
    return SystemClock() if kind == "system" else DirectoryClock(directory)
