"""Accounting months: closed by two people at a position of the journal, and never opened again."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"

TABLES = """
CREATE TABLE periods (
    month_on date PRIMARY KEY CHECK (extract(day FROM month_on) = 1),
    id uuid NOT NULL UNIQUE,
    area_code text NOT NULL,
    made_on date NOT NULL,
    made_by text NOT NULL,
    signed_on date,
    signed_by text,
    closed_at timestamptz,
    closed_at_position bigint,
    totals jsonb,
    CONSTRAINT two_people CHECK (signed_by <> made_by),
    CONSTRAINT closed_whole CHECK (
        num_nulls(signed_on, signed_by, closed_at, closed_at_position, totals) IN (0, 5))
);
"""
# A posting belongs to the month it happened in, unless that was closed when it was booked: then
# to the first month that was open. So its position in the journal says its period for ever, and
# writers have nothing more to do.
FUNCTIONS = """
CREATE FUNCTION posting_period(p_occurred date, p_position bigint) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT greatest(
        CAST(date_trunc('month', CAST(p_occurred AS timestamp)) AS date),
        (SELECT CAST(max(month_on) + interval '1 month' AS date) FROM periods
            WHERE closed_at_position < p_position))
$$;
CREATE FUNCTION period_totals(p_month date) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_array(fund, act, account_kind, fen, lines, late)
        ORDER BY fund, act, account_kind), '[]')
    FROM (
        SELECT fund, act, account_kind, sum(amount_fen) AS fen, count(*) AS lines,
            count(*) FILTER (WHERE occurred_on < p_month) AS late
        FROM postings
        WHERE occurred_on < p_month + interval '1 month'
            AND (occurred_on >= p_month OR position > (
                SELECT max(closed_at_position) FROM periods WHERE month_on < p_month))
            AND position <= coalesce((SELECT closed_at_position FROM periods
                WHERE month_on = p_month), 9223372036854775807)
        GROUP BY fund, act, account_kind
    ) s
$$;
-- Waits until every writer is done, and lets no other begin until this transaction ends: what is
-- booked later has a later position.
CREATE FUNCTION close_period(p_month date, p_today date, p_by text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp SET lock_timeout = '5s' AS $$
DECLARE upto bigint;
BEGIN
    IF p_month + interval '1 month' > p_today THEN
        RAISE EXCEPTION 'the month is not over' USING ERRCODE = '23514';
    END IF;
    LOCK TABLE postings IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM periods WHERE closed_at IS NOT NULL
            HAVING max(month_on) + interval '1 month' <> p_month) THEN
        RAISE EXCEPTION 'months close one after another' USING ERRCODE = '23514';
    END IF;
    SELECT coalesce(max(position), 0) INTO upto FROM postings;
    UPDATE periods SET signed_on = p_today, signed_by = p_by, closed_at = clock_timestamp(),
        closed_at_position = upto, totals = period_totals(p_month)
        WHERE month_on = p_month AND closed_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such month to be closed' USING ERRCODE = '23514';
    END IF;
    RETURN upto;
END $$;
"""


def upgrade() -> None:
    run_script(TABLES + FUNCTIONS)
    # Nobody is granted an update: a month is closed by the function alone, and once.
    protect("vouchers", "periods", agency=OFFICES, writes="SELECT, INSERT")
    definer("vouchers", "close_period(date, date, text)")
    run_script("""
        REVOKE INSERT ON periods FROM juyang_vouchers_app, juyang_vouchers_jobs;
        GRANT INSERT (month_on, id, area_code, made_on, made_by) ON periods
            TO juyang_vouchers_app, juyang_vouchers_jobs;
        GRANT EXECUTE ON FUNCTION posting_period(date, bigint), period_totals(date)
            TO juyang_vouchers_app, juyang_vouchers_jobs;
    """)


def downgrade() -> None:
    run_script("""
        DROP FUNCTION close_period(date, date, text);
        DROP FUNCTION period_totals(date);
        DROP FUNCTION posting_period(date, bigint);
        DROP TABLE periods;
    """)
