"""A unit of work: one transaction with the caller's scope, its letters, audit rows and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import telemetry
from shared.audit import AUDITED, AuditRow, auditing
from shared.caller import Caller
from shared.clock import OfficeClock
from shared.contracts.letter import Envelope, Letter
from shared.driver import counted, fetched
from shared.idempotency import ANSWERED, Answer, Attempt, Replayed
from shared.outbox import POSTED, posting

Row: TypeAlias = Mapping[str, Any]
"""A row by its columns' names."""

STATEMENTS_KEPT = 1024
BEGIN = text(
    "SELECT set_config('juyang.areas', :areas, true), set_config('juyang.agency', :agency, true)"
)


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
    connection: AsyncConnection | None = None
    trace: str | None = None
    wrote: bool = False

    @property
    def today(self) -> date:
        """The business date."""
        return self.clock.today()

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self.clock.now()

    async def begin(self) -> AsyncConnection:
        """Start the transaction and set the scope by an explicit statement.

        Raises:
            Replayed: the idempotency key has been answered before.
        """
        if self.connection is not None:
            return self.connection
        self.connection = await self.engine.connect()
        areas = self.areas if self.areas is not None else self.caller.patterns
        scope = {"areas": areas, "agency": self.caller.bound_agency}
        if self.attempt is None:
            await self.connection.execute(BEGIN, scope)
        elif (stored := await self.attempt.claim(self.connection, **scope)) is not None:
            raise Replayed(stored)
        return self.connection

    async def rescope(self, areas: str) -> None:
        """Change the areas inside the transaction (a consumer goes from letter to letter)."""
        if self.areas != areas:
            self.areas = areas
            connection = await self.begin()
            await connection.execute(BEGIN, {"areas": areas, "agency": self.caller.bound_agency})

    async def rows(self, sql: str, /, **values: Any) -> Sequence[Row]:
        """All rows of a statement."""
        return await fetched(await self.begin(), sql, values)

    async def row(self, sql: str, /, **values: Any) -> Row | None:
        """The first row of a statement, or none."""
        found = await fetched(await self.begin(), sql, values)
        return found[0] if found else None

    async def value(self, sql: str, /, **values: Any) -> Any:
        """The first column of the first row, or none."""
        found = await fetched(await self.begin(), sql, values)
        return next(iter(found[0].values())) if found else None

    async def run(self, sql: str, /, **values: Any) -> int:
        """Run a statement and count its rows."""
        return await counted(await self.begin(), sql, values)

    async def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each row, prepared once."""
        if rows:
            connection = await self.begin()
            await connection.execute(statement(sql), list(rows))

    async def copy(
        self, table: str, records: Iterable[tuple[Any, ...]], columns: Sequence[str]
    ) -> None:
        """COPY into a table without row-level security (a staging table), same transaction."""
        connection = await self.begin()
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.copy_records_to_table(table, records=records, columns=list(columns))

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
        """Write the collected letters, audit rows and answer, in one statement."""
        parts, values = [], {}
        if self.audits:
            parts.append(AUDITED)
            values |= auditing(self.audits)
        if self.letters:
            parts.append(POSTED)
            values |= posting(self.letters)
        if self.attempt is not None and self.answer is not None:
            parts.append(ANSWERED)
            values |= self.attempt.answering(self.answer)
        if parts:
            self.wrote = True
            self.letters, self.audits, self.answer = [], [], None
            connection = await self.begin()
            await fetched(connection, closing(tuple(parts)), values)

    @asynccontextmanager
    async def attempted(self) -> AsyncIterator[None]:
        """A savepoint: what fails inside is undone with its letters, the rest stands."""
        connection = await self.begin()
        letters, audits = len(self.letters), len(self.audits)
        savepoint = await connection.begin_nested()
        try:
            yield
        except BaseException:
            await savepoint.rollback()
            del self.letters[letters:], self.audits[audits:]
            raise
        await savepoint.commit()

    async def commit(self) -> bool:
        """Flush and commit; tells whether letters or audit rows were written, to be carried on."""
        await self.flush()
        if self.connection is None:
            return False
        await self.connection.commit()
        await self._close()
        return self.wrote

    async def abandon(self) -> None:
        """Roll back and give the connection back, whatever state it is in."""
        if self.connection is not None:
            try:
                with suppress(DBAPIError, OSError):
                    await self.connection.rollback()
            finally:
                await self._close()
        self.letters.clear()
        self.audits.clear()
        self.answer = None

    async def _close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            await connection.close()


@lru_cache(maxsize=STATEMENTS_KEPT)
def statement(sql: str) -> TextClause:
    """A statement from its text, which is searched for parameters once."""
    return text(sql)


@lru_cache
def closing(parts: tuple[str, ...]) -> str:
    """The statement that writes what was collected."""
    return f"WITH {','.join(parts)} SELECT 1"
