"""What saves round trips changes nothing: claims with a first call, effects put off, kept lines."""

from __future__ import annotations

import asyncpg
import pytest

from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.errors import Invalid
from shared.idempotency import Answer, Attempt, Replayed
from shared.kept_lines import KeptLines, kept_of
from shared.work import Work
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
SEEN = "SELECT current_setting('juyang.seen', true)"
SEE = "SELECT set_config('juyang.seen', :what, true)"
CALL = "SELECT * FROM set_config('juyang.seen', :what, false) AS called (seen)"
PID = "SELECT pg_backend_pid()"


def work_of(desk: OfficeDesk, attempt: Attempt | None = None) -> Work:
    runtime = desk.office.runtimes["intake"]
    return Work(runtime.database.app, Caller("li", "operator"), desk.clock, attempt)


async def done(work: Work, sql: str) -> object:
    try:
        value = await work.value(sql)
        await work.commit()
    finally:
        await work.abandon()
    return value


async def test_a_first_call_takes_the_key_and_a_second_gets_the_answer_without_calling(
    desk: OfficeDesk,
) -> None:
    attempt = Attempt.of("li", str(new_id()), b"asked")
    work = work_of(desk, attempt)
    row = await work.first(CALL, what="first")
    assert row is not None
    assert row["seen"] == "first"
    work.remember(Answer(201, None, b"made"))
    await work.commit()
    again = work_of(desk, attempt)
    with pytest.raises(Replayed) as replayed:
        await again.first(CALL, what="second")
    assert replayed.value.answer == Answer(201, None, b"made")
    assert await again.value(SEEN) != "second"
    await again.abandon()


async def test_a_first_call_with_a_key_of_other_content_is_refused(desk: OfficeDesk) -> None:
    key = str(new_id())
    work = work_of(desk, Attempt.of("li", key, b"asked"))
    await work.first(CALL, what="first")
    work.remember(Answer(201, None, b"made"))
    await work.commit()
    other = work_of(desk, Attempt.of("li", key, b"something else"))
    with pytest.raises(Invalid) as refused:
        await other.first(CALL, what="second")
    await other.abandon()
    assert refused.value.code == "idempotency_key_reused"


async def test_what_is_put_off_is_done_before_the_next_statement(desk: OfficeDesk) -> None:
    work = work_of(desk)
    await work.run_last(SEE, what="put off")
    assert await work.value(SEEN) == "put off"
    await work.abandon()


async def test_what_is_put_off_is_done_with_the_audit_row(desk: OfficeDesk) -> None:
    work = work_of(desk)
    await work.run_last(SEE, what="with the audit")
    work.audit("test.act")
    await work.flush()
    assert await work.value(SEEN) == "with the audit"
    await work.abandon()


async def test_what_is_put_off_and_given_up_is_never_done(desk: OfficeDesk) -> None:
    work = work_of(desk)

    async def given_up() -> None:
        async with work.attempted():
            await work.run_last(SEE, what="given up")
            raise LookupError

    with pytest.raises(LookupError):
        await given_up()
    assert await work.value(SEEN) != "given up"
    await work.abandon()


async def test_the_next_work_has_the_connection_of_the_last_and_nobody_counts_as_using_it(
    desk: OfficeDesk,
) -> None:
    engine = desk.office.runtimes["intake"].database.app
    first = await done(work_of(desk), PID)
    assert kept_of(engine) == 1
    assert await done(work_of(desk), PID) == first


async def test_a_kept_connection_that_was_ended_is_not_handed_out(
    desk: OfficeDesk, database: str
) -> None:
    first = await done(work_of(desk), PID)
    admin = await asyncpg.connect(database)
    await admin.execute(f"SELECT pg_terminate_backend({first}, 5000)")
    await admin.close()
    assert await done(work_of(desk), PID) != first


async def test_a_work_that_failed_leaves_no_transaction_to_the_next(desk: OfficeDesk) -> None:
    work = work_of(desk)
    await work.run_last(SEE, what="failed")
    assert await work.value(SEEN) == "failed"
    await work.abandon()
    assert await done(work_of(desk), SEEN) != "failed"


class Given:
    """A connection that only says when it was given back."""

    usable = True
    back = False

    def give_back(self) -> None:
        self.back = True


async def test_no_more_are_kept_than_may_be_and_all_are_given_back_in_the_end() -> None:
    kept, lines = KeptLines(1), (Given(), Given())
    assert [kept.keep(line) for line in lines] == [True, False]
    assert kept.take() is lines[0]
    assert kept.keep(lines[0])
    kept.close()
    assert lines[0].back
    assert not kept.keep(lines[1])
