"""A unit of work: one transaction with the caller's scope, its letters, audit rows and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import telemetry
from shared.audit import AuditRow, auditing
from shared.caller import Caller
from shared.clock import OfficeClock
from shared.contracts.letter import Envelope, Letter
from shared.driver import Line
from shared.idempotency import ANSWERED, CLAIMED, Answer, Attempt
from shared.outbox import posting
from shared.swift import Asking, Bidding, Row, Whole, glance, settle

NOTHING = "SELECT 1"
RELEASE = "RELEASE SAVEPOINT attempted"
SCOPE = (
    "SELECT set_config('juyang.areas', :areas, true), set_config('juyang.agency', :agency, true)"
)
# What is asked runs after the claim and in its scope, and not at all if the key was taken before.
OPENED = f"""
WITH {CLAIMED}
SELECT opened.fresh AS opened_fresh, asked.* FROM opened LEFT JOIN LATERAL (
    SELECT asked.* FROM ({{sql}}) AS asked WHERE opened.fresh OFFSET 0) AS asked ON true
"""


@dataclass(slots=True)
class Work:
    """Opens its transaction at the first statement; `commit` sends letters and audit with it."""

    engine: AsyncEngine
    caller: Caller
    clock: OfficeClock
    attempt: Attempt | None = None
    areas: str | None = None
    cause: Envelope | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    letters: list[Envelope] = field(default_factory=list)
    audits: list[AuditRow] = field(default_factory=list)
    answer: Answer | None = None
    line: Line | None = None
    put_off: tuple[str, Mapping[str, Any]] | None = None
    swift: bool = False
    at_once: Bidding | None = None
    trace: str | None = None
    day: date | None = None
    wrote: bool = False

    @property
    def today(self) -> date:
        """The business date: one for the whole of the work."""
        self.day = self.day or self.clock.today()
        return self.day

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self.clock.now()

    async def begin(self) -> Line:
        """Start the transaction and set the scope by an explicit statement.

        Raises:
            Replayed: the idempotency key has been answered before.
        """
        if self.line is None:
            self.line = await Line.open(self.engine)
            if self.attempt is None:
                await self.line.fetch(SCOPE, self._scope)
            else:
                await self.attempt.claim(self.line, self._scope)
        if self.put_off is not None:
            (sql, values), self.put_off = self.put_off, None
            await self.line.fetch(sql, values)
        return self.line

    @property
    def _scope(self) -> dict[str, str]:
        areas = self.areas if self.areas is not None else self.caller.patterns
        return {"areas": areas, "agency": self.caller.bound_agency}

    async def rescope(self, areas: str) -> None:
        """Change the areas inside the transaction (a consumer goes from letter to letter)."""
        if self.areas != areas:
            self.areas = areas
            line = await self.begin()
            await line.fetch(SCOPE, self._scope)

    async def rows(self, sql: str, /, **values: Any) -> Sequence[Row]:
        """All rows of a statement."""
        return await (await self.begin()).fetch(sql, values)

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        """The first row of a statement, or none."""
        found = await (await self.begin()).fetch(sql, values)
        return found[0] if found else None

    async def first(self, sql: str, /, **values: Any) -> Row | None:
        """The first row of a call of a volatile function; its work opens in the same round trip.

        Only a function looks at the database anew and so sees what the claim has waited for.

        Raises:
            Replayed: the idempotency key has been answered before.
        """
        if self.line is not None or self.attempt is None:
            return await self.row(sql, **values)
        self.line = await Line.open(self.engine)
        claiming = self.attempt.claiming(self._scope)
        row, *_ = await self.line.fetch(opening(sql), {**values, **claiming})
        if not row["opened_fresh"]:
            await self.attempt.replay(self.line)
        return row

    async def glance(self, asking: Asking, one: Any) -> Row:
        """What one's question finds, read without a lock before any transaction.

        Only a `swift` work may glance. It writes what it decides upon that with `bid`, or is done
        again.

        Raises:
            Afresh: the key was taken before, or the statement failed.
        """
        assert self.swift
        assert self.attempt is not None
        return await glance(self.engine, self._scope, asking, (self.attempt, one))

    def bid(self, bidding: Bidding) -> None:
        """Put off the one write of a work that has only glanced.

        Claim, write, letters, audit and answer are in one statement then, in which others may
        share; `commit` raises `Afresh` where it cannot stand.
        """
        assert self.line is None
        self.at_once = bidding

    async def value(self, sql: str, /, **values: Any) -> Any:
        """The first column of the first row, or none."""
        found = await (await self.begin()).fetch(sql, values)
        return next(iter(found[0].values())) if found else None

    async def run(self, sql: str, /, **values: Any) -> int:
        """Run a statement and count its rows."""
        return await (await self.begin()).count(sql, values)

    async def run_last(self, sql: str, /, **values: Any) -> None:
        """Run a query for its effect before any other statement, at the latest with the audit."""
        await self.begin()
        self.put_off = (sql, values)

    async def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each row, prepared once."""
        if rows:
            await (await self.begin()).many(sql, rows)

    async def copy(
        self, table: str, records: Iterable[tuple[Any, ...]], columns: Sequence[str]
    ) -> None:
        """COPY into a table without row-level security (a staging table), same transaction."""
        await (await self.begin()).copy(table, records, columns)

    def send(self, *letters: Letter) -> None:
        """Put letters into the outbox when the work commits; a job's work is a trace of its own."""
        cause = self.cause.id if self.cause else None
        trace = telemetry.traceparent() or self._begun()
        self.letters += [
            Envelope.around(letter, causation_id=cause, traceparent=trace) for letter in letters
        ]

    def _begun(self) -> str | None:
        self.trace = self.trace or telemetry.begun(self.caller.sub)
        return self.trace

    def audit(
        self, act: str, subject: str = "", *, count: int = 1, detail: str = "", digest: str = ""
    ) -> None:
        """Add an audit row to the transaction."""
        self.audits.append(
            AuditRow.of(self.caller, act, subject, count=count, detail=detail, digest=digest)
        )

    def remember(self, answer: Answer) -> None:
        """Keep the answer under the attempt's key, in the same transaction as its effect."""
        self.answer = answer if self.attempt is not None else None

    async def flush(self) -> None:
        """Write the collected letters, audit rows and answer, in one statement.

        Raises:
            Afresh: what was bid cannot stand.
        """
        if self.at_once is not None:
            assert self.attempt is not None
            assert self.answer is not None
            whole = Whole(self.attempt, self.answer, self.audits, self.letters, self.at_once.one)
            await settle(self.engine, self._scope, self.at_once, whole)
            self.wrote = True
            self.letters, self.audits, self.answer = [], [], None
            return
        parts: list[str] = []
        values: dict[str, Any] = {}
        if self.audits:
            part, more = auditing(self.audits)
            parts.append(part)
            values |= more
        if self.letters:
            part, more = posting(self.letters)
            parts.append(part)
            values |= more
        if self.attempt is not None and self.answer is not None:
            parts.append(ANSWERED)
            values |= self.attempt.answering(self.answer)
        if parts:
            self.wrote = True
            self.letters, self.audits, self.answer = [], [], None
            last, self.put_off = self.put_off, None
            sql, more = last or (NOTHING, {})
            line = await self.begin()
            await line.fetch(closing(tuple(parts), sql), {**values, **more})

    @asynccontextmanager
    async def attempted(self) -> AsyncIterator[None]:
        """A savepoint: what fails inside is undone with its letters, the rest stands."""
        line = await self.begin()
        letters, audits = len(self.letters), len(self.audits)
        await line.command("SAVEPOINT attempted")
        try:
            yield
            await self.begin()
        except BaseException:
            self.put_off = None
            with suppress(DBAPIError):  # a lost connection: why it is lost is what is told
                await line.command(f"ROLLBACK TO SAVEPOINT attempted; {RELEASE}")
            del self.letters[letters:], self.audits[audits:]
            raise
        await line.command(RELEASE)

    async def commit(self) -> bool:
        """Flush and commit; tells whether letters or audit rows were written, to be carried on."""
        await self.flush()
        if self.line is None:
            return self.wrote
        await (await self.begin()).command("COMMIT")
        await self._close()
        return self.wrote

    async def abandon(self) -> None:
        """Roll back and give the connection back, whatever state it is in."""
        await self._close()
        self.letters.clear()
        self.audits.clear()
        self.answer = self.put_off = self.at_once = None

    async def _close(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            await line.close()


@lru_cache
def opening(sql: str) -> str:
    """The statement that claims the key, sets the scope, and then asks."""
    return OPENED.format(sql=sql)


@lru_cache
def closing(parts: tuple[str, ...], last: str) -> str:
    """The statement that writes what was collected, after what was put off."""
    return f"WITH {','.join(parts)} SELECT 1 FROM ({last}) AS last"
