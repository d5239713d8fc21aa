"""Mirrors kept from letters: holders, awards and their ends; providers, outlets and items."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script, share

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"

TABLES = """
CREATE TABLE holders (
    person_id uuid PRIMARY KEY,
    area_code text NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT '-infinity',
    died_on date
);
CREATE TABLE awards (
    award_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    application_id uuid,
    programme text NOT NULL,
    benefit_class text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    starts_on date NOT NULL,
    area_code text NOT NULL
);
CREATE INDEX awards_of_person ON awards (person_id);
CREATE TABLE award_ends (
    award_id uuid PRIMARY KEY,
    ended_on date NOT NULL,
    reason text NOT NULL,
    area_code text NOT NULL
);
CREATE TABLE provider_standings (
    provider_id text NOT NULL,
    from_on date NOT NULL,
    told_at timestamptz NOT NULL,
    standing text NOT NULL CHECK (standing IN ('admitted', 'suspended', 'exited')),
    PRIMARY KEY (provider_id, from_on, told_at, standing)
);
CREATE TABLE outlets (
    outlet_id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL
);
CREATE TABLE items (
    item_code text PRIMARY KEY,
    category text NOT NULL,
    voucher_allowed boolean NOT NULL,
    published_on date NOT NULL,
    told_at timestamptz NOT NULL
);
"""

# A letter may come from a district that the holder has left or has not reached, so the mirror of
# persons is written across areas. The books stay with the district that granted the award.
# A death takes the lock that an issue run's key share waits for; redemptions do not wait for runs.
FUNCTIONS = """
CREATE FUNCTION note_holder(
    p_person uuid, p_area text, p_died date, p_moved timestamptz, p_award boolean
) RETURNS TABLE (holder_area text, holder_died_on date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF p_died IS NOT NULL THEN
        PERFORM 1 FROM holders h WHERE h.person_id = p_person FOR UPDATE;
    END IF;
    RETURN QUERY
    INSERT INTO holders AS h (person_id, area_code, moved_at, died_on)
    VALUES (p_person, p_area, coalesce(p_moved, '-infinity'), p_died)
    ON CONFLICT (person_id) DO UPDATE SET
        died_on = coalesce(h.died_on, excluded.died_on),
        moved_at = greatest(h.moved_at, excluded.moved_at),
        area_code = CASE
            WHEN p_award AND left(h.area_code, 6) <> left(excluded.area_code, 6)
                THEN excluded.area_code
            WHEN p_moved >= h.moved_at AND left(h.area_code, 6) = left(excluded.area_code, 6)
                THEN excluded.area_code
            ELSE h.area_code
        END
    RETURNING h.area_code, h.died_on;
END $$;
"""

# A holder who moved is shown by the new street with all months, though the old street booked some.
MONTHS = """
CREATE FUNCTION holder_months(p_person uuid) RETURNS TABLE (
    programme text, month_on date, valid_until_on date, street_code text, benefit_class text,
    balance_fen bigint, issued_fen bigint, redeemed_fen bigint, expired_fen bigint,
    revoked_fen bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
    SELECT v.programme, v.month_on, v.valid_until_on, v.street_code, v.benefit_class,
        v.balance_fen,
        CAST(coalesce(sum(p.amount_fen) FILTER (WHERE p.act = 'issue'), 0) AS bigint),
        CAST(coalesce(-sum(p.amount_fen) FILTER (WHERE p.act = 'redeem'), 0) AS bigint),
        CAST(coalesce(-sum(p.amount_fen) FILTER (WHERE p.act = 'expire'), 0) AS bigint),
        CAST(coalesce(-sum(p.amount_fen) FILTER (WHERE p.act = 'revoke'), 0) AS bigint)
    FROM ledger_accounts v JOIN postings p ON p.account_id = v.id
    WHERE v.kind = 'holder' AND v.person_id = p_person
        AND v.area_code LIKE ANY (scope_areas()) AND scope_agency() = ''
    GROUP BY v.id ORDER BY v.programme, v.month_on
$$;
"""


def upgrade() -> None:
    run_script(TABLES + FUNCTIONS + MONTHS)
    protect("vouchers", "holders", agency=OFFICES, writes="SELECT")
    # Only note_holder changes a holder; a row lock needs the privilege to update some column.
    run_script("GRANT UPDATE (moved_at) ON holders TO juyang_vouchers_app, juyang_vouchers_jobs;")
    definer("vouchers", "note_holder(uuid, text, date, timestamptz, boolean)")
    definer("vouchers", "holder_months(uuid)")
    protect("vouchers", "awards", agency=OFFICES, writes="SELECT, INSERT, UPDATE (area_code)")
    protect("vouchers", "award_ends", agency=OFFICES, writes="SELECT, INSERT")
    share("vouchers", "provider_standings", writes="SELECT, INSERT")
    share("vouchers", "outlets")
    share("vouchers", "items")


def downgrade() -> None:
    run_script("""
        DROP FUNCTION note_holder(uuid, text, date, timestamptz, boolean);
        DROP FUNCTION holder_months(uuid);
        DROP TABLE holders, awards, award_ends, provider_standings, outlets, items;
    """)
