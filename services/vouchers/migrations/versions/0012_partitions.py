"""Postings by the month in which they were recorded: indexes stay small as the years go by."""

from __future__ import annotations

from shared.ground.v1 import AGENCY, AREA, protect, roles, run_script

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAMES = roles("vouchers")
RULE = " AND ".join(
    (AREA.format(column="street_code", **NAMES), AGENCY.format(column="agency", **NAMES))
)
COLUMNS = """(
    position bigint GENERATED ALWAYS AS IDENTITY,
    set_id uuid NOT NULL,
    act text NOT NULL,
    account_id uuid NOT NULL CONSTRAINT postings_account_id_fkey REFERENCES ledger_accounts,
    account_kind text NOT NULL,
    amount_fen bigint NOT NULL CONSTRAINT postings_amount_fen_check CHECK (amount_fen <> 0),
    fund text NOT NULL,
    street_code text NOT NULL,
    month_on date,
    benefit_class text,
    agency text NOT NULL DEFAULT '',
    occurred_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cause uuid NOT NULL,
    PRIMARY KEY {key}
)"""
INDEXES = """
CREATE INDEX postings_of_set ON postings (set_id);
CREATE INDEX postings_of_account ON postings (account_id);
CREATE INDEX postings_of_redemption ON postings (cause) WHERE act = 'redeem';
CREATE TRIGGER postings_noted AFTER INSERT ON postings REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_postings();
"""
# The list of acts is the one that stands, whatever it says by now.
ACTS = """
DO $$ BEGIN
    EXECUTE (SELECT 'ALTER TABLE postings ADD CONSTRAINT postings_act_check '
        || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conname = 'postings_act_check' AND conrelid = CAST('postings_whole' AS regclass));
END $$;
"""
POLICIES = f"""
CREATE FUNCTION close_posting_part(part text) RETURNS void
LANGUAGE plpgsql SET search_path = vouchers, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE POLICY scope ON %I TO {NAMES["app"]} USING (%s) WITH CHECK (%s)',
        part, $rule${RULE}$rule$, $rule${RULE}$rule$);
    EXECUTE format('CREATE POLICY whole ON %I TO {NAMES["jobs"]}, {NAMES["owner"]}
        USING (true) WITH CHECK (true)', part);
END $$;
"""
# Nobody is granted a part: rows come and go by the whole, under its policies and its trigger.
# A part is made apart and attached, which lets readers and writers go on; should a writer hold
# the accounts for long, the next round tries again.
MONTHS = """
CREATE FUNCTION make_posting_month(starts timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = vouchers, pg_temp SET timezone = 'Etc/GMT-8'
SET lock_timeout = '2s' AS $$
DECLARE part text := 'postings_' || to_char(starts, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE postings INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        part);
    PERFORM close_posting_part(part);
    EXECUTE format('ALTER TABLE postings ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        part, starts, starts + interval '1 month');
    RETURN true;
END $$;
CREATE FUNCTION make_posting_months(ahead integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp
SET timezone = 'Etc/GMT-8' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('vouchers.postings'));
    RETURN (SELECT count(*) FROM generate_series(0, least(ahead, 120)) AS n
        WHERE make_posting_month(date_trunc('month', now()) + make_interval(months => n)));
END $$;
REVOKE ALL ON FUNCTION close_posting_part(text), make_posting_month(timestamptz),
    make_posting_months(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_posting_months(integer) TO juyang_vouchers_jobs;
"""
# What is there already becomes the part of this month and of all before it, where it lies.
ATTACH = """
DO $$
DECLARE
    starts timestamptz := date_trunc('month', now() AT TIME ZONE 'Etc/GMT-8')
        AT TIME ZONE 'Etc/GMT-8';
    part text := 'postings_' || to_char(starts AT TIME ZONE 'Etc/GMT-8', 'YYYY_MM');
BEGIN
    EXECUTE format('ALTER TABLE postings_whole RENAME TO %I', part);
    PERFORM close_posting_part(part);
    EXECUTE format('ALTER TABLE postings ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
        part, (starts AT TIME ZONE 'Etc/GMT-8' + interval '1 month') AT TIME ZONE 'Etc/GMT-8');
END $$;
"""
REST = """
CREATE TABLE postings_other PARTITION OF postings DEFAULT;
SELECT close_posting_part('postings_other');
GRANT SELECT ON postings_other TO juyang_vouchers_jobs;
SELECT make_posting_months(12);
"""
FAR = """
SELECT setval(pg_get_serial_sequence('postings', 'position'), coalesce(max(position), 1),
    max(position) IS NOT NULL) FROM postings;
"""


def upgrade() -> None:
    run_script("""
        ALTER TABLE postings RENAME TO postings_whole;
        DROP TRIGGER postings_noted ON postings_whole;
        DROP POLICY scope ON postings_whole;
        DROP POLICY whole ON postings_whole;
        REVOKE ALL ON postings_whole FROM juyang_vouchers_app, juyang_vouchers_jobs;
        ALTER TABLE postings_whole ALTER position DROP IDENTITY;
        ALTER TABLE postings_whole DROP CONSTRAINT postings_pkey;
        ALTER TABLE postings_whole ADD PRIMARY KEY (position, recorded_at);
        DROP INDEX postings_of_set, postings_of_account, postings_of_redemption;
    """)
    table = COLUMNS.format(key="(position, recorded_at)")
    run_script(f"CREATE TABLE postings {table} PARTITION BY RANGE (recorded_at);")
    run_script(ACTS + INDEXES + POLICIES + MONTHS + ATTACH)
    run_script(REST + FAR)
    protect("vouchers", "postings", area="street_code", agency="agency", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script(f"""
        ALTER TABLE postings RENAME TO postings_parts;
        DROP TRIGGER postings_noted ON postings_parts;
        ALTER TABLE postings_parts RENAME CONSTRAINT postings_pkey TO parts_pkey;
        ALTER TABLE postings_parts ALTER position DROP IDENTITY;
        ALTER INDEX postings_of_set RENAME TO parts_of_set;
        ALTER INDEX postings_of_account RENAME TO parts_of_account;
        ALTER INDEX postings_of_redemption RENAME TO parts_of_redemption;
        CREATE TABLE postings {COLUMNS.format(key="(position)")};
    """)
    run_script(ACTS.replace("postings_whole", "postings_parts"))
    run_script(f"""
        INSERT INTO postings OVERRIDING SYSTEM VALUE SELECT * FROM postings_parts ORDER BY position;
        DROP TABLE postings_parts;
        DROP FUNCTION make_posting_months(integer), make_posting_month(timestamptz),
            close_posting_part(text);
        {INDEXES}
    """)
    run_script(FAR)
    protect("vouchers", "postings", area="street_code", agency="agency", writes="SELECT, INSERT")
