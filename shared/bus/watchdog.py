"""The watchdog of a consumer: ends a process that makes no progress while letters wait.

A thread of its own, since what hangs may be the event loop. Whoever started the process starts it
again, and what was not committed comes again.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("juyang.bus")
PATIENCE_S = 50.0
TICK_S = 1.0
EXIT = os.EX_TEMPFAIL


class Watchdog:
    """Looks every second whether the batch in hand is still the same one."""

    def __init__(self, consumer: str, patience_s: float = PATIENCE_S) -> None:
        self._consumer = consumer
        self._patience_s = patience_s
        self._batch = 0
        self._busy = False
        self._over = threading.Event()

    def start(self) -> None:
        """Watch from now on."""
        self._over.clear()
        threading.Thread(target=self._watch, name=f"watch {self._consumer}", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """A batch is in hand."""
        self._batch += 1
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def bark(self, why: str) -> None:
        """End the process at once: whatever hangs would hang in an orderly end too."""
        log.critical("consumer %s ends its process: %s", self._consumer, why)
        logging.shutdown()
        os._exit(EXIT)

    def _watch(self) -> None:
        """Ticks are counted, not time: a process that was stopped has not been stuck meanwhile."""
        seen, still_s = 0, 0.0
        while not self._over.wait(TICK_S):
            stuck = self._busy and self._batch == seen
            seen, still_s = self._batch, still_s + TICK_S if stuck else 0.0
            if still_s >= self._patience_s:
                self.bark(f"a batch of letters has been in hand for {still_s:g} s")
