"""Pauses: while an award is suspended its plans rest; visits are neither made nor lost."""

from __future__ import annotations

from shared.ground.v1 import definer, run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# `suspended_on` is the last day that is served, as an end's day is; visits go on from `resumed_on`.
COLUMNS = """
ALTER TABLE awards ADD COLUMN suspended_on date, ADD COLUMN resumed_on date,
    ADD CONSTRAINT resumed_after CHECK (resumed_on >= suspended_on);
ALTER TABLE plans ADD COLUMN suspended_on date, ADD COLUMN suspend_reason text,
    ADD COLUMN resumed_on date,
    ADD CONSTRAINT resumed_after CHECK (resumed_on >= suspended_on),
    ADD CONSTRAINT suspended_with_reason CHECK (
        (suspended_on IS NULL) = (suspend_reason IS NULL));
-- All days of all pauses; it stands here because a roster waits for this row and reads it again.
ALTER TABLE bookings ADD COLUMN paused_days datemultirange NOT NULL DEFAULT '{}';
ALTER TABLE visits ADD COLUMN cancel_reason text,
    DROP CONSTRAINT visits_state_check,
    ADD CONSTRAINT visits_state_check CHECK (
        state IN ('planned', 'paused', 'completed', 'missed', 'cancelled')),
    ADD CONSTRAINT cancelled_with_reason CHECK (
        cancel_reason IS NULL OR (state = 'cancelled' AND cancel_reason IN
            ('plan_ended', 'award_suspended', 'caregiver_elsewhere')));
CREATE INDEX visits_paused ON visits (plan_id, day_on) WHERE state = 'paused';
DROP TRIGGER one_outcome ON visits;
CREATE TRIGGER one_outcome BEFORE UPDATE ON visits FOR EACH ROW
    WHEN (OLD.state NOT IN ('planned', 'paused') AND NEW IS DISTINCT FROM OLD)
    EXECUTE FUNCTION one_outcome();
"""
# The award's letter may name another district than the one in which the person now lives.
FUNCTIONS = """
CREATE FUNCTION hear_award_suspension(award uuid, last_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE awards SET suspended_on = last_on, resumed_on = NULL WHERE award_id = award;
$$;
CREATE FUNCTION hear_award_resumption(award uuid, first_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE awards SET resumed_on = first_on WHERE award_id = award;
$$;
CREATE FUNCTION pause_plans(award uuid, last_on date, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = scheduling AS $$
BEGIN
    PERFORM FROM plans WHERE award_id = award ORDER BY plan_id FOR UPDATE;
    UPDATE plans SET suspended_on = last_on, suspend_reason = why, resumed_on = NULL
    WHERE award_id = award AND (ended_on IS NULL OR ended_on > last_on);
    UPDATE bookings b
    SET paused_days = b.paused_days + datemultirange(daterange(last_on, NULL, '()'))
    FROM plans p WHERE p.plan_id = b.plan_id AND p.award_id = award;
END $$;
CREATE FUNCTION resume_plans(award uuid, first_on date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = scheduling AS $$
BEGIN
    PERFORM FROM plans WHERE award_id = award ORDER BY plan_id FOR UPDATE;
    UPDATE plans SET resumed_on = first_on
    WHERE award_id = award AND suspended_on <= first_on AND resumed_on IS NULL;
    UPDATE bookings b SET paused_days = b.paused_days - datemultirange(daterange(first_on, NULL))
    FROM plans p WHERE p.plan_id = b.plan_id AND p.award_id = award;
END $$;
CREATE FUNCTION pause_visits(award uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE visits v SET state = 'paused'
    FROM plans p JOIN bookings b USING (plan_id)
    WHERE p.award_id = award AND v.plan_id = p.plan_id AND v.state = 'planned'
        AND b.paused_days @> v.day_on
$$;
-- What nobody came for is gone; what lies ahead goes on, unless its caregiver is now elsewhere.
CREATE FUNCTION resume_visits(award uuid, first_on date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = scheduling AS $$
BEGIN
    UPDATE visits v SET state = 'cancelled', cancel_reason = 'award_suspended'
    FROM plans p
    WHERE p.award_id = award AND v.plan_id = p.plan_id AND v.state = 'paused'
        AND v.day_on < first_on;
    UPDATE visits v SET state = CASE WHEN t.taken THEN 'cancelled' ELSE 'planned' END,
        cancel_reason = CASE WHEN t.taken THEN 'caregiver_elsewhere' END
    FROM (
        SELECT w.visit_id, EXISTS (SELECT FROM visits o WHERE o.caregiver_id = w.caregiver_id
            AND o.state IN ('planned', 'completed')
            AND tstzrange(o.planned_at, o.planned_until)
                && tstzrange(w.planned_at, w.planned_until)) AS taken
        FROM visits w JOIN plans p USING (plan_id)
        WHERE p.award_id = award AND w.state = 'paused'
            AND (p.ended_on IS NULL OR w.day_on <= p.ended_on)
    ) t
    WHERE v.visit_id = t.visit_id;
END $$;
CREATE FUNCTION give_up_visits(award uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE visits v SET state = 'cancelled', cancel_reason = 'award_suspended'
    FROM plans p WHERE p.award_id = award AND v.plan_id = p.plan_id AND v.state = 'paused'
$$;
"""
BUSY = """
CREATE OR REPLACE FUNCTION is_busy(caregiver uuid, visit uuid, starts timestamptz,
    ends timestamptz)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = scheduling AS $$
    SELECT EXISTS (SELECT FROM visits
        WHERE caregiver_id = caregiver AND visit_id <> visit AND state IN ('planned', 'completed')
            AND tstzrange(planned_at, planned_until) && tstzrange(starts, ends))
    OR EXISTS (SELECT FROM bookings b
        CROSS JOIN (SELECT starts AT TIME ZONE 'Asia/Shanghai' AS wall) AS t
        CROSS JOIN LATERAL (SELECT ((extract(isodow FROM t.wall) - 1) * 1440
            + extract(hour FROM t.wall) * 60 + extract(minute FROM t.wall))::integer AS nth) AS m
        WHERE b.caregiver_id = caregiver AND b.days @> t.wall::date{resting}
            AND b.weekly && int4range(m.nth,
                m.nth + (extract(epoch FROM ends - starts) / 60)::integer)
            AND NOT EXISTS (SELECT FROM visits v
                WHERE v.plan_id = b.plan_id AND v.day_on = t.wall::date))
$$;
"""
CANCEL = """
CREATE OR REPLACE FUNCTION cancel_visits(ended uuid, last_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE visits SET state = 'cancelled'{reason}
    WHERE plan_id = ended AND {open} AND day_on > last_on
$$;
"""


def upgrade() -> None:
    run_script(COLUMNS)
    run_script(FUNCTIONS)
    run_script(BUSY.format(resting="\n            AND NOT b.paused_days @> t.wall::date"))
    run_script(
        CANCEL.format(
            reason=", cancel_reason = 'plan_ended'", open="state IN ('planned', 'paused')"
        )
    )
    definer("scheduling", "hear_award_suspension(uuid, date)")
    definer("scheduling", "hear_award_resumption(uuid, date)")
    definer("scheduling", "pause_plans(uuid, date, text)")
    definer("scheduling", "resume_plans(uuid, date)")
    definer("scheduling", "pause_visits(uuid)")
    definer("scheduling", "resume_visits(uuid, date)")
    definer("scheduling", "give_up_visits(uuid)")


def downgrade() -> None:
    run_script(BUSY.format(resting=""))
    run_script(CANCEL.format(reason="", open="state = 'planned'"))
    run_script("""
        DROP FUNCTION give_up_visits, resume_visits, pause_visits, resume_plans, pause_plans,
            hear_award_resumption, hear_award_suspension;
        UPDATE visits SET state = 'cancelled' WHERE state = 'paused';
        DROP INDEX visits_paused;
        DROP TRIGGER one_outcome ON visits;
        CREATE TRIGGER one_outcome BEFORE UPDATE ON visits FOR EACH ROW
            WHEN (OLD.state <> 'planned' AND NEW IS DISTINCT FROM OLD)
            EXECUTE FUNCTION one_outcome();
        ALTER TABLE visits DROP COLUMN cancel_reason, DROP CONSTRAINT visits_state_check,
            ADD CONSTRAINT visits_state_check CHECK (
                state IN ('planned', 'completed', 'missed', 'cancelled'));
        ALTER TABLE bookings DROP COLUMN paused_days;
        ALTER TABLE plans DROP COLUMN resumed_on, DROP COLUMN suspend_reason,
            DROP COLUMN suspended_on;
        ALTER TABLE awards DROP COLUMN resumed_on, DROP COLUMN suspended_on;
    """)
