"""How long the daily look at 150,000 running awards takes: most days, and if all fall due."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import asyncpg

from deploy.office import service_of
from services.eligibility.rechecks.jobs import Swept, sweep_awards
from shared.bus.direct import DirectBus
from shared.clock import DirectoryClock
from shared.runtime import Runtime
from tests.bench.figures import AT_MOST, Figure, Goal, Measurement
from tests.bench.ground import Ground, ground

SECONDS = Goal("daily_sweep_seconds", "s", AT_MOST, 20)
ALL_DUE = Goal("daily_sweep_all_due_seconds", "s", AT_MOST, 20)
AWARDS = 150_000
DAY = date(2011, 6, 15)
# Seven in ten are of class A, two of class B, one of class C. Birthdays and the days on which the
# yearly re-check is due lie evenly over the year; two weeks' eightieth birthdays are behind.
FILL = """
CREATE TEMPORARY TABLE drawn AS
SELECT n, gen_random_uuid() AS person_id, gen_random_uuid() AS application_id,
    gen_random_uuid() AS determination_id, gen_random_uuid() AS case_id,
    gen_random_uuid() AS award_id, k.class,
    CAST($2::date - (k.low || ' years')::interval AS date) - n % (366 * k.years) AS birth_on,
    '110105' || lpad(CAST(n % 42 + 1 AS text), 3, '0') || lpad(CAST(n % 12 + 1 AS text), 3, '0')
        AS area_code
FROM generate_series(1, $1::integer) AS n,
    LATERAL (SELECT * FROM (VALUES ('A', 80, 20, 0, 6), ('B', 60, 20, 7, 8), ('C', 20, 39, 9, 9))
        AS t(class, low, years, first, last) WHERE n % 10 BETWEEN first AND last) k
"""
TABLES = (
    """
INSERT INTO eligibility.people (person_id, area_code, facts)
SELECT person_id, area_code, jsonb_build_object('birth_on', birth_on, 'hukou_area', '110105',
    'residence_area', area_code, 'employed', false, 'disability',
    CASE class WHEN 'A' THEN to_jsonb(CAST('none' AS text))
        ELSE '{"category": 1, "grade": 1}' END)
FROM drawn
""",
    """
INSERT INTO eligibility.determinations (determination_id, application_id, person_id, programme,
    area_code, trigger, as_of_on, made_on, facts, policy_version, engine_version, outcome,
    benefit_class, findings, unmet, unknown, evidence, flags, reasons, digest)
SELECT determination_id, application_id, person_id, 'chaoyang-2010/voucher', area_code,
    'application', '2010-06-15', '2010-06-15', '{}', 'chaoyang-2010@2010-01-06', '1', 'eligible',
    class, '[]', '{}', '{}', '{}', '{}', '{}', ''
FROM drawn
""",
    """
INSERT INTO eligibility.cases (case_id, application_id, determination_id, person_id, programme,
    area_code, outcome, stage, opened_on, starts_on, reviewed_by, decided_by, decided_on)
SELECT case_id, application_id, determination_id, person_id, 'chaoyang-2010/voucher', area_code,
    'eligible', 'approved', '2010-06-15', '2010-06-01', 'li', 'wang', '2010-06-15'
FROM drawn
""",
    """
INSERT INTO eligibility.awards (award_id, case_id, application_id, person_id, programme,
    benefit_class, monthly_amount_fen, area_code, birth_on, starts_on, granted_on, reviewed_by,
    approved_by, state, determination_id, reconsider_on, recheck_due_on)
SELECT award_id, case_id, application_id, person_id, 'chaoyang-2010/voucher', class, 10000,
    area_code, birth_on, '2010-06-01', '2010-06-15', 'li', 'wang', 'active', determination_id,
    CAST(birth_on + CASE class WHEN 'B' THEN interval '80 years' WHEN 'C' THEN interval '60 years'
        END AS date), $1::date + n % 365
FROM drawn
""",
)
CROWDED = "UPDATE eligibility.awards SET recheck_due_on = $1 WHERE look_on > $1"


@asynccontextmanager
async def _eligibility(at: Ground) -> AsyncIterator[Runtime]:
    """The service without doors, relay and daily jobs."""
    DirectoryClock(at.data).set(DAY)
    runtime = Runtime(service_of("eligibility"), at.settings("eligibility"), DirectBus())
    try:
        yield runtime
    finally:
        await runtime.database.close()


async def measure() -> list[Figure]:
    """The look of one day, and the same when the year is over for everybody at once."""
    async with ground(("eligibility",)) as at, _eligibility(at) as runtime:
        database = await asyncpg.connect(at.dsn)
        try:
            await _fill(database)
            took, swept = await _timed(runtime)
            await database.execute(CROWDED, DAY)
            began = time.process_time()
            crowded, every = await _timed(runtime)
            judged = time.process_time() - began
        finally:
            await database.close()
    words = (
        f"`sweep_awards` over {AWARDS:,} running awards: {swept.examined:,} due that day, "
        f"{swept.asked:,} asked about, {swept.reclassified:,} in another class"
    )
    crowded_words = (
        f"the same with {every.examined:,} due on one day, each of which leaves a question for "
        f"people; of it {judged:.1f} s processor time of the service, the rest is the database's"
    )
    return [SECONDS.figure(took, words), ALL_DUE.figure(crowded, crowded_words)]


async def _fill(database: asyncpg.Connection) -> None:
    await database.execute("SET juyang.areas = '%'; SET juyang.agency = ''")
    await database.execute(FILL.replace("$1", str(AWARDS)).replace("$2", f"'{DAY}'"))
    for statement in TABLES:
        await database.execute(statement.replace("$1", f"'{DAY}'"))
    await database.execute("ANALYZE")


async def _timed(runtime: Runtime) -> tuple[float, Swept]:
    began = time.perf_counter()
    swept = await sweep_awards(runtime, "%")
    return time.perf_counter() - began, swept


MEASUREMENTS = (Measurement((SECONDS, ALL_DUE), measure),)
"""The figures of issue 4's daily sweep."""
