"""Awards that are suspended, re-checked and journalled, and residents who have not applied."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, roles, run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# A suspended award runs on (nobody gets a second one meanwhile); only its months are not due.
# `look_on` is the first day on which something about an award has to be looked at.
AWARDS = """
ALTER TABLE awards
    ADD COLUMN determination_id uuid REFERENCES determinations,
    ADD COLUMN reconsider_on date,
    ADD COLUMN recheck_due_on date,
    ADD COLUMN certificate_until_on date,
    ADD COLUMN suspended_on date,
    ADD COLUMN suspend_reason text CHECK (
        suspend_reason IN ('detained', 'abroad', 'unreachable', 'facts_disputed')),
    ADD CONSTRAINT suspended_with_reason CHECK (
        (suspended_on IS NULL) = (suspend_reason IS NULL)),
    ADD COLUMN look_on date GENERATED ALWAYS AS
        (LEAST(reconsider_on, recheck_due_on, certificate_until_on + 1)) STORED;
UPDATE awards a SET determination_id = c.determination_id, reconsider_on = c.reconsider_on,
    recheck_due_on = CAST(a.granted_on + interval '1 year' AS date)
FROM cases c WHERE c.case_id = a.case_id;
CREATE INDEX awards_look ON awards (look_on, award_id) WHERE state = 'active';
-- C-50: one person has one voucher, whichever document granted it.
DROP INDEX awards_one_running;
CREATE UNIQUE INDEX awards_one_running ON awards (person_id, split_part(programme, '/', 2))
    WHERE state = 'active';
"""
RECHECKS = """
CREATE TABLE rechecks (
    recheck_id uuid PRIMARY KEY,
    award_id uuid NOT NULL REFERENCES awards,
    application_id uuid NOT NULL,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    area_code text NOT NULL,
    agency text,
    trigger text NOT NULL CHECK (trigger IN ('yearly', 'birthday', 'event', 'expiry', 'report')),
    determination_id uuid NOT NULL REFERENCES determinations,
    outcome text NOT NULL,
    unmet text[] NOT NULL,
    unknown text[] NOT NULL,
    opened_on date NOT NULL,
    stage text NOT NULL CHECK (stage IN
        ('open', 'proposed', 'kept', 'suspended', 'ended', 'closed')),
    open boolean NOT NULL GENERATED ALWAYS AS (stage IN ('open', 'proposed')) STORED,
    finding text CHECK (finding IN ('keep', 'suspend', 'end')),
    reason text,
    effective_on date,
    reviewed_by text,
    reviewed_on date,
    decided_by text,
    decided_on date,
    CONSTRAINT two_parties CHECK (decided_by <> reviewed_by),
    CONSTRAINT taken_by_two CHECK (stage NOT IN ('suspended', 'ended')
        OR (reviewed_by IS NOT NULL AND decided_by IS NOT NULL)),
    CONSTRAINT doubt_kept_by_two CHECK (stage <> 'kept' OR outcome <> 'ineligible'
        OR decided_by IS NOT NULL)
);
CREATE UNIQUE INDEX rechecks_one_open ON rechecks (award_id) WHERE open;
CREATE INDEX rechecks_worklist ON rechecks (stage, opened_on, recheck_id);
CREATE INDEX rechecks_person ON rechecks (person_id);
CREATE TABLE award_acts (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    award_id uuid NOT NULL REFERENCES awards,
    recheck_id uuid REFERENCES rechecks,
    act text NOT NULL CHECK (act IN ('granted', 'reclassified', 'proposed', 'rejected', 'kept',
        'suspended', 'resumed', 'ended')),
    effective_on date NOT NULL,
    reason text NOT NULL,
    article text NOT NULL,
    note text,
    sub text NOT NULL,
    body text NOT NULL,
    area_code text NOT NULL,
    agency text,
    made_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX award_acts_award ON award_acts (award_id);
INSERT INTO award_acts (award_id, act, effective_on, reason, article, sub, body, area_code, agency,
    made_on)
SELECT award_id, 'granted', starts_on, 'approved', programme, approved_by, '', area_code, agency,
    granted_on
FROM awards;
INSERT INTO award_acts (award_id, act, effective_on, reason, article, sub, body, area_code, agency,
    made_on)
SELECT award_id, 'ended', ended_on, end_reason, programme, '', '', area_code, agency, ended_on
FROM awards WHERE state = 'ended';
"""
# A person is judged for every programme once facts change, and again on the next birthday.
PROSPECTS = """
ALTER TABLE people ADD COLUMN look_on date DEFAULT '-infinity';
CREATE INDEX people_look ON people (look_on);
CREATE TABLE prospects (
    person_id uuid NOT NULL REFERENCES people,
    programme text NOT NULL,
    area_code text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('eligible', 'needs_evidence', 'needs_review')),
    benefit_class text,
    unknown text[] NOT NULL,
    found_on date NOT NULL,
    PRIMARY KEY (person_id, programme)
);
CREATE INDEX prospects_list ON prospects (programme, outcome, person_id);
CREATE OR REPLACE FUNCTION keep_person(who uuid, place text, known jsonb, died date, moved date)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = eligibility AS $$
    INSERT INTO people AS p (person_id, area_code, facts, died_on, moved_on)
    VALUES (who, COALESCE(place, '-'), COALESCE(known, '{}'), died, moved)
    ON CONFLICT (person_id) DO UPDATE SET
        area_code = COALESCE(place, p.area_code),
        facts = CASE
            WHEN known IS NOT NULL THEN known
            WHEN moved IS NOT NULL
                THEN p.facts || jsonb_build_object('residence_area', place)
            ELSE p.facts END,
        died_on = COALESCE(died, p.died_on),
        moved_on = COALESCE(moved, p.moved_on),
        look_on = '-infinity'
$$;
"""
# Approvals of two districts must see each other; who asks second waits for the first to commit.
RUNNING = """
CREATE FUNCTION running_awards(who uuid[]) RETURNS TABLE (person_id uuid, benefit text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = eligibility AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(CAST(t.id AS text), 0))
    FROM (SELECT DISTINCT unnest(who) AS id ORDER BY 1) t;
    RETURN QUERY SELECT a.person_id, split_part(a.programme, '/', 2)
    FROM awards a WHERE a.person_id = ANY(who) AND a.state = 'active';
END $$;
"""


def upgrade() -> None:
    run_script(AWARDS + RECHECKS + PROSPECTS + RUNNING)
    protect("eligibility", "rechecks", agency="agency")
    protect("eligibility", "award_acts", agency="agency", writes="SELECT, INSERT")
    protect("eligibility", "prospects", writes="SELECT")
    definer("eligibility", "running_awards(uuid[])")
    names = roles("eligibility")
    run_script(f"""
        GRANT UPDATE (area_code) ON award_acts TO {names["app"]}, {names["jobs"]};
        GRANT UPDATE (look_on) ON people TO {names["jobs"]};
        GRANT INSERT, UPDATE, DELETE ON prospects TO {names["jobs"]};
    """)


def downgrade() -> None:
    run_script("""
        DROP FUNCTION running_awards(uuid[]);
        DROP TABLE prospects, award_acts, rechecks;
        DROP INDEX awards_one_running, awards_look;
        CREATE UNIQUE INDEX awards_one_running ON awards (person_id, programme)
            WHERE state = 'active';
        ALTER TABLE awards DROP COLUMN look_on, DROP COLUMN determination_id,
            DROP COLUMN reconsider_on, DROP COLUMN recheck_due_on,
            DROP COLUMN certificate_until_on, DROP COLUMN suspended_on,
            DROP COLUMN suspend_reason;
        DROP INDEX people_look;
        CREATE OR REPLACE FUNCTION keep_person(who uuid, place text, known jsonb, died date,
            moved date)
        RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = eligibility AS $$
            INSERT INTO people AS p (person_id, area_code, facts, died_on, moved_on)
            VALUES (who, COALESCE(place, '-'), COALESCE(known, '{}'), died, moved)
            ON CONFLICT (person_id) DO UPDATE SET
                area_code = COALESCE(place, p.area_code),
                facts = CASE
                    WHEN known IS NOT NULL THEN known
                    WHEN moved IS NOT NULL
                        THEN p.facts || jsonb_build_object('residence_area', place)
                    ELSE p.facts END,
                died_on = COALESCE(died, p.died_on),
                moved_on = COALESCE(moved, p.moved_on)
        $$;
        ALTER TABLE people DROP COLUMN look_on;
    """)
